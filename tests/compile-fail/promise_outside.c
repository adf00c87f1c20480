// SPDX-License-Identifier: MIT
// A promise is handed on, and one more credit is tried for, outside a scope.
// expect: calling function 'charge_take' requires holding reservation 'reservation' exclusively
// expect: calling function 'frame_try' requires holding reservation 'reservation' exclusively
#include "mm/reserve.h"

bool promise(void);
bool promise(void)
{
    charge_take(1);
    return frame_try();
}

// SPDX-License-Identifier: MIT
// A frame is taken by a function that holds no reservation and does not ask for one.
// expect: calling function 'frame_take' requires holding reservation 'reservation' exclusively
#include "mm/frame.h"

struct page *page_for_later(void);
struct page *page_for_later(void)
{
    return frame_take();
}

// SPDX-License-Identifier: MIT
// A body allocates and does not say that it needs the reservation.
// expect: calling function 'frame_take_zeroed' requires holding reservation 'reservation' exclusively
#include "kernel/gate.h"
#include "mm/frame.h"

static void page_need(void *args UNUSED, struct need *n)
{
    need_frames(n, 1);
}

static long page_body(void *args)
{
    *(struct page **)args = frame_take_zeroed();
    return 0;
}

extern const struct scope scope_page;
SCOPE(page, .need = page_need, .body = page_body);

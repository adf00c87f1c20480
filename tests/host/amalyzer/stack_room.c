// SPDX-License-Identifier: MIT
// The frames of a way are larger than the stack.
// frame: sys_deep 1000 static
// frame: middle 2000 static
// frame: bottom 2000 static
// stack: 4096
// expect: in sys_deep(): the kernel stack has 4096 bytes, but 5024 may be needed: sys_deep 1008 -> middle 2008 -> bottom 2008
// way: sys_deep
// write: smaller local variables
#include "tests/host/amalyzer/kernel.h"

static void bottom(struct item *i)
{
    i->size = 0;
}

static void middle(struct item *i)
{
    bottom(i);
}

void sys_deep(struct item *i)
{
    middle(i);
}

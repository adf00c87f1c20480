// SPDX-License-Identifier: MIT
// An array on the stack is as long as its caller says.
// frame: sys_array 64 dynamic
// frame: keep 16 static
// stack: 4096
// expect: in sys_array(): its frame has no constant size
// way: sys_array
// write: an array of a constant size
#include "tests/host/amalyzer/kernel.h"

void sys_array(u64 n)
{
    u64 array[n];
    keep(array);
}

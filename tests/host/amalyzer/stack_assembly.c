// SPDX-License-Identifier: MIT
// Assembly that nobody has measured is called.
// frame: sys_assembly 64 static
// stack: 4096
// expect: in written_in_assembly(): the frame size of written_in_assembly() is not known
// way: sys_assembly -> written_in_assembly
// write: a line  ; stack:
#include "tests/host/amalyzer/kernel.h"

void written_in_assembly(void);

void sys_assembly(void)
{
    written_in_assembly(); /* here */
}

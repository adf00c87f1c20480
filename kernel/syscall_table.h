// SPDX-License-Identifier: MIT
/*
 * syscall_table.h - the table of system calls as data, for /proc
 */
#pragma once
#include "kernel/syscall.h"

struct call_row {
    const char *name;       /* NULL: a number without a handler that was called */
    const char *scope, *guard;
    enum call_need need;
    u64 entries;
};
/* False when the number has neither a handler nor calls. */
bool call_row(u32 nr, struct call_row *out);
const char *call_name(u32 nr);

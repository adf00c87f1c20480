// SPDX-License-Identifier: MIT
// A row of the table of system calls ends before its need.
// expect: too few arguments provided to function-like macro invocation
// expect: use of undeclared identifier 'CALL'
#include "kernel/syscall.h"

#define CALL(nr, name, nparams, params, scope, guard, need) [nr] = need,
extern const enum call_need needs[CALLS_MAX];
const enum call_need needs[CALLS_MAX] = {
    CALL(39, getpid, 0, (void), "-", "-")
};

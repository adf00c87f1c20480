// SPDX-License-Identifier: MIT
// A row of the table of system calls names a need that there is not.
// expect: use of undeclared identifier 'NEED_LATER'
#include "kernel/syscall.h"

#define CALL(nr, name, nparams, params, scope, guard, need) [nr] = need,
extern const enum call_need needs[CALLS_MAX];
const enum call_need needs[CALLS_MAX] = {
    CALL(39, getpid, 0, (void), "-", "-", NEED_LATER)
};

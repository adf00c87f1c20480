// SPDX-License-Identifier: MIT
/*
 * syscall.h - the table of system calls, as prototypes and as rows
 *
 * kernel/calls.def has one row a call.  A row names number, handler, typed parameters, the scope in which the call acts, that
 * scope's guard and where its need comes from; a row without a need does not compile.
 */
#pragma once
#include "kernel/lib/token.h"
#include "kernel/lib/types.h"
#include "kernel/user.h"

enum call_need {
    NEED_NOTHING = 1,  /* reserves nothing, ever, and never answers ENOMEM: asserted by the gate */
    NEED_BY_SCOPE,     /* by the scope named in the row, beside its body */
    NEED_BY_FILE,      /* by the scope of the open file's operations: cached file, pipe, terminal, device */
    NEED_BY_PATH,      /* path walk (one scope a component), then the scope named in the row */
};

#define CALL(nr, name, nparams, params, scope, guard, need) long sys_##name params OUTSIDE_RESERVATION;
#include "kernel/calls.def"
#undef CALL

#define CALLS_MAX 512 /* numbers below it have a slot */

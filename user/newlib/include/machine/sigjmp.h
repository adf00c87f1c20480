// SPDX-License-Identifier: MIT
/*
 * machine/sigjmp.h - jumps that also restore the signal mask; included by machine/setjmp.h
 *
 * The extra elements say whether a mask was kept, and which.
 */
#ifndef _MACHINE_SIGJMP_H
#define _MACHINE_SIGJMP_H

typedef _JBTYPE sigjmp_buf[_JBLEN + 2];

#ifdef __cplusplus
extern "C" {
#endif
_JBTYPE *__sigjmp_save(sigjmp_buf env, int save_mask);
void siglongjmp(sigjmp_buf env, int value) __attribute__((__noreturn__));
#ifdef __cplusplus
}
#endif

#define sigsetjmp(env, save_mask) setjmp(__sigjmp_save(env, save_mask))
#define _setjmp(env)              setjmp(env)
#define _longjmp(env, value)      longjmp(env, value)

#endif

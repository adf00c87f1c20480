// SPDX-License-Identifier: MIT
/*
 * usercopy.c - moving bytes between the kernel and user memory
 *
 * The range is checked against USER_END here, the moving is done in usercopy.asm.  A fault there that the
 * memory manager does not resolve is sent on to a fix-up by arch_fault_fixup(), and the caller learns how
 * much was not moved.
 */
#include "arch/x86_64/x86.h"

struct fixup {
    u64 first, end; /* instructions [first, end) may fault */
    u64 next;       /* where to go on then */
};
extern const struct fixup user_fixups[], user_fixups_end[];

static bool range_in_user_space(u64 start, size_t n)
{
    return start <= USER_END && n <= USER_END - start;
}

size_t arch_copy_from_user(void *dst, user_ptr src, size_t n)
{
    return range_in_user_space(src.addr, n) ? user_copy(dst, (const void *)src.addr, n) : n;
}

size_t arch_copy_to_user(user_ptr dst, const void *src, size_t n)
{
    return range_in_user_space(dst.addr, n) ? user_copy((void *)dst.addr, src, n) : n;
}

size_t arch_clear_user(user_ptr dst, size_t n)
{
    return range_in_user_space(dst.addr, n) ? user_clear((void *)dst.addr, n) : n;
}

size_t arch_strncpy_from_user(char *dst, user_ptr src, size_t max)
{
    if (src.addr >= USER_END)
        return 0;
    size_t limit = MIN(max, USER_END - src.addr);
    size_t len = user_string(dst, (const char *)src.addr, limit);
    return len > limit && limit < max ? 0 : len; /* the string runs out of user space */
}

bool arch_fault_fixup(struct trap_frame *f)
{
    for (const struct fixup *x = user_fixups; x < user_fixups_end; x++) {
        if (f->rip >= x->first && f->rip < x->end) {
            f->rip = x->next;
            return true;
        }
    }
    return false;
}

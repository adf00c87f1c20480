// SPDX-License-Identifier: MIT
/*
 * exec_stack.c - what a program finds on its stack (System V ABI, AMD64, 3.4.1)
 *
 *     stack top   argument strings, environment strings, the program's name, 16 random bytes
 *                 auxiliary vector, environment pointers, argument pointers, argc   <- rsp
 *
 * Strings are measured by decode and copied by the scope's body, straight from the caller's memory into the frames of the new stack.
 */
#include "kernel/exec.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"

#define ARGS_MAX 4096

enum {
    AT_NULL,
    AT_PHDR = 3,
    AT_PHENT,
    AT_PHNUM,
    AT_PAGESZ,
    AT_BASE,
    AT_FLAGS,
    AT_ENTRY,
    AT_UID = 11,
    AT_EUID,
    AT_GID,
    AT_EGID,
    AT_HWCAP = 16,
    AT_CLKTCK,
    AT_SECURE = 23,
    AT_RANDOM = 25,
    AT_EXECFN = 31
};

/* --- measuring the arguments --- */

static long string_length(user_ptr s)
{
    long total = 0;
    char *buf = current->paths->path[1];
    for (;;) {
        long n = string_from_user(buf, (user_ptr){s.addr + total}, PATH_LEN_MAX);
        if (n >= 0)
            return total + n;
        if (n != -ENAMETOOLONG)
            return n;
        total += PATH_LEN_MAX;
        if (total > 131072)
            return -E2BIG;
    }
}

static int get_pointer(const struct strings *s, u32 i, user_ptr *out)
{
    return copy_from_user(out, (user_ptr){s->user.addr + i * sizeof(u64)}, sizeof(u64));
}

int exec_measure(struct strings *s)
{
    s->count = 0;
    s->bytes = 0;
    while (s->kernel && s->kernel[s->count])
        s->bytes += strlen(s->kernel[s->count++]) + 1;
    if (s->kernel || !s->user.addr)
        return 0;
    for (;;) {
        user_ptr p;
        if (get_pointer(s, s->count, &p))
            return -EFAULT;
        if (!p.addr)
            return 0;
        long n = string_length(p);
        if (n < 0)
            return n;
        s->bytes += n + 1;
        if (++s->count > ARGS_MAX || s->bytes > 131072)
            return -E2BIG;
    }
}

const char *exec_called_name(const struct exec_args *a)
{
    return a->prefix_count ? current->paths->scratch : current->paths->path[0];
}

/* --- building --- */

static void poke(struct exec_args *a, u64 va, const void *src, u64 n)
{
    while (n) {
        u64 room = MIN(n, PAGE_SIZE - (va & PAGE_MASK));
        char *page = phys_to_virt(pte_phys(*pte_find(a->space, va)));
        memcpy(page + (va & PAGE_MASK), src, room);
        va += room;
        src = (const char *)src + room;
        n -= room;
    }
}

static void push_pointer(struct exec_args *a, u64 value)
{
    poke(a, a->pointers, &value, sizeof(value));
    a->pointers += sizeof(value);
}

static void push_text(struct exec_args *a, const char *s)
{
    u64 n = strlen(s) + 1;
    push_pointer(a, a->at);
    poke(a, a->at, s, n);
    a->at += n;
}

/* A user string, up to and with its NUL, straight into the new stack.  False: a page of it is not there now. */
static bool push_user_text(struct exec_args *a, user_ptr s, u64 *budget)
{
    push_pointer(a, a->at);
    for (;;) {
        u64 room = MIN(PAGE_SIZE - (a->at & PAGE_MASK), PAGE_SIZE - (s.addr & PAGE_MASK));
        char *dst = (char *)phys_to_virt(pte_phys(*pte_find(a->space, a->at))) + (a->at & PAGE_MASK);
        room = MIN(room, *budget);
        u64 n = copy_from_user_some(dst, s, room), len = strnlen(dst, n);
        u64 used = len < n ? len + 1 : n;
        a->at += used;
        s.addr += used;
        *budget -= used;
        if (len < n)
            return true;
        if (n < room || !*budget)
            return false; /* not there, or another task that shares this memory has made it longer */
    }
}

static bool push_strings(struct exec_args *a, const struct strings *s, u32 skip)
{
    u64 budget = s->bytes;
    for (u32 i = skip; i < s->count; i++) {
        user_ptr p;
        if (s->kernel) {
            push_text(a, s->kernel[i]);
            continue;
        }
        if (copy_from_user_some(&p, (user_ptr){s->user.addr + i * sizeof(u64)}, sizeof(p)) != sizeof(p) ||
            !push_user_text(a, p, &budget))
            return false;
    }
    push_pointer(a, 0);
    return true;
}

static void push_aux(struct exec_args *a)
{
    const struct cred *c = &a->cred;
    u64 aux[AUX_COUNT][2] = {
        {AT_PHDR, a->elf.phdr},
        {AT_PHENT, 56},
        {AT_PHNUM, a->elf.phnum},
        {AT_PAGESZ, PAGE_SIZE},
        {AT_BASE, 0},
        {AT_FLAGS, 0},
        {AT_ENTRY, a->elf.entry},
        {AT_UID, c->uid},
        {AT_EUID, c->euid},
        {AT_GID, c->gid},
        {AT_EGID, c->egid},
        {AT_HWCAP, 0x078bfbfd},
        {AT_CLKTCK, 100},
        {AT_SECURE, c->uid != c->euid || c->gid != c->egid},
        {AT_RANDOM, a->random},
        {AT_EXECFN, a->execfn},
        {AT_NULL, 0},
    };
    poke(a, a->pointers, aux, sizeof(aux));
}

bool exec_build_stack(struct exec_args *a)
{
    u64 pointers = 1 + a->prefix_count + a->argv.count - a->skip + 1 + a->envp.count + 1;
    u64 low = STACK_TOP - a->arg_bytes;
    const char *name = exec_called_name(a);
    u64 seed[2] = {arch_random(), arch_random()};
    a->sp = low;
    a->pointers = low;
    a->random = ROUND_UP(low + (pointers + 2 * AUX_COUNT) * sizeof(u64), 16);
    poke(a, a->random, seed, sizeof(seed));
    a->execfn = a->at = a->random + 16;
    poke(a, a->at, name, strlen(name) + 1);
    a->at += strlen(name) + 1;
    push_pointer(a, a->prefix_count + a->argv.count - a->skip);
    a->space->arg_start = a->at;
    for (u32 i = 0; i < a->prefix_count; i++)
        push_text(a, current->paths->scratch + a->prefix[i]);
    if (!push_strings(a, &a->argv, a->skip))
        return false;
    a->space->arg_end = a->space->env_start = a->at;
    if (!push_strings(a, &a->envp, 0))
        return false;
    a->space->env_end = a->at;
    push_aux(a);
    return true;
}

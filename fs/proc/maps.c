// SPDX-License-Identifier: MIT
/*
 * maps.c - texts from a task's memory: its regions, and the arguments that it was started with
 *
 * Locks: the space's is held; the page tables' while arguments are copied.
 */
#include "fs/proc/proc.h"
#include "mm/space.h"

u64 space_pages(const struct space *s, int prot)
{
    u64 n = 0;
    list_each(r, &s->regions, struct region, link)
        if ((r->prot & prot) == prot)
            n += (r->end - r->start) >> PAGE_SHIFT;
    return n;
}

/* What a region is called; only the program's own path is known. */
static const char *region_name(const struct space *s, const struct region *r)
{
    if (r->inode)
        return r->inode == s->exe ? s->exe_path : "";
    if (r->flags & REGION_STACK)
        return "[stack]";
    return r->flags & REGION_HEAP ? "[heap]" : "";
}

static void region_line(struct text *t, const struct space *s, const struct region *r)
{
    u32 dev = r->inode ? r->inode->fs->dev_number : 0;
    text_put(t, "%08lx-%08lx %c%c%c%c ", r->start, r->end, r->prot & PROT_READ ? 'r' : '-',
             r->prot & PROT_WRITE ? 'w' : '-', r->prot & PROT_EXEC ? 'x' : '-',
             r->flags & REGION_SHARED ? 's' : 'p');
    text_put(t, "%08lx %02x:%02x %-10lu %s\n", r->inode ? r->offset << PAGE_SHIFT : 0, dev >> 8 & 0xfff,
             dev & 0xff, r->inode ? r->inode->ino : 0, region_name(s, r));
}

void text_maps(struct text *t, const struct view *v)
{
    if (!v->space)
        return;
    list_each(r, &v->space->regions, struct region, link) {
        if (text_full(t))
            return;
        region_line(t, v->space, r);
    }
}

/* The arguments as they lie on the stack now, each with its NUL; up to the first page that is gone. */
void text_cmdline(struct text *t, const struct view *v)
{
    struct space *s = v->space;
    if (!s)
        return;
    mutex_lock(&s->tables);
    for (u64 at = s->arg_start; at < s->arg_end && !text_full(t);) {
        pte_t *e = pte_find(s, at);
        u64 n = MIN(s->arg_end - at, PAGE_SIZE - (at & PAGE_MASK));
        if (!e || !(*e & PTE_PRESENT))
            break;
        text_bytes(t, (char *)phys_to_virt(pte_phys(*e)) + (at & PAGE_MASK), n);
        at += n;
    }
    mutex_unlock(&s->tables);
}

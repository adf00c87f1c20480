// SPDX-License-Identifier: MIT
/*
 * fault.c - page faults as calls
 *
 *     private anonymous   a zeroed frame
 *     private, written    a copy of the page, unless it is ours alone (copy-on-write)
 *     file                the cached page itself, read-only until a store to a shared mapping has allocated its block
 *     shared anonymous    the page of the shared object
 *
 * Guard: the address space, then for files the block map (shared) and, for stores to shared files, the pass lock.
 */
#include "kernel/fault.h"
#include "kernel/gate.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "kernel/ports/block.h"
#include "kernel/ports/vfs.h"
#include "kernel/process.h"
#include "kernel/task.h"
#include "mm/pin.h"
#include "mm/space.h"

enum { SEGV_MAPERR = 1, SEGV_ACCERR = 2, BUS_ADRERR = 2 };

struct fault_args {
    u64 addr;
    enum fault_access access;
    /* --- found by the guard --- */
    struct space *space;
    struct region *region;
    bool file_store;          /* a store to a shared file mapping */
};

AMA_STATE AMA_HELD(task) static u32 page_index(const struct fault_args *a)
{
    return a->region->offset + ((a->addr - a->region->start) >> PAGE_SHIFT);
}

static bool allowed(const struct region *r, enum fault_access access)
{
    int want = access & FAULT_WRITE ? PROT_WRITE : access & FAULT_EXEC ? PROT_EXEC : PROT_READ;
    /* x86 pages that can be written or executed can be read. */
    return r->prot & want || (want == PROT_READ && r->prot);
}

static int fault_guard(void *p)
{
    struct fault_args *a = p;
    a->space = current->space;
    mutex_lock(&a->space->lock);
    a->region = region_find(a->space, a->addr);
    if (!a->region || !allowed(a->region, a->access)) {
        mutex_unlock(&a->space->lock);
        return -EFAULT;
    }
    struct inode *ino = a->region->inode;
    a->file_store = ino && a->region->flags & REGION_SHARED && a->access & FAULT_WRITE;
    if (ino)
        rw_read_lock(&ino->map_lock);
    if (a->file_store && ino->map.dev) {
        rw_read_lock(&ino->map.dev->pass);
        space_hold(ino->fs);
    }
    return 0;
}

static void fault_unguard(void *p)
{
    struct fault_args *a = p;
    struct inode *ino = a->region->inode;
    if (a->file_store && ino->map.dev) {
        space_let(ino->fs);
        rw_read_unlock(&ino->map.dev->pass);
    }
    if (ino)
        rw_read_unlock(&ino->map_lock);
    mutex_unlock(&a->space->lock);
}

static void fault_pin(void *p)
{
    struct fault_args *a = p;
    struct mapping *m = region_mapping(a->region);
    if (m)
        pin_range(m, page_index(a), page_index(a));
}

static u64 page_bits(const struct region *r)
{
    return PTE_PRESENT | (r->prot ? PTE_USER : 0) | (r->prot & PROT_EXEC ? 0 : PTE_NX);
}

/* Maps the page (one reference is the mapping's) at the faulting address. */
static void map_page(struct fault_args *a, struct page *p, u64 bits) NEEDS_RESERVATION
{
    mutex_lock(&a->space->tables);
    pte_t *e = pte_make(a->space, a->addr);
    struct page *old = *e & PTE_PRESENT ? phys_page(pte_phys(*e)) : NULL;
    *e = page_phys(p).addr | page_bits(a->region) | bits;
    tlb_flush_page(a->addr);
    mutex_unlock(&a->space->tables);
    if (old)
        frame_put(old);
    else
        a->space->resident++;
}

static pte_t present_entry(struct fault_args *a)
{
    mutex_lock(&a->space->tables);
    pte_t *e = pte_find(a->space, a->addr);
    pte_t v = e ? *e : 0;
    mutex_unlock(&a->space->tables);
    return v & PTE_PRESENT ? v : 0;
}

/* Changes bits of the present entry, if it is still there. */
static void entry_add(struct fault_args *a, u64 set, u64 clear)
{
    mutex_lock(&a->space->tables);
    pte_t *e = pte_find(a->space, a->addr);
    if (e && *e & PTE_PRESENT)
        *e = (*e & ~(clear | PTE_NX | PTE_USER)) | set | page_bits(a->region);
    tlb_flush_page(a->addr);
    mutex_unlock(&a->space->tables);
}

static struct page *copy_of(struct page *from) NEEDS_RESERVATION
{
    struct page *p = frame_take();
    memcpy(page_data(p), page_data(from), PAGE_SIZE);
    return p;
}

AMA_STATE AMA_HELD(task) static bool copies(const struct fault_args *a)
{
    return a->access & FAULT_WRITE && !a->file_store;
}

static bool is_own(const struct page *p)
{
    return !page_is(p, PG_CACHED) && __atomic_load_n(&p->refs, __ATOMIC_ACQUIRE) == 1;
}

/* The page that is there; a cached one stays, because the range pin keeps it.  NULL: none is. */
static struct page *present_page(const struct fault_args *a)
{
    pte_t *e = pte_find(a->space, a->addr);
    pte_t v = e ? *e : 0;
    return v & PTE_PRESENT ? phys_page(pte_phys(v)) : NULL;
}

/* A page has to be found or made; a store to a shared file page looks at the one that is there as well. */
AMA_STATE AMA_HELD(load) static bool lacks_page(const struct fault_args *a)
{
    return a->file_store || !present_page(a);
}

/* A store to a page that others have, too. */
AMA_STATE AMA_HELD(range) static bool must_copy(const struct fault_args *a)
{
    struct page *p = copies(a) ? present_page(a) : NULL;
    return p && !is_own(p);
}

/* A store to a present private page. */
static void break_sharing(struct fault_args *a, pte_t e) NEEDS_RESERVATION
{
    AMA_ONLY_IF(must_copy(a));
    struct page *p = phys_page(pte_phys(e));
    if (is_own(p))
        entry_add(a, PTE_WRITE, PTE_COW);
    else
        map_page(a, copy_of(p), PTE_WRITE);
}

static struct page *shared_page(struct mapping *m, u32 index) NEEDS_RESERVATION
{
    AMA_ONLY_IF(cache_missing(m, index, index));
    struct page *p = page_find(m, index);
    if (p) {
        page_wait(p); /* another task may be about to zero it and give it the object's reference */
    } else {
        p = page_add(m, index);
        if (!page_is(p, PG_VALID)) {
            memset(page_data(p), 0, PAGE_SIZE);
            p->refs = 1; /* the shared object's own */
            page_set(p, PG_VALID);
        }
        page_unlock(p);
    }
    return p;
}

static int map_file(struct fault_args *a) NEEDS_RESERVATION
{
    struct region *r = a->region;
    struct page *p;
    int rc = vfs_port.fault_page(r->inode, page_index(a), a->file_store, &p);
    if (rc)
        return -ENXIO;
    if (a->file_store)
        vfs_port.fault_dirty(r->inode, p);
    if (copies(a)) {
        map_page(a, copy_of(p), PTE_WRITE);
    } else {
        frame_get(p);
        map_page(a, p, r->flags & REGION_SHARED ? PTE_SHARED | (a->file_store ? PTE_WRITE : 0) : PTE_COW);
    }
    page_unpin(p);
    return 0;
}

static void map_zeros(struct fault_args *a) NEEDS_RESERVATION
{
    map_page(a, frame_take_zeroed(), a->region->prot & PROT_WRITE ? PTE_WRITE : PTE_COW);
}

static long fault_body(void *arg) NEEDS_RESERVATION;
static long fault_body(void *arg)
{
    struct fault_args *a = arg;
    struct region *r = a->region;
    pte_t e = present_entry(a);
    bool write = a->access & FAULT_WRITE;
    if (e && (!write || e & PTE_WRITE)) {
        entry_add(a, 0, 0); /* rights were widened, or another fault was first */
        return 0;
    }
    if (r->shared) {
        struct page *p = shared_page(r->shared, page_index(a));
        frame_get(p);
        map_page(a, p, PTE_SHARED | (r->prot & PROT_WRITE ? PTE_WRITE : 0));
        page_unpin(p);
        return 0;
    }
    if (!lacks_page(a)) {
        break_sharing(a, e);
        return 0;
    }
    if (r->inode)
        return map_file(a);
    map_zeros(a);
    return 0;
}

DERIVE(fault);
SCOPE(fault, .flags = SCOPE_RETRY | SCOPE_NO_INJECT, .guard = fault_guard, .pin = fault_pin, .need = need_fault, .body = fault_body,
      .unguard = fault_unguard);

int fault_in(u64 addr, enum fault_access access)
{
    struct fault_args a = {.addr = addr & ~PAGE_MASK, .access = access};
    if (!current->space || !arch_user_address(addr))
        return -EFAULT;
    int rc = gate_call(&scope_fault, &a);
    return rc == -ERESTART ? -EINTR : rc;
}

static bool region_exists(u64 addr)
{
    mutex_lock(&current->space->lock);
    bool there = region_find(current->space, addr) != NULL;
    mutex_unlock(&current->space->lock);
    return there;
}

void trap_page_fault(struct trap_frame *f, u64 addr)
{
    enum fault_access access = f->error & 2 ? FAULT_WRITE : f->error & 16 ? FAULT_EXEC : FAULT_READ;
    int rc = fault_in(addr, access);
    if (rc == -ENXIO)
        signal_send_current(SIGBUS, BUS_ADRERR, addr);
    else if (rc == -EFAULT)
        signal_send_current(SIGSEGV, arch_user_address(addr) && region_exists(addr) ? SEGV_ACCERR : SEGV_MAPERR, addr);
}

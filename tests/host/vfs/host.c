// SPDX-License-Identifier: MIT
/*
 * host.c - the core's published functions, as far as fs/vfs uses them for names, in one thread
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "tests/host/vfs/host.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "kernel/time.h"

u32 needs_asked, refuse_at, gate_calls;
u64 objects_alive;
struct task *host_current;
struct cpu host_cpu;
bool memory_recycle_off, memory_window_off;
struct kmem_cache file_cache = KMEM_CACHE("file", struct file, CACHE_SMALL, ENFILE);
struct kmem_cache io_cache = KMEM_CACHE("io", struct io_request, CACHE_TRANSIENT, ENOMEM);

static struct task task;
static struct path_buffers buffers;
static struct reservation *held; /* of the running scope */
static struct need left;         /* its credits */
static u32 locks;

/* --- panics and messages --- */

void panic(const char *fmt, ...)
{
    print_error("panic: %s\n", fmt);
    fail();
    abort();
}

void kprintf(const char *fmt UNUSED, ...) {}

/* --- locks: one thread, so a lock that is taken twice is a deadlock --- */

void spin_init(struct spinlock *l, enum lock_rank rank, const char *name)
{
    *l = (struct spinlock)SPINLOCK_INIT(rank, name);
}

void spin_lock(struct spinlock *l)
{
    assert_int_equal(l->held, 0);
    l->held = 1;
}

void spin_unlock(struct spinlock *l)
{
    l->held = 0;
}

void mutex_init(struct mutex *m, enum lock_rank rank, const char *name)
{
    *m = (struct mutex){.rank = rank, .name = name};
}

static const struct mutex *stack[16];

void mutex_lock(struct mutex *m)
{
    assert_null(m->owner);
    if (locks) {
        const struct mutex *top = stack[locks - 1];
        assert_true(m->rank > top->rank || (m->rank == top->rank && m->order > top->order));
    }
    m->owner = current;
    stack[locks++] = m;
}

void mutex_unlock(struct mutex *m)
{
    assert_non_null(m->owner);
    m->owner = NULL;
    u32 i = locks;
    while (stack[i - 1] != m)
        i--;
    for (; i < locks; i++)
        stack[i - 1] = stack[i];
    locks--;
}

void rw_init(struct rwlock *l, enum lock_rank rank, const char *name)
{
    *l = (struct rwlock){.rank = rank, .name = name};
}
void rw_read_lock(struct rwlock *l)
{
    l->readers++;
}
void rw_read_unlock(struct rwlock *l)
{
    l->readers--;
}
void rw_write_lock(struct rwlock *l)
{
    l->readers--;
}
void rw_write_unlock(struct rwlock *l)
{
    l->readers++;
}
void wait_init(struct wait_queue *q UNUSED, const char *name UNUSED) {}
void wait_prepare(struct waiter *w UNUSED, struct wait_queue *q UNUSED) {}
void wait_finish(struct waiter *w UNUSED) {}
void wake_all(struct wait_queue *q UNUSED) {}

int wait_sleep(struct waiter *w UNUSED, enum sleep_mode mode UNUSED, u64 deadline UNUSED)
{
    fail_msg("nobody would wake this task");
    return -EINTR;
}

/* --- needs (mm/need.c) and credits --- */

static struct kmem_cache kmalloc_256 = KMEM_CACHE_SIZED("kmalloc-256", 256, CACHE_TRANSIENT, ENOMEM);

struct kmem_cache *kmalloc_cache(size_t size)
{
    assert_int_equal(size, 256);
    return &kmalloc_256;
}

void host_resource_take(struct resource *r)
{
    assert_true(left.resources == 1 && left.resource[0].count > 0);
    left.resource[0].count--;
    r->avail--;
}

static bool disk_full(void)
{
    for (u32 i = 0; i < left.resources; i++)
        if (left.resource[i].count > left.resource[i].resource->avail)
            return true;
    return false;
}

static void object_draw(struct kmem_cache *c)
{
    for (u32 i = 0; i < left.objects; i++) {
        if (left.object[i].cache == c && left.object[i].count) {
            left.object[i].count--;
            return;
        }
    }
    fail_msg("I3: an object of %s beyond the need", c->name);
}

void *kmem_cache_alloc(struct kmem_cache *c)
{
    assert_non_null(held);
    object_draw(c);
    c->live++;
    objects_alive++;
    return calloc(1, c->size);
}

void kmem_cache_free(struct kmem_cache *c, void *object)
{
    c->live--;
    objects_alive--;
    for (u32 i = 0; held && i < left.objects; i++)
        left.object[i].count += left.object[i].cache == c;
    free(object);
}

void kmem_cache_register(struct kmem_cache *c UNUSED, u32 max UNUSED) {}

void *kmalloc_upto(size_t size, size_t max)
{
    assert_true(size <= max);
    object_draw(&kmalloc_256);
    objects_alive++;
    return malloc(size);
}

void kfree(void *p)
{
    objects_alive--;
    free(p);
}

void host_frame_take(void)
{
    assert_true(left.frames > 0);
    left.frames--;
}

void host_frame_give(void)
{
    left.frames++;
}

/* --- the gate --- */

int guard_none(void *args UNUSED)
{
    return 0;
}
void pin_none(void *args UNUSED) {}
bool next_none(void *args UNUSED, long result UNUSED)
{
    return false;
}
void unguard_none(void *args UNUSED) {}

long gate_call(const struct scope *s, void *args)
{
    long result;
    assert_null(held);
    assert_int_equal(locks, 0);
    gate_calls++;
    int rc = s->guard(args);
    if (rc)
        return rc;
    do {
        need_init(&left);
        s->pin(args);
        s->need(args, &left);
        assert_true(left.frames <= CEILING);
        bool asks = !need_is_zero(&left);
        needs_asked += asks;
        bool refused = asks && refuse_at && !--refuse_at;
        if (refused || disk_full()) {
            result = refused ? -ENOMEM : -ENOSPC;
            break;
        }
        pagecache_evict(); /* another task may want memory at any time */
        held = &task.reservation;
        result = s->body(args);
        held = NULL;
        pins_forget(&task.pins);
    } while (s->next(args, result));
    pins_forget(&task.pins);
    s->unguard(args);
    assert_int_equal(locks, 0);
    return result;
}

/* --- the rest of the core --- */

u64 frames_total(void)
{
    return 1 << 20;
}
int flush_device(struct block_device *dev UNUSED)
{
    return 0;
}
bool signal_fatal(const struct task *t UNUSED)
{
    return false;
}
void signal_send(struct task *t UNUSED, int sig UNUSED) {}
int file_no_readdir(struct file *f UNUSED, struct dir_sink *s UNUSED, u64 *pos UNUSED)
{
    return -ENOTDIR;
}
bool in_group(u32 gid)
{
    return current->cred.egid == gid;
}
u64 wall_ns(void)
{
    return 1700000000ul * 1000000000;
}
struct file *fd_get(int fd UNUSED)
{
    return NULL;
}
void file_put(struct file *f UNUSED) {}
long file_no_write(struct file *f UNUSED, struct io *io UNUSED, u64 *pos UNUSED)
{
    return -EINVAL;
}
long file_no_ioctl(struct file *f UNUSED, u32 cmd UNUSED, u64 arg UNUSED)
{
    return -ENOTTY;
}
u32 file_always_ready(struct file *f UNUSED, struct poll_table *pt UNUSED)
{
    return 0;
}
int file_no_mmap(struct file *f UNUSED, u64 off UNUSED, u64 n UNUSED, int prot UNUSED, bool shared UNUSED)
{
    return -ENODEV;
}
void file_no_close(struct file *f UNUSED) {}

size_t strlcpy(char *dst, const char *src, size_t size)
{
    size_t len = strlen(src), n = len < size ? len : size - 1;
    memcpy(dst, src, n);
    dst[n] = 0;
    return len;
}

long string_from_user(char *dst, user_ptr src, size_t size)
{
    size_t len = strlcpy(dst, (const char *)src.addr, size);
    return len < size ? (long)len : -ENAMETOOLONG;
}

void machine_user(u32 uid, u32 gid)
{
    task.cred = (struct cred){.uid = uid, .euid = uid, .fsuid = uid, .gid = gid, .egid = gid, .fsgid = gid};
}

/* Once for all tests: the service's tables are static. */
void machine_start(void)
{
    host_current = &task;
    task.paths = &buffers;
    machine_user(0, 0);
    inodes_start();
    names_start();
    mounts_start();
}

// SPDX-License-Identifier: MIT
/*
 * reaper.c - the kernel thread that gives space back, and those who wait for it
 *
 * It works through the orphan list on its own reservations, so that the last close and unlink need nothing
 * for the blocks they free. What it frees becomes credit after the next pass of the flusher; it asks for one
 * when somebody waits for space or when it cannot remember more.
 *
 * Locks: reaper.lock guards the list of volumes and their references.
 */
#include "fs/ext2mfr/ext2.h"
#include "kernel/ports/ext2mfr.h"
#include "kernel/task.h"

static struct {
    struct spinlock lock;
    struct list volumes;
    struct wait_queue work;          /* the thread's */
    struct wait_queue done;          /* of those who wait for it */
} reaper;

/* --- volumes --- */

void reaper_add(struct volume *v)
{
    v->refs = 1;
    v->idle = !v->super->s_last_orphan || v->fs->read_only;
    spin_lock(&reaper.lock);
    list_push_back(&reaper.volumes, &v->reaped);
    spin_unlock(&reaper.lock);
    if (!v->idle)
        reaper_wake(v);
}

static void volume_put(struct volume *v)
{
    spin_lock(&reaper.lock);
    bool last = --v->refs == 0;
    spin_unlock(&reaper.lock);
    if (last)
        volume_free(v);
}

void reaper_remove(struct volume *v)
{
    spin_lock(&reaper.lock);
    list_remove(&v->reaped);
    spin_unlock(&reaper.lock);
    volume_put(v);
}

/* A volume with something to do, with a reference, or NULL. */
static struct volume *volume_next(void)
{
    struct volume *found = NULL;
    spin_lock(&reaper.lock);
    list_each(v, &reaper.volumes, struct volume, reaped) {
        if (!v->kicked)
            continue;
        v->kicked = false;
        v->refs++;
        found = v;
        break;
    }
    spin_unlock(&reaper.lock);
    return found;
}

void reaper_wake(struct volume *v)
{
    v->idle = false;
    v->kicked = true;
    wake_all(&reaper.work);
}

/* All that is pending may be released: its pointers and names are gone from the disk.  Called while
 * dev->pass is held exclusively. */
void ext2_pass_done(struct block_device *dev)
{
    struct volume *v = ((struct fs *)dev->fs)->data;
    struct pending *p = v->pending;
    p->ready_extents = p->extents;
    p->ready_inodes = p->inodes;
    v->gained_count = 0;
    if (p->extents || p->inodes)
        reaper_wake(v);
}

/* --- the thread --- */

static bool is_ready(const struct pending *p)
{
    return p->ready_extents || p->ready_inodes;
}

/* Nothing more can be done here, perhaps for ever. */
static void rest(struct volume *v, bool give_up)
{
    mutex_lock(&v->alloc);
    if (give_up)
        cutting_over(v);
    v->idle = !v->kicked && (give_up || (!v->pending->extents && !v->pending->inodes));
    if (v->idle)
        v->pass_wanted = false;
    mutex_unlock(&v->alloc);
    wake_all(&reaper.done);
}

static void read_only(struct volume *v, long error)
{
    complain(v, "read-only from now on, because space cannot be given back (error %ld)", -error);
    v->fs->read_only = true;
}

/* One step; false when nothing is left to do now. */
static bool work_on(struct volume *v)
{
    struct pending *p = v->pending;
    if (v->fs->read_only || v->closed) {
        rest(v, true);
        return false;
    }
    long rc = gate_call(is_ready(p) ? &scope_ext2_release : &scope_ext2_reap, v);
    bool waiting = p->extents || p->inodes;
    if (rc < 0 && !v->fs->read_only)
        read_only(v, rc);
    if (rc < 0 || rc == REAP_MORE)
        return true;
    wake_all(&reaper.done); /* no file is being cut any more */
    if (waiting && !is_ready(p) && (rc == REAP_FULL || v->pass_wanted)) {
        int flushed = flush_device(v->dev);
        if (flushed || (waiting && !is_ready(p)))
            read_only(v, flushed ? flushed : -EIO);
        return true;
    }
    rest(v, false);
    return false;
}

static void reaper_main(void *arg UNUSED)
{
    for (;;) {
        struct volume *v = NULL;
        wait_event(&reaper.work, (v = volume_next()) != NULL, SLEEP_DEEP);
        while (work_on(v))
            wake_all(&reaper.done);
        volume_put(v);
    }
}

DERIVE_OP(reaper_start);

int reaper_start(const char *self UNUSED)
{
    spin_init(&reaper.lock, RANK_MAPPING, "reaper");
    list_init(&reaper.volumes);
    wait_init(&reaper.work, "reaper's work");
    wait_init(&reaper.done, "reaper done");
    thread_start("reaper", reaper_main, NULL);
    return 0;
}

/* --- those who wait --- */

void ext2_settle(struct inode *i)
{
    struct volume *v = volume_of(i);
    if (!(data_of(i)->state & INODE_CUTTING))
        return;
    reaper_wake(v);
    wait_event(&reaper.done, !(data_of(i)->state & INODE_CUTTING), SLEEP_DEEP);
}

bool ext2_wait_space(struct fs *fs)
{
    struct volume *v = fs->data;
    u64 before = v->freed;
    if (v->idle || fs->read_only)
        return false;
    v->pass_wanted = true;
    reaper_wake(v);
    wait_event(&reaper.done, v->freed != before || v->idle, SLEEP_FATAL);
    return v->freed != before;
}

int ext2_sync(struct fs *fs)
{
    struct volume *v = fs->data;
    if (!v->idle && !fs->read_only) {
        v->pass_wanted = true;
        reaper_wake(v);
        wait_event(&reaper.done, v->idle, SLEEP_DEEP);
    }
    return flush_device(v->dev);
}

const struct ext2mfr_port ext2mfr_port = {
    .fs = &ext2_fs_ops,
    .service = {.name = "ext2mfr", .start = reaper_start, .start_need = need_reaper_start},
};

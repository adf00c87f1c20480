// SPDX-License-Identifier: MIT
/*
 * settings.c - the files that are written: policy, injection, drop_caches
 *
 * Settings are short and pass through the kernel stack, without a scope: a program under injection or out of
 * memory can always read and change them.  A write is one setting, whatever the position.
 *
 * Locks: the process tree, for a task's settings.
 */
#include "fs/proc/proc.h"
#include "kernel/inject.h"
#include "kernel/lib/string.h"
#include "kernel/ports/vfs.h"
#include "mm/reserve_core.h"

#define SETTING_MAX 128

static const char *const policy_names[] = {
    [POLICY_FAIL] = "fail",
    [POLICY_RETRY] = "retry",
    [POLICY_BACKOFF] = "backoff",
};

/* --- policy --- */

void text_policy(struct text *t, const struct view *v)
{
    text_put(t, "%s\n", policy_names[v->task->policy]);
}

int set_policy(struct task *t, const char *word)
{
    for (u32 i = 0; i < ARRAY_SIZE(policy_names); i++) {
        if (!strcmp(word, policy_names[i])) {
            t->policy = i;
            return 0;
        }
    }
    return -EINVAL;
}

/* --- whether the injector looks at a task --- */

/* "on", how many points there were, and where the last refusal was: a scope, at its entry or at a try. */
void text_injected(struct text *t, const struct view *v)
{
    const struct inject *i = &v->task->inject;
    text_put(t, "%s %lu %s %s\n", i->on ? "on" : "off", i->count, i->refused ? i->refused->name : "-",
             !i->refused ? "-" : i->at_try ? "try" : "entry");
}

/* Switching off and on again goes on with the task's own sequence; the first time begins it.  nth=N counts anew and refuses the
 * task's N-th point from now on, nth=0 none, whatever is set for the machine. */
int set_injected(struct task *t, const char *word)
{
    u64 nth;
    const char *end;
    if (!strncmp(word, "nth=", 4)) {
        if (!parse_u64(word + 4, &nth, &end) || *end)
            return -EINVAL;
        inject_alone(t, nth);
        return 0;
    }
    bool on = !strcmp(word, "on");
    if (!on && strcmp(word, "off"))
        return -EINVAL;
    if (on && !t->inject.rng)
        inject_start(t);
    t->inject.on = on;
    return 0;
}

/* --- what the injector does --- */

void text_injection(struct text *t, const struct view *v UNUSED)
{
    char spec[SETTING_MAX];
    size_t n = inject_show(spec, sizeof(spec));
    text_bytes(t, spec, MIN(n, sizeof(spec) - 1));
}

int set_injection(struct task *t UNUSED, const char *word)
{
    return inject_set(word);
}

/* --- drop_caches: 1 pages, 2 inodes and names, 3 both; what is dirty or in use stays --- */

static u32 dropped; /* what was written last, as Linux shows it */

void text_drop_caches(struct text *t, const struct view *v UNUSED)
{
    text_put(t, "%u\n", dropped);
}

int set_drop_caches(struct task *t UNUSED, const char *word)
{
    u32 what = word[0] - '0';
    if (what < 1 || what > 3 || word[1])
        return -EINVAL;
    dropped = what;
    if (what & 2)
        vfs_port.shrink_names(~0u);
    if (what & 1)
        reclaim_clean(memory_limits.total);
    return 0;
}

/* --- reading and writing one --- */

/* Makes the text into buf; its length from the offset on, or -ESRCH. */
static long setting_text(const struct inode *i, char *buf, u64 offset)
{
    struct view v;
    struct text t;
    text_begin(&t, buf, SETTING_MAX, offset);
    mutex_lock(&process_tree);
    int rc = view_find(i, &v);
    if (!rc)
        node_of(place_of(i->ino))->text(&t, &v);
    mutex_unlock(&process_tree);
    return rc ? rc : (long)t.len;
}

static long setting_read(struct file *f, struct io *io, u64 *pos)
{
    char buf[SETTING_MAX];
    u64 done = 0;
    long rc = 0, len = setting_text(f->inode, buf, *pos);
    if (len < 0)
        return len;
    u64 want = MIN((u64)len, io->left);
    while (!rc && done < want) {
        done += io_to_user(io, buf + done, want - done);
        if (done < want)
            rc = io_fault_in(io, true);
    }
    *pos += done;
    return done ? (long)done : rc;
}

/* The task's owner may change its settings, and root; the descriptor may have come from somebody else. */
static bool may_set(const struct task *t)
{
    return is_root() || t == current || t->cred.euid == current->cred.euid;
}

static int setting_apply(const struct inode *i, const char *word)
{
    const struct node *n = node_of(place_of(i->ino));
    struct view v;
    if (!place_of(i->ino).pid)
        return is_root() ? n->set(NULL, word) : -EPERM;
    mutex_lock(&process_tree);
    int rc = view_find(i, &v);
    if (!rc)
        rc = may_set(v.task) ? n->set(v.task, word) : -EPERM;
    mutex_unlock(&process_tree);
    return rc;
}

static long setting_write(struct file *f, struct io *io, u64 *pos)
{
    char word[SETTING_MAX];
    u64 len = io->left, done = 0;
    if (len >= sizeof(word))
        return -EINVAL;
    while (done < len) {
        done += io_from_user(io, word + done, len - done);
        if (done < len && io_fault_in(io, false))
            return -EFAULT;
    }
    while (done && word[done - 1] == '\n')
        done--;
    word[done] = 0;
    int rc = setting_apply(f->inode, word);
    *pos += rc ? 0 : len;
    return rc ? rc : (long)len;
}

const struct file_ops setting_ops = {
    .name = "proc setting",
    .read = setting_read,
    .write = setting_write,
    .ioctl = file_no_ioctl,
    .poll = file_always_ready,
    .seek = text_seek,
    .fsync = file_no_fsync,
    .readdir = file_no_readdir,
    .mmap = file_no_mmap,
    .close = file_no_close,
};

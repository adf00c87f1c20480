// SPDX-License-Identifier: MIT
/*
 * process.c - texts about one task: stat, statm, status, comm (proc(5))
 *
 * Figures that Ante does not keep are 0, as Linux has them where it keeps them no more.
 */
#include "fs/proc/proc.h"
#include "mm/space.h"

#define NS_PER_HZ (1000000000ul / USER_HZ)

/* Field 9 of stat. */
enum { PF_FORKNOEXEC = 0x40, PF_KTHREAD = 0x200000 };
enum { SIGCHLD_NUMBER = 17, NICE_DEFAULT = 20 };

static char state_of(const struct task *o)
{
    if (o->ended)
        return 'Z';
    if (o->state != TASK_SLEEPING)
        return o->state == TASK_ZOMBIE ? 'Z' : 'R';
    if (o->stop_signal)
        return 'T';
    if (o->kernel)
        return 'I';
    return o->sleep_mode == SLEEP_DEEP ? 'D' : 'S';
}

static const char *state_word(char state)
{
    switch (state) {
    case 'R':
        return "R (running)";
    case 'S':
        return "S (sleeping)";
    case 'D':
        return "D (disk sleep)";
    case 'T':
        return "T (stopped)";
    case 'I':
        return "I (idle)";
    default:
        return "Z (zombie)";
    }
}

struct handled {
    sigset ignored, caught;
};

static struct handled handled_of(const struct task *o)
{
    struct handled h = {0, 0};
    for (int sig = 1; sig <= NSIG; sig++) {
        u64 handler = o->actions[sig - 1].handler;
        h.ignored |= handler == 1 ? SIGBIT(sig) : 0; /* SIG_IGN */
        h.caught |= handler > 1 ? SIGBIT(sig) : 0;
    }
    return h;
}

/* --- stat: 52 fields, the number of a line's first one before it --- */

static void stat_identity(struct text *t, const struct task *o)
{
    u32 flags = (o->kernel ? PF_KTHREAD : 0) | (o->kernel || o->execed ? 0 : PF_FORKNOEXEC);
    text_put(t, "%d (%s) %c %d ", o->pid, o->name, state_of(o), o->parent ? o->parent->pid : 0); /* 1 */
    text_put(t, "%d %d %d -1 %u ", o->pgid, o->sid, o->tty ? 0x501 : 0, flags);                  /* 5 */
    text_put(t, "0 0 0 0 %lu %lu ", user_hz(o->user_ticks), user_hz(o->system_ticks));           /* 10 */
    text_put(t, "%lu %lu ", user_hz(o->children_user), user_hz(o->children_system));             /* 16 */
    text_put(t, "%d 0 1 0 %lu ", NICE_DEFAULT, o->start_time / NS_PER_HZ);                       /* 18 */
}

/* The first region with all bits of prot, or NULL. */
static const struct region *region_with(const struct space *s, int prot)
{
    list_each(r, &s->regions, struct region, link)
        if ((r->prot & prot) == prot)
            return r;
    return NULL;
}

static void stat_memory(struct text *t, const struct view *v)
{
    const struct space *s = v->space;
    const struct region *code = s ? region_with(s, PROT_EXEC) : NULL;
    text_put(t, "%lu %lu ", s ? space_pages(s, 0) * PAGE_SIZE : 0, s ? s->resident : 0); /* 23 */
    text_put(t, "%lu ", v->task->limits[RLIMIT_RSS].cur);                                /* 25 */
    text_put(t, "%lu %lu ", code ? code->start : 0, code ? code->end : 0);               /* 26 */
    text_put(t, "%lu 0 0 ", s ? s->stack_top : 0);                                       /* 28 */
}

static void stat_rest(struct text *t, const struct view *v)
{
    const struct task *o = v->task;
    const struct space *s = v->space;
    const struct region *data = s ? region_with(s, PROT_WRITE) : NULL;
    struct handled h = handled_of(o);
    text_put(t, "%lu %lu %lu %lu ", o->pending, o->blocked, h.ignored, h.caught);                    /* 31 */
    text_put(t, "0 0 0 %d 0 0 0 0 0 0 ", SIGCHLD_NUMBER);                                            /* 35 */
    text_put(t, "%lu %lu %lu ", data ? data->start : 0, data ? data->end : 0, s ? s->brk_start : 0); /* 45 */
    text_put(t, "%lu %lu ", s ? s->arg_start : 0, s ? s->arg_end : 0);                               /* 48 */
    text_put(t, "%lu %lu %d\n", s ? s->env_start : 0, s ? s->env_end : 0, o->exit_status);           /* 50 */
}

void text_stat(struct text *t, const struct view *v)
{
    stat_identity(t, v->task);
    stat_memory(t, v);
    stat_rest(t, v);
}

void text_statm(struct text *t, const struct view *v)
{
    const struct space *s = v->space;
    if (!s)
        text_put(t, "0 0 0 0 0 0 0\n");
    else
        text_put(t, "%lu %lu 0 %lu 0 %lu 0\n", space_pages(s, 0), s->resident, space_pages(s, PROT_EXEC),
                 space_pages(s, PROT_WRITE));
}

/* --- status --- */

static void status_ids(struct text *t, const struct cred *c)
{
    text_put(t, "Uid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid, c->fsuid);
    text_put(t, "Gid:\t%u\t%u\t%u\t%u\n", c->gid, c->egid, c->sgid, c->fsgid);
    text_put(t, "Groups:\t");
    for (u32 i = 0; i < c->group_count; i++)
        text_put(t, "%u ", c->groups[i]);
    text_put(t, "\n");
}

static void status_memory(struct text *t, const struct space *s)
{
    u64 kib = PAGE_SIZE / 1024;
    text_put(t, "VmSize:\t%8lu kB\nVmRSS:\t%8lu kB\n", space_pages(s, 0) * kib, s->resident * kib);
    text_put(t, "VmData:\t%8lu kB\nVmExe:\t%8lu kB\n", space_pages(s, PROT_WRITE) * kib,
             space_pages(s, PROT_EXEC) * kib);
    text_put(t, "Promised:\t%8lu kB\n", s->charge * kib);
}

void text_status(struct text *t, const struct view *v)
{
    const struct task *o = v->task;
    struct handled h = handled_of(o);
    text_put(t, "Name:\t%s\nUmask:\t0%u%u%u\n", o->name, o->umask >> 6 & 7, o->umask >> 3 & 7, o->umask & 7);
    text_put(t, "State:\t%s\n", state_word(state_of(o)));
    text_put(t, "Tgid:\t%d\nPid:\t%d\nPPid:\t%d\n", o->pid, o->pid, o->parent ? o->parent->pid : 0);
    text_put(t, "TracerPid:\t0\n");
    status_ids(t, &o->cred);
    if (v->space)
        status_memory(t, v->space);
    text_put(t, "Threads:\t1\nSigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\n", 0ul, o->pending,
             o->blocked);
    text_put(t, "SigIgn:\t%016lx\nSigCgt:\t%016lx\n", h.ignored, h.caught);
}

void text_comm(struct text *t, const struct view *v)
{
    text_put(t, "%s\n", v->task->name);
}

// SPDX-License-Identifier: MIT
/*
 * sweep_step.c - one attempt: a child makes the call with its n-th point refused, and judges what it sees
 *
 * The child takes the state of everything, makes caches warm or cold, arms the injector, makes the call, and takes the
 * state again.  What must hold:
 *
 *     nothing was refused, or a try, or the policy asks again     answer and state are those of the reference
 *     an entry was refused under `fail`                           ENOMEM, and all is exactly as before
 *     ... in a later window of a read or write                    a short count of n, and all is as after a call for n bytes,
 *         (on a full disk the count may be short already)         which another child makes
 *
 * After a refusal the call is made again, and must answer as the reference did.  What the child leaves behind when it has
 * ended is looked at by its parent (sweep.c).
 */
#include "tests/user/campaign/sweep.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { LONGEST_STEP = 60, REPORT_TEXT = 80 };

/* Shared by parent and children. */
static struct shared {
    struct report report;
    long reference;            /* the answer when nothing is refused */
    bool repeating;            /* the call is being made again */
    struct state first, after; /* before the reference run, and after it */
    struct state partly;       /* after a short count */
} *shared;

static bool injects;

void steps_begin(bool can_inject)
{
    int ends[2];

    injects = can_inject;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || pipe(ends) != 0 || dup2(ends[0], FD_REPORT_IN) < 0 || dup2(ends[1], FD_REPORT_OUT) < 0)
        die("steps");
    close(ends[0]);
    close(ends[1]);
    memset(shared, 0, sizeof *shared);
}

static void wrong(const char *format, ...)
{
    struct report *r = &shared->report;
    va_list args;

    if (r->wrong)
        return;
    r->wrong = true;
    va_start(args, format);
    vsnprintf(r->why, sizeof r->why, format, args);
    va_end(args);
}

/* --- in the child --- */

static struct state before, after;

static void same(const char *what, const char *was, const char *is)
{
    const char *line = text_differs(was, is);

    if (line != NULL)
        wrong("%s: %s", what, line);
}

/* Takes all descriptors of the first leaf; returns which were free. */
static uint32_t fill_leaf(void)
{
    uint32_t filled = 0;
    int fd;

    while (filled >> (LEAF - 1) == 0 && (fd = dup(FD_WORLD)) >= 0)
        filled |= 1u << fd;
    return filled;
}

static void empty_leaf(uint32_t filled)
{
    int fd;

    for (fd = 0; fd < LEAF; fd++)
        if ((filled >> fd & 1) != 0)
            close(fd);
}

/* What may differ in a text is made the same: digits, and the blanks that fill their columns. */
static void even_out(char *text, long n)
{
    long i;

    for (i = 0; i < n; i++)
        if (text[i] == ' ' || (text[i] >= '0' && text[i] <= '9'))
            text[i] = '0';
}

static void attempt(const struct scenario *s, uint64_t nth, struct outcome *o)
{
    bool user = (s->flags & AS_USER) != 0;
    uint32_t filled = (s->flags & NO_LEAF) != 0 ? fill_leaf() : 0;

    if (user && raw(SYS_setresuid, (long[6]){-1, ORDINARY_USER, -1}) != 0)
        die("setresuid");
    alarm(LONGEST_STEP);
    ama_arm(nth);
    o->result = s->act != NULL ? s->act(s) : raw(s->number, s->args);
    ama_disarm(o);
    alarm(0);
    if ((s->flags & COUNTS) != 0)
        even_out(buffer, o->result);
    if (user)
        raw(SYS_setresuid, (long[6]){-1, 0, -1});
    empty_leaf(filled);
}

static void check(const struct scenario *s, long result)
{
    if (result >= 0 && s->check != NULL && !s->check(s, result))
        wrong("what was read or written is not right");
}

/* The call has been made as if nothing had been refused. */
static void judge_done(const struct scenario *s, const struct outcome *o, bool whole)
{
    if (o->result != shared->reference)
        wrong("answers %ld, not %ld", o->result, shared->reference);
    if (whole && !shared->report.wrong) {
        state_take(&after);
        same("after the call", shared->after.same, after.same);
    }
    check(s, o->result);
}

static void repeat(const struct scenario *s, bool whole)
{
    struct outcome o = {0};

    shared->repeating = true;
    attempt(s, 0, &o);
    judge_done(s, &o, whole);
    if (shared->report.wrong)
        return;
    if (o.refused)
        wrong("something is refused without injection");
}

/* Removes the lines that contain the mark. */
static void leave_out(char *text, const char *mark)
{
    char *at, *end;

    while ((at = strstr(text, mark)) != NULL) {
        while (at > text && at[-1] != '\n')
            at--;
        end = at + strcspn(at, "\n");
        memmove(at, end + (*end != '\0'), strlen(end + (*end != '\0')) + 1);
    }
}

/* Of the file that is written, and of free space, `exact` may tell something else. */
static void leave_out_written(struct state *s)
{
    struct stat st;
    char mark[40];

    if (fstat(FD_A, &st) != 0 || (fcntl(FD_A, F_GETFL) & O_ACCMODE) == O_RDONLY)
        return;
    snprintf(mark, sizeof mark, " inode %llu ", (unsigned long long)st.st_ino);
    leave_out(s->exact, mark);
    leave_out(s->exact, "free blocks ");
}

static void judge_partial(const struct scenario *s, const struct outcome *o)
{
    shared->report.shortened = true;
    state_take(&shared->partly);
    after = shared->partly;
    leave_out_written(&before);
    leave_out_written(&after);
    same("a short count has changed something else", before.exact, after.exact);
    check(s, o->result);
    lseek(FD_A, 0, SEEK_SET);
    lseek(FD_B, 0, SEEK_SET);
    if ((s->flags & (ADDS | FULL_DISK)) != (ADDS | FULL_DISK)) /* there nothing more fits */
        repeat(s, (s->flags & ADDS) == 0);
}

static void judge_refused(const struct scenario *s, const struct outcome *o)
{
    if (o->result == -ENOMEM) {
        state_take(&after);
        same("a refused call has changed something", before.same, after.same);
        same("a refused call has changed something", before.exact, after.exact);
        repeat(s, true);
    } else if ((s->flags & PARTIAL) != 0 && o->result > 0 && o->result <= shared->reference - ((s->flags & FULL_DISK) == 0)) {
        judge_partial(s, o);
    } else {
        wrong("refused, it answers %ld", o->result);
    }
}

static void judge_reference(const struct step *step, const struct outcome *o)
{
    const struct scenario *s = step->s;
    bool must_have = step->cache == COLD && (s->flags & NO_POINT) == 0, must_not = (s->flags & NO_POINT) != 0;

    shared->reference = o->result;
    state_take(&shared->after);
    if (s->expect == SOME ? o->result < 0 : o->result != s->expect)
        wrong("answers %ld without injection, not %ld", o->result, s->expect);
    if (injects && (o->points == 0 ? must_have : must_not))
        wrong("it has %llu points", (unsigned long long)o->points);
    check(s, o->result);
}

/* --- the same call for fewer bytes --- */

static void limit_pieces(struct iovec *piece, size_t count, size_t bytes)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (piece[i].iov_len > bytes)
            piece[i].iov_len = bytes;
        bytes -= piece[i].iov_len;
    }
}

static void limit(struct scenario *s, long bytes)
{
    switch (s->number) {
    case SYS_sendfile:
        s->args[3] = bytes;
        return;
    case SYS_readv:
    case SYS_writev:
    case SYS_preadv:
    case SYS_pwritev:
    case SYS_preadv2:
    case SYS_pwritev2:
        limit_pieces((struct iovec *)s->args[1], (size_t)s->args[2], (size_t)bytes);
        return;
    default:
        s->args[2] = bytes;
    }
}

/* What came of a short count before is what comes of asking for no more.  Does not return. */
static void play_limited(const struct step *step, long bytes)
{
    struct scenario s = *step->s;
    struct outcome o = {0};

    ama_take_control();
    if (s.ready != NULL)
        s.ready();
    limit(&s, bytes);
    attempt(&s, 0, &o);
    if (o.result != bytes)
        wrong("asked for the %ld bytes of its short count, it answers %ld", bytes, o.result);
    state_take(&after);
    same("after a short count", after.same, shared->partly.same);
    _exit(0);
}

/* Does not return. */
static void play(const struct step *step)
{
    const struct scenario *s = step->s;
    struct outcome *o = &shared->report.o;

    ama_take_control();
    if (s->ready != NULL)
        s->ready();
    sync();
    state_take(&before);
    if (step->nth == 0)
        shared->first = before;
    same("what the last step has left", shared->first.same, before.same);
    ama_caches(step->cache);
    attempt(s, step->nth, o);
    if (step->nth == 0)
        judge_reference(step, o);
    else if (o->refused && !o->at_try && step->policy == FAIL)
        judge_refused(s, o);
    else
        judge_done(s, o, true);
    _exit(0);
}

/* --- in the parent --- */

/* What a program reported that came in place of the child: the call has succeeded. */
static bool replaced(struct outcome *o)
{
    char text[REPORT_TEXT] = "";
    struct pollfd end = {.fd = FD_REPORT_IN, .events = POLLIN};
    ssize_t n = poll(&end, 1, 0) == 1 ? read(FD_REPORT_IN, text, sizeof text - 1) : 0;

    if (n <= 0)
        return false;
    o->result = 0;
    if (injects && !ama_parse(text, o))
        wrong("the new program reports \"%s\"", text);
    return true;
}

static void judge_replaced(const struct step *step, const struct outcome *o)
{
    struct report *r = &shared->report;

    if ((step->s->flags & REPLACES) == 0)
        wrong("another program has come");
    else if (shared->repeating)
        return;
    r->o = *o;
    shared->reference = step->nth == 0 ? 0 : shared->reference;
    if (step->s->expect != 0)
        wrong("the call succeeds");
    if (o->refused && !o->at_try && step->policy == FAIL)
        wrong("refused, it succeeds");
}

/* Plays the step, or with `bytes` its call for so many. */
static void run_child(const struct step *step, long bytes)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0 && bytes > 0)
        play_limited(step, bytes);
    if (child == 0)
        play(step);
    if (child < 0 || waitpid(child, &status, 0) != child)
        die("a child");
    if (status != 0)
        wrong("the child ended with %x", (unsigned)status);
}

const struct report *step_run(const struct step *step)
{
    struct report *r = &shared->report;
    struct outcome o = {0};

    memset(r, 0, sizeof *r);
    shared->repeating = false;
    run_child(step, 0);
    if (r->shortened && !r->wrong) {
        world_restore();
        run_child(step, r->o.result);
    }
    if (replaced(&o))
        judge_replaced(step, &o);
    else if ((step->s->flags & REPLACES) != 0 && (step->nth == 0 || shared->repeating || r->o.result != -ENOMEM))
        wrong("no other program has come: %ld", r->o.result);
    return r;
}

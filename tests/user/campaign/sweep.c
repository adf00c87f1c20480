// SPDX-License-Identifier: MIT
/*
 * sweep.c - every refusal point of every call, one after the other
 *
 * A scenario is one call in one situation.  It is made once without injection, which gives the reference; then with its
 * first refusal point refused, its second, ... until it runs to its end with no point left to refuse.  Each step is a
 * child of its own (sweep_step.c), from the same state of the files (sweep_world.c), under one policy, with warm or cold
 * caches.  After each child the machine's balance must be as it was: frames, promises, tasks, stacks, pins, reservations,
 * objects and credits of every cache (sweep_ama.c).
 *
 *     swept CALL SCENARIO CACHES POLICY steps N entries N tries N short N: SCOPE=N ...
 *     wrong: SCENARIO:CACHES:N POLICY (SCOPE entry|try): why
 *
 * Where nothing injects (on Linux) only the references are run: the scenarios' own expectations are checked.
 *
 * Use:    sweep [-p POLICY] [-c CACHES] [-r near] [-s I/OF] [-q] [-m] FOLDER [SCENARIO[:CACHES[:N]]]
 *         -c, -r   these caches or this route only     -s   every OF-th scenario, from the I-th
 *         -q       the references only                 -m   mount /dev/hdb there first
 */
#include "tests/user/campaign/sweep.h"

#include <sys/mount.h>

enum { MOST_POINTS = 500, SCOPES = 40 };

_Alignas(16) char buffer[BIG_BYTES + PAGE];
char area[64];

static struct options {
    enum policy policy;
    int cache;                /* -1: all */
    const char *route;        /* NULL: all */
    unsigned part, parts;
    bool mount, quick;
    const char *folder;
    char only[80];            /* a scenario, "": all */
    uint64_t nth;             /* only this point, 0: all */
} options = {.cache = -1, .part = 0, .parts = 1};

static bool injects;
static unsigned long steps, blocks, mistakes;
static struct tally {
    unsigned long steps, entries, tries, shorts;
    struct {
        char name[24];
        unsigned long count;
    } scope[SCOPES];
} tally;

void die(const char *what)
{
    printf("wrong: %s: %s\n", what, strerror(errno));
    fflush(stdout);
    _exit(3);
}

void open_as(const char *path, int flags, int at)
{
    int fd = open(path, flags);

    if (fd < 0 || dup2(fd, at) != at || close(fd) != 0)
        die(path);
}

long raw(long number, const long *args)
{
    long result;
    register long r10 __asm__("r10") = args[3];
    register long r8 __asm__("r8") = args[4];
    register long r9 __asm__("r9") = args[5];

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(args[0]), "S"(args[1]), "d"(args[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* --- one block: a scenario by one route, with one state of the caches --- */

static void mistake(const struct step *step, const struct outcome *o, const char *why)
{
    mistakes++;
    printf("wrong: %s:%s:%llu %s (%s %s): %s\n", step->s->name, cache_names[step->cache], (unsigned long long)step->nth,
           policy_names[step->policy], o->refused ? o->scope : "-", !o->refused ? "-" : o->at_try ? "try" : "entry", why);
}

static void count(const struct report *r)
{
    int i = 0;

    tally.steps++;
    tally.entries += r->o.refused && !r->o.at_try;
    tally.tries += r->o.at_try;
    tally.shorts += r->shortened;
    while (i < SCOPES - 1 && tally.scope[i].count > 0 && strcmp(tally.scope[i].name, r->o.scope) != 0)
        i++;
    if (tally.scope[i].count++ == 0)
        strcpy(tally.scope[i].name, r->o.scope);
}

/* Runs a step and looks at what it has left.  True when a point was refused. */
static bool run_step(struct step *step, const char *balance)
{
    const struct report *r = step_run(step);
    const char *line;

    world_restore();
    line = ama_unbalanced(balance, false);
    if (r->wrong)
        mistake(step, &r->o, r->why);
    if (line != NULL)
        mistake(step, &r->o, line);
    if (r->o.refused)
        count(r);
    return r->o.refused;
}

static void report_block(const struct step *step)
{
    int i;

    printf("swept %s %s %s %s steps %lu entries %lu tries %lu short %lu:", step->s->call, step->s->name, cache_names[step->cache],
           policy_names[step->policy], tally.steps, tally.entries, tally.tries, tally.shorts);
    for (i = 0; i < SCOPES && tally.scope[i].count > 0; i++)
        printf(" %s=%lu", tally.scope[i].name, tally.scope[i].count);
    printf("\n");
    fflush(stdout);
    steps += tally.steps;
    blocks++;
}

static void run_block(const struct scenario *s, enum caches cache)
{
    static char balance[BALANCE_TEXT], all[BALANCE_TEXT];
    struct step step = {.s = s, .cache = cache, .policy = options.policy};
    struct outcome none = {0};
    unsigned long before = mistakes;
    const char *line;

    memset(&tally, 0, sizeof tally);
    ama_balance(all, true);
    ama_balance(balance, false);
    run_step(&step, balance);
    if (injects && !options.quick && (s->flags & NO_POINT) == 0) {
        step.nth = options.nth > 0 ? options.nth : 1;
        while (step.nth < MOST_POINTS && mistakes - before < 3 && run_step(&step, balance) && options.nth == 0)
            step.nth++;
        if (step.nth == MOST_POINTS)
            mistake(&step, &none, "there is no end of points");
    }
    line = ama_unbalanced(all, true);
    if (line != NULL)
        mistake(&step, &none, line);
    report_block(&step);
}

/* --- all blocks --- */

static bool can_run(const struct scenario *s)
{
    if ((s->flags & ONLY_ANTE) != 0 && !injects)
        return false;
    return (s->flags & FULL_DISK) == 0 || world_may_fill();
}

static bool is_wanted(const char *name)
{
    return options.only[0] == '\0' || strcmp(options.only, name) == 0;
}

static void run_caches(const struct scenario *s)
{
    int cache;

    if (!can_run(s))
        return;
    if ((s->flags & FULL_DISK) != 0)
        world_fill();
    for (cache = 0; cache < (injects ? (int)CACHES : 1); cache++)
        if (options.cache < 0 || cache == options.cache)
            run_block(s, (enum caches)cache);
    if ((s->flags & FULL_DISK) != 0)
        world_unfill();
}

/* The scenario by one route: its names begin with the route's prefix. */
static void run_route(const struct scenario *s, const struct route *route)
{
    static char path[2][2000], name[80];
    struct scenario routed = *s;
    int i, next = 0;

    snprintf(name, sizeof name, "%s-%s", s->name, route->name);
    routed.name = name;
    for (i = 0; i < 6; i++)
        if ((s->paths & PATH(i)) != 0) {
            snprintf(path[next], sizeof path[next], "%s%s", route->prefix, (const char *)s->args[i]);
            routed.args[i] = A(path[next++]);
        }
    if (is_wanted(s->name) || is_wanted(name))
        run_caches(&routed);
}

static void run_scenario(const struct scenario *s)
{
    static unsigned number;
    int i;

    if (number++ % options.parts != options.part)
        return;
    if (s->paths == 0) {
        if (is_wanted(s->name))
            run_caches(s);
        return;
    }
    for (i = 0; i < ROUTES; i++)
        if (options.route == NULL || strcmp(options.route, routes[i].name) == 0)
            run_route(s, &routes[i]);
}

static void run_table(const struct scenario *table)
{
    for (; table->name != NULL; table++)
        run_scenario(table);
}

/* --- the command line --- */

static int usage(void)
{
    fprintf(stderr, "usage: sweep [-p POLICY] [-c CACHES] [-r ROUTE] [-s I/OF] [-q] [-m] FOLDER [SCENARIO[:CACHES[:N]]]\n");
    return 2;
}

static int index_of(const char *word, const char *const *names, int n)
{
    int i = 0;

    while (i < n && strcmp(word, names[i]) != 0)
        i++;
    return i;
}

/* SCENARIO, SCENARIO:CACHES or SCENARIO:CACHES:N */
static bool take_only(const char *word)
{
    char *cache, *point;

    snprintf(options.only, sizeof options.only, "%s", word);
    cache = strchr(options.only, ':');
    if (cache == NULL)
        return true;
    *cache++ = '\0';
    point = strchr(cache, ':');
    if (point != NULL) {
        *point++ = '\0';
        options.nth = strtoul(point, NULL, 10);
    }
    options.cache = index_of(cache, cache_names, CACHES);
    return options.cache < CACHES;
}

static bool parse(int argc, char **argv)
{
    int c;

    while ((c = getopt(argc, argv, "p:c:r:s:qm")) != -1) {
        if (c == 'p' && (options.policy = (enum policy)index_of(optarg, policy_names, POLICIES)) == POLICIES)
            return false;
        if (c == 'c' && (options.cache = index_of(optarg, cache_names, CACHES)) == CACHES)
            return false;
        if (c == 's' && (sscanf(optarg, "%u/%u", &options.part, &options.parts) != 2 || options.part-- == 0 || options.parts == 0))
            return false;
        if (c == 'r')
            options.route = optarg;
        options.mount |= c == 'm';
        options.quick |= c == 'q';
        if (c == '?')
            return false;
    }
    if (argc - optind < 1 || argc - optind > 2)
        return false;
    options.folder = argv[optind];
    return argc - optind == 1 || take_only(argv[optind + 1]);
}

/* Pages that are touched for the first time later would look like lost frames: data, heap, and as much of the stack as is used. */
static void touch_memory(void)
{
    static char text[BUFSIZ], line[200];
    volatile char stack[8 * PAGE];
    unsigned long at, end;
    FILE *maps;
    size_t i;

    setvbuf(stdout, text, _IOFBF, sizeof text);
    free(malloc(16 * PAGE));
    for (i = 0; i < sizeof stack; i += PAGE)
        stack[i] = 1;
    maps = fopen("/proc/self/maps", "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%lx-%lx rw-p", &at, &end) == 2 && strstr(line, " rw-p ") != NULL && strstr(line, "[stack]") == NULL)
            for (; at < end; at += PAGE)
                *(volatile char *)at = *(volatile char *)at;
    if (maps != NULL)
        fclose(maps);
}

int main(int argc, char **argv)
{
    static char leave[1024];
    char *slash;

    if (!parse(argc, argv))
        return usage();
    snprintf(leave, sizeof leave - 8, "%s", argv[0]);
    slash = strrchr(leave, '/');
    strcpy(slash != NULL ? slash + 1 : leave, "leave");
    if (options.mount && mount("/dev/hdb", options.folder, "ext2", 0, NULL) != 0)
        die("/dev/hdb");
    touch_memory();
    injects = ama_begin();
    world_make(leave, options.folder);
    steps_begin(injects);
    ama_policy(options.policy);
    run_table(path_scenarios);
    run_table(data_scenarios);
    run_table(process_scenarios);
    printf("sweep: %lu blocks, %lu points, %lu wrong\n", blocks, steps, mistakes);
    fflush(stdout);
    if (options.mount && (chdir("/") != 0 || close(FD_WORLD) != 0 || umount(options.folder) != 0))
        die(options.folder);
    return mistakes > 0 || blocks == 0;
}

// SPDX-License-Identifier: MIT
/*
 * main.c - amalyzer: the needs of all scopes, derived from the compiled kernel
 *
 *     amalyzer [-o FOLDER] [-r REPORT] [-g GRAPH [-s NAME]] [-e FUNCTION]... [-f COUNT] [-k FRAMES -K BYTES] FILE.bc... [--service NAME FILE.bc...]...
 *
 * -e names a function that assembly calls.  -o writes the needs as C, -r the report, -g the graph of what takes memory (of one
 * system call or scope with -s).  -f: no call may need more frames while it runs, whatever the state.  -k names the frame sizes of
 * the objects: then all stacks must fit -K bytes.  The status is 1 when a bound is missing or a rule is broken (each is printed),
 * 2 when something could not be read or written.
 */
#include "tools/amalyzer/amalyzer.h"
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    const char *folder = NULL, *report_file = NULL, *graph = NULL, *scope = NULL, *frames = NULL;
    int stack_bytes = 0, frames_allowed = 0;
    struct vec entries = {0};
    double start = now();
    int option;
    while ((option = getopt(argc, argv, "+o:r:g:s:e:f:k:K:")) >= 0) {
        switch (option) {
        case 'o': folder = optarg; break;
        case 'r': report_file = optarg; break;
        case 'g': graph = optarg; break;
        case 's': scope = optarg; break;
        case 'e': vec_add(&entries, optarg); break;
        case 'f': frames_allowed = atoi(optarg); break;
        case 'k': frames = optarg; break;
        case 'K': stack_bytes = atoi(optarg); break;
        default: return 2;
        }
    }
    module_load(argv + optind, argc - optind);
    graph_build(&entries);
    checks();
    struct equation **all = fresh(scope_count * sizeof(*all));
    for (int i = 0; i < scope_count; i++)
        all[i] = derive(&scopes[i]);
    needless_calls = check_calls(all);
    ceilings(all, scope_count, frames_allowed);
    if (report_file)
        report(report_file, all, scope_count, now() - start);
    if (frames)
        stacks(report_file, frames, stack_bytes, all);
    if (graph && !graph_write(graph, scope)) {
        fprintf(stderr, "amalyzer: there is no system call or scope %s\n", scope);
        return 2;
    }
    if (errors)
        printf("amalyzer: %d error%s\n", errors, errors > 1 ? "s" : "");
    else if (folder)
        emit_needs(folder, all, scope_count);
    return errors != 0;
}

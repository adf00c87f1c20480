// SPDX-License-Identifier: MIT
/*
 * free.c - shows how the memory is used, from /proc/meminfo
 *
 * Use:  free [-km]      in KiB or MiB
 */
#include "user/bin/common.h"

#include <string.h>
#include <unistd.h>

struct field {
    const char *name;
    unsigned long long kib;
};

enum { TOTAL, FREE, AVAILABLE, BUFFERS, CACHED, FIELDS };

static void fields_read(struct field *fields)
{
    char line[128], name[64];
    unsigned long long kib;
    FILE *file = fopen("/proc/meminfo", "r");
    int i;

    if (!file)
        die("/proc/meminfo");
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%63[^:]: %llu", name, &kib) != 2)
            continue;
        for (i = 0; i < FIELDS; i++)
            if (strcmp(fields[i].name, name) == 0)
                fields[i].kib = kib;
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    struct field f[FIELDS] = {
        {"MemTotal", 0}, {"MemFree", 0}, {"MemAvailable", 0}, {"Buffers", 0}, {"Cached", 0},
    };
    unsigned long long unit = 1, cache;
    int c;

    prog_start(argv, "[-km]");
    while ((c = option_next(argc, argv, "km")) != -1) {
        if (c == '?')
            usage();
        unit = c == 'm' ? 1024 : 1;
    }
    fields_read(f);
    cache = f[BUFFERS].kib + f[CACHED].kib;
    puts("             total        used        free       cache   available");
    printf("Mem:  %12llu %11llu", f[TOTAL].kib / unit, (f[TOTAL].kib - f[FREE].kib - cache) / unit);
    printf(" %11llu %11llu %11llu\n", f[FREE].kib / unit, cache / unit, f[AVAILABLE].kib / unit);
    return prog_end(0);
}

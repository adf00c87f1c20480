// SPDX-License-Identifier: MIT
/*
 * table.c - text tables of fields between colons
 */
#include "table.h"
#include <stdlib.h>
#include <string.h>

/* Splits line in place; returns how many fields were found, at most count. */
static int split(char *line, char **fields, int count)
{
    int found = 0;

    line[strcspn(line, "\n")] = '\0';
    while (line && found < count)
        fields[found++] = strsep(&line, ":");
    return found;
}

int table_next(FILE *table, char *buffer, size_t size, char **fields, int count)
{
    while (fgets(buffer, (int)size, table)) {
        if (!strchr(buffer, '\n') && !feof(table))
            return -1;
        if (split(buffer, fields, count) == count)
            return 1;
    }
    return 0;
}

int table_number(const char *text, unsigned *number)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    *number = (unsigned)value;
    return *text && !*end && value <= 0xffffffff;
}

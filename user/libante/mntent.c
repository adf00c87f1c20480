// SPDX-License-Identifier: MIT
/*
 * mntent.c - reading tables of mounted file systems
 *
 * Fields stand between blanks; a blank, tab, newline or backslash inside one is written as \ and three octal digits.
 */
#include "kernel.h"
#include <mntent.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\n"

FILE *setmntent(const char *file, const char *mode)
{
    return fopen(file, mode);
}

int endmntent(FILE *table)
{
    if (table)
        fclose(table);
    return 1;
}

static int is_octal(const char *text)
{
    return text[0] >= '0' && text[0] <= '3' && text[1] >= '0' && text[1] <= '7' && text[2] >= '0' &&
           text[2] <= '7';
}

/* Decodes \ooo in place. */
static char *decode(char *field)
{
    char *to = field;

    for (char *from = field; *from; to++) {
        if (*from == '\\' && is_octal(from + 1)) {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + from[3] - '0');
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
    return field;
}

/* Takes the next field of the line, or "" when there is none. */
static char *field(char **line)
{
    *line += strspn(*line, BLANKS);
    if (!**line)
        return plain("");
    return decode(strsep(line, BLANKS) ?: plain(""));
}

struct mntent *getmntent(FILE *table)
{
    static char buffer[4096];
    static struct mntent entry;
    char end[] = "";

    while (fgets(buffer, sizeof buffer, table)) {
        char *line = buffer + strspn(buffer, BLANKS);
        if (!*line || *line == '#')
            continue;
        char **rest = &line;
        entry.mnt_fsname = field(rest);
        char **place[] = {&entry.mnt_dir, &entry.mnt_type, &entry.mnt_opts};
        for (int i = 0; i < 3; i++) {
            line = line ? line : end;
            *place[i] = field(rest);
        }
        line = line ? line : end;
        entry.mnt_freq = (int)strtol(line, &line, 10);
        entry.mnt_passno = (int)strtol(line, &line, 10);
        return &entry;
    }
    return NULL;
}

char *hasmntopt(const struct mntent *entry, const char *option)
{
    size_t length = strlen(option);

    for (char *at = entry->mnt_opts; at && *at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, option, length) == 0 && strchr(",=", at[length]))
            return at;
    }
    return NULL;
}

// SPDX-License-Identifier: MIT
/*
 * line.c - POSIX's names for reading lines of any length, which newlib has under names of its own
 */
#include <stdio.h>

ssize_t getdelim(char **line, size_t *room, int delimiter, FILE *file)
{
    return __getdelim(line, room, delimiter, file);
}

ssize_t getline(char **line, size_t *room, FILE *file)
{
    return __getline(line, room, file);
}

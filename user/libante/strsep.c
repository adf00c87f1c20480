// SPDX-License-Identifier: MIT
/*
 * strsep.c - fields of a line, empty ones included, the last one too (which newlib's version loses)
 */
#include <string.h>

char *strsep(char **line, const char *delimiters)
{
    char *field = *line;

    if (!field)
        return NULL;
    char *end = field + strcspn(field, delimiters);
    *line = *end ? end + 1 : NULL;
    *end = '\0';
    return field;
}

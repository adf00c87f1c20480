// SPDX-License-Identifier: MIT
/*
 * table.h - text tables of fields between colons: /etc/passwd and /etc/group; for libante's own files only
 */
#ifndef LIBANTE_TABLE_H
#define LIBANTE_TABLE_H

#include <stdio.h>

/* Reads the next line of at least count fields into buffer; returns 1, 0 at the end, -1 when buffer is too small. */
int table_next(FILE *table, char *buffer, size_t size, char **fields,
               int count) __asm__("__libante_table_next");

/* Parses a whole number; returns 0 when text is something else. */
int table_number(const char *text, unsigned *number) __asm__("__libante_table_number");

#endif

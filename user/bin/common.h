// SPDX-License-Identifier: MIT
/*
 * common.h - what the utilities share: messages, memory, files, directories, names of users
 *
 * A utility calls prog_start() first and returns prog_end(status) from main, so that an error of its output
 * is an error of the program.  All messages have the form "prog: path: reason"; complain() prints one and
 * returns 1, which most utilities use as their exit status.
 */
#ifndef USER_BIN_COMMON_H
#define USER_BIN_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

#define BLOCK 4096 // how much files are read and written at a time

void prog_start(char **argv, const char *usage);
int prog_end(int status);
int complain(const char *path);
int complain_text(const char *path, const char *reason);
void die(const char *path) __attribute__((noreturn));
void usage(void) __attribute__((noreturn));

extern int option_index;   // of the first argument that is no option, after option_next() gave -1
extern char *option_value; // the argument of the option that option_next() gave

int option_next(int argc, char **argv, const char *letters);

void *mem_get(void *old, size_t size);
char *text_copy(const char *text);

long long number_arg(const char *text);
long long size_arg(const char *text);

char *path_join(const char *dir, const char *name);
const char *path_base(const char *path);

int write_all(int fd, const void *data, size_t len);
int copy_data(int from, const char *from_name, int to, const char *to_name);
FILE *file_open(const char *path);
void file_close(FILE *file);
int each_file(char **paths, int (*use)(FILE *file, const char *name));

struct names {
    char **list; // sorted
    size_t count;
};

int names_read(struct names *n, const char *dir, bool all);
void names_free(struct names *n);

const char *user_text(unsigned id);
const char *group_text(unsigned id);
long user_number(const char *name);
long group_number(const char *name);

void mode_text(mode_t mode, char text[11]);
bool mode_parse(const char *text, mode_t *mode);

#endif

// SPDX-License-Identifier: MIT
/*
 * texts.h - a file system of a few texts, on which kernel/exec_program.c finds programs and interpreters
 */
#pragma once
#include "kernel/exec.h"
#include "kernel/task.h"

enum { LOOKED_AT = 256, FILES = 12 }; /* bytes of a script that are looked at; most files */

struct text {
    const char *name;
    const char *bytes;
    u64 size;
    struct inode inode;
};
extern struct text files[FILES];
extern u32 file_count;
extern struct path_buffers buffers; /* the task's */
extern struct exec_args args;       /* of the last load() */

void files_clear(void);
struct inode *add_file(const char *name, const char *bytes, u64 size);
struct inode *add_program(const char *name); /* a whole program of one page */
/* Loads a file as if called by this name; afterwards nobody holds a file any more. */
int load(struct inode *i, const char *called);
/* The words in front of the arguments, each with a '|' behind it. */
const char *words(void);
/* Loads a script with this text; the test fails when a plain reading of its line leads elsewhere. */
void judge(const char *text, u64 size);

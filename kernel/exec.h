// SPDX-License-Identifier: MIT
/*
 * exec.h - what exec gathers before it acts; between exec.c, exec_program.c and exec_stack.c
 */
#pragma once
#include "kernel/elf.h"
#include "kernel/task.h"
#include "kernel/user.h"
#include "mm/space.h"

#define STACK_TOP    0x7ffffffff000ul
#define SCRIPT_DEPTH 5                      /* scripts that are each other's interpreters, as on Linux */
#define PREFIX_MAX   (1 + 2 * SCRIPT_DEPTH) /* arguments that `#!` lines put in front */
#define AUX_COUNT    18

/* Arguments or environment: user pointers, or kernel ones for the first program. */
struct strings {
    user_ptr user;
    char *const *kernel;
    u32 count;
    u64 bytes; /* with the NULs */
};

struct exec_args {
    struct strings argv, envp;
    u32 skip; /* arguments of argv that a script's prefix replaces */
    u32 prefix_count;
    u16 prefix[PREFIX_MAX]; /* offsets in the task's scratch buffer */
    u32 prefix_bytes;
    struct inode *inode;
    struct cred cred; /* whom the program runs as */
    struct elf_image elf;
    u64 stack_bytes, arg_bytes; /* region; what the arguments fill at its top */
    u64 new_charge;
    bool short_copy; /* a page of the arguments went away meanwhile: once more */
    /* --- while the stack is built --- */
    struct space *space;
    u64 at;       /* where the next string goes */
    u64 pointers; /* where the next pointer goes */
    u64 sp, execfn, random;
};

/* --- exec_program.c --- */
/* 0, or -EACCES: not a program that current may run. */
int exec_check_file(struct inode *i);
/* Follows `#!` lines until an ELF program stands in a->elf.  a->inode is open; name: as the program was called. */
int exec_load_headers(struct exec_args *a, const char *name);
void exec_drop_program(struct exec_args *a);

/* --- exec_stack.c --- */
/* Counts strings and their bytes; 0, -EFAULT, -E2BIG.  Outside scopes. */
int exec_measure(struct strings *s);
/* Writes arguments, environment and auxiliary vector into the frames of the new stack; faults disabled.  False: a page of the
 * caller's strings is not there now. */
bool exec_build_stack(struct exec_args *a);
/* As the program was called: the script's name when it is one. */
const char *exec_called_name(const struct exec_args *a);

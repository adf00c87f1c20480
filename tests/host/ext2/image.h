// SPDX-License-Identifier: MIT
/*
 * image.h - the host's side of the tests: the disk image, the e2fsprogs, and two threads of which one runs at
 * a time
 *
 * Kept apart from the kernel's headers, whose names would clash with the C library's.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* --- the image under test: a sparse file in a directory of its own, mapped while it is open --- */
extern char image_path[];
void image_make(unsigned kib, const char *mke2fs_options); /* mke2fs; fails the test when it does */
/* The same on a disk full of old block numbers: whatever is used without having been written does harm. */
void image_make_used(unsigned kib, const char *mke2fs_options);
void image_open(void);
void image_close(void);
unsigned long image_size(void);
void image_read(unsigned long offset, void *to, size_t n);
void image_write(unsigned long offset, const void *from, size_t n);
void image_save(void);      /* a copy, and back to it */
void image_restore(void);
/* Runs a shell command with the image's path in $IMG and the other arguments appended; returns its exit
 * status and its output. */
int image_run(char *output, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int image_check(char *output, size_t size); /* e2fsck -fn */
/* e2fsck -fy: 0 when all is well afterwards and no two files had claimed one block. */
int image_repair(char *text, size_t size);

/* --- two threads --- */
void threads_start(void (*entry)(void *), void *arg); /* the second one; it runs when the first lets it */
bool threads_first(void);                             /* is the running one the first? */
void threads_switch(void);                            /* lets the other one run until it switches back */

void *host_alloc(size_t n);  /* zeroed */
void host_free(void *p);
void host_fail(const char *text) __attribute__((noreturn));
bool host_long(void);          /* ANTE_LONG is set: more rounds */
void host_say(const char *text);
unsigned host_format(char *to, size_t size, const char *fmt, __builtin_va_list ap);

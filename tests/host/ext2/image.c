// SPDX-License-Identifier: MIT
/*
 * image.c - files, processes and threads of the host, for the tests of ext2-mfr
 */
#undef _STRUCT_TIMESPEC /* given for the kernel's headers, which this file does not use */
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/host/ext2/image.h"

char image_path[64];
static char folder[40];
static int image = -1;

void host_fail(const char *text)
{
    fprintf(stderr, "%s\n", text);
    abort();
}

bool host_long(void)
{
    return getenv("ANTE_LONG") != NULL;
}

void host_say(const char *text)
{
    if (getenv("ANTE_TALK"))
        fputs(text, stderr);
}

unsigned host_format(char *to, size_t size, const char *fmt, va_list ap)
{
    return vsnprintf(to, size, fmt, ap);
}

void *host_alloc(size_t n)
{
    return calloc(1, n);
}

void host_free(void *p)
{
    free(p);
}

/* --- the image --- */

static void remove_folder(void)
{
    char command[80];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    if (system(command))
        fprintf(stderr, "%s was not removed\n", folder);
}

static void prepare(void)
{
    if (*folder)
        return;
    strcpy(folder, "/tmp/ante-ext2-XXXXXX");
    if (!mkdtemp(folder))
        host_fail("no folder for the image");
    snprintf(image_path, sizeof(image_path), "%s/img", folder);
    setenv("IMG", image_path, 1);
    setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
    atexit(remove_folder);
}

int image_run(char *output, size_t size, const char *fmt, ...)
{
    char command[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(command, sizeof(command), fmt, ap);
    va_end(ap);
    FILE *pipe = popen(command, "r");
    size_t n = 0, got;
    char rest[256];
    while (pipe && n + 1 < size && (got = fread(output + n, 1, size - 1 - n, pipe)) > 0)
        n += got;
    while (pipe && fread(rest, 1, sizeof(rest), pipe) > 0)
        ;
    if (size)
        output[n] = 0;
    int status = pipe ? pclose(pipe) : -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static void make(unsigned kib, const char *mke2fs_options)
{
    char output[2000];
    if (image_run(output, sizeof(output), "mke2fs -q -F -t ext2 -E nodiscard %s $IMG %uk 2>&1",
                  mke2fs_options, kib))
        host_fail(output);
}

void image_make(unsigned kib, const char *mke2fs_options)
{
    prepare();
    unlink(image_path);
    make(kib, mke2fs_options);
}

void image_make_used(unsigned kib, const char *mke2fs_options)
{
    prepare();
    FILE *f = fopen(image_path, "w");
    for (unsigned k = 0; f && k < kib * 256; k++) {
        unsigned block = 100 + k % 300;
        fwrite(&block, sizeof(block), 1, f);
    }
    if (!f || fclose(f))
        host_fail("the image cannot be written");
    make(kib, mke2fs_options);
}

void image_open(void)
{
    image = open(image_path, O_RDWR);
    if (image < 0)
        host_fail("the image cannot be opened");
}

void image_close(void)
{
    close(image);
}

unsigned long image_size(void)
{
    struct stat st;
    return stat(image_path, &st) ? 0 : st.st_size;
}

void image_read(unsigned long offset, void *to, size_t n)
{
    if (pread(image, to, n, offset) != (ssize_t)n)
        host_fail("a read beyond the disk");
}

void image_write(unsigned long offset, const void *from, size_t n)
{
    if (offset + n > image_size() || pwrite(image, from, n, offset) != (ssize_t)n)
        host_fail("a write beyond the disk");
}

void image_save(void)
{
    if (image_run(NULL, 0, "cp --sparse=always $IMG $IMG.saved"))
        host_fail("the image was not copied");
}

void image_restore(void)
{
    if (image_run(NULL, 0, "cp --sparse=always $IMG.saved $IMG"))
        host_fail("the image was not copied back");
}

int image_check(char *output, size_t size)
{
    return image_run(output, size, "e2fsck -fn $IMG 2>&1");
}

int image_repair(char *text, size_t size)
{
    int status = image_run(text, size, "e2fsck -fy $IMG 2>&1");
    return (status & ~1) || strstr(text, "ultiply-claimed");
}

/* --- threads: a baton goes to and fro --- */

static pthread_mutex_t baton = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t passed = PTHREAD_COND_INITIALIZER;
static bool second_runs, second_exists;
static __thread bool is_second;
static void (*second_entry)(void *);

static void wait_turn(void)
{
    while (second_runs != is_second)
        pthread_cond_wait(&passed, &baton);
}

static void *second(void *arg)
{
    is_second = true;
    pthread_mutex_lock(&baton);
    wait_turn();
    second_entry(arg);
    return NULL;
}

void threads_start(void (*entry)(void *), void *arg)
{
    pthread_t t;
    second_entry = entry;
    second_exists = true;
    pthread_mutex_lock(&baton);
    if (pthread_create(&t, NULL, second, arg))
        host_fail("no thread");
    pthread_detach(t);
}

bool threads_first(void)
{
    return !is_second;
}

void threads_switch(void)
{
    if (!second_exists)
        host_fail("a wait that nobody can end");
    second_runs = !is_second;
    pthread_cond_broadcast(&passed);
    wait_turn();
}

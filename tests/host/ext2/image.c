// SPDX-License-Identifier: MIT
/*
 * image.c - the image under test, a file, and the e2fsprogs that look at it
 */
#undef _STRUCT_TIMESPEC /* given for the kernel's headers, which this file does not use */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/host/ext2/image.h"

char image_path[64];
static char folder[40];
static unsigned char *image; /* the open file, mapped */
static unsigned long size;

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
    int fd = open(image_path, O_RDWR);
    struct stat st;
    if (fd < 0 || fstat(fd, &st))
        host_fail("the image cannot be opened");
    size = st.st_size;
    image = size ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : NULL;
    if (image == MAP_FAILED)
        host_fail("the image cannot be mapped");
    close(fd);
}

void image_close(void)
{
    if (size)
        munmap(image, size);
    size = 0;
}

unsigned long image_size(void)
{
    return size;
}

static void check_place(unsigned long offset, size_t n)
{
    if (offset > size || n > size - offset)
        host_fail("an access beyond the disk");
}

void image_read(unsigned long offset, void *to, size_t n)
{
    check_place(offset, n);
    memcpy(to, image + offset, n);
}

void image_write(unsigned long offset, const void *from, size_t n)
{
    check_place(offset, n);
    memcpy(image + offset, from, n);
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

// SPDX-License-Identifier: MIT
/*
 * dd.c - copies blocks
 *
 * Use:  dd [if=file] [of=file] [bs=n] [count=n] [skip=n] [seek=n] [conv=notrunc,fsync,sync]
 *
 * Sizes may end in k, M or G.  skip and seek count blocks of the input and of the output.
 */
#include "user/bin/common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *input, *output;
static long long block_size = 512, limit = -1, skip, seek;
static bool keep, sync_end, pad;
static long long whole_in, part_in, whole_out, part_out, bytes;

static void conversions_read(char *text)
{
    char *word;

    for (word = strtok(text, ","); word; word = strtok(NULL, ",")) {
        if (strcmp(word, "notrunc") == 0)
            keep = true;
        else if (strcmp(word, "fsync") == 0)
            sync_end = true;
        else if (strcmp(word, "sync") == 0)
            pad = true;
        else
            usage();
    }
}

static void argument_read(char *text)
{
    char *value = strchr(text, '=');

    if (!value)
        usage();
    *value++ = '\0';
    if (strcmp(text, "if") == 0)
        input = value;
    else if (strcmp(text, "of") == 0)
        output = value;
    else if (strcmp(text, "bs") == 0)
        block_size = size_arg(value);
    else if (strcmp(text, "count") == 0)
        limit = size_arg(value);
    else if (strcmp(text, "skip") == 0)
        skip = size_arg(value);
    else if (strcmp(text, "seek") == 0)
        seek = size_arg(value);
    else if (strcmp(text, "conv") == 0)
        conversions_read(value);
    else
        usage();
}

static ssize_t block_read(char *block)
{
    ssize_t got;

    while ((got = read(0, block, (size_t)block_size)) < 0 && errno == EINTR)
        continue;
    if (got < 0)
        die(input ? input : "standard input");
    return got;
}

/* Passes over the blocks to skip, by reading where the input cannot seek. */
static void input_skip(char *block)
{
    if (skip == 0 || lseek(0, skip * block_size, SEEK_CUR) >= 0)
        return;
    while (skip-- > 0 && block_read(block) > 0)
        continue;
}

static void files_open(void)
{
    const char *name = output ? output : "standard output";

    if (input && (close(0), open(input, O_RDONLY)) != 0)
        die(input);
    if (output && (close(1), open(output, O_WRONLY | O_CREAT | (keep || seek ? 0 : O_TRUNC), 0666)) != 1)
        die(output);
    if (output && seek && !keep && ftruncate(1, seek * block_size) < 0 && errno != EINVAL)
        die(name);
    if (seek && lseek(1, seek * block_size, SEEK_CUR) < 0)
        die(name);
}

static int copy(char *block)
{
    ssize_t got;

    while (whole_in + part_in != limit && (got = block_read(block)) > 0) {
        whole_in += got == block_size;
        part_in += got != block_size;
        if (pad && got < block_size) {
            memset(block + got, 0, (size_t)(block_size - got));
            got = (ssize_t)block_size;
        }
        if (write_all(1, block, (size_t)got) < 0)
            return complain(output ? output : "standard output");
        whole_out += got == block_size;
        part_out += got != block_size;
        bytes += got;
    }
    if (sync_end && fsync(1) < 0)
        return complain(output ? output : "standard output");
    return 0;
}

int main(int argc, char **argv)
{
    char *block;
    int status;

    (void)argc;
    prog_start(argv, "[if=file] [of=file] [bs=n] [count=n] [skip=n] [seek=n] [conv=notrunc,fsync,sync]");
    while (*++argv)
        argument_read(*argv);
    if (block_size < 1)
        usage();
    block = mem_get(NULL, (size_t)block_size);
    files_open();
    input_skip(block);
    status = copy(block);
    fprintf(stderr, "%lld+%lld records in\n%lld+%lld records out\n%lld bytes copied\n", whole_in, part_in,
            whole_out, part_out, bytes);
    free(block);
    return status;
}

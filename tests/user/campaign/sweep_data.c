// SPDX-License-Identifier: MIT
/*
 * sweep_data.c - scenarios of calls that move data: cached files at every indirect level, raw disks, texts of /proc
 *
 * What is written has the pattern WRITTEN, what was there has pattern 0.
 */
#include "tests/user/campaign/sweep.h"

#include <sys/mount.h>
#include <sys/uio.h>

enum { WRITTEN = 7, HOLE_AT = 100000, PIECES = 2, DISK_BYTES = 20480, DISK_AT = 1536 };

static struct iovec pieces[PIECES];

static void set_pieces(size_t bytes)
{
    size_t half = bytes / PIECES;

    pieces[0] = (struct iovec){buffer, half};
    pieces[1] = (struct iovec){buffer + half, bytes - half};
}

/* --- reading --- */

static void ready_big(void)
{
    open_as("big", O_RDONLY, FD_A);
    set_pieces(BIG_BYTES);
}

static void ready_file(void)
{
    open_as("t/file", O_RDONLY, FD_A);
    set_pieces(FILE_BYTES);
}

static void ready_levels(void)
{
    open_as("levels", O_RDONLY, FD_A);
}

static void ready_text(void)
{
    open_as("/proc/ama/caches", O_RDONLY, FD_A);
}

static bool check_read(const struct scenario *s, long result)
{
    (void)s;
    return is_pattern(buffer, (size_t)result, 0, 0);
}

static long act_read_level(const struct scenario *s)
{
    return raw(SYS_pread64, (long[6]){FD_A, A(buffer), PAGE, (long)level_offset((int)s->args[0])});
}

static bool check_level(const struct scenario *s, long result)
{
    return is_pattern(buffer, (size_t)result, level_offset((int)s->args[0]), 0);
}

static bool check_zeros(const struct scenario *s, long result)
{
    (void)s;
    return buffer[0] == 0 && memcmp(buffer, buffer + 1, (size_t)result - 1) == 0;
}

/* --- writing --- */

static void ready_write(const char *path, int flags, uint64_t at)
{
    open_as(path, O_RDWR | flags, FD_A);
    pattern(buffer, BIG_BYTES, at, WRITTEN);
}

static void ready_over(void)
{
    ready_write("t/file", 0, 0);
    set_pieces(FILE_BYTES);
}

static void ready_append(void)
{
    ready_write("t/file", O_APPEND, FILE_BYTES);
}

static void ready_other(void)
{
    ready_write("t/other", O_APPEND, 3000);
}

static void ready_empty(void)
{
    ready_write("t/empty", 0, 0);
}

static void ready_copy(void)
{
    open_as("big", O_RDONLY, FD_B);
    open_as("t/empty", O_RDWR, FD_A);
}

/* What stands in the file from `at` on. */
static bool holds(uint64_t at, long n, unsigned seed)
{
    static char found[BIG_BYTES];

    return pread(FD_A, found, (size_t)n, (off_t)at) == n && is_pattern(found, (size_t)n, at, seed);
}

static bool check_start(const struct scenario *s, long result)
{
    (void)s;
    return holds(0, result, WRITTEN);
}

/* By position: pwrite's fourth argument. */
static bool check_there(const struct scenario *s, long result)
{
    uint64_t at = (uint64_t)s->args[3];
    char found = 0;

    return is_pattern(buffer, (size_t)result, 0, WRITTEN) && pread(FD_A, &found, 1, (off_t)at) == 1 && found == buffer[0] &&
           pread(FD_A, &found, 1, (off_t)at + result - 1) == 1 && found == buffer[result - 1];
}

static bool check_append(const struct scenario *s, long result)
{
    uint64_t at = s->ready == ready_other ? 3000 : FILE_BYTES;

    return holds(at, result, WRITTEN);
}

static bool check_copy(const struct scenario *s, long result)
{
    (void)s;
    return holds(0, result, 0);
}

static long act_write_level(const struct scenario *s)
{
    static char page[PAGE];
    uint64_t at = level_offset((int)s->args[0]);

    pattern(page, PAGE, at, WRITTEN);
    return raw(SYS_pwrite64, (long[6]){FD_A, A(page), PAGE, (long)at});
}

static bool check_written_level(const struct scenario *s, long result)
{
    return holds(level_offset((int)s->args[0]), result, WRITTEN);
}

/* --- cutting --- */

static void ready_tall(void)
{
    int i;

    open_as("t/empty", O_RDWR, FD_A);
    for (i = 0; i < LEVELS; i++) {
        pattern(buffer, PAGE, level_offset(i), WRITTEN);
        if (pwrite(FD_A, buffer, PAGE, (off_t)level_offset(i)) != PAGE)
            die("t/empty");
    }
}

static long act_cut_level(const struct scenario *s)
{
    return raw(SYS_ftruncate, (long[6]){FD_A, (long)level_offset((int)s->args[0]) + 100});
}

static bool check_cut(const struct scenario *s, long result)
{
    (void)result;
    return holds(level_offset((int)s->args[0]), 100, WRITTEN) && lseek(FD_A, 0, SEEK_END) == (off_t)level_offset((int)s->args[0]) + 100 &&
           lseek(FD_A, 0, SEEK_SET) == 0;
}

/* --- raw disks --- */

static void ready_disk(void)
{
    if (mount("/dev/hdc", "t/dir", "ext2", 0, NULL) != 0 || umount("t/dir") != 0)
        die("/dev/hdc"); /* once unmounted, it can be written */
    open_as("/dev/hdc", O_RDWR, FD_A);
    if (pread(FD_A, buffer, DISK_BYTES, DISK_AT) != DISK_BYTES)
        die("/dev/hdc");
    watched.at = buffer;
    watched.n = DISK_BYTES;
}

const struct scenario data_scenarios[] = {
    /* reading */
    {"read-big", CALL(read), {FD_A, A(buffer), BIG_BYTES}, 0, BIG_BYTES, PARTIAL, ready_big, check_read},
    {"read-small", CALL(read), {FD_A, A(buffer), 100}, 0, 100, 0, ready_file, check_read},
    {"pread64", CALL(pread64), {FD_A, A(buffer), BIG_BYTES, 0}, 0, BIG_BYTES, PARTIAL, ready_big, check_read},
    {"pread64-direct", CALL(pread64), {0}, 0, PAGE, 0, ready_levels, check_level, act_read_level},
    {"pread64-indirect", CALL(pread64), {1}, 0, PAGE, 0, ready_levels, check_level, act_read_level},
    {"pread64-double", CALL(pread64), {2}, 0, PAGE, 0, ready_levels, check_level, act_read_level},
    {"pread64-triple", CALL(pread64), {3}, 0, PAGE, 0, ready_levels, check_level, act_read_level},
    {"pread64-hole", CALL(pread64), {FD_A, A(buffer), 9000, 30000}, 0, 9000, PARTIAL, ready_levels, check_zeros},
    {"readv", CALL(readv), {FD_A, A(pieces), PIECES}, 0, BIG_BYTES, PARTIAL, ready_big, check_read},
    {"preadv", CALL(preadv), {FD_A, A(pieces), PIECES, 0}, 0, FILE_BYTES, PARTIAL, ready_file, check_read},
    {"preadv2", CALL(preadv2), {FD_A, A(pieces), PIECES, 0, 0, 0}, 0, BIG_BYTES, PARTIAL, ready_big, check_read},
    {"read-text", CALL(read), {FD_A, A(buffer), PAGE}, 0, SOME, PARTIAL | ONLY_ANTE | COUNTS, ready_text},

    /* writing */
    {"write-over", CALL(write), {FD_A, A(buffer), FILE_BYTES}, 0, FILE_BYTES, PARTIAL, ready_over, check_start},
    {"write-big", CALL(write), {FD_A, A(buffer), BIG_BYTES}, 0, BIG_BYTES, PARTIAL, ready_empty, check_start},
    {"write-append", CALL(write), {FD_A, A(buffer), 20000}, 0, 20000, PARTIAL | ADDS, ready_append, check_append},
    {"write-append-user", CALL(write), {FD_A, A(buffer), 20000}, 0, 20000, PARTIAL | ADDS | AS_USER, ready_append, check_append},
    {"pwrite64-part", CALL(pwrite64), {FD_A, A(buffer), 100, 5000}, 0, 100, 0, ready_over, check_there},
    {"pwrite64-hole", CALL(pwrite64), {FD_A, A(buffer), 6000, HOLE_AT}, 0, 6000, PARTIAL, ready_over, check_there},
    {"pwrite64-direct", CALL(pwrite64), {0}, 0, PAGE, 0, ready_empty, check_written_level, act_write_level},
    {"pwrite64-indirect", CALL(pwrite64), {1}, 0, PAGE, 0, ready_empty, check_written_level, act_write_level},
    {"pwrite64-double", CALL(pwrite64), {2}, 0, PAGE, 0, ready_empty, check_written_level, act_write_level},
    {"pwrite64-triple", CALL(pwrite64), {3}, 0, PAGE, 0, ready_empty, check_written_level, act_write_level},
    {"pwrite64-full-over", CALL(pwrite64), {FD_A, A(buffer), FILE_BYTES, 0}, 0, FILE_BYTES, PARTIAL | FULL_DISK, ready_over, check_start},
    {"write-full", CALL(write), {FD_A, A(buffer), 20000}, 0, -ENOSPC, FULL_DISK, ready_empty},
    {"write-full-part", CALL(write), {FD_A, A(buffer), 20000}, 0, SOME, PARTIAL | ADDS | FULL_DISK, ready_other, check_append},
    {"pwrite64-full-triple", CALL(pwrite64), {3}, 0, -ENOSPC, FULL_DISK, ready_empty, NULL, act_write_level},
    {"writev", CALL(writev), {FD_A, A(pieces), PIECES}, 0, FILE_BYTES, PARTIAL, ready_over, check_start},
    {"pwritev", CALL(pwritev), {FD_A, A(pieces), PIECES, 0}, 0, FILE_BYTES, PARTIAL, ready_over, check_start},
    {"pwritev2", CALL(pwritev2), {FD_A, A(pieces), PIECES, 0, 0, 0}, 0, FILE_BYTES, PARTIAL, ready_over, check_start},
    {"sendfile", CALL(sendfile), {FD_A, FD_B, 0, BIG_BYTES}, 0, BIG_BYTES, PARTIAL, ready_copy, check_copy},

    /* cutting */
    {"ftruncate-direct", CALL(ftruncate), {0}, 0, 0, 0, ready_tall, check_cut, act_cut_level},
    {"ftruncate-indirect", CALL(ftruncate), {1}, 0, 0, 0, ready_tall, check_cut, act_cut_level},
    {"ftruncate-double", CALL(ftruncate), {2}, 0, 0, 0, ready_tall, check_cut, act_cut_level},
    {"ftruncate-triple", CALL(ftruncate), {3}, 0, 0, 0, ready_tall, check_cut, act_cut_level},
    {"ftruncate-all", CALL(ftruncate), {FD_A, 0}, 0, 0, 0, ready_tall},
    {"ftruncate-up", CALL(ftruncate), {FD_A, 100 << 20}, 0, 0, 0, ready_over},

    /* raw disks */
    {"read-disk", CALL(pread64), {FD_A, A(buffer), DISK_BYTES, DISK_AT}, 0, DISK_BYTES, ONLY_ANTE, ready_disk},
    {"write-disk", CALL(pwrite64), {FD_A, A(buffer), DISK_BYTES, DISK_AT}, 0, DISK_BYTES, ONLY_ANTE, ready_disk},
    {0},
};

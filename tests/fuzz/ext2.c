// SPDX-License-Identifier: MIT
/*
 * ext2.c - mutated images and sequences of operations: ext2-mfr survives every disk, and a sound disk stays sound
 *
 *     byte 0         block size, memory that is scarce or plenty
 *     byte 1         number of mutations, then each of them in 8 bytes
 *     the rest       operations, each of 5 bytes
 *
 * The machine of tests/host/ext2 stops at a need that is exceeded, a lock or a pin that is left, an access beyond the disk.
 * Here is added: who refuses a disk or finds damage says what; an image without mutations gives no wrong error, and in the
 * end e2fsck finds nothing on it (in a share of the runs that the input itself chooses: e2fsck takes longer than all the rest).
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "tests/fuzz/input.h"
#include "tests/host/ext2/files.h"
#include "tests/host/ext2/image.h"
#include "tests/host/ext2/machine.h"

enum { BYTES = 2 << 20, KINDS = 3, PART = 1024, MUTATIONS = 16, OPERATIONS = 60, CHECKED = 64 };

/* An image of each block size; the parts that are not all zeros are what mutations hit. */
static struct base {
    u8 bytes[BYTES];
    u16 part[BYTES / PART];
    u32 parts;
} bases[KINDS];
static const char *const paths[] = {"/d",    "/d/e",    "/big", "/f0",    "/f1",      "/d/f2",      "/d/e/f3",
                                    "/fast", "/d/slow", "/new", "/d/new", "/d/e/new", "/new/below", "/d/e/new/below"};
static struct inode *held[4]; /* files that stay open over other operations */
static bool sound;            /* the image has no mutation */
static u8 buffer[70000];
static char report[20000];

/* --- the images --- */

static void put(const char *path, u64 at, size_t n)
{
    int error;
    struct inode *i = file_open(path, &error);
    ASSERT(i && file_write(i, at, buffer, n) == (long)n, "%s cannot be written", path);
    file_close(i);
}

/* Files with blocks behind each level of indirection, links of both kinds, directories of two levels, a hard link. */
static void make_tree(u64 block_size)
{
    char path[20], slow[200];
    u64 n = block_size / 4, levels[] = {0, 12, 12 + n, 12 + n + n * n};
    memset(buffer, 'b', sizeof(buffer));
    memset(slow, 's', sizeof(slow));
    slow[sizeof(slow) - 1] = 0;
    int rc = file_create("/d", 040755, 0) | file_create("/d/e", 040755, 0) | file_symlink("d/e", "/fast") |
             file_create("/big", 0100644, 0) | file_symlink(slow, "/d/slow");
    for (u32 k = 0; k < 4; k++)
        if (levels[k] * block_size < 1ul << 31)
            put("/big", levels[k] * block_size, 100);
    for (u32 k = 0; k < 4; k++) {
        ksnprintf(path, sizeof(path), "%s/f%u", k < 2 ? "" : k < 3 ? "/d" : "/d/e", k);
        rc |= file_create(path, 0100644, 0);
        put(path, 0, k * 300);
    }
    ASSERT(!rc && !file_link("/f1", "/d/link"), "the tree is not there");
}

static void make_base(struct base *b, u32 block_size)
{
    char text[100];
    static const u8 zeros[PART];
    ksnprintf(text, sizeof(text), "-b %u -I %u -N 64 -g 512", block_size, block_size == 2048 ? 128 : 256);
    image_make(BYTES >> 10, text);
    machine_plug();
    ASSERT(!files_mount(), "a new image is not mounted");
    make_tree(block_size);
    ASSERT(!files_unmount(), "a new image is not unmounted");
    image_read(0, b->bytes, BYTES);
    machine_unplug();
    for (u32 k = 0; k < BYTES / PART; k++)
        if (memcmp(b->bytes + k * PART, zeros, PART))
            b->part[b->parts++] = k;
}

int LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
    machine_start();
    for (u32 k = 0; k < KINDS; k++)
        make_base(&bases[k], 1024 << k);
    return 0;
}

/* --- mutations --- */

static u64 place(const struct base *b, struct input *in)
{
    u32 part = input_number(in, 1), at = input_number(in, 2);
    return b->part[part % b->parts] * PART + at % (PART - 3);
}

/* The base is what the image mostly still is: only what differs is written. */
static void restore(const struct base *b)
{
    static u8 page[PAGE_SIZE];
    for (u64 at = 0; at < BYTES; at += PAGE_SIZE) {
        image_read(at, page, PAGE_SIZE);
        if (memcmp(page, b->bytes + at, PAGE_SIZE))
            image_write(at, b->bytes + at, PAGE_SIZE);
    }
}

/* what (1 byte), where (3 bytes), value or source (4 bytes) */
static void mutate(const struct base *b, struct input *in)
{
    u32 what = input_number(in, 1), value;
    u64 at = place(b, in);
    struct input from = *in;
    value = input_number(in, 4);
    switch (what % 6) {
    case 0: image_write(at, &value, 1); return;
    case 1: image_write(at, &value, 2); return;
    case 2: image_write(at, &value, 4); return;
    case 3: value %= BYTES / 1024; break; /* a block that there may be */
    case 4: image_read(place(b, &from), &value, 4); break;
    case 5: {
        u32 old;
        image_read(at, &old, 4);
        value = old ^ 1u << value % 32;
    }
    }
    image_write(at & ~3ul, &value, 4);
}

/* --- operations --- */

static const char *path_of(u32 number)
{
    return paths[number % ARRAY_SIZE(paths)];
}

static long use_file(struct inode *i, u32 what, u32 n)
{
    bool regular = (i->mode & 0170000) == 0100000;
    u64 at = (u64)n << (what & 7);
    long rc = 0;
    if (regular && what % 3 == 0)
        rc = file_write(i, at, buffer, n % sizeof(buffer));
    else if (regular && what % 3 == 1)
        rc = file_truncate(i, at);
    else if (regular)
        rc = file_read(i, at, buffer, sizeof(buffer));
    return rc;
}

static long on_file(u32 what, const char *path, u32 n)
{
    int error;
    struct inode *i = file_open(path, &error);
    if (!i)
        return error;
    long rc = use_file(i, what, n);
    file_close(i);
    return rc;
}

/* Opens or closes one that is held. */
static long hold(struct inode **i, const char *path)
{
    int error = 0;
    if (*i)
        file_close(*i);
    *i = *i ? NULL : file_open(path, &error);
    return error;
}

/* Directories have no second name and do not go below themselves: fs/vfs keeps that away. */
static long give_name(const char *path, const char *other)
{
    int error;
    struct inode *i = file_open(path, &error);
    bool good = i && !is_dir(i);
    if (i)
        file_close(i);
    return good ? file_link(path, other) : 0;
}

static long move(const char *from, const char *to)
{
    return strncmp(to, from, strlen(from)) ? file_rename(from, to) : 0;
}

static long act(u32 what, const char *path, const char *other, u32 n)
{
    char target[256];
    switch (what % 16) {
    case 0: return file_create(path, 0100644, 0);
    case 1: return file_create(path, 040755, 0);
    case 2: return file_create(path, n & 1 ? 020666 : 010600, n);
    case 3:
        memset(target, 't', sizeof(target));
        target[n % 255 + 1] = 0;
        return file_symlink(target, path);
    case 4: return give_name(path, other);
    case 5: return file_unlink(path);
    case 6: return move(path, other);
    case 7: return file_chmod(path, n & 07777);
    case 8: return file_readlink(path, target, sizeof(target));
    case 9: return file_list(path, NULL, NULL);
    case 10: return files_fs->ops->sync(files_fs);
    case 11: machine_reap(); return 0;
    case 12: machine.fail_read = machine.disk_reads + n % 8 + 1; return 0;
    case 13: return hold(&held[what / 16 % 4], path);
    case 14: return held[n % 4] ? use_file(held[n % 4], what / 16, n) : 0;
    default: return on_file(what / 16, path, n);
    }
}

static void operate(struct input *in)
{
    u32 what = input_number(in, 1), path = input_number(in, 1), other = input_number(in, 1);
    bool failing = machine.fail_read != 0;
    machine_forget();
    long rc = act(what, path_of(path), path_of(other), input_number(in, 2));
    ASSERT(rc != -EUCLEAN || machine.said_length, "operation %u finds damage and does not say what", what % 16);
    ASSERT(!sound || (rc != -EUCLEAN && (failing || rc != -EIO)), "operation %u: error %ld on a sound image", what % 16, rc);
    if (machine.disk_reads >= machine.fail_read)
        machine.fail_read = 0;
    if (failing && files_fs->read_only)
        sound = false; /* the reaper could not read: it tells so by this */
}

/* --- one input --- */

static void use(struct input *in)
{
    for (u32 k = 0; k < OPERATIONS && input_left(in); k++)
        operate(in);
    machine.fail_read = 0;
    for (u32 k = 0; k < ARRAY_SIZE(held); k++)
        if (held[k])
            hold(&held[k], NULL);
    ASSERT(!sound || !files_fs->read_only, "a sound file system has become read-only");
    files_visit(20);
    int rc = files_unmount();
    ASSERT(!sound || !rc, "a sound file system is not unmounted: error %d", -rc);
}

static u32 sum(const u8 *data, size_t size)
{
    u32 s = 1;
    for (size_t k = 0; k < size; k++)
        s = (s ^ data[k]) * 16777619;
    return s >> 8;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct input in = {data, data + size};
    u32 kind = input_number(&in, 1), mutations = input_number(&in, 1) % MUTATIONS;
    const struct base *b = &bases[kind % KINDS];
    machine.harsh = kind / KINDS % 2;
    sound = !mutations;
    machine_plug();
    restore(b);
    for (u32 k = 0; k < mutations; k++)
        mutate(b, &in);
    machine_forget();
    int rc = files_mount();
    ASSERT(!rc || (machine.said_length && !sound), "a mount ends with error %d and %s", -rc, machine.said);
    if (!rc)
        use(&in);
    machine_unplug();
    if (sound && sum(data, size) % CHECKED == 0 && image_check(report, sizeof(report)))
        panic("e2fsck: %s", report);
    return 0;
}

// SPDX-License-Identifier: MIT
/*
 * ext2.c - what ext2-mfr writes is what the e2fsprogs read, in every block size, with the least memory and
 * with plenty
 */
#include "tests/host/ext2/tests.h"

char output[200000];

void mount_again(void)
{
    machine_plug();
    machine_forget();
    assert_int_equal(files_mount(), 0);
}

void start(unsigned kib, const char *opts)
{
    image_make(kib, opts);
    mount_again();
}

void end(void)
{
    assert_int_equal(files_unmount(), 0);
    machine_unplug();
    if (image_check(output, sizeof(output)))
        fail_msg("e2fsck: %s", output);
}

void again(void)
{
    end();
    mount_again();
}

char *options(unsigned block_size, const char *more)
{
    static char text[200];
    ksnprintf(text, sizeof(text), "-b %u %s", block_size, more);
    return text;
}

void sweep(void (*test)(unsigned block_size))
{
    for (unsigned size = 1024; size <= 4096; size *= 2) {
        for (int harsh = 0; harsh < 2; harsh++) {
            machine.harsh = harsh;
            test(size);
        }
    }
    machine.harsh = false;
}

void pattern(void *to, size_t n, u64 at, u32 seed)
{
    u8 *byte = to;
    for (size_t k = 0; k < n; k++)
        byte[k] = ((at + k) * 2654435761u >> 13) ^ ((at + k) >> 7) ^ seed;
}

static u8 buffer[1 << 20], expected[1 << 20];

void write_pattern(const char *path, u64 at, size_t n, u32 seed)
{
    int error;
    struct inode *i = file_open(path, &error);
    assert_non_null(i);
    for (size_t done = 0, part; done < n; done += part) {
        part = MIN(n - done, sizeof(buffer));
        pattern(buffer, part, at + done, seed);
        assert_int_equal(file_write(i, at + done, buffer, part), part);
    }
    file_close(i);
}

void check_pattern(const char *path, u64 at, size_t n, u32 seed)
{
    int error;
    struct inode *i = file_open(path, &error);
    assert_non_null(i);
    for (size_t done = 0, part; done < n; done += part) {
        part = MIN(n - done, sizeof(buffer));
        pattern(expected, part, at + done, seed);
        assert_int_equal(file_read(i, at + done, buffer, part), part);
        assert_memory_equal(buffer, expected, part);
    }
    file_close(i);
}

u32 random_next(u32 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

int main(int argc, char **argv)
{
    static struct CMUnitTest all[6 * TESTS_EACH];
    const struct CMUnitTest *parts[] = {name_tests,   content_tests, space_tests,
                                        damage_tests, model_tests,   power_tests};
    size_t count = 0;
    for (size_t p = 0; p < ARRAY_SIZE(parts); p++)
        for (const struct CMUnitTest *t = parts[p]; t->name; t++)
            all[count++] = *t;
    if (argc > 1)
        cmocka_set_test_filter(argv[1]); /* one test: its name, or a pattern */
    machine_start();
    int failed = _cmocka_run_group_tests("ext2", all, count, NULL, NULL);
    print_message("frames: %lu granted, %lu used by all calls, %u at most\n", machine.frames_granted,
                  machine.frames_used, machine.frames_high);
    return failed;
}

// SPDX-License-Identifier: MIT
/*
 * lib.c - what the kernel stands on: lists against an array, strings against the C library, formats against its printf, lock ranks
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/lib/list.h"
#include "kernel/lib/lock.h"
#include "kernel/lib/printf.h"
#include "tests/host/lib/child.h"

/* --- lists --- */

#define ITEMS 12

struct item {
    struct list link;
    int number;
};

static void check_list(struct list *head, const int *order, int count)
{
    int i = 0;
    list_each(it, head, struct item, link) {
        assert_true(i < count);
        assert_int_equal(it->number, order[i++]);
        assert_ptr_equal(it->link.next->prev, &it->link);
    }
    assert_int_equal(i, count);
    assert_int_equal(list_empty(head), count == 0);
}

/* Puts an item first, last or behind another one, in the array too. */
static void insert(struct list *head, struct item *it, int *order, int count)
{
    int at = rand() % (count + 1);
    if (at == 0)
        list_push_front(head, &it->link);
    else if (at == count)
        list_push_back(head, &it->link);
    else {
        struct list *l = head;
        for (int i = 0; i < at; i++)
            l = l->next;
        list_insert_after(l, &it->link);
    }
    memmove(order + at + 1, order + at, (count - at) * sizeof(*order));
    order[at] = it->number;
}

static int take_out(int *order, int count, int number)
{
    int at = 0;
    while (order[at] != number)
        at++;
    memmove(order + at, order + at + 1, (count - at - 1) * sizeof(*order));
    return count - 1;
}

static void test_lists(void **state UNUSED)
{
    struct list head = LIST_INIT(head);
    struct item items[ITEMS];
    int order[ITEMS + 1], count = 0;
    for (int i = 0; i < ITEMS; i++) {
        items[i].number = i;
        list_init(&items[i].link);
    }
    for (int step = 0; step < 20000; step++) {
        struct item *it = &items[rand() % ITEMS];
        if (!list_linked(&it->link)) {
            insert(&head, it, order, count++);
        } else if (rand() % 2 || list_first(&head, struct item, link) != it) {
            list_remove(&it->link);
            list_remove(&it->link); /* twice does no harm */
            count = take_out(order, count, it->number);
        } else {
            assert_ptr_equal(list_pop_front(&head), &it->link);
            count = take_out(order, count, it->number);
        }
        check_list(&head, order, count);
    }
    list_each_safe(gone, &head, struct item, link)
        list_remove(&gone->link);
    assert_null(list_pop_front(&head));
    assert_null(list_first(&head, struct item, link));
}

/* --- strings, under names of their own (string_host.c) --- */

void *kernel_memcpy(void *dst, const void *src, size_t n);
void *kernel_memmove(void *dst, const void *src, size_t n);
void *kernel_memset(void *dst, int byte, size_t n);
int kernel_memcmp(const void *a, const void *b, size_t n);
size_t kernel_strlen(const char *s);
size_t kernel_strnlen(const char *s, size_t max);
int kernel_strcmp(const char *a, const char *b);
int kernel_strncmp(const char *a, const char *b, size_t n);
char *kernel_strchr(const char *s, int c);
char *kernel_strrchr(const char *s, int c);
char *kernel_strstr(const char *s, const char *what);
size_t strlcpy(char *dst, const char *src, size_t size);
bool parse_u64(const char *s, u64 *out, const char **end);

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

static void fill(unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = rand();
}

/* Copies of every length up to three blocks, at every alignment, also onto themselves. */
static void test_memory(void **state UNUSED)
{
    unsigned char a[512], b[512];
    for (size_t n = 0; n < 200; n++) {
        size_t from = rand() % 100, to = rand() % 100;
        fill(a, sizeof(a));
        memcpy(b, a, sizeof(a));
        memmove(a + to, a + from, n);
        assert_ptr_equal(kernel_memmove(b + to, b + from, n), b + to);
        assert_memory_equal(a, b, sizeof(a));
        memcpy(a, a + 256, n);
        kernel_memcpy(b, b + 256, n);
        assert_memory_equal(a, b, sizeof(a));
        memset(a + to, n, n);
        kernel_memset(b + to, n, n);
        assert_memory_equal(a, b, sizeof(a));
        size_t at = rand() % sizeof(a);
        b[at] ^= 1 << rand() % 8;
        assert_int_equal(sign(kernel_memcmp(a, b, sizeof(a))), sign(memcmp(a, b, sizeof(a))));
        assert_int_equal(kernel_memcmp(a, b, at), 0);
    }
}

static void random_text(char *s, int size)
{
    int n = rand() % size;
    for (int i = 0; i < n; i++)
        s[i] = "ab\xff"[rand() % 3];
    s[n] = 0;
}

static void test_strings(void **state UNUSED)
{
    char a[20], b[20], small[6];
    for (int i = 0; i < 20000; i++) {
        random_text(a, sizeof(a));
        random_text(b, i % 4 ? 4 : sizeof(b));
        size_t n = rand() % 20;
        int c = "abc"[rand() % 3];
        assert_int_equal(kernel_strlen(a), strlen(a));
        assert_int_equal(kernel_strnlen(a, n), strnlen(a, n));
        assert_int_equal(sign(kernel_strcmp(a, b)), sign(strcmp(a, b)));
        assert_int_equal(sign(kernel_strncmp(a, b, n)), sign(strncmp(a, b, n)));
        assert_ptr_equal(kernel_strchr(a, c), strchr(a, c));
        assert_ptr_equal(kernel_strchr(a, 0), a + strlen(a));
        assert_ptr_equal(kernel_strrchr(a, c), strrchr(a, c));
        assert_ptr_equal(kernel_strstr(a, b), strstr(a, b));
        assert_int_equal(strlcpy(small, a, sizeof(small)), strlen(a));
        assert_int_equal(strlen(small), strlen(a) < 5 ? strlen(a) : 5);
        assert_memory_equal(small, a, strlen(small));
    }
}

static void test_numbers(void **state UNUSED)
{
    static const struct {
        const char *text;
        bool good;
        u64 value;
        int used;
    } cases[] = {
        {"0", true, 0, 1},         {"42x", true, 42, 2},  {"0x1fG", true, 31, 4},
        {"017", true, 15, 3},      {"", false, 0, 0},     {"x", false, 0, 0},
        {"0x", true, 0, 1},        {"-1", false, 0, 0},   {"18446744073709551615", true, ~0ul, 20},
        {"18446744073709551616", false, 0, 20},           {"0xffffffffffffffff0", false, 0, 19},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *end;
        u64 value;
        assert_int_equal(parse_u64(cases[i].text, &value, &end), cases[i].good);
        assert_int_equal(end - cases[i].text, cases[i].used);
        if (cases[i].good)
            assert_int_equal(value, cases[i].value);
    }
}

/* --- formats --- */

#define SAME(...)                                                                                                      \
    do {                                                                                                               \
        char ours[64], theirs[64];                                                                                     \
        assert_int_equal(ksnprintf(ours, sizeof(ours), __VA_ARGS__), snprintf(theirs, sizeof(theirs), __VA_ARGS__));   \
        assert_string_equal(ours, theirs);                                                                             \
    } while (0)

static void test_formats(void **state UNUSED)
{
    static const long values[] = {0, 1, -1, 9, 10, 255, -256, 2147483647, -2147483648l, 0x7fffffffffffffff, -0x7fffffffffffffff - 1};
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        long v = values[i];
        SAME("%d|%5d|%-5d|%05d|%.3d", (int)v, (int)v, (int)v, (int)v, (int)v);
        SAME("%ld %20ld", v, v);
        SAME("%-22lx|", v);
        SAME("%u %x %X", (unsigned)v, (unsigned)v, (unsigned)v);
        SAME("%lu %016lx", v, v);
        SAME("%zu", (size_t)v);
    }
    SAME("%s|%8s|%-8s|%.2s|%*s", "abc", "abc", "abc", "abc", 5, "abc");
    SAME("%c%%%c", 'x', 'y');
    SAME("%p", (void *)0x1234);
    char cut[4];
    assert_int_equal(ksnprintf(cut, sizeof(cut), "%s", "abcdef"), 6);
    assert_string_equal(cut, "abc");
}

/* --- locks: the first wrong order ends the run and names both --- */

void lock_wrong_order(void *arg);
void lock_same_rank(void *arg);
void lock_held_at_the_end(void *arg);
void lock_right_order(void *arg);

static void expect(void (*story)(void *), const char *text)
{
    const char *why = machine_child(story, NULL);
    if (!text)
        assert_null(why);
    else
        assert_true(why && strstr(why, text));
}

static void test_lock_ranks(void **state UNUSED)
{
    expect(lock_right_order, NULL);
    expect(lock_wrong_order, "lock order: first (rank 3) taken while holding second (rank 5)");
    expect(lock_same_rank, "lock order: lower (rank 4) taken while holding upper (rank 4)");
    expect(lock_held_at_the_end, "a task's end with lock first held");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),   cmocka_unit_test(test_memory),  cmocka_unit_test(test_strings),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_formats), cmocka_unit_test(test_lock_ranks),
    };
    srand(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * count.c - counts the guest's instructions, as a plugin of QEMU's translator
 *
 * QEMU translates the guest's code block by block; each block adds its length to a counter whenever it runs.  A
 * guest that idles runs nothing and so adds nothing.  At the blocks that begin at the addresses `start` and `stop`
 * the counter is noted the first time that they run.  A block left early by a fault counts in full.
 *
 * Two ways to look at a function.  `within` counts what runs between two addresses: the function itself, without what
 * it calls.  `span` counts from its first address until control comes to the address behind a call of it: the
 * function with all that it calls.  Both also count how often the first address is come to.
 *
 * Use:    qemu-system-x86_64 -plugin build/count.so,out=FILE[,start=ADDRESS][,stop=ADDRESS]
 *                                [,within=FIRST-END]...[,span=FIRST-BEHIND[-BEHIND]...]... ...
 *         FILE gets the lines "total N", and "start N" and "stop N" when these ran, then in the order of the
 *         arguments "within CALLS INSTRUCTIONS" and "span CALLS INSTRUCTIONS".
 *
 * The declarations below are QEMU's plugin interface, version 1 (QEMU 7.2, docs/devel/tcg-plugins); Debian ships no
 * header for it.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;
enum { INTERFACE_VERSION = 1, INLINE_ADD_U64 = 0, CALLBACK_READS_NO_REGISTERS = 0 };

extern int qemu_plugin_version;
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*translated)(uint64_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, void (*ran)(unsigned, void *), int flags,
                                          void *data);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int operation, void *counter, uint64_t add);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*ended)(uint64_t, void *), void *data);

int qemu_plugin_version = INTERFACE_VERSION;

struct mark {
    const char *name;
    uint64_t address;
    bool wanted;
    bool reached;
    uint64_t count;
};

enum { PLACES = 16, ENDS = 16 };

struct place {                  /* one `within` or `span` */
    bool span;
    uint64_t first;
    uint64_t end[ENDS];         /* within: one; span: wherever a call of it returns to */
    int ends;
    bool inside;                /* span: control has come to `first` and not yet back */
    uint64_t since;             /* then: what the counter was */
    uint64_t calls, count;
};

static struct place places[PLACES];
static int place_count;
static uint64_t total;
static struct mark marks[] = {{.name = "start"}, {.name = "stop"}};
static const char *out;

static void mark_reached(unsigned cpu, void *data)
{
    struct mark *mark = data;

    (void)cpu;
    if (!mark->reached)
        mark->count = total;
    mark->reached = true;
}

static void span_entered(unsigned cpu, void *data)
{
    struct place *place = data;

    (void)cpu;
    place->inside = true;
    place->since = total;
    place->calls++;
}

static void span_left(unsigned cpu, void *data)
{
    struct place *place = data;

    (void)cpu;
    if (place->inside)
        place->count += total - place->since;
    place->inside = false;
}

static void watch_span(struct qemu_plugin_tb *tb, struct place *place)
{
    uint64_t at = qemu_plugin_tb_vaddr(tb);

    if (at == place->first)
        qemu_plugin_register_vcpu_tb_exec_cb(tb, span_entered, CALLBACK_READS_NO_REGISTERS, place);
    for (int i = 0; i < place->ends; i++)
        if (at == place->end[i])
            qemu_plugin_register_vcpu_tb_exec_cb(tb, span_left, CALLBACK_READS_NO_REGISTERS, place);
}

static void watch_within(struct qemu_plugin_tb *tb, struct place *place)
{
    uint64_t at = qemu_plugin_tb_vaddr(tb);

    if (at == place->first)
        qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, &place->calls, 1);
    if (at >= place->first && at < place->end[0])
        qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, &place->count, qemu_plugin_tb_n_insns(tb));
}

static void block_translated(uint64_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (marks[i].wanted && marks[i].address == qemu_plugin_tb_vaddr(tb))
            qemu_plugin_register_vcpu_tb_exec_cb(tb, mark_reached, CALLBACK_READS_NO_REGISTERS, &marks[i]);
    for (int i = 0; i < place_count; i++)
        (places[i].span ? watch_span : watch_within)(tb, &places[i]);
    qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, &total, qemu_plugin_tb_n_insns(tb));
}

static void machine_ended(uint64_t id, void *data)
{
    FILE *file = fopen(out, "w");

    (void)id, (void)data;
    if (file == NULL)
        return;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (marks[i].reached)
            fprintf(file, "%s %" PRIu64 "\n", marks[i].name, marks[i].count);
    fprintf(file, "total %" PRIu64 "\n", total);
    for (int i = 0; i < place_count; i++)
        fprintf(file, "%s %" PRIu64 " %" PRIu64 "\n", places[i].span ? "span" : "within", places[i].calls, places[i].count);
    fclose(file);
}

/* "FIRST-END" or "FIRST-BEHIND-BEHIND..." */
static bool read_place(const char *value, bool span)
{
    struct place *place = &places[place_count];
    char *at;

    if (place_count == PLACES)
        return false;
    place->span = span;
    place->first = strtoull(value, &at, 0);
    while (*at == '-' && place->ends < ENDS)
        place->end[place->ends++] = strtoull(at + 1, &at, 0);
    place_count++;
    return *at == '\0' && place->ends > 0;
}

/* Reads one argument, "name=value"; false when it is none of ours. */
static bool read_argument(const char *argument)
{
    const char *value = strchr(argument, '=');

    if (value == NULL)
        return false;
    if (strncmp(argument, "out=", 4) == 0) {
        out = strdup(value + 1);
        return true;
    }
    if (strncmp(argument, "within=", 7) == 0 || strncmp(argument, "span=", 5) == 0)
        return read_place(value + 1, argument[0] == 's');
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (strncmp(argument, marks[i].name, (size_t)(value - argument)) == 0) {
            marks[i].address = strtoull(value + 1, NULL, 0);
            return marks[i].wanted = true;
        }
    }
    return false;
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++)
        if (!read_argument(argv[i]))
            return fprintf(stderr, "count: what is %s?\n", argv[i]), 1;
    if (out == NULL)
        return fprintf(stderr, "count: say out=FILE\n"), 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    qemu_plugin_register_atexit_cb(id, machine_ended, NULL);
    return 0;
}

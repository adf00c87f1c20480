// SPDX-License-Identifier: MIT
/*
 * boot.h - the boot words, checked and kept
 */
#pragma once
#include "kernel/lib/types.h"
#include "kernel/task.h"

#define BOOT_ARGS 32

struct boot_words {
    char root[16];           /* root=hda1 */
    char init[128];          /* init=/bin/init */
    char *args[BOOT_ARGS + 2]; /* init's arguments, args[0] is init itself, NULL at the end */
    u32 arg_count;
    enum ama_policy policy;
    u64 seed, floor;
    u64 stack_max;           /* bytes of a program's stack by default */
    bool quiet, trace_calls, dma_off, read_only;
    bool injected;           /* inject= was given */
};
extern struct boot_words boot;
extern bool ata_pio_only;    /* dma=off */

/* Reads boot_info.words.  An unknown word or a bad value stops the boot with a message that names it. */
void boot_words_parse(void);

// SPDX-License-Identifier: MIT
/*
 * model.h - a disk as its registers show it, with faults on demand
 *
 * One channel with a drive 0 of MODEL_SECTORS sectors and no drive 1, and the bus master.  Time is a number
 * that register accesses and waits move on.  A command ends MODEL_LATENCY after it was written; model_step()
 * carries that out and raises the interrupt.
 */
#pragma once
#include "drivers/ata/ata.h"

#define MODEL_SECTORS 2048u
#define MODEL_PAGES   128u
#define MODEL_LATENCY 100000ul

struct model {
    /* --- what kind of drive --- */
    bool lba48;
    u8 kind; /* 0: disk, 1: packet device, 2: nothing there */
    /* --- faults; each counts down --- */
    u32 drop_interrupts; /* the next interrupts never arrive */
    u32 hang_commands;   /* the next commands stay busy until a reset */
    u32 hang_resets;     /* the next resets do not end the busy state */
    u32 fail_commands;   /* the next commands end in an error */
    /* --- what was seen --- */
    u32 commands, resets, interrupts, last_prds;
    u8 last_command;
    u8 log[64]; /* the first commands */
    u64 now;
    u8 disk[MODEL_SECTORS][512];
};
extern struct model model;
extern struct ata_channel channel;
extern struct page pages[MODEL_PAGES];
extern bool page_high[MODEL_PAGES]; /* this page lies above 4 GiB */

/* A fresh drive with known content and no faults; the channel is not yet identified. */
void model_start(bool lba48, u8 kind);
u8 *model_page(struct page *p);
/* Lets the next thing happen: a command's end with its interrupt, or else a round of the watch thread:
 * it is never asleep when something fails, so it must not wait for a wake-up then. */
void model_step(void);

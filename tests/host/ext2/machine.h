// SPDX-License-Identifier: MIT
/*
 * machine.h - the core as ext2-mfr sees it, over an image file, with every need checked
 *
 * A call's need is granted exactly; a frame, object, disk block or inode beyond it stops the test (I3).  The
 * cache of blocks is the worst one allowed: with `harsh`, whatever is clean and not pinned leaves at every
 * read of the disk, and every try fails.
 */
#pragma once
#include "kernel/gate.h"
#include "kernel/ports/block.h"
#include "kernel/ports/ext2mfr.h"
#include "kernel/task.h"

struct machine {
    bool harsh;
    u32 uid;
    u64 frames_granted, frames_used;   /* by all calls */
    u32 frames_high;                   /* the largest need */
    u64 disk_reads, passes;
    u64 fail_read;                     /* the read of this number fails; 0: none */
    i64 writes_left;                   /* after so many blocks the power is gone; -1: never */
    bool write_backwards;              /* the order of pages within a phase */
    u64 kmallocs, pins;                /* now */
    u32 turns;                         /* of the reaper, since the image was plugged in */
    char said[4000];                   /* what was printed last */
    u32 said_length;
};
extern struct machine machine;
extern struct block_device disk;

void machine_start(void);              /* once */
void machine_plug(void);               /* the image becomes `disk`, nothing is cached */
void machine_unplug(
    void); /* the cache is thrown away; fails the test when something is pinned or allocated */
void machine_power_cut(void);          /* the cache is thrown away, whatever is in it */
void machine_reap(void);               /* lets the reaper run until it sleeps */
bool machine_said(const char *text);
void machine_forget(void);             /* what was said */

// SPDX-License-Identifier: MIT
/*
 * port.c - the service's table: all that the rest of the system can name of fs/proc
 */
#include "kernel/ports/proc.h"
#include "fs/proc/proc.h"

#define PROC_MAGIC 0x9fa0 /* statfs(2) */
#define PROC_DEV   4      /* st_dev: no disk has it */

static int proc_mount(struct fs *fs, struct block_device *dev UNUSED, u32 flags UNUSED)
{
    fs->inode_ops = &proc_inode_ops;
    fs->root_ino = PROC_ROOT_INO;
    fs->dev_number = PROC_DEV;
    return 0;
}

static void proc_mount_need(struct block_device *dev UNUSED, struct need *n UNUSED) {}
static int proc_unmount(struct fs *fs UNUSED)
{
    return 0;
}
static void proc_unmount_need(struct fs *fs UNUSED, struct need *n UNUSED) {}
static int proc_sync(struct fs *fs UNUSED)
{
    return 0;
}

static void proc_stat(struct fs *fs UNUSED, struct fs_stat *out)
{
    *out = (struct fs_stat){.type = PROC_MAGIC, .block_size = PAGE_SIZE, .name_max = NAME_LEN_MAX};
}

static const struct fs_ops proc_fs_ops = {
    .name = "proc",
    .mount = proc_mount,
    .mount_need = proc_mount_need,
    .unmount = proc_unmount,
    .unmount_need = proc_unmount_need,
    .sync = proc_sync,
    .stat = proc_stat,
};

static void proc_need(struct need *n UNUSED) {}
static int proc_start(void)
{
    return 0;
}

const struct proc_port proc_port = {
    .fs = &proc_fs_ops,
    .service = {.name = "proc", .need = proc_need, .start = proc_start},
};

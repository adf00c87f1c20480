// SPDX-License-Identifier: MIT
/*
 * port.c - the service's table: all that the rest of the system can name of fs/proc
 */
#include "kernel/ports/proc.h"
#include "fs/proc/proc.h"

#define PROC_MAGIC 0x9fa0 /* statfs(2) */
#define PROC_DEV   4      /* st_dev: no disk has it */

OPERATION(int, proc_mount, struct fs *fs, struct block_device *dev, u32 flags);
OPERATION(int, proc_unmount, struct fs *fs);
OPERATION(int, proc_start, const char *self);

int proc_mount(struct fs *fs, struct block_device *dev UNUSED, u32 flags UNUSED)
{
    fs->inode_ops = &proc_inode_ops;
    fs->root_ino = PROC_ROOT_INO;
    fs->dev_number = PROC_DEV;
    return 0;
}

int proc_unmount(struct fs *fs UNUSED)
{
    return 0;
}

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
    .mount_need = need_proc_mount,
    .unmount = proc_unmount,
    .unmount_need = need_proc_unmount,
    .sync = proc_sync,
    .stat = proc_stat,
};

int proc_start(const char *self UNUSED)
{
    return 0;
}

const struct proc_port proc_port = {
    .fs = &proc_fs_ops,
    .service = {.name = "proc", .start = proc_start, .start_need = need_proc_start},
};

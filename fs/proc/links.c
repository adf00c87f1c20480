// SPDX-License-Identifier: MIT
/*
 * links.c - symlinks: self, and where a task's program, directories and descriptors are
 *
 * All but `self` lead straight to an inode (proc_target), whatever its name is now; vfs finds the names of
 * directories itself. For the rest there is a text: the path that was executed, or what kind of file a
 * descriptor has.
 */
#include "fs/proc/proc.h"
#include "kernel/abi/stat.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "kernel/ports/vfs.h"

struct inode *proc_target(struct inode *link)
{
    struct place p = place_of(link->ino);
    if (!p.pid)
        return NULL;
    if (p.fd < 0)
        return task_inode(p.pid, p.index);
    struct file *f = task_file(p.pid, p.fd);
    struct inode *i = f && f->inode ? vfs_port.inode_get(f->inode) : NULL;
    if (f)
        file_put(f);
    return i;
}

/* Devices have one number and one name by convention (Linux's devices.txt); NULL: none that is known here. */
static const char *device_name(u32 rdev)
{
    static const struct {
        u32 rdev;
        const char *name;
    } known[] = {
        {0x103, "/dev/null"},    {0x105, "/dev/zero"},  {0x107, "/dev/full"}, {0x108, "/dev/random"},
        {0x109, "/dev/urandom"}, {0x440, "/dev/ttyS0"}, {0x500, "/dev/tty"},  {0x501, "/dev/console"},
    };
    for (u32 i = 0; i < ARRAY_SIZE(known); i++)
        if (known[i].rdev == rdev)
            return known[i].name;
    return NULL;
}

static int describe(const struct file *f, char *dst, size_t size)
{
    const struct inode *i = f->inode;
    if (!i)
        return ksnprintf(dst, size, "pipe:[%lu]",
                         (u64)f->data * 0x9e3779b97f4a7c15ul >> 32); /* as fstat numbers it */
    const char *name = (i->mode & S_IFMT) == S_IFCHR ? device_name(i->rdev) : NULL;
    return name ? ksnprintf(dst, size, "%s", name) : ksnprintf(dst, size, "inode:[%lu]", i->ino);
}

static int descriptor_text(struct place p, char *dst, size_t size)
{
    char text[48];
    struct file *f = task_file(p.pid, p.fd);
    if (!f)
        return -ENOENT;
    size_t n = MIN((size_t)describe(f, text, sizeof(text)), size);
    file_put(f);
    memcpy(dst, text, n);
    return n;
}

DERIVE_OP(proc_readlink);

int proc_readlink(struct inode *i, char *dst, size_t size)
{
    struct place p = place_of(i->ino);
    char self[12];
    if (p.fd >= 0)
        return descriptor_text(p, dst, size);
    if (p.pid) {
        size_t n = p.index == TASK_EXE ? task_exe_path(p.pid, dst, size) : 0;
        return n ? (int)n : -ENOENT;
    }
    size_t n = MIN((size_t)ksnprintf(self, sizeof(self), "%d", current->pid), size);
    memcpy(dst, self, n);
    return n;
}

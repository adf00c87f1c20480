// SPDX-License-Identifier: MIT
/*
 * services.c - what is composed into this image, and what is mounted where
 *
 * The one list of services, in start order.  The core knows of each only its port.
 */
#include "kernel/services.h"
#include "kernel/boot.h"
#include "kernel/gate.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/printf.h"
#include "kernel/ports/ata.h"
#include "kernel/ports/block.h"
#include "kernel/ports/dev.h"
#include "kernel/ports/ext2mfr.h"
#include "kernel/ports/proc.h"
#include "kernel/ports/service.h"
#include "kernel/ports/tty.h"
#include "kernel/ports/vfs.h"
#include "kernel/process.h"
#include "mm/flusher.h"

static const struct service flusher_service = {.name = "flusher", .start = flusher_start, .start_need = need_flusher_start};

static const struct service *const services[] = {
    &tty_port.service,
    &ata_port,
    &vfs_port.service,
    &flusher_service,
    &ext2mfr_port.service,
    &dev_port.service,
    &proc_port.service,
};

/* --- starting --- */

struct start_args {
    const struct service *service;
};

static long start_body(void *p) NEEDS_RESERVATION;
static long start_body(void *p)
{
    struct start_args *a = p;
    return a->service->start(a->service->name);
}

DERIVE(service_start);
SCOPE(service_start, .flags = SCOPE_RETRY | SCOPE_NO_INJECT | SCOPE_LARGE, .need = need_service_start, .body = start_body);

void services_start(void)
{
    for (u32 i = 0; i < ARRAY_SIZE(services); i++) {
        const struct service *s = services[i];
        struct start_args a = {s};
        long rc = gate_call(&scope_service_start, &a);
        if (rc)
            kprintf("ante: service %s did not start (error %ld); the machine goes on without it\n", s->name, -rc);
    }
}

/* --- mounting --- */

static void no_root(const char *why)
{
    kprintf("ante: root=%s: %s\n", boot.root, why);
    kprintf("ante: disks:");
    for (u32 i = 0; i < ARRAY_SIZE(block_devices); i++)
        if (block_devices[i])
            kprintf(" %s", block_devices[i]->name);
    kprintf(block_devices[0] ? "\n" : " none\n");
    console_flush();
    arch_poweroff(126);
}

static void mount_or_say(const char *where, const struct fs_ops *fs)
{
    int rc = vfs_port.mount_at(where, fs, NULL, 0);
    if (rc)
        kprintf("ante: %s is not mounted (error %d); is there a folder %s on the disk?\n", fs->name, -rc, where);
}

void services_mount(void)
{
    struct block_device *dev = block_device_find(boot.root);
    if (!dev)
        no_root("there is no such disk");
    if (vfs_port.mount_root(dev, ext2mfr_port.fs, boot.read_only))
        no_root("no file system could be mounted there");
    mount_or_say("/dev", dev_port.fs);
    mount_or_say("/proc", proc_port.fs);
}

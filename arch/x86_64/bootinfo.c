// SPDX-License-Identifier: MIT
/*
 * bootinfo.c - what the boot loader tells: usable memory, the command line, the end of what was loaded
 *
 * QEMU's -kernel speaks multiboot 1 (flags tell which fields are valid), GRUB multiboot 2 (a list of tags).
 * Everything is copied into boot_info before any memory is used that the loader's own tables might lie in.
 */
#include "arch/x86_64/x86.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"

#define MB1_LOADER 0x2badb002
#define MB2_LOADER 0x36d76289
#define MAPPED_END (1ul << 30) /* by boot.asm */

enum { MB1_HAS_WORDS = 4, MB1_HAS_MODULES = 8, MB1_HAS_MAP = 64, MB1_HAS_LOADER_NAME = 512 };
enum { MB2_END = 0, MB2_WORDS = 1, MB2_MODULE = 3, MB2_MAP = 6 };
enum { TYPE_RAM = 1 };

struct mb1_info { /* Multiboot Specification 0.6.96, 3.3 */
    u32 flags, mem_lower, mem_upper, boot_device, words, module_count, modules;
    u32 symbols[4];
    u32 map_length, map, drives_length, drives, config, loader_name;
};

struct mb1_module {
    u32 start, end, words, reserved;
};

struct PACKED mb1_range {
    u32 size; /* of what follows */
    u64 start, length;
    u32 type;
};

struct mb2_tag { /* Multiboot2 Specification 2.0, 3.6 */
    u32 type, size;
};

struct mb2_module {
    struct mb2_tag tag;
    u32 start, end;
};

struct mb2_range {
    u64 start, length;
    u32 type, reserved;
};

struct mb2_map {
    struct mb2_tag tag;
    u32 entry_size, version;
};

extern const char image_end[];
struct boot_info boot_info;

static const void *at(u64 p)
{
    ASSERT(p < MAPPED_END, "the boot loader put its information at %lx", p);
    return phys_to_virt((phys_addr){p});
}

/* Whole pages only, and never page 0: a physical address of 0 means "none". */
static void ram_add(u64 start, u64 length)
{
    u64 end = (start + length) & ~PAGE_MASK;
    start = MAX(ROUND_UP(start, PAGE_SIZE), PAGE_SIZE);
    if (start < end && boot_info.ram_count < ARRAY_SIZE(boot_info.ram))
        boot_info.ram[boot_info.ram_count++] = (struct mem_range){start, end};
}

static void words_set(const char *s)
{
    size_t len = strlcpy(boot_info.words, s, sizeof(boot_info.words));
    ASSERT(len < sizeof(boot_info.words), "the command line has %zu bytes, at most %zu fit", len,
           sizeof(boot_info.words) - 1);
}

/* QEMU puts the kernel's path before the words, GRUB does not. */
static const char *path_skip(const char *s)
{
    const char *space = strchr(s, ' ');
    return space ? space + 1 : "";
}

static void used_until(u64 end)
{
    boot_info.image_end = MAX(boot_info.image_end, end);
}

static void mb1_read(const struct mb1_info *m)
{
    ASSERT(m->flags & MB1_HAS_MAP, "the boot loader gives no memory map");
    for (u64 p = m->map; p < m->map + m->map_length;) {
        const struct mb1_range *r = at(p);
        if (r->type == TYPE_RAM)
            ram_add(r->start, r->length);
        p += r->size + sizeof(r->size);
    }
    if (m->flags & MB1_HAS_WORDS) {
        const char *words = at(m->words);
        bool qemu = m->flags & MB1_HAS_LOADER_NAME && !strcmp(at(m->loader_name), "qemu");
        words_set(qemu ? path_skip(words) : words);
    }
    const struct mb1_module *mod = m->flags & MB1_HAS_MODULES && m->module_count ? at(m->modules) : NULL;
    for (u32 i = 0; mod && i < m->module_count; i++)
        used_until(mod[i].end);
}

static void mb2_map_read(const struct mb2_map *map)
{
    u64 end = (u64)map + map->tag.size;
    for (u64 p = (u64)(map + 1); p < end; p += map->entry_size) {
        const struct mb2_range *r = (const struct mb2_range *)p;
        if (r->type == TYPE_RAM)
            ram_add(r->start, r->length);
    }
}

static void mb2_read(u64 info)
{
    for (u64 p = info + 8;;) { /* after total size and a reserved word */
        const struct mb2_tag *t = at(p);
        if (t->type == MB2_END)
            break;
        if (t->type == MB2_WORDS)
            words_set((const char *)(t + 1));
        else if (t->type == MB2_MODULE)
            used_until(((const struct mb2_module *)t)->end);
        else if (t->type == MB2_MAP)
            mb2_map_read((const struct mb2_map *)t);
        p += ROUND_UP(t->size, 8);
    }
}

void boot_info_read(u32 magic, u64 info)
{
    used_until((u64)image_end - KERNEL_BASE);
    if (magic == MB1_LOADER)
        mb1_read(at(info));
    else if (magic == MB2_LOADER)
        mb2_read(info);
    else
        panic("started by an unknown boot loader, magic number %x", magic);
    ASSERT(boot_info.ram_count, "the boot loader's memory map names no memory");
}

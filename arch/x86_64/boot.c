// SPDX-License-Identifier: MIT
/*
 * boot.c - the first C: the machine is set up part by part, then the kernel starts
 */
#include "arch/x86_64/x86.h"

void boot_main(u32 magic, u32 info) NORETURN;

/* Called by boot.asm with the loader's magic number and the physical address of its information. */
void boot_main(u32 magic, u32 info)
{
    cpu_start();
    serial_start();
    vga_start();
    boot_info_read(magic, info);
    paging_start();
    apic_start();
    clock_calibrate();
    serial_irq_start();
    keyboard_start();
    kernel_main();
}

; SPDX-License-Identifier: MIT
;
; boot.asm - from the boot loader's 32-bit world to C in the higher half
;
; One ELF64 file serves two loaders.  GRUB finds the multiboot 2 header and loads by the ELF program headers;
; QEMU's -kernel takes only multiboot 1, and for a 64-bit file only when the header carries load addresses of
; its own.  Either enters `start` in 32-bit protected mode without paging: eax is the loader's magic number,
; ebx the address of its information.  The tables built here map the first GiB three times (at 0, in the
; direct map and at the kernel's address); paging.c makes the final ones out of them.

KERNEL_BASE equ 0xffffffff80000000
MB1_MAGIC equ 0x1badb002
MB1_FLAGS equ 0x10003           ; modules on pages, memory map, addresses below are valid
MB2_MAGIC equ 0xe85250d6
BOOT_STACK equ 16384

%define phys(sym) (sym - KERNEL_BASE)

extern image_text, image_file_end, image_end, boot_main
global start, boot_pml4, boot_pdpt_direct, boot_pdpt_kernel, boot_pdpt_vmalloc, boot_pd, boot_stack_guard

section .boot progbits alloc exec nowrite align=16
bits 32

align 8
mb1_header:                     ; Multiboot Specification 0.6.96, 3.1
    dd MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)
    dd phys(mb1_header), phys(image_text), phys(image_file_end), phys(image_end), phys(start)

align 8
mb2_header:                     ; Multiboot2 Specification 2.0, 3.1
    dd MB2_MAGIC, 0, mb2_end - mb2_header, -(MB2_MAGIC + (mb2_end - mb2_header))
    dw 0, 0                     ; end of tags
    dd 8
mb2_end:

start:
    cli
    cld
    mov esp, phys(boot_stack_top)
    mov ebp, eax                ; the magic number and the information survive cpuid here
    mov edi, ebx
    mov esi, phys(text_long_mode)
    mov eax, 0x80000000
    cpuid
    cmp eax, 0x80000001
    jb give_up
    mov eax, 0x80000001
    cpuid
    bt edx, 29                  ; long mode
    jnc give_up
    mov esi, phys(text_nx)
    bt edx, 20                  ; NX
    jnc give_up

    mov eax, phys(boot_pdpt_direct) + 3
    mov [phys(boot_pml4)], eax
    mov [phys(boot_pml4) + 256 * 8], eax
    mov dword [phys(boot_pml4) + 384 * 8], phys(boot_pdpt_vmalloc) + 3
    mov dword [phys(boot_pml4) + 511 * 8], phys(boot_pdpt_kernel) + 3
    mov eax, phys(boot_pd) + 3
    mov [phys(boot_pdpt_direct)], eax
    mov [phys(boot_pdpt_kernel) + 510 * 8], eax
    mov eax, 0x83               ; present, writable, 2 MiB
    mov ecx, phys(boot_pd)
.fill:
    mov [ecx], eax
    add ecx, 8
    add eax, 0x200000
    cmp eax, 0x40000000
    jb .fill

    mov eax, 0x20               ; PAE
    mov cr4, eax
    mov eax, phys(boot_pml4)
    mov cr3, eax
    mov ecx, 0xc0000080         ; EFER: SCE, LME, NXE
    rdmsr
    or eax, 0x901
    wrmsr
    mov eax, 0x80010033         ; PG, WP, NE, ET, MP, PE
    mov cr0, eax
    lgdt [phys(boot_gdt_ptr)]
    jmp 8:phys(long_mode)

give_up:                        ; esi: text, sent to the first serial port
    mov dx, 0x3f8
.next:
    lodsb
    out dx, al
    test al, al
    jnz .next
.halt:
    hlt
    jmp .halt

text_long_mode: db "ante: this processor has no 64-bit mode", 10, 0
text_nx: db "ante: this processor cannot protect pages from execution", 10, 0

align 8
boot_gdt:
    dq 0, 0x00209a0000000000    ; 8: 64-bit code
boot_gdt_ptr:
    dw 15
    dd phys(boot_gdt)

bits 64
long_mode:
    xor eax, eax
    mov ds, eax
    mov es, eax
    mov fs, eax
    mov gs, eax
    mov ss, eax
    mov rax, high_half
    jmp rax

section .text
high_half:
    mov rsp, boot_stack_top
    mov esi, edi
    mov edi, ebp
    xor ebp, ebp
    call boot_main              ; does not return

section .bss.page nobits alloc write align=4096
boot_pml4: resb 4096
boot_pdpt_direct: resb 4096
boot_pdpt_vmalloc: resb 4096
boot_pdpt_kernel: resb 4096
boot_pd: resb 4096
boot_stack_guard: resb 4096     ; paging.c takes its mapping away
    resb BOOT_STACK
boot_stack_top:

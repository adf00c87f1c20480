; SPDX-License-Identifier: MIT
;
; usercopy.asm - the only instructions that touch user memory
;
; Called by usercopy.c with ranges that end below USER_END.  A page fault at one of the instructions listed
; in user_fixups is either resolved and repeated or continues at the row's last label.  A fault inside a
; block of 64 bytes continues byte by byte from the block's start, so the count of bytes not moved is exact.
;
; user_open and user_close begin with a 3-byte NOP, which cpu.c replaces by STAC and CLAC when the processor
; has SMAP.
;
; stack: user_open 0
; stack: user_close 0
; stack: user_copy 8
; stack: user_clear 8
; stack: user_string 8

global user_open, user_close, user_copy, user_clear, user_string, user_fixups, user_fixups_end

section .text

user_open:
    db 0x0f, 0x1f, 0x00
    ret

user_close:
    db 0x0f, 0x1f, 0x00
    ret

; size_t user_copy(void *dst, const void *src, size_t n): returns how many bytes were not moved
align 16
user_copy:
    call user_open
    cmp rdx, 64
    jb copy_words
align 16
copy_block:
    mov rax, [rsi]
    mov rcx, [rsi + 8]
    mov r8, [rsi + 16]
    mov r9, [rsi + 24]
    mov [rdi], rax
    mov [rdi + 8], rcx
    mov [rdi + 16], r8
    mov [rdi + 24], r9
    mov rax, [rsi + 32]
    mov rcx, [rsi + 40]
    mov r8, [rsi + 48]
    mov r9, [rsi + 56]
    mov [rdi + 32], rax
    mov [rdi + 40], rcx
    mov [rdi + 48], r8
    mov [rdi + 56], r9
    add rsi, 64
    add rdi, 64
    sub rdx, 64
    cmp rdx, 64
    jae copy_block
copy_words:
    cmp rdx, 8
    jb copy_bytes
    mov rax, [rsi]
    mov [rdi], rax
    add rsi, 8
    add rdi, 8
    sub rdx, 8
    jmp copy_words
copy_bytes:
    test rdx, rdx
    jz copy_done
copy_byte:
    mov al, [rsi]
    mov [rdi], al
    inc rsi
    inc rdi
    dec rdx
    jnz copy_byte
copy_done:
    call user_close
    mov rax, rdx
    ret

; size_t user_clear(void *dst, size_t n): returns how many bytes were not cleared
align 16
user_clear:
    call user_open
    xor eax, eax
    cmp rsi, 64
    jb clear_bytes
clear_block:
    mov [rdi], rax
    mov [rdi + 8], rax
    mov [rdi + 16], rax
    mov [rdi + 24], rax
    mov [rdi + 32], rax
    mov [rdi + 40], rax
    mov [rdi + 48], rax
    mov [rdi + 56], rax
    add rdi, 64
    sub rsi, 64
    cmp rsi, 64
    jae clear_block
clear_bytes:
    test rsi, rsi
    jz clear_done
clear_byte:
    mov [rdi], al
    inc rdi
    dec rsi
    jnz clear_byte
clear_done:
    call user_close
    mov rax, rsi
    ret

; size_t user_string(char *dst, const char *src, size_t max): length with NUL, max + 1 when there is no NUL,
; 0 for a fault
align 16
user_string:
    call user_open
    xor eax, eax
string_byte:
    cmp rax, rdx
    je string_end
    mov cl, [rsi + rax]
    mov [rdi + rax], cl
    inc rax
    test cl, cl
    jnz string_byte
    jmp user_close
string_end:
    inc rax
    jmp user_close
string_fault:
    xor eax, eax
    jmp user_close

section .rodata
align 8
user_fixups:                    ; struct fixup: first instruction, end, where to go on
    dq copy_block, copy_bytes, copy_bytes
    dq copy_byte, copy_done, copy_done
    dq clear_block, clear_bytes, clear_bytes
    dq clear_byte, clear_done, clear_done
    dq string_byte, string_end, string_fault
user_fixups_end:

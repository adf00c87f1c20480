; SPDX-License-Identifier: MIT
;
; entry.asm - every way into the kernel and back out
;
; Lines "; stack: NAME BYTES" tell the analyzer what assembly puts on the stack, return addresses aside.
;
; Each entry leaves a struct trap_frame (arch/arch.h) on the kernel stack and calls C with its address.  From
; user mode the frame always stands at the very top of the task's kernel stack.  GS points to the per-CPU
; data while the kernel runs; SWAPGS exchanges it with the user's at each crossing.
;
;   syscall -> syscall_entry -> syscall_dispatch --+
;   user exception, interrupt -> trap_dispatch ----+-> leave_user: trap_leave, then SYSRET or IRET
;   new task, first switch ------------------------+
;   kernel exception, interrupt -> trap_in_kernel, IRET to what was interrupted
;   NMI, double fault, machine check -> trap_in_kernel on a stack of their own, never back

VECTOR_COUNT equ 64
CPU_KERNEL_STACK equ 16         ; struct cpu, kernel/lib/percpu.h
CPU_USER_STACK equ 24
FRAME_CS equ 144                ; struct trap_frame
FRAME_RSP_ABOVE_VECTOR equ 40
USER_DATA equ 0x23
USER_CODE equ 0x2b
SYSCALL_VECTOR equ 256
MSR_GS_BASE equ 0xc0000101

extern trap_dispatch, trap_in_kernel, trap_leave, syscall_dispatch, task_started, user_close
global trap_stubs, syscall_entry, task_kernel_start, task_user_start, stack_switch

%macro save_registers 0
    push rax
    push rbx
    push rcx
    push rdx
    push rsi
    push rdi
    push rbp
    push r8
    push r9
    push r10
    push r11
    push r12
    push r13
    push r14
    push r15
%endmacro

%macro restore_registers 0
    pop r15
    pop r14
    pop r13
    pop r12
    pop r11
    pop r10
    pop r9
    pop r8
    pop rbp
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rbx
    pop rax
%endmacro

section .text

; One stub of 16 bytes per vector; the processor pushes an error code for some (SDM 3A, table 6-1), the stub
; for the rest.
align 16
trap_stubs:
%assign vector 0
%rep VECTOR_COUNT
    align 16
%assign has_error vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21
%if !has_error
    push 0
%endif
    push vector
%if vector == 2 || vector == 8 || vector == 18
    jmp near trap_anywhere
%else
    jmp near trap_entry
%endif
%assign vector vector + 1
%endrep

; stack: user_entry 176
; stack: kernel_entry 184
; In the kernel the processor aligns the stack first, which takes up to 8 bytes more (SDM 3A 6.14.2).
align 16
trap_entry:
    save_registers
    cld
    call user_close
    test byte [rsp + FRAME_CS], 3
    jz .from_kernel
    swapgs
    xor ebp, ebp                ; backtraces end here
    mov rdi, rsp
    call trap_dispatch
    jmp leave_user
.from_kernel:
    mov rdi, rsp
    call trap_in_kernel
    restore_registers
    add rsp, 16
    iretq

; These come at any instruction, also between an entry and its SWAPGS: the sign of GS's base tells whose it
; is.
trap_anywhere:
    save_registers
    cld
    call user_close
    mov ecx, MSR_GS_BASE
    rdmsr
    test edx, edx
    js .kernel_gs
    swapgs
.kernel_gs:
    mov rdi, rsp
    call trap_in_kernel         ; panics

align 16
syscall_entry:                  ; interrupts are off and DF, TF, NT, AC are clear by SFMASK
    swapgs
    mov [gs:CPU_USER_STACK], rsp
    mov rsp, [gs:CPU_KERNEL_STACK]
    push USER_DATA
    push qword [gs:CPU_USER_STACK]
    push r11
    push USER_CODE
    push rcx
    push rax
    push SYSCALL_VECTOR
    save_registers
    xor ebp, ebp
    sti
    mov rdi, rsp
    call syscall_dispatch

leave_user:                     ; rsp: the frame at the top of the kernel stack
    mov rdi, rsp
    call trap_leave             ; interrupts are off from here on
    test al, al
    restore_registers
    jz .slow
    mov rsp, [rsp + FRAME_RSP_ABOVE_VECTOR]
    swapgs
    o64 sysret                  ; rip from rcx, flags from r11
.slow:
    add rsp, 16
    swapgs
    iretq

; arch_task_init() and arch_task_init_user() lay out the stack so that stack_switch() returns here, below the
; frame.
task_kernel_start:
    call task_started
    sti
    mov rdi, r13
    call r12
    jmp leave_user              ; the thread has become a user task: the frame says where to

task_user_start:
    call task_started
    jmp leave_user

; void stack_switch(u64 *save, u64 load): goes on with the thread of control that saved `load`
; stack: stack_switch 48
stack_switch:
    push rbp
    push rbx
    push r12
    push r13
    push r14
    push r15
    mov [rdi], rsp
    mov rsp, rsi
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret

// SPDX-License-Identifier: MIT
/*
 * Whatever a program does to the processor must end in a signal to that program alone, with the cause told.
 */
#include "tests/user/calls/tap.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

enum { PAGE = 4096, ILLEGAL_OPERAND = 2 /* ILL_ILLOPN, which not every signal.h has */ };

/*
 * --- instructions that a program may not use, each in a child of its own ---
 *
 * Left out is what processors and QEMU's translator do differently: a stack pointer that is no address (SIGBUS or
 * SIGSEGV) and SSE operands that are not aligned.
 */

#define INSTRUCTION(name, ...)                                                                               \
    static int name(void)                                                                                    \
    {                                                                                                        \
        __asm__ volatile(__VA_ARGS__);                                                                       \
        return 0;                                                                                            \
    }

INSTRUCTION(halts, "hlt")
INSTRUCTION(stops_interrupts, "cli")
INSTRUCTION(reads_port, "inb $0x60, %%al" ::: "rax")
INSTRUCTION(writes_port, "outb %%al, $0x80" ::: "rax")
INSTRUCTION(reads_cr0, "mov %%cr0, %%rax" ::: "rax")
INSTRUCTION(writes_cr3, "xor %%eax, %%eax; mov %%rax, %%cr3" ::: "rax")
INSTRUCTION(reads_register, "mov $0xc0000080, %%ecx; rdmsr" ::: "rax", "rcx", "rdx")
INSTRUCTION(writes_register, "mov $0xc0000082, %%ecx; wrmsr" ::: "rax", "rcx", "rdx")
INSTRUCTION(loads_table, "lidt (%%rsp)" ::: "memory")
INSTRUCTION(swaps_base, "swapgs")
INSTRUCTION(returns_to_kernel, "sysretq" ::: "rcx", "r11")
INSTRUCTION(undefined, "ud2")
INSTRUCTION(breaks, "int3")
INSTRUCTION(calls_page_fault, "int $14")
INSTRUCTION(calls_device, "int $32")
INSTRUCTION(calls_double_fault, "int $8")
INSTRUCTION(divides, "xor %%ecx, %%ecx; mov $1, %%eax; cltd; idiv %%ecx" ::: "rax", "rcx", "rdx")
INSTRUCTION(reads_null, "mov 0, %%al" ::: "rax")
INSTRUCTION(reads_kernel, "mov $0xffffffff80001000, %%rax; mov (%%rax), %%al" ::: "rax")
INSTRUCTION(writes_kernel, "mov $0xffff888000100000, %%rax; movb $1, (%%rax)" ::: "rax")
INSTRUCTION(reads_no_address, "mov $0x8000000000000000, %%rax; mov (%%rax), %%al" ::: "rax")
INSTRUCTION(jumps_to_null, "xor %%eax, %%eax; jmp *%%rax" ::: "rax")
INSTRUCTION(jumps_to_kernel, "mov $0xffffffff80001000, %%rax; jmp *%%rax" ::: "rax")
INSTRUCTION(jumps_nowhere, "mov $0x8000000000000000, %%rax; jmp *%%rax" ::: "rax")
INSTRUCTION(runs_stack, "movb $0xc3, -200(%%rsp); lea -200(%%rsp), %%rax; jmp *%%rax" ::: "rax", "memory")
INSTRUCTION(pushes_to_null, "xor %%esp, %%esp; push %%rax" ::: "memory")
INSTRUCTION(pushes_to_kernel, "mov $0xffffffff80010000, %%rsp; push %%rax" ::: "memory")
INSTRUCTION(steps, "pushfq; orq $0x100, (%%rsp); popfq; nop; nop" ::: "memory", "cc")
INSTRUCTION(raises_io_rights, "pushfq; orq $0x3000, (%%rsp); popfq; cli" ::: "memory", "cc")

static const struct {
    const char *name;
    int (*body)(void);
    int number;
} deaths[] = {
    {"hlt", halts, SIGSEGV},
    {"cli", stops_interrupts, SIGSEGV},
    {"in", reads_port, SIGSEGV},
    {"out", writes_port, SIGSEGV},
    {"mov from cr0", reads_cr0, SIGSEGV},
    {"mov to cr3", writes_cr3, SIGSEGV},
    {"rdmsr", reads_register, SIGSEGV},
    {"wrmsr", writes_register, SIGSEGV},
    {"lidt", loads_table, SIGSEGV},
    {"swapgs", swaps_base, SIGSEGV},
    {"sysret", returns_to_kernel, SIGSEGV},
    {"ud2", undefined, SIGILL},
    {"int3", breaks, SIGTRAP},
    {"int 14", calls_page_fault, SIGSEGV},
    {"int 32", calls_device, SIGSEGV},
    {"int 8", calls_double_fault, SIGSEGV},
    {"a division by zero", divides, SIGFPE},
    {"a load from 0", reads_null, SIGSEGV},
    {"a load from the kernel", reads_kernel, SIGSEGV},
    {"a store to the kernel", writes_kernel, SIGSEGV},
    {"a load from no address", reads_no_address, SIGSEGV},
    {"a jump to 0", jumps_to_null, SIGSEGV},
    {"a jump into the kernel", jumps_to_kernel, SIGSEGV},
    {"a jump to no address", jumps_nowhere, SIGSEGV},
    {"a jump onto the stack", runs_stack, SIGSEGV},
    {"a push to 0", pushes_to_null, SIGSEGV},
    {"a push to the kernel", pushes_to_kernel, SIGSEGV},
    {"the trace flag", steps, SIGTRAP},
    {"cli after asking for its right", raises_io_rights, SIGSEGV},
};

static void instructions(void)
{
    size_t i;

    for (i = 0; i < sizeof deaths / sizeof deaths[0]; i++)
        child_dies(deaths[i].body, deaths[i].number, deaths[i].name);
}

/* --- stacks that are none --- */

static void handler(int number)
{
    (void)number;
}

/* A call works with any stack pointer; a signal that cannot be delivered ends the program. */
static int calls_without_stack(void)
{
    long result;

    __asm__ volatile("mov %%rsp, %%rbx; mov $0xffffffff80001000, %%rsp; syscall; mov %%rbx, %%rsp"
                     : "=a"(result)
                     : "0"((long)SYS_getppid)
                     : "rbx", "rcx", "r11", "memory");
    NEED(result == getppid());
    return 0;
}

static int signal_without_stack(void)
{
    signal(SIGUSR1, handler);
    __asm__ volatile("xor %%esp, %%esp; syscall" ::"a"((long)SYS_kill), "D"((long)getpid()),
                     "S"((long)SIGUSR1)
                     : "rcx", "r11", "memory");
    return 0;
}

static int fault_without_stack(void)
{
    signal(SIGSEGV, handler);
    __asm__ volatile("mov $16, %%rsp; push %%rax" ::: "memory");
    return 0;
}

static int returns_from_nothing(void)
{
    static char zeros[2048];

    __asm__ volatile("mov %0, %%rsp; mov $15, %%eax; syscall" ::"r"(zeros + 1024) : "rax", "memory");
    return 0;
}

static int returns_from_nowhere(void)
{
    __asm__ volatile("mov $0x8000000000000000, %%rsp; mov $15, %%eax; syscall" ::: "rax", "memory");
    return 0;
}

/* --- handlers that spoil what they return to --- */

static void set_handler(int number, void (*to)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = to, .sa_flags = SA_SIGINFO};

    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void spoil_rip(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] = (long long)0x8000000000000000;
}

static void spoil_kernel_rip(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] = (long long)0xffffffff80001000;
}

static void spoil_flags(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] |= 0x3000;
}

static int returns_to_no_address(void)
{
    set_handler(SIGUSR1, spoil_rip);
    raise(SIGUSR1);
    return 0;
}

static int returns_into_kernel(void)
{
    set_handler(SIGUSR1, spoil_kernel_rip);
    raise(SIGUSR1);
    return 0;
}

static int returns_with_io_rights(void)
{
    set_handler(SIGUSR1, spoil_flags);
    raise(SIGUSR1);
    __asm__ volatile("cli");
    return 0;
}

static void stacks(void)
{
    child_ok(calls_without_stack, "a call needs no stack");
    child_dies(signal_without_stack, SIGSEGV, "a signal without a stack for its handler");
    child_dies(fault_without_stack, SIGSEGV, "a fault without a stack for its handler");
    child_dies(returns_from_nothing, SIGSEGV, "sigreturn from a frame of zeros");
    child_dies(returns_from_nowhere, SIGSEGV, "sigreturn from no frame");
    child_dies(returns_to_no_address, SIGSEGV, "a handler that returns to no address");
    child_dies(returns_into_kernel, SIGSEGV, "a handler that returns into the kernel");
    child_dies(returns_with_io_rights, SIGSEGV, "a handler that asks for the right to cli");
}

/* --- what a handler is told --- */

static volatile int told_number, told_code;
static char *volatile told_address;
static char *page;

static void tell(int number, siginfo_t *info, void *context)
{
    (void)context;
    told_number = number;
    told_code = info->si_code;
    told_address = info->si_addr;
    if (number == SIGSEGV)
        mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}

static void tell_and_skip(int number, siginfo_t *info, void *context)
{
    told_number = number;
    told_code = info->si_code;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

static void causes(void)
{
    page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    set_handler(SIGSEGV, tell);
    *(volatile char *)(page + 123) = 'x';
    ok(told_number == SIGSEGV && told_code == SEGV_ACCERR,
       "a store to read-only memory: SIGSEGV, SEGV_ACCERR");
    ok(told_address == page + 123, "with its address");
    ok(page[123] == 'x', "and when the handler gives the right it goes on");
    munmap(page, PAGE);
    page = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    signal(SIGSEGV, SIG_DFL);
    set_handler(SIGILL, tell_and_skip);
    __asm__ volatile("ud2");
    ok(told_number == SIGILL && told_code == ILLEGAL_OPERAND,
       "ud2: SIGILL, ILL_ILLOPN; the handler skips it");
    set_handler(SIGFPE, tell_and_skip);
    __asm__ volatile("xor %%ecx, %%ecx; mov $1, %%eax; cltd; idiv %%ecx" ::: "rax", "rcx", "rdx", "cc");
    ok(told_number == SIGFPE && told_code == FPE_INTDIV, "a division by zero: SIGFPE, FPE_INTDIV");
    signal(SIGFPE, SIG_DFL);
    signal(SIGILL, SIG_DFL);
    munmap(page, 2 * PAGE);
}

static int ignored_fault(void)
{
    signal(SIGSEGV, SIG_IGN);
    return reads_null();
}

static int blocked_fault(void)
{
    sigset_t all;

    set_handler(SIGSEGV, tell);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    return reads_null();
}

int main(void)
{
    tap_begin("fault");
    instructions();
    stacks();
    causes();
    child_dies(ignored_fault, SIGSEGV, "a fault kills although its signal is ignored");
    child_dies(blocked_fault, SIGSEGV, "or blocked");
    return tap_end();
}

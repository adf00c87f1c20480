// SPDX-License-Identifier: MIT
/*
 * arch.h - the machine, as the rest of the kernel sees it
 *
 * Everything that names a register, a port or a table of the processor stands behind this header in arch/x86_64.  The
 * machine knows nothing of tasks, files or memory management; it calls up through the functions under "up-calls".
 *
 *   0000000000000000 - 00007fffffffffff  user space (the lowest page is never mapped)
 *   ffff800000000000 + p                 direct map of all physical memory p (2 MiB pages, NX, global)
 *   ffffc00000000000 + x                 vmalloc area (one PML4 slot; its PDPT exists from start-up)
 *   ffffffff80000000 + p                 the kernel image, loaded at physical 1 MiB
 */
#pragma once
#include "kernel/lib/percpu.h"
#include "kernel/lib/types.h"

#define DIRECT_BASE 0xffff800000000000ul
#define VMALLOC_BASE 0xffffc00000000000ul
#define KERNEL_BASE 0xffffffff80000000ul
#define USER_END 0x00007ffffffff000ul
#define USER_START 0x10000ul /* lowest address a region may have */
#define KSTACK_PAGES 4

#ifdef ANTE_HOST /* host tests: physical memory is an array */
extern char *host_ram;
static inline void *phys_to_virt(phys_addr p)
{
    return host_ram + p.addr;
}
static inline phys_addr virt_to_phys(const void *v)
{
    return (phys_addr){(const char *)v - host_ram};
}
#else
static inline void *phys_to_virt(phys_addr p)
{
    return (void *)(DIRECT_BASE + p.addr);
}

/* Call with an address of the direct map or of the kernel image. */
static inline phys_addr virt_to_phys(const void *v)
{
    u64 a = (u64)v;
    return (phys_addr){a >= KERNEL_BASE ? a - KERNEL_BASE : a - DIRECT_BASE};
}
#endif

/* --- boot --- */
struct mem_range {
    u64 start, end; /* physical, [start, end), usable RAM */
};
struct boot_info {
    struct mem_range ram[32];
    u32 ram_count;
    char words[1024]; /* the command line without the kernel's path */
    u64 image_end;    /* first physical byte after the kernel image and what boot uses (modules included) */
};
extern struct boot_info boot_info; /* filled before kernel_main */
/* The direct map covers all of boot_info.ram when kernel_main runs (its tables come from early memory, accounted in image_end). */

/* --- interrupts --- */
#ifdef ANTE_HOST /* a process has no interrupts */
static inline u64 irq_save(void)
{
    return 0x200;
}
static inline void irq_restore(u64 flags UNUSED) {}
static inline bool irq_enabled(void)
{
    return true;
}
#else
static inline u64 irq_save(void)
{
    u64 flags;
    __asm__ volatile("pushfq; popq %0; cli" : "=r"(flags)::"memory");
    return flags;
}

static inline void irq_restore(u64 flags)
{
    if (flags & 0x200)
        __asm__ volatile("sti" ::: "memory");
}

static inline bool irq_enabled(void)
{
    u64 flags;
    __asm__ volatile("pushfq; popq %0" : "=r"(flags));
    return flags & 0x200;
}
#endif

void irq_on(void);
void irq_off(void);
/* Runs handler(arg) with interrupts off whenever ISA interrupt `irq` (0-15) comes in, and unmasks it at the I/O APIC. */
void irq_register(unsigned irq, void (*handler)(void *), void *arg);
void cpu_idle(void);  /* enables interrupts and halts until one comes; returns with interrupts on */
void cpu_relax(void); /* in spin loops */
#define barrier() __asm__ volatile("" ::: "memory")

/* --- what a trap or system call saves; the layout is known to entry.asm and to signal frames --- */
struct trap_frame {
    u64 r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    u64 vector; /* exception number, 32.. interrupts, 256 for a system call */
    u64 error;  /* the processor's error code, or the system-call number as it came in */
    u64 rip, cs, rflags, rsp, ss;
};

static inline bool trap_from_user(const struct trap_frame *f)
{
    return f->cs & 3;
}

/* --- tasks as the machine sees them --- */
struct arch_task {
    u64 rsp;                  /* saved kernel stack pointer while it does not run */
    u64 stack_top;            /* top of the kernel stack */
    u64 fs_base, gs_base;     /* user FS and GS bases */
    phys_addr root;           /* page-table root, 0 for a kernel thread (it keeps whatever is loaded) */
    u8 fpu[512] ALIGNED(16);  /* FXSAVE image; saved and restored at every switch between user tasks */
};
static inline struct trap_frame *arch_user_frame(const struct arch_task *a)
{
    return (struct trap_frame *)a->stack_top - 1; /* a user task's registers are always at the top of its stack */
}
/* Prepares a new kernel thread of control: on its first switch it runs entry(arg) with interrupts on after task_started().
 * When entry returns, the task goes to user mode by the frame at its stack's top, which entry has filled by then. */
void arch_task_init(struct arch_task *a, void *stack_top, void (*entry)(void *), void *arg);
/* Prepares a forked task: its first switch runs task_started() and leaves to user mode by the frame at its stack's top.  The
 * child's floating-point state is the one that is live now, the parent's; fs_base, gs_base and root are the caller's to set. */
void arch_task_init_user(struct arch_task *a, void *stack_top, const struct trap_frame *regs);
void arch_fpu_reset(struct arch_task *a);                           /* the state a program starts with */
void arch_fpu_save(struct arch_task *a);                            /* live registers -> a->fpu (current task) */
void arch_fpu_restore(const struct arch_task *a);
/* Sanitises an FXSAVE image that user space wrote (MXCSR reserved bits); returns false when it is malformed. */
bool arch_fpu_check(u8 fpu[512]);
/* Loads page-table root, kernel stack, FS/GS and FPU state of `to`, saves those of `from`.  Interrupts off. */
void arch_switch(struct arch_task *from, struct arch_task *to);
void arch_user_bases_load(const struct arch_task *a);               /* after arch_prctl by current */
/* First entry of exec: registers cleared, to rip with rsp; writes the frame at the top of current's stack. */
void arch_user_frame_init(struct trap_frame *f, u64 rip, u64 rsp);
/* Clears what user space may not set in rflags, makes cs/ss user selectors; for sigreturn.  False: rip or rsp not canonical. */
bool arch_frame_sanitise(struct trap_frame *f);
static inline bool arch_user_address(u64 a) { return a < USER_END; }

/* --- page tables: four levels, 4 is the root; frames come from mm (mm/pagetable.c walks) --- */
typedef u64 pte_t;
enum { PTE_PRESENT = 1, PTE_WRITE = 2, PTE_USER = 4, PTE_ACCESSED = 0x20, PTE_DIRTY = 0x40, PTE_HUGE = 0x80, PTE_GLOBAL = 0x100,
       PTE_COW = 0x200 /* software: shared until written */, PTE_SHARED = 0x400 /* software: page of a shared mapping */ };
#define PTE_NX (1ul << 63)
static inline phys_addr pte_phys(pte_t e)
{
    return (phys_addr){e & 0x000ffffffffff000ul};
}
static inline unsigned pte_index(u64 va, int level)
{
    return (va >> (12 + 9 * (level - 1))) & 511;
}
phys_addr arch_kernel_root(void);
void arch_root_init(void *root);        /* fills a zeroed frame's kernel half */
void arch_root_load(phys_addr root);    /* CR3 */
void tlb_flush_page(u64 va);            /* on every processor; not under a spinlock */
void tlb_flush_all(void);               /* user entries of this root, every processor */

/* --- user memory: move bytes, return how many were NOT moved; a fault inside is fixed up (see trap_kernel_fault) --- */
size_t arch_copy_from_user(void *dst, user_ptr src, size_t n);
size_t arch_copy_to_user(user_ptr dst, const void *src, size_t n);
size_t arch_clear_user(user_ptr dst, size_t n);
/* Length of a string with its NUL, at most max + 1 (then it is longer); 0: a fault. */
size_t arch_strncpy_from_user(char *dst, user_ptr src, size_t max);

/* --- time --- */
u64 clock_ns(void);                 /* monotonic since boot */
u64 clock_boot_wall(void);          /* RTC at boot, seconds since 1970 UTC */
#define TICK_HZ 250
void clock_start(void);             /* periodic timer interrupt: calls timer_tick() */

/* --- console and power --- */
void console_write(const char *s, size_t n);   /* first serial port, mirrored on VGA text; buffered, sent by interrupt once irqs are up */
void console_flush(void);                      /* waits (polling) until all is sent; for panic and power-off */
void console_sync_mode(void);                  /* from here on every byte is sent by polling (panic) */
void console_set_input(void (*got)(char c));   /* bytes from the serial port (and keyboard driver, if any); in interrupt context */
void trace_write(const char *s, size_t n);     /* second serial port; drops nothing, polls when its buffer is full */
void arch_poweroff(u8 status) NORETURN;        /* ACPI S5 of PIIX4/Q35 after the debug-exit port 0xf4; halts if neither exists */
void arch_reboot(void) NORETURN;

/* --- port I/O and PCI configuration, for drivers --- */
static inline u8 in8(u16 p) { u8 v; __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(p)); return v; }
static inline u16 in16(u16 p) { u16 v; __asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(p)); return v; }
static inline u32 in32(u16 p) { u32 v; __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(p)); return v; }
static inline void out8(u16 p, u8 v) { __asm__ volatile("outb %0, %1" ::"a"(v), "Nd"(p)); }
static inline void out16(u16 p, u16 v) { __asm__ volatile("outw %0, %1" ::"a"(v), "Nd"(p)); }
static inline void out32(u16 p, u32 v) { __asm__ volatile("outl %0, %1" ::"a"(v), "Nd"(p)); }
/* Moves n 16-bit words between a port and memory. */
static inline void in16s(u16 p, void *d, u64 n) { __asm__ volatile("rep insw" : "+D"(d), "+c"(n) : "d"(p) : "memory"); }
static inline void out16s(u16 p, const void *s, u64 n) { __asm__ volatile("rep outsw" : "+S"(s), "+c"(n) : "d"(p) : "memory"); }
u32 pci_read32(u8 bus, u8 dev, u8 fn, u8 reg);
void pci_write32(u8 bus, u8 dev, u8 fn, u8 reg, u32 v);
u64 arch_random(void); /* RDRAND when CPUID shows it, else TSC-mixed */

/* --- up-calls: implemented by kernel/, called by the machine --- */
void kernel_main(void) NORETURN;                  /* on the boot stack, interrupts off, after boot_info is filled and traps are set */
void task_started(void);                          /* first thing on a new task's stack: finishes the switch that led here */
void syscall_dispatch(struct trap_frame *f);      /* interrupts on; result to f->rax */
void trap_page_fault(struct trap_frame *f, u64 addr); /* from user mode; f->error: bit 0 present, 1 write, 2 user, 4 fetch; interrupts on */
void trap_user_exception(struct trap_frame *f, int signo, int code, u64 addr); /* divide, opcode, protection, ... from user mode */
void trap_to_user(struct trap_frame *f);          /* before every return to user mode, interrupts on: signals, rescheduling */
void irq_leave(struct trap_frame *f);             /* after an interrupt's handler, interrupts off: preempts when allowed */
void timer_tick(struct trap_frame *f);            /* TICK_HZ times a second, interrupt context */
/* A page fault in kernel mode: if rip stands in the table of user copies, sets rip to its fix-up and returns true. */
bool arch_fault_fixup(struct trap_frame *f);
/* A fault that nothing explains: registers, backtrace, panic. */
void trap_fatal(struct trap_frame *f, const char *what) NORETURN;
void arch_frame_print(const struct trap_frame *f); /* to the log, with the control registers */

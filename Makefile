# SPDX-License-Identifier: MIT
#
# Makefile - how Ante is made, and its table of contents
#
# Part one lists the sources in reading order, by chapter.  Part two says how they become a disk that boots.
# "make help" prints the commands; V=1 shows what each step runs.

# ---------------------------------------------------------------------------------------------------------------
# Part one: the sources
# ---------------------------------------------------------------------------------------------------------------

# Boot: from the first instruction to kernel_main().
BOOT_SRC = \
	arch/x86_64/boot.asm \
	arch/x86_64/boot.c \
	arch/x86_64/bootinfo.c

# The machine, behind arch/arch.h: traps, paging, switch, clock, serial port, screen.
ARCH_SRC = \
	arch/x86_64/cpu.c \
	arch/x86_64/paging.c \
	arch/x86_64/entry.asm \
	arch/x86_64/trap.c \
	arch/x86_64/task.c \
	arch/x86_64/usercopy.asm \
	arch/x86_64/usercopy.c \
	arch/x86_64/apic.c \
	arch/x86_64/clock.c \
	arch/x86_64/serial.c \
	arch/x86_64/vga.c \
	arch/x86_64/keyboard.c \
	arch/x86_64/power.c

# What all of the kernel stands on: strings, printing, locks, lists, waiting.
LIB_SRC = \
	kernel/lib/string.c \
	kernel/lib/format.c \
	kernel/lib/printf.c \
	kernel/lib/panic.c \
	kernel/lib/ksyms.c \
	kernel/lib/lock.c

# Memory: frames, slabs, credits and queues, the cache, address spaces.
MM_SRC = \
	mm/frame.c \
	mm/slab.c \
	mm/vmalloc.c \
	mm/credit.c \
	mm/queue.c \
	mm/need.c \
	mm/reserve.c \
	mm/reclaim.c \
	mm/cache.c \
	mm/pin.c \
	mm/metadata.c \
	mm/flusher.c \
	mm/space.c \
	mm/pagetable.c \
	mm/rmap.c \
	mm/shared.c

# The gate and the calls; tasks, scheduling, ports, files, pipes, signals, exec.
KERNEL_SRC = \
	kernel/main.c \
	kernel/boot.c \
	kernel/services.c \
	kernel/gate.c \
	kernel/scope.c \
	kernel/inject.c \
	kernel/syscall.c \
	kernel/user.c \
	kernel/fault.c \
	kernel/task.c \
	kernel/sched.c \
	kernel/fork.c \
	kernel/elf.c \
	kernel/exec.c \
	kernel/exec_program.c \
	kernel/exec_stack.c \
	kernel/exit.c \
	kernel/signal.c \
	kernel/handler.c \
	kernel/file.c \
	kernel/calls_fd.c \
	kernel/calls_file.c \
	kernel/pipe.c \
	kernel/poll.c \
	kernel/filelock.c \
	kernel/block.c \
	kernel/calls_path.c \
	kernel/calls_dir.c \
	kernel/calls_stat.c \
	kernel/calls_attr.c \
	kernel/calls_mount.c \
	kernel/calls_mem.c \
	kernel/calls_advice.c \
	kernel/calls_time.c \
	kernel/calls_id.c \
	kernel/calls_sys.c \
	kernel/baseline.c

# Services.  Each is linked on its own and exports NAME_port, nothing else; this is also their start order.
SERVICES = tty ata vfs ext2mfr dev proc
SVC_tty = drivers/tty/tty.c drivers/tty/line.c drivers/tty/input.c drivers/tty/job.c drivers/tty/settings.c
SVC_ata = drivers/ata/ata.c drivers/ata/queue.c drivers/ata/command.c drivers/ata/identify.c
SVC_vfs = fs/vfs/inodes.c fs/vfs/names.c fs/vfs/access.c fs/vfs/walk.c fs/vfs/mounts.c fs/vfs/act.c fs/vfs/open.c \
	fs/vfs/create.c fs/vfs/remove.c fs/vfs/rename.c fs/vfs/attributes.c fs/vfs/directory.c fs/vfs/regular.c \
	fs/vfs/pages.c fs/vfs/read.c fs/vfs/write.c fs/vfs/truncate.c fs/vfs/fault.c fs/vfs/port.c
SVC_ext2mfr = fs/ext2mfr/super.c fs/ext2mfr/group.c fs/ext2mfr/load.c fs/ext2mfr/inode.c fs/ext2mfr/tree.c fs/ext2mfr/map.c \
	fs/ext2mfr/scan.c fs/ext2mfr/dir.c fs/ext2mfr/symlink.c fs/ext2mfr/bitmap.c fs/ext2mfr/find.c fs/ext2mfr/grow.c \
	fs/ext2mfr/room.c fs/ext2mfr/create.c fs/ext2mfr/names.c fs/ext2mfr/rename.c fs/ext2mfr/orphan.c fs/ext2mfr/cut.c \
	fs/ext2mfr/reap.c fs/ext2mfr/reaper.c
SVC_dev = fs/dev/devfs.c fs/dev/memory.c fs/dev/disk.c
SVC_proc = fs/proc/tree.c fs/proc/tasks.c fs/proc/text.c fs/proc/read.c fs/proc/settings.c fs/proc/links.c \
	fs/proc/machine.c fs/proc/memory.c fs/proc/ama.c fs/proc/process.c fs/proc/maps.c fs/proc/port.c

# What derives the needs of the kernel's scopes from its own bitcode; also in reading order.
AMALYZER_SRC = $(addprefix tools/amalyzer/, main.c module.c graph.c pointers.c flow.c expr.c choose.c bound.c print.c change.c value.c trips.c effect.c \
	summary.c walk.c limit.c check.c hold.c ceiling.c emit.c report.c dot.c frames.c stack.c)

# User programs: user/bin/NAME.c with NAME_*.c, if any, is /bin/NAME, and so for /bench; a folder's common.c goes into each.
programs  = $(foreach c,$(wildcard user/$(1)/*.c),$(if $(findstring _,$(notdir $c))$(filter %/common.c,$c),,$c))
BIN_SRC   = $(call programs,bin)
BENCH_SRC = $(call programs,bench)
SH_SRC    = $(wildcard user/sh/*.c)
INIT_SRC  = user/init/init.c
ETC       = $(wildcard user/etc/*)

# Programs that only the test disk has: the calls (/tests/t_NAME) and the C library (/tests/libc/NAME).
CALLS_SRC = $(wildcard tests/user/calls/t_*.c)
LIBC_SRC  = $(wildcard tests/user/libc/*.c)

# The guest's part of campaigns (/tests/campaign): scripts of scenarios, and their programs.
CAMPAIGN_SRC   = $(foreach c,$(wildcard tests/user/campaign/*.c),$(if $(findstring _,$(notdir $c)),,$c))
CAMPAIGN_FILES = $(patsubst tests/campaign/%,build/testroot/tests/campaign/%,$(wildcard tests/campaign/*.sh)) \
	$(patsubst tests/user/campaign/%.c,build/testroot/tests/campaign/%,$(CAMPAIGN_SRC))

# Host tests: each is a program with the kernel's own sources in it; HOST_FLAGS_NAME adds options of the compiler.
# _STRUCT_TIMESPEC keeps the C library from defining what the kernel's own headers define.
HOST_TESTS = ata tty elf script vfs contents gate lib memory cache ext2
HOST_FLAGS_ata = -D_STRUCT_TIMESPEC
HOST_ata = tests/host/ata/ata.c tests/host/ata/model.c drivers/ata/queue.c drivers/ata/command.c drivers/ata/identify.c
HOST_tty = tests/host/tty/line.c tests/host/tty/screen.c drivers/tty/line.c
HOST_elf = tests/host/elf/elf.c tests/host/elf/judge.c tests/host/elf/plain.c kernel/elf.c
HOST_FLAGS_script = -D_STRUCT_TIMESPEC
HOST_script = tests/host/elf/script.c tests/host/elf/texts.c tests/host/lib/string_host.c kernel/exec_program.c kernel/elf.c
VFS_NAMES = tests/host/vfs/host.c tests/host/vfs/memfs.c tests/host/vfs/pagecache.c mm/need.c \
	fs/vfs/inodes.c fs/vfs/names.c fs/vfs/access.c fs/vfs/walk.c fs/vfs/mounts.c fs/vfs/act.c fs/vfs/create.c \
	fs/vfs/remove.c fs/vfs/rename.c fs/vfs/attributes.c fs/vfs/directory.c
HOST_vfs = tests/host/vfs/walk.c $(VFS_NAMES)
HOST_contents = tests/host/vfs/contents.c $(VFS_NAMES) \
	fs/vfs/pages.c fs/vfs/read.c fs/vfs/write.c fs/vfs/truncate.c fs/vfs/fault.c fs/vfs/regular.c

EXT2_MACHINE = tests/host/ext2/visit.c tests/host/ext2/files.c tests/host/ext2/bytes.c tests/host/ext2/machine.c \
	tests/host/ext2/cache.c tests/host/ext2/image.c tests/host/ext2/host.c mm/need.c $(SVC_ext2mfr)
HOST_FLAGS_ext2 = -D_STRUCT_TIMESPEC
HOST_ext2 = tests/host/ext2/ext2.c tests/host/ext2/names.c tests/host/ext2/content.c tests/host/ext2/space.c \
	tests/host/ext2/damage.c tests/host/ext2/model.c tests/host/ext2/power.c $(EXT2_MACHINE)

# The core itself, on a machine made of an array and coroutines.
HOST_CORE = tests/host/lib/child.c tests/host/lib/machine.c tests/host/lib/fibers.c tests/host/lib/string_host.c \
	kernel/lib/lock.c kernel/lib/format.c mm/frame.c mm/slab.c mm/credit.c mm/need.c mm/reserve.c mm/reclaim.c mm/cache.c \
	mm/pin.c mm/metadata.c mm/flusher.c kernel/gate.c kernel/scope.c kernel/inject.c kernel/block.c
HOST_gate = tests/host/gate/gate.c tests/host/gate/stories.c tests/host/gate/sim.c tests/host/gate/check.c \
	tests/host/gate/view.c $(HOST_CORE)
HOST_lib = tests/host/lib/lib.c tests/host/lib/locks.c mm/queue.c $(HOST_CORE)
HOST_cache = tests/host/mm/cache.c tests/host/mm/stored.c mm/queue.c $(HOST_CORE)
HOST_memory = tests/host/mm/memory.c tests/host/mm/blocks.c tests/host/mm/objects.c tests/host/mm/misuse.c mm/queue.c $(HOST_CORE)

# Fuzz targets: the same sources and models, driven by libFuzzer; FUZZ_FLAGS_NAME adds options of the compiler.
FUZZ_TARGETS = ext2 walk elf script tty boot
FUZZ_FLAGS_ext2 = -D_STRUCT_TIMESPEC
FUZZ_ext2 = tests/fuzz/ext2.c $(EXT2_MACHINE)
FUZZ_elf = tests/fuzz/elf.c tests/host/elf/judge.c tests/host/elf/plain.c kernel/elf.c
FUZZ_tty = tests/fuzz/tty.c tests/host/tty/screen.c drivers/tty/line.c
FUZZ_walk = tests/fuzz/walk.c $(VFS_NAMES)
FUZZ_FLAGS_boot = -D_STRUCT_TIMESPEC
FUZZ_boot = tests/fuzz/boot.c tests/host/lib/string_host.c kernel/boot.c kernel/inject.c
FUZZ_FLAGS_script = -D_STRUCT_TIMESPEC
FUZZ_script = tests/fuzz/script.c tests/host/elf/texts.c tests/host/lib/string_host.c kernel/exec_program.c kernel/elf.c

# ---------------------------------------------------------------------------------------------------------------
# Part two: the rules
# ---------------------------------------------------------------------------------------------------------------

MEM   ?= 16M
RUNS  ?= 15
FUZZ_SECONDS ?= 600
SIZES = $(if $(QUICK),--quick)

export PATH := $(PATH):/usr/sbin:/sbin
MAKEFLAGS += --no-builtin-rules -j$(shell nproc)
.DELETE_ON_ERROR:
.SUFFIXES:

Q   = $(if $(V),,@)
say = @$(if $(V),:,printf '  %-7s %s\n' $(1) $(2))

CLANG  = clang
KFLAGS = -std=gnu11 -O2 -g -ffreestanding -nostdlibinc -I. \
	-mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-pic -fno-pie -fno-stack-protector \
	-fcf-protection=none -fno-asynchronous-unwind-tables -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer \
	-fno-strict-aliasing -Wall -Wextra -Wshadow -Wundef -Wvla -Wmissing-prototypes -Wstrict-prototypes \
	-fstack-usage -Wframe-larger-than=1024 -Wthread-safety -Werror
LDFLAGS = -static -nostdlib -z noexecstack -z max-page-size=4096 --no-warn-rwx-segments -T arch/x86_64/kernel.ld
HFLAGS  = -std=gnu11 -O1 -g -I. -DANTE_HOST -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all \
	-Wall -Wextra -Werror

UFLAGS  = -std=gnu11 -D_GNU_SOURCE -I. -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Werror

objects = $(patsubst %,build/obj/%.o,$(1))
ported  = $(patsubst %,build/svc/%.o,$(foreach s,$(SERVICES),$(if $(SVC_$s),$s)))

CORE_SRC   = $(BOOT_SRC) $(ARCH_SRC) $(LIB_SRC) $(MM_SRC) $(KERNEL_SRC)
SVC_SRC    = $(foreach s,$(SERVICES),$(SVC_$s))
KERNEL_OBJ = $(call objects,$(CORE_SRC)) $(ported)

ROOT_FILES = $(BIN_SRC:user/%.c=build/root/%) $(BENCH_SRC:user/%.c=build/root/%) $(ETC:user/%=build/root/%) \
	build/root/bin/sh build/root/bin/init
TEST_FILES = $(CALLS_SRC:tests/user/calls/%.c=build/testroot/tests/%) $(LIBC_SRC:tests/user/%.c=build/testroot/tests/%) \
	$(CAMPAIGN_FILES) build/testroot/tests/busybox
HOST_PROGRAMS = $(HOST_TESTS:%=build/host/%)

.PHONY: all kernel run test test-long mutants bench faults planted sweep fuzz needs graph user debug setup clean help FORCE
.DEFAULT_GOAL = all

all: build/ante.img ## build everything: the disk is build/ante.img

help: ## print this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "  make %-10s %s\n", $$1, $$2 }'
	@echo "  Variables: APP='/bin/ls -l' ARGS='boot words' CALL=rename DISK=ext2.img FILES=dir LINUX=1 FUZZ_SECONDS=600 MEM=16M QUICK=1 RUNS=15 SRC=x.c V=1"

setup: build/setup.done ## install the Debian packages that are missing

build/setup.done: tools/packages tools/setup
	$Qtools/setup
	@mkdir -p build && touch $@

build/setup-long.done: tools/packages tools/setup
	$Qtools/setup --long
	@mkdir -p build && touch $@

# --- the kernel: objects, services, a first link without and a second link with its symbol table ---

kernel: build/kernel ## build the kernel alone

.SECONDEXPANSION:

# Objects are made anew when the flags change, not whenever this file does.
build/flags: FORCE
	@mkdir -p build
	@echo '$(CLANG) $(KFLAGS)' | cmp -s - $@ || echo '$(CLANG) $(KFLAGS)' > $@

build/obj/%.c.o: $$(call unit,$$*.c) build/flags | build/setup.done
	$(call say,CC,$*.c)
	@mkdir -p $(@D)
	$Q$(CLANG) $(KFLAGS) -MMD -MP -c -o $@ $<

build/obj/%.asm.o: %.asm | build/setup.done
	$(call say,NASM,$<)
	@mkdir -p $(@D)
	$Qnasm -f elf64 -I./ -MD $(@:.o=.d) -MP -o $@ $<

# A service: its name, the folder for it, the function that tells the objects of its sources.
define service_rule
$(2)/$(1).o: $$(call $(3),$$(SVC_$(1)))
	$$(call say,PORT,$(1))
	@mkdir -p $$(@D)
	$$Qld -r -z noexecstack -o $$@ $$^
	$$Qobjcopy --keep-global-symbol=$(1)_port $$@
endef
$(foreach s,$(SERVICES),$(eval $(call service_rule,$s,build/svc,objects)))

# A kernel: its folder, the variable that has its objects.  The table holds functions only, and text comes first in the image, so
# the second link moves none of them.
define kernel_rules
$(1)/kernel.1.elf: $$($(2)) arch/x86_64/kernel.ld
	$$(call say,LD,$$@)
	$$Qld $$(LDFLAGS) -o $$@ $$($(2))

$(1)/ksyms.c: $(1)/kernel.1.elf tools/ksyms
	$$Qnm $$< | tools/ksyms > $$@

$(1)/kernel.elf: $$($(2)) build/obj/$(1)/ksyms.c.o arch/x86_64/kernel.ld
	$$(call say,LD,$$@)
	$$Qld $$(LDFLAGS) -o $$@ $$($(2)) build/obj/$(1)/ksyms.c.o
	$$Qnm $$@ | tools/ksyms | cmp - $(1)/ksyms.c

$(1)/kernel: $(1)/kernel.elf build/stack.done
	$$(call say,STRIP,$$@)
	$$Qstrip -o $$@ $$<
endef
$(eval $(call kernel_rules,build,KERNEL_OBJ))

-include $(patsubst %,build/obj/%.d,$(CORE_SRC) $(SVC_SRC))

# --- needs: bitcode of every file of the kernel, and what the analyzer derives from it ---

C_SRC    = $(filter %.c,$(CORE_SRC) $(SVC_SRC))
DERIVED := $(shell grep -lsE '^(DERIVE|DERIVE_OP|OPERATION)\>' $(C_SRC))
# A file with derived needs is compiled as the unit that the analyzer makes of it.
unit     = $(if $(filter $(1),$(DERIVED)),build/need/$(1),$(1))
bitcode  = $(patsubst %,build/bitcode/%.bc,$(filter %.c,$(1)))
BFLAGS   = $(filter-out -O2 -W% -fstack-usage,$(KFLAGS)) -w -O0 -Xclang -disable-O0-optnone -fno-discard-value-names \
	-fno-eliminate-unused-debug-types -DAMA_ANALYZE
LLVM     = llvm-config-14
# What assembly calls.
ENTRIES  = $(addprefix -e ,$(shell sed -n 's/,//g; s/^extern//p' $(filter %.asm,$(CORE_SRC))))

build/bitcode/%.c.bc: %.c build/flags | build/setup.done
	$(call say,BITCODE,$<)
	@mkdir -p $(@D)
	$Q$(CLANG) $(BFLAGS) -MMD -MP -emit-llvm -c -o $@ $<

build_analyzer = $(CLANG) -std=gnu11 -D_GNU_SOURCE -O1 -g -I. -I$$($(LLVM) --includedir) -Wall -Wextra -Werror $(AMALYZER_SRC) \
	$$($(LLVM) --ldflags --libs)

build/tools/amalyzer: $(AMALYZER_SRC) tools/amalyzer/amalyzer.h | build/setup.done
	$(call say,HOSTCC,tools/amalyzer)
	@mkdir -p $(@D)
	$Q$(build_analyzer) -o $@

amalyze      = build/tools/amalyzer $(ENTRIES) -f $(CEILING)
whole_kernel = $(call bitcode,$(CORE_SRC)) $(foreach s,$(SERVICES),--service $s $(call bitcode,$(SVC_$s)))
CEILING      = $(shell sed -n 's/^.define CEILING \([0-9]*\).*/\1/p' mm/reserve.h)
KSTACK_PAGES = $(shell sed -n 's/^.define KSTACK_PAGES //p' arch/arch.h)

build/need.done: build/tools/amalyzer $(call bitcode,$(C_SRC))
	$(call say,NEEDS,build/report/needs.txt)
	@mkdir -p build/report build/need
	$Q$(amalyze) -o build/need -r build/report/needs.txt $(whole_kernel)
	@touch $@

# The analyzer leaves a unit that did not change as it is.
.PRECIOUS: build/need/%.c
build/need/%.c: build/need.done ;@:

# Stack is memory too: what the objects put on it, and whether the deepest way of every entry fits.
build/frames.su: $(call objects,$(CORE_SRC) $(SVC_SRC))
	@cat $(patsubst %,build/obj/%.su,$(C_SRC)) | sed 's,^build/need/,,' > $@
	@sed -n 's/^; stack: \([a-z_]*\) \([0-9]*\)$$/asm:0:\1\t\2\tstatic/p' $(filter %.asm,$(CORE_SRC)) >> $@

build/stack.done: build/frames.su build/need.done
	$(call say,STACKS,build/report/needs.txt)
	$Q$(amalyze) -r build/report/needs.txt -k build/frames.su -K $$(($(KSTACK_PAGES) * 4096)) $(whole_kernel)
	@touch $@

needs: build/stack.done ## what each call may use, as derived: build/report/needs.txt
	@cat build/report/needs.txt

CALL ?= rename

graph: build/need.done ## draw what a system call or scope may take: CALL=rename gives build/report/rename.svg
	@$(amalyze) -g build/report/$(CALL).dot -s $(CALL) $(whole_kernel)
	$Qdot -Tsvg -o build/report/$(CALL).svg build/report/$(CALL).dot
	@echo build/report/$(CALL).svg

-include $(patsubst %,build/bitcode/%.d,$(C_SRC))

# --- mutants: a kernel in which each count of a derived need can be lowered by one (tests/boot/mutants.t) ---

mutants    = $(foreach f,$(1),$(if $(filter $f,$(DERIVED)),build/mutants/obj/$f.o,build/obj/$f.o))
MUTANT_OBJ = $(call mutants,$(CORE_SRC)) $(SERVICES:%=build/mutants/svc/%.o) build/mutants/obj/tests/harness/mutant.c.o

build/mutants/obj/%.c.o: $$(call unit,$$*.c) build/flags | build/setup.done
	$(call say,MUTANT,$*.c)
	@mkdir -p $(@D)
	$Q$(CLANG) $(KFLAGS) -DAMA_MUTANTS -MMD -MP -c -o $@ $<

$(foreach s,$(SERVICES),$(eval $(call service_rule,$s,build/mutants/svc,mutants)))
$(eval $(call kernel_rules,build/mutants,MUTANT_OBJ))

-include $(patsubst %,build/mutants/obj/%.d,$(DERIVED))

# --- user programs ---

user_tools = build/user.done user/newlib/ante-cc
user_build = $Qmkdir -p $(@D) && user/newlib/ante-cc $(UFLAGS) -o $@ $(filter %.c,$^)

build/newlib.done: $(wildcard user/newlib/* user/newlib/include/*/*) tools/lib/cached.sh | build/setup.done
	$Quser/newlib/build.sh build/newlib
	@touch $@

build/user.done: build/newlib.done $(wildcard user/libante/* user/libante/*/* user/libante/*/*/*)
	$(call say,LIB,libante)
	$Quser/libante/build.sh build/user
	@touch $@

build/root/bin/%: user/bin/%.c $$(wildcard user/bin/%_*.c user/bin/common.c user/bin/*.h) $(user_tools)
	$(call say,USER,$<)
	$(user_build)

build/root/bench/%: user/bench/%.c $$(wildcard user/bench/%_*.c user/bench/common.c user/bench/*.h) $(user_tools)
	$(call say,USER,$<)
	$(user_build)

build/root/bin/sh: $(SH_SRC) $(wildcard user/sh/*.h) $(user_tools)
	$(call say,USER,user/sh)
	$(user_build)

build/root/bin/init: $(INIT_SRC) $(user_tools)
	$(call say,USER,$<)
	$(user_build)

build/root/etc/%: user/etc/%
	$Qinstall -D -m 644 $< $@

build/testroot/tests/%: tests/user/calls/%.c $$(wildcard tests/user/calls/common.c tests/user/calls/*.h) $(user_tools)
	$(call say,USER,$<)
	$(user_build)

build/testroot/tests/libc/%: tests/user/libc/%.c tests/user/libc/tap.h $(user_tools)
	$(call say,USER,$<)
	$(user_build)

build/testroot/tests/campaign/%.sh: tests/campaign/%.sh
	$Qinstall -D -m 755 $< $@

build/testroot/tests/campaign/%: tests/user/campaign/%.c $$(wildcard tests/user/campaign/%_*.c tests/user/campaign/*.h) $(user_tools)
	$(call say,USER,$<)
	$(user_build)

build/testroot/tests/busybox: | build/setup.done
	$Qinstall -D "$$(command -v busybox)" $@

user: $(user_tools) ## build one C file for Ante: make user SRC=x.c gives build/x
	$(if $(SRC),,$(error say which file: make user SRC=x.c))
	$Quser/newlib/ante-cc -o build/$(basename $(notdir $(SRC))) $(SRC)
	@echo "build/$(basename $(notdir $(SRC)))"

# --- disks ---

mkdisk = $Qtools/mkdisk $@ --kernel build/kernel --root build/root
disk_parts = build/kernel $(ROOT_FILES) tools/mkdisk tools/lib/disk.py

build/ante.img: $(disk_parts)
	$(call say,DISK,$@)
	$(mkdisk)

build/files.img: $(disk_parts) FORCE
	$(call say,DISK,$@ with $(FILES))
	$(mkdisk) --files "$(FILES)"

build/test.img: $(disk_parts) $(TEST_FILES)
	$(call say,DISK,$@)
	$(mkdisk) --root build/testroot

# --- the instruction counter, a plugin for QEMU ---

build/count.so: tools/lib/count.c | build/setup.done
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$Qgcc -std=gnu11 -O2 -Wall -Wextra -Werror -shared -fPIC -o $@ $<

# --- Linux, as it is measured beside Ante: its kernel from the cache, and a first file system with the mix ---

build/linux/setup.done: tests/linux/packages tools/setup
	$Qtools/setup tests/linux/packages
	@mkdir -p $(@D) && touch $@

build/linux/kernel.done: tests/linux/build.sh tests/linux/kernel.config tools/lib/cached.sh build/linux/setup.done
	$Qtests/linux/build.sh build/linux/kernel
	@touch $@

linux_files = tests/linux/init.sh build/testroot/tests/busybox tests/campaign/second.sh build/root/bench/faultmix
linux_root  = build/linux/root

build/linux/initramfs: $(linux_files) | build/linux/setup.done
	$(call say,CPIO,$@)
	$Qrm -rf $(linux_root) && mkdir -p $(linux_root)/dev $(linux_root)/proc $(linux_root)/sys $(linux_root)/tmp
	$Qinstall -D tests/linux/init.sh $(linux_root)/init && install -D build/testroot/tests/busybox $(linux_root)/bin/busybox
	$Qinstall tests/campaign/second.sh build/root/bench/faultmix $(linux_root)
	$Qfind $(linux_root) -exec touch -h -d @0 {} +
	$Qcd $(linux_root) && find . | sort | cpio --quiet --reproducible -o -H newc -R 0:0 | gzip -9n > ../initramfs

# --- commands ---

IMAGE = $(if $(FILES),build/files.img,build/ante.img)

run: $(IMAGE) ## boot and demonstrate, then a shell; with APP= boot straight into one program
	$Qtools/demo --image $(IMAGE) --mem $(MEM) --args "$(ARGS)" $(if $(DISK),--own-disk "$(DISK)") -- $(APP)

test: build/ante.img build/test.img build/count.so build/mutants/kernel $(HOST_PROGRAMS) fuzz-programs ## run all tests, under 15 minutes
	$Qtests/harness/all $(HOST_PROGRAMS)

test-long: build/setup-long.done build/ante.img build/test.img build/count.so build/mutants/kernel $(HOST_PROGRAMS) fuzz-programs ## the same with the full sizes
	$QANTE_LONG=1 tests/harness/all $(HOST_PROGRAMS)

mutants: build/test.img build/mutants/kernel ## lower each count of each derived need by one: the kernel must stop
	$QANTE_LONG=1 tests/boot/mutants.t

bench: build/ante.img build/count.so ## the paper's tables, ama=off against ama=on; QUICK=1 takes 5 minutes
	$Qtools/bench $(SIZES)

faults: build/test.img $(ROOT_FILES) $(if $(LINUX),build/linux/kernel.done build/linux/initramfs) ## the paper's table of injected failures, RUNS=15 of each row; LINUX=1 measures Linux, too
	$Qtools/faults --runs $(RUNS) $(if $(LINUX),--linux)

fuzz: fuzz-programs ## the fuzz targets, FUZZ_SECONDS=600 of each
	$Qtests/fuzz/run --seconds $(FUZZ_SECONDS)

sweep: build/test.img build/need.done ## every refusal point of every call, one after the other; up to an hour
	$Qtools/sweep
# What the finders of tests/planted run, so that a scratch copy has it built.
planted: build/ante.img build/test.img ## plant bugs, each must be found and replayed; an hour
	$Qtests/planted/run

debug: build/ante.img ## QEMU waits, gdb attached with symbols and helper commands
	$Qtools/debug --mem $(MEM) --args "$(ARGS)" -- $(APP)

clean: ## remove what was built (the cache of newlib stays)
	rm -rf build

# --- host tests ---

.PHONY: host-flags bitcode-flags analyzer-command analyze-command whole-kernel
host-flags: # for tests that build programs of their own
	@echo '$(CLANG) $(HFLAGS)'

analyzer-command: # for those that build an analyzer of their own
	@echo '$(build_analyzer)'

analyze-command:
	@echo '$(amalyze) $(whole_kernel)'

whole-kernel:
	@echo '$(whole_kernel)'

bitcode-flags: # and for those that analyze some
	@echo '$(CLANG) $(BFLAGS)'

define host_rules
build/hostobj/$(1)/%.c.o: $$$$(call unit,$$$$*.c) | build/setup.done
	$$(call say,HOSTCC,$$*.c)
	@mkdir -p $$(@D)
	$$Q$(CLANG) $(HFLAGS) $$(HOST_FLAGS_$(1)) -MMD -MP -c -o $$@ $$<

build/host/$(1): $(patsubst %,build/hostobj/$(1)/%.o,$(HOST_$(1)))
	$$(call say,HOSTLD,$(1))
	@mkdir -p $$(@D)
	$$Q$(CLANG) $(HFLAGS) -o $$@ $$^ -lcmocka

-include $(patsubst %,build/hostobj/$(1)/%.d,$(HOST_$(1)))
endef
$(foreach t,$(HOST_TESTS),$(eval $(call host_rules,$t)))

# --- fuzz targets ---

FUZZ_PROGRAMS = $(FUZZ_TARGETS:%=build/fuzz/%)

.PHONY: fuzz-programs fuzz-flags
fuzz-programs: $(FUZZ_PROGRAMS) # for those who run them

fuzz-flags: # for tests that build targets of their own
	@echo '$(CLANG) $(HFLAGS) -fsanitize=fuzzer'

define fuzz_rules
build/fuzzobj/$(1)/%.c.o: $$$$(call unit,$$$$*.c) | build/setup.done
	$$(call say,FUZZCC,$$*.c)
	@mkdir -p $$(@D)
	$$Q$(CLANG) $(HFLAGS) -fsanitize=fuzzer-no-link $$(FUZZ_FLAGS_$(1)) -MMD -MP -c -o $$@ $$<

build/fuzz/$(1): $(patsubst %,build/fuzzobj/$(1)/%.o,$(FUZZ_$(1)))
	$$(call say,FUZZLD,$(1))
	@mkdir -p $$(@D)
	$$Q$(CLANG) $(HFLAGS) -fsanitize=fuzzer -o $$@ $$^ -lcmocka

-include $(patsubst %,build/fuzzobj/$(1)/%.d,$(FUZZ_$(1)))
endef
$(foreach t,$(FUZZ_TARGETS),$(eval $(call fuzz_rules,$t)))

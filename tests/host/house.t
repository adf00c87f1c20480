#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The house rules that a machine can see hold in every file: tops, lengths, headers, include edges, ports.

Lengths: a C or assembly file has at most 500 lines, a function at most 60 lines and 5 parameters.
"""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/harness"))
from tap import Tap

FILE_LINES, FUNCTION_LINES, PARAMETERS = 500, 60, 5
KERNEL = ("arch/", "kernel/", "mm/", "fs/", "drivers/")
# What the core publishes for services: ports, scopes, and the memory that scopes draw on.
# What the core publishes to services: ports, the gate, memory by reservation, tasks and open files as a service sees them.
SERVICE = ("kernel/ports/", "kernel/lib/", "kernel/abi/", "kernel/gate.h", "mm/cache.h", "mm/pin.h", "mm/reserve.h", "mm/slab.h",
           "mm/frame.h", "kernel/task.h", "kernel/file.h", "kernel/user.h", "kernel/pipe.h", "kernel/time.h", "kernel/boot.h",
           "arch/arch.h")
# Which folders or headers a file below the folder on the left may include, its own service's folder aside.
EDGES = (("kernel/lib/", ("kernel/lib/", "arch/arch.h")),
         ("kernel/abi/", ("kernel/abi/", "kernel/lib/types.h")),
         ("arch/", ("arch/", "kernel/lib/")),
         # The reservation is part of the task, waiting is the scheduler's, writing goes through the ports of disks and names.
         ("mm/", ("mm/", "kernel/lib/", "arch/arch.h", "kernel/ports/", "kernel/task.h", "kernel/sched.h", "kernel/inject.h")),
         ("kernel/", ("kernel/", "mm/", "arch/arch.h")),
         ("fs/proc/", SERVICE + ("kernel/", "mm/")),  # it shows the core's insides
         ("drivers/tty/", SERVICE + ("kernel/process.h", "kernel/poll.h")),  # job control sends signals to groups
         ("fs/", SERVICE),
         ("drivers/", SERVICE))
# Who may hold off preemption or interrupts: this stops others on one processor only, so it guards nothing that they share.
HOLDS_OFF = ("arch/", "kernel/lib/lock.c", "kernel/sched.c", "kernel/lib/printf.c", "kernel/lib/panic.c",
             "kernel/exec.c", "kernel/handler.c",  # the running task's own registers
             "kernel/calls_time.c")  # timers that only the running task's ticks look at
COMPILERS_OWN = ("stddef.h", "stdint.h", "stdarg.h", "stdbool.h", "stdatomic.h")


def run(*command, **options):
    return subprocess.run(command, cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          **options)


def files():
    """Every file that belongs to the project, whether git knows it already or not."""
    listed = run("git", "ls-files", "-co", "--exclude-standard").stdout.split("\n")
    return sorted(name for name in listed if name and os.path.isfile(os.path.join(TOP, name)))


def text(name):
    with open(os.path.join(TOP, name), encoding="utf-8", errors="replace") as file:
        return file.read()


def is_code(name):
    return name.endswith((".c", ".h", ".asm"))


def check_tops(tap, names):
    """An SPDX line first (after #! at most), then, tests aside, the file's name and its idea."""
    wrong = []
    for name in names:
        top = text(name).split("\n")[:12]
        sources = is_code(name) or name.endswith((".py", ".sh", ".t", ".ld", ".def")) or top[0].startswith("#!")
        if not sources:
            continue
        if not any("SPDX-License-Identifier: MIT" in line for line in top[:2]):
            wrong.append(f"{name}: no SPDX line")
        base = os.path.basename(name)
        named = any(re.search(rf"\b{re.escape(base)} - ", line) for line in top)
        if not name.startswith(("tests/", ".ci/")) and not named:
            wrong.append(f"{name}: its first lines do not say what it is ('{base} - ...')")
    tap.ok(not wrong, "every file says its licence and its idea at the top", "\n".join(wrong))


def check_lengths(tap, names):
    long = [(len(text(name).splitlines()), name) for name in names if is_code(name)]
    wrong = [f"{name}: {lines} lines" for lines, name in long if lines > FILE_LINES]
    tap.ok(not wrong, f"no file is longer than {FILE_LINES} lines", "\n".join(wrong))


def functions(names):
    """(file, function, lines, parameters) of every C function, from ctags."""
    found = run("ctags", "--languages=C", "--kinds-C=f", "--fields=+neS", "--output-format=json", "-f", "-",
                *[name for name in names if name.endswith(".c")])
    for line in found.stdout.splitlines():
        tag = json.loads(line)
        signature = tag.get("signature", "").strip("()")
        parameters = len(signature.split(",")) if signature not in ("", "void") else 0
        yield tag["path"], tag["name"], tag.get("end", tag["line"]) - tag["line"] + 1, parameters


def check_functions(tap, names):
    listed = list(functions(names))
    wrong = [f"{path}: {name} has {lines} lines" for path, name, lines, _ in listed if lines > FUNCTION_LINES]
    tap.ok(not wrong, f"no function is longer than {FUNCTION_LINES} lines", "\n".join(wrong))
    # A system call's handler has as many parameters as the call.
    wrong = [f"{path}: {name} has {count} parameters" for path, name, _, count in listed
             if count > PARAMETERS and not name.startswith("sys_") and path.startswith(KERNEL)]
    tap.ok(not wrong, f"no function has more than {PARAMETERS} parameters", "\n".join(wrong))


def kernel_compiler():
    run("make", "-s", "build/flags")
    return text("build/flags").split()


def check_headers(tap, names):
    compiler = kernel_compiler()
    headers = [name for name in names if name.startswith(KERNEL) and name.endswith(".h")]

    def compiles(name):
        done = run(*compiler, "-x", "c", "-fsyntax-only", "-include", name, "/dev/null")
        return done.returncode == 0, name + "\n" + done.stderr

    with ThreadPoolExecutor(2) as pool:
        wrong = [why for good, why in pool.map(compiles, headers) if not good]
    tap.ok(not wrong, f"each of {len(headers)} kernel headers compiles alone", "\n".join(wrong))


def service_folder(name):
    """fs/ext2mfr/ for fs/ext2mfr/inode.c; None outside services."""
    parts = name.split("/")
    return "/".join(parts[:2]) + "/" if parts[0] in ("fs", "drivers") and len(parts) > 2 else None


def check_edges(tap, names):
    wrong = []
    for name in names:
        if not (name.startswith(KERNEL) and is_code(name)):
            continue
        allowed = next(edges for folder, edges in EDGES if name.startswith(folder))
        own = service_folder(name)
        for target in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text(name), re.MULTILINE):
            if not target.startswith(allowed) and not (own and target.startswith(own)):
                wrong.append(f"{name} includes {target}")
        for target in re.findall(r"^\s*#\s*include\s+<([^>]+)>", text(name), re.MULTILINE):
            if target not in COMPILERS_OWN:
                wrong.append(f"{name} includes <{target}>")
    tap.ok(not wrong, "includes follow the edges of the design", "\n".join(wrong))


def check_alone(tap, names):
    """What several tasks share is guarded by locks: no code relies on being alone."""
    wrong = [name for name in names if name.startswith(KERNEL) and name.endswith(".c") and not name.startswith(HOLDS_OFF)
             and re.search(r"\b(preempt_disable|irq_save|irq_off)\(", text(name))]
    tap.ok(not wrong, "only locks, the scheduler and what is the running task's own hold off preemption", " ".join(wrong))


def check_listed(tap, names):
    """The Makefile is the table of contents: it names every source of the kernel, and no other."""
    listed = set(re.findall(r"(?<![\w/])(?:arch|kernel|mm|fs|drivers)/[\w/]+\.(?:c|asm)\b", text("Makefile")))
    there = {name for name in names if name.startswith(KERNEL) and name.endswith((".c", ".asm"))}
    wrong = [f"{name} is not listed" for name in sorted(there - listed)]
    wrong += [f"{name} is not there" for name in sorted(listed - there)]
    tap.ok(not wrong, "the Makefile lists the kernel's sources", "\n".join(wrong))


def published(service):
    """The words of all headers that a service may include: the names that the core publishes for it."""
    words = set()
    sources = re.findall(rf"SVC_{service} = (\S+)", text("Makefile"))
    edges = next(edges for folder, edges in EDGES if sources and sources[0].startswith(folder))
    for name in files():
        if name.startswith(edges) and name.endswith((".h", ".def")):
            words.update(re.findall(r"\w+", text(name)))
    return words


def check_ports(tap):
    folder = os.path.join(TOP, "build/svc")
    services = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    services = [name[:-2] for name in services if name.endswith(".o")]
    if not services:
        tap.skip("services export their port and nothing else", "no service is built")
        return
    for service in services:
        words = published(service)
        symbols = [line.split() for line in run("nm", "-g", f"build/svc/{service}.o").stdout.splitlines()]
        exported = [fields[-1] for fields in symbols if fields[-2] != "U"]
        imported = [fields[-1] for fields in symbols if fields[-2] == "U"]
        tap.ok(exported == [service + "_port"], f"{service} exports its port and nothing else", " ".join(exported))
        secret = [name for name in imported if name not in words]
        tap.ok(not secret, f"{service} imports published names only", " ".join(secret))


def main():
    tap = Tap()
    names = files()
    check_tops(tap, names)
    check_lengths(tap, names)
    check_functions(tap, names)
    check_edges(tap, names)
    check_alone(tap, names)
    check_listed(tap, names)
    check_headers(tap, names)
    check_ports(tap)
    tap.done()


main()

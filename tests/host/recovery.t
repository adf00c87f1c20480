#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
All recovery is at the entry: the function that is called when a call is refused has fewer than 20 statements, and nobody
but the gate and those who try for one optional page ever sees a refusal.

Statements are counted after clang-format, each on a line of its own: expressions, declarations, return, break, and the
heads of if, else if, for, while and switch.
"""

import glob
import json
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/harness"))
from tap import Tap

FORMAT = ("{BasedOnStyle: LLVM, ColumnLimit: 0, AllowShortIfStatementsOnASingleLine: Never, AllowShortLoopsOnASingleLine: false,"
          " AllowShortBlocksOnASingleLine: Never, AllowShortFunctionsOnASingleLine: None, AllowShortCaseLabelsOnASingleLine: false}")
MOST = 20
RECOVERY = "be_refused"
WAITING = ("wait_by_policy", "pause_for_large", "backoff_pause")  # how the policies wait, each by itself
# Where a refusal comes from and who may see it: the gate, and what it asks.
ENTRY = ("kernel/gate.c", "mm/reserve.c", "mm/slab.c", "mm/queue.c")
# Linux's ENOMEM that has nothing to do with a refusal is answered where the call is decoded: by sys_ functions and guards, and here.
DECODE = {"plan": "exec: a program whose segments do not fit the address space"}
# What refuses, and the files that may ask it.
ASKERS = {"reserve_grant": ("kernel/gate.c",), "inject_refuses": ("kernel/gate.c",), "queue_wait": ("kernel/gate.c",),
          "inject_refuses_try": ("mm/reserve.c",),
          "frame_try": ("fs/vfs/read.c", "fs/vfs/fault.c", "mm/metadata.c")}
ALLOCATORS = ("frame_take", "frame_take_zeroed", "alloc_pages", "kmem_cache_alloc", "kmalloc", "kmalloc_upto", "vmalloc", "vmalloc_take")


def run(*command, given=None):
    return subprocess.run(command, cwd=TOP, input=given, capture_output=True, text=True, check=True).stdout


def sources():
    return sorted(path for folder in ("kernel", "mm", "fs", "drivers") for path in
                  glob.glob(folder + "/**/*.c", root_dir=TOP, recursive=True))


def text(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def without_comments(code):
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", code, flags=re.DOTALL)


def functions(names):
    """{(file, function): its text} of every C function."""
    listed = run("ctags", "--languages=C", "--kinds-C=f", "--fields=+ne", "--output-format=json", "-f", "-", *names)
    lines = {name: text(name).split("\n") for name in names}
    tags = [json.loads(line) for line in listed.splitlines()]
    return {(tag["path"], tag["name"]): without_comments("\n".join(lines[tag["path"]][tag["line"] - 1:tag["end"]])) for tag in tags}


def statements(code):
    """How many statements a function has."""
    head = r"\s*(\} *)?(else )?(if|for|while|switch|do)\b"
    lines = run("clang-format", "--style=" + FORMAT, given=code).split("\n")[1:]
    return sum(bool(re.search(r";\s*$", line) or re.match(head, line)) for line in lines)


def check_counter(tap):
    code = "static int f(int a)\n{\n    int b = a; if (a) return 1; else b++;\n    for (int i = 0; i < 3; i++) b += i;\n    return b;\n}\n"
    tap.ok(statements(code) == 7, "statements are counted one by one", statements(code))


def check_recovery(tap, found):
    count = statements(found["kernel/gate.c", RECOVERY])
    tap.ok(0 < count < MOST, f"the recovery code, {RECOVERY}(), has {count} statements, fewer than {MOST}")
    for name in WAITING:
        count = statements(found["kernel/gate.c", name])
        tap.ok(0 < count < MOST, f"waiting by a policy, {name}(), has {count}")
    calls = [f"{path}: {name}" for (path, name), code in found.items() if re.search(rf"\b{RECOVERY}\(", code) and name != RECOVERY]
    tap.ok(len(calls) == 1 and calls[0].startswith("kernel/gate.c"), "it is called in one place", "\n".join(calls))


def check_refusals(tap, found):
    for what, askers in ASKERS.items():
        users = sorted({path for (path, name), code in found.items() if name != what and re.search(rf"\b{what}\(", code)})
        tap.ok(users == sorted(askers), f"{what}() is called by {', '.join(askers)} only", "\n".join(users))
    bodies = {(path, name) for path in sources() for name in re.findall(r"\.body = (\w+)", text(path))}
    wrong = [f"{path}: {name}" for (path, name), code in found.items() if re.search(r"\bENOMEM\b", code) and path not in ENTRY and
             (not name.startswith("sys_") and not name.endswith("_guard") and name not in DECODE or (path, name) in bodies)]
    tap.ok(bodies and not wrong, f"no code below the entry, in {len(bodies)} bodies and all that they call, knows ENOMEM", "\n".join(wrong))


def check_allocations(tap, found):
    """No result of an allocator is looked at before it is used."""
    taken, wrong = 0, []
    for (path, name), code in found.items():
        for draw in re.finditer(rf"(\w+) = (?:\([^()]*\) ?)?(?:{'|'.join(ALLOCATORS)})\(", code):
            taken, variable = taken + 1, draw[1]
            if re.search(rf"!{variable}\b|\b{variable} [!=]= NULL|likely\({variable}\)|if \({variable}\)", code[draw.end():]):
                wrong.append(f"{path}: {name} looks whether it got {variable}")
    tap.ok(taken > 10 and not wrong, f"no result of the {taken} allocations is checked", "\n".join(wrong))


def main():
    tap = Tap()
    found = functions(sources())
    check_counter(tap)
    check_recovery(tap, found)
    check_refusals(tap, found)
    check_allocations(tap, found)
    tap.done()


main()

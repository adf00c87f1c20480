#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
No input of the fuzz targets (tests/fuzz) breaks what they judge by, and each of them finds a bug that is planted in the source
that it is about.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tests/harness"), os.path.join(TOP, "tests/fuzz")]
import fuzz
from tap import Tap

LONG = bool(os.environ.get("ANTE_LONG"))
SECONDS = 600 if LONG else 5
PLANTED_SECONDS = 300  # at most: a planted bug ends the run
LEAST_EXECUTIONS = 50  # of the slowest target, on a machine with much else to do
# target: a source, and what stands there, and what is there instead
PLANTED = {
    "ext2": ("fs/ext2mfr/group.c", " || nr >= v->super->s_blocks_count)", ")"),
    "walk": ("fs/vfs/create.c", "    name_update(dir, nm, ino);\n", ""),
    "elf": ("kernel/elf.c", "p->filesz > p->memsz", "p->filesz > p->memsz + 1"),
    "script": ("kernel/exec_program.c", "bool cut = end == LINE_MAX;", "bool cut = false;"),
    "tty": ("drivers/tty/line.c", "if (push(l, c, 1)) {", "if (push(l, c, 0)) {"),
    "boot": ("kernel/boot.c", "boot.arg_count > BOOT_ARGS", "boot.arg_count > BOOT_ARGS + 8"),
}


def write_unit(source, text, folder):
    """Puts the changed source where its unit with derived needs, if it has such, includes it; what is to be compiled."""
    changed = os.path.join(folder, source)
    os.makedirs(os.path.dirname(changed))
    with open(changed, "w", encoding="utf-8") as file:
        file.write(text)
    derived = os.path.join(TOP, "build/need", source)
    return shutil.copy(derived, os.path.join(folder, "unit.c")) if os.path.exists(derived) else changed


def plant(target, folder):
    """Builds the target with its bug; the program, or None when the text is not there any more."""
    source, good, bad = PLANTED[target]
    with open(os.path.join(TOP, source), encoding="utf-8") as file:
        text = file.read()
    if text.count(good) != 1:
        return None
    changed, program = write_unit(source, text.replace(good, bad), folder), os.path.join(folder, "planted")
    objects, made = os.path.join(TOP, "build/fuzzobj", target), []
    for where, _, names in os.walk(objects):
        made += [os.path.join(where, name) for name in names if name.endswith(".o")]
    made.remove(os.path.join(objects, source + ".o"))
    flags = shlex.split(subprocess.run(["make", "-s", "fuzz-flags"], cwd=TOP, capture_output=True, text=True, check=True).stdout)
    subprocess.run([*flags, "-w", "-D_STRUCT_TIMESPEC", "-o", program, changed, *made,
                    "-lcmocka"], cwd=TOP, check=True)
    return program


def check_planted(tap, target):
    with tempfile.TemporaryDirectory(prefix="ante-fuzz-") as folder:
        program = plant(target, folder)
        if not tap.ok(program, f"{target}: {PLANTED[target][0]} has the place where the bug goes", PLANTED[target][1]):
            return
        result = fuzz.run(target, PLANTED_SECONDS, program, folder, seed=1)
        tap.ok(not result.good and result.kept, f"{target}: the planted bug is found", result)


def edges(target, corpus):
    """What a corpus reaches."""
    done = subprocess.run([os.path.join(fuzz.FOLDER, target), "-runs=0", corpus], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return re.findall(r"cov: (\d+)", done.stderr)[-1:]


def check_merge(tap, target="elf"):
    """A corpus that has grown is made small again, and reaches what it has reached."""
    with tempfile.TemporaryDirectory(prefix="ante-fuzz-") as folder:
        corpus = os.path.join(folder, "corpus", target)
        os.makedirs(corpus)
        for number, data in enumerate([*fuzz.seeds.MAKERS[target]()] * 40):
            with open(f"{corpus}/{number}", "wb") as file:
                file.write(data + bytes(number))
        reached = edges(target, corpus)
        before, after = fuzz.merge(target, folder)
        tap.ok(before == 120 and 0 < after <= 20 and len(os.listdir(corpus)) == after, "a merged corpus is small", f"{before}, {after}")
        tap.ok(reached and edges(target, corpus) == reached, "and reaches the same", f"{reached}, {edges(target, corpus)}")
        tap.ok(os.listdir(folder) == ["corpus"], "nothing else stays", os.listdir(folder))


def main():
    tap = Tap()
    fuzz.build()
    check_merge(tap)
    for target in fuzz.TARGETS:
        result = fuzz.run(target, SECONDS)
        if result.good and result.executions < LEAST_EXECUTIONS:
            result = fuzz.run(target, 12 * SECONDS)
        tap.ok(result.good, f"{target}: nothing is found in {SECONDS} seconds", result)
        tap.ok(result.executions >= LEAST_EXECUTIONS, f"{target}: it was at work", result)
        tap.note(str(result).splitlines()[0])
        check_planted(tap, target)
    tap.done()


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The frame sizes that the analyzer adds up are those of the kernel's instructions: what each function's first
instructions put on the stack is no more than its line says, and every function of the image has a line.
"""

import glob
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/harness"))
from tap import Tap


def lines():
    """{function: most bytes of any function of that name}"""
    found = {}
    with open(os.path.join(TOP, "build/frames.su"), encoding="utf-8") as file:
        for row in file:
            place, size, _ = row.split("\t")
            name = place.rsplit(":", 1)[1]
            found[name] = max(found.get(name, 0), int(size))
    return found


def labels():
    """What assembly defines: functions with a line of their own, and places inside them."""
    found = set()
    for path in glob.glob(os.path.join(TOP, "arch/**/*.asm"), recursive=True):
        with open(path, encoding="utf-8") as file:
            found.update(re.findall(r"^(\w+):", file.read(), re.MULTILINE))
    return found | {"image_text"}


def frames():
    """(function, bytes that its first instructions put on the stack) for each function of the image."""
    image = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "build/kernel.elf"], cwd=TOP, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, check=True).stdout
    for part in re.split(r"\n(?=[0-9a-f]{16} <)", image):
        head = re.match(r"[0-9a-f]{16} <(\w+)>:\n", part)
        if not head:
            continue
        frame = 0
        for instruction in re.findall(r"\t(.*)", part):
            taken = re.match(r"sub +\$0x([0-9a-f]{1,4}),%rsp", instruction)
            if not taken and not re.match(r"push +%|mov +%rsp,%rbp|xor |mov +%\w+,%\w+$", instruction):
                break
            frame += int(taken[1], 16) if taken else 8 if instruction.startswith("push") else 0
        yield head[1], frame


def main():
    tap = Tap()
    told = lines()
    places = labels() - set(told)
    measured = [(name, frame) for name, frame in frames() if name not in places]
    wrong = [f"{name}: {frame} bytes, its line says {told[name]}" for name, frame in measured if frame > told.get(name, frame)]
    tap.ok(len(measured) > 1000 and not wrong, f"frames of {len(measured)} functions are as large as their lines say", "\n".join(wrong))
    missing = [name for name, _ in measured if name not in told]
    tap.ok(not missing, "every function of the image has a line", "\n".join(missing))
    least = [name for name, frame in measured if frame == told.get(name)]
    tap.ok(len(least) > len(measured) * 0.9, "and the lines are no larger, but for a few", f"{len(least)} of {len(measured)}")
    tap.done()


main()

# SPDX-License-Identifier: MIT
"""
instructions.py - how many instructions the guest executes, counted by QEMU's translator (see count.c)

Use:    counts, result = instructions.count(machine)     counts["total"]; with marks also "start" and "stop"
        counts, result = instructions.count(machine, functions=[within(elf, "gate_call"), span(elf, "reserve_grant")])
                                                         also counts["functions"]: [(calls, instructions), ...]
"""

import os
import re
import subprocess
import tempfile

from lib import machine as machines

PLUGIN = os.path.join(machines.TOP, "build/count.so")


def count(machine, start=None, stop=None, functions=()):
    """Runs the machine under the counter; the marks are addresses as the CPU sees them when it gets there."""
    with tempfile.NamedTemporaryFile(suffix=".count") as out:
        marks = "".join(f",{name}={address:#x}" for name, address in (("start", start), ("stop", stop)) if address)
        marks += "".join(f",{function}" for function in functions)
        machine.qemu = list(machine.qemu) + ["-plugin", f"{PLUGIN},out={out.name}{marks}"]
        result = machine.run()
        with open(out.name, encoding="ascii") as file:
            lines = [line.split() for line in file]
    counts = {fields[0]: int(fields[1]) for fields in lines if len(fields) == 2}
    counts["functions"] = [(int(fields[1]), int(fields[2])) for fields in lines if len(fields) == 3]
    return counts, result


def within(elf, name):
    """What count() is to be told to count the instructions of a function itself."""
    size = subprocess.run(["nm", "-S", elf], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout.decode()
    first, length = next(fields[:2] for fields in map(str.split, size.splitlines()) if len(fields) == 4 and fields[-1] == name)
    return f"within={int(first, 16):#x}-{int(first, 16) + int(length, 16):#x}"


def span(elf, name):
    """The same with all that it calls: until control is back behind one of the calls of it."""
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", elf], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          check=True).stdout.decode()
    behind = re.findall(rf"^ *[0-9a-f]+:\s+call +[0-9a-f]+ <{name}>\n *([0-9a-f]+):", code, re.MULTILINE)
    return f"span={symbol(elf, name):#x}" + "".join(f"-0x{address}" for address in behind)


def symbol(elf, name):
    """The address of a symbol."""
    table = subprocess.run(["nm", elf], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout.decode()
    return next(int(fields[0], 16) for fields in map(str.split, table.splitlines()) if fields[-1] == name)


def entry(elf):
    """The address of a program's first instruction: the ELF header's e_entry."""
    with open(elf, "rb") as file:
        return int.from_bytes(file.read(32)[24:32], "little")

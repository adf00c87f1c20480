# SPDX-License-Identifier: MIT
"""
instructions.py - how many instructions the guest executes, counted by QEMU's translator (see count.c)

Use:    counts, result = instructions.count(machine)     counts["total"]; with marks also "start" and "stop"
"""

import os
import subprocess
import tempfile

from lib import machine as machines

PLUGIN = os.path.join(machines.TOP, "build/count.so")


def count(machine, start=None, stop=None):
    """Runs the machine under the counter; the marks are addresses as the CPU sees them when it gets there."""
    with tempfile.NamedTemporaryFile(suffix=".count") as out:
        marks = "".join(f",{name}={address:#x}" for name, address in (("start", start), ("stop", stop)) if address)
        machine.qemu = list(machine.qemu) + ["-plugin", f"{PLUGIN},out={out.name}{marks}"]
        result = machine.run()
        with open(out.name, encoding="ascii") as file:
            return {name: int(value) for name, value in (line.split() for line in file)}, result


def symbol(elf, name):
    """The address of a symbol."""
    table = subprocess.run(["nm", elf], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout.decode()
    return next(int(fields[0], 16) for fields in map(str.split, table.splitlines()) if fields[-1] == name)


def entry(elf):
    """The address of a program's first instruction: the ELF header's e_entry."""
    with open(elf, "rb") as file:
        return int.from_bytes(file.read(32)[24:32], "little")

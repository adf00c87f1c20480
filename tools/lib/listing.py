# SPDX-License-Identifier: MIT
"""
listing.py - what faultmix says is in its tree, against the tree itself

faultmix -l writes a line for each name: path, type (f, d or l), size, and the POSIX checksum of its content.

Use:    wrong = listing.differences(text, folder)       the names that are not there as listed; none is what should be
"""

import os
import subprocess


def _cksums(folder, names):
    """{name: POSIX checksum} of files below a folder."""
    listed = "".join(f"./{name}\n" for name in names)
    done = subprocess.run(["xargs", "-d", "\\n", "cksum"], input=listed, cwd=folder, capture_output=True, text=True, check=True)
    return {path[2:]: int(number) for number, _, path in (line.split(" ", 2) for line in done.stdout.splitlines())}


def differences(text, top):
    """Every name of the listing is below `top` with its kind, size and content, and no other; what is not so, as text."""
    listed = [line.rsplit(" ", 3) for line in text.splitlines()]
    files = [name for name, kind, _, _ in listed if kind == "f" and os.path.isfile(f"{top}/{name}")]
    sums = _cksums(top, files) if files else {}
    wrong = []
    for name, kind, size, number in listed:
        path = f"{top}/{name}"
        good = {"f": lambda: sums.get(name) == int(number) and os.path.getsize(path) == int(size),
                "d": lambda: os.path.isdir(path), "l": lambda: len(os.readlink(path)) == int(size)}[kind]
        if not os.path.lexists(path) or not good():
            wrong.append(name)
    there = sum(len(folders) + len(names) for _, folders, names in os.walk(top))
    if there != len(listed):
        wrong.append(f"{there} names instead of {len(listed)}")
    return wrong

# SPDX-License-Identifier: MIT
"""
promises.py - what a disk has to hold, by the journal of /tests/campaign/keeper, and whether it does

The journal is what the program says on the console (tests/user/campaign/keeper.c describes its lines).  After a cut that
the marks on the disk show to lie between mark N and mark N+1, all promises up to mark N hold, but for files that the
journal speaks of before mark N+1; and no folder has two names, but for those that the journal moves between these marks.

Use:    journal = Journal(log)
        repair(image, journal.moving(marks_on_disk)), then broken(image, journal.until(marks_on_disk))
"""

import os
import re
import subprocess
import tempfile

from lib import disk

RECORD = 16
NAME = re.compile(r"f(\d\d)-0+")
FOUND = "lost+found"  # where e2fsck puts what has no name


def content(generation, size):
    """The file's first bytes: records with its generation and their number."""
    count = -(-size // RECORD)
    return "".join(f"{generation:08x}{i:07x}\n" for i in range(count)).encode()[:size]


class Promise:
    """What must hold for one file: one of `states`, at `path` when nothing else is possible."""

    def __init__(self, path, states):
        self.path, self.states = path, states  # states: {(generation, size)}; empty: it is not there

    def also(self, state):
        return Promise(None, self.states | {state}) if self.states else self


class Journal:
    """The promises of a run, in their order."""

    def __init__(self, log):
        self.lines = [line.split()[1:] for line in log.splitlines() if re.match(r"keep [+|0~>m]", line)]
        self.marks = sum(words[0] == "mark" for words in self.lines)

    def until(self, mark):
        """{file: Promise} for a disk that has this mark, and perhaps what came before the next one."""
        held, passed = {}, 0
        for words in self.lines:
            if words[0] == "mark":
                passed = int(words[1])
                if passed > mark:
                    break
            elif words[0] != ">":
                self._apply(held, words, certain=passed < mark)
        return held

    def moving(self, mark):
        """The names of folders that are moved after this mark and before the next one."""
        passed, names = 0, set()
        for words in self.lines:
            passed = int(words[1]) if words[0] == "mark" else passed
            if words[0] == ">" and passed == mark:
                names.add(f"d{words[1]}")
        return names

    @staticmethod
    def _apply(held, words, certain):
        kind, file = words[0], int(words[1])
        if kind == "~":
            held.pop(file, None)
        elif kind == "|" and file in held:
            held[file] = held[file].also((int(words[3]), int(words[4])))
        elif kind == "+" and certain:
            held[file] = Promise(words[2], {(int(words[3]), int(words[4]))})
        elif kind == "0" and certain:
            held[file] = Promise(words[2], set())


# No block has two owners, and no directory two names, unless it is being moved.
CROSSED = re.compile("ultiply-claimed")
TWICE = re.compile(r"Entry '(.*)' in .* \(\d+\) is a link to directory (.*) \(\d+\)")
UNKNOWN = "???"  # e2fsck has not found the way to a directory


def linked_twice(report, moving):
    """The names of directories that have a second one and are not being moved."""
    pairs = [(name, os.path.basename(path)) for name, path in TWICE.findall(report)]
    return [name for name, other in pairs if name not in moving or other not in (name, UNKNOWN)]


def repair(image, moving=()):
    """e2fsck -fy: (True, report) when it could mend everything, nothing was cross-linked, and the disk is clean now."""
    done = subprocess.run(["e2fsck", "-fy", disk.device(image)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    report = done.stdout.decode(errors="replace")
    clean, after = disk.check(image)
    crossed = CROSSED.search(report) or linked_twice(report, moving)
    return done.returncode in (0, 1) and clean and not crossed, report + after


def _tree(image, folder):
    """{path: (file number, path on the host)} of the keeper's files on the disk."""
    subprocess.run(["debugfs", "-R", f"rdump / {folder}", disk.device(image)], stdin=subprocess.DEVNULL, capture_output=True,
                   check=True)
    found = {}
    for where, _, names in os.walk(folder):
        for name in filter(NAME.fullmatch, names):
            path = os.path.join(where, name)
            found[path[len(folder):]] = (int(NAME.fullmatch(name)[1]), path)
    return found


def _content(path):
    with open(path, "rb") as file:
        return file.read()


def _kept(promise, file, tree):
    """Does the tree keep the promise about this file?"""
    if not promise.states:
        return promise.path not in tree
    paths = [place for path, (number, place) in tree.items()
             if number == file and (path == promise.path or not promise.path) and not path.startswith("/" + FOUND)]
    return any(_content(path) in [content(*state) for state in promise.states] for path in paths)


def broken(image, held):
    """The promises that the disk does not keep, as text."""
    with tempfile.TemporaryDirectory(prefix="ante-tree-") as folder:
        tree = _tree(image, folder)
        wrong = []
        for file, promise in sorted(held.items()):
            if not _kept(promise, file, tree):
                there = [f"{path} ({os.path.getsize(place)} bytes)" for path, (number, place) in tree.items() if number == file]
                wrong.append(f"file {file}: {promise.path or 'anywhere'} should have {sorted(promise.states) or 'gone'}, there is {there}")
        return wrong

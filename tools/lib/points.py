# SPDX-License-Identifier: MIT
"""
points.py - which calls and scopes can be refused, and how many refusal points of each a sweep has tried

A call can be refused when its row of kernel/calls.def has a need; a scope when build/report/needs.txt derives one and
the injector does not pass it by.
"""

import glob
import os
import re

from lib.machine import TOP
from lib.table import print_rows

SITUATION = "points at "  # figures of a run: how many points a scenario by one route has with one state of the caches
HEAD = ("call", "situations", "entries", "tries", "points", "short counts")


def text(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def needing_calls():
    """Names of all system calls that can have a need."""
    rows = re.findall(r'^CALL\(\d+, (\w+), \d, \(.*?\), "[^"]*", "[^"]*", (NEED_\w+)\)', text("kernel/calls.def"), re.MULTILINE)
    return [name for name, need in rows if need != "NEED_NOTHING"]


def needing_scopes():
    """Names of all scopes that need something and are not passed by."""
    passed = set()
    for name in glob.glob("**/*.c", root_dir=TOP, recursive=True):
        if name.startswith(("kernel/", "fs/", "drivers/", "mm/")):
            passed |= set(re.findall(r"^SCOPE\((\w+)[^;]*SCOPE_NO_INJECT", text(name), re.MULTILINE))
    parts = re.findall(r"^(\w+)  \(.*\n((?: .*\n)+)", text("build/report/needs.txt"), re.MULTILINE)
    return [name for name, need in parts if need.strip() != "nothing" and name not in passed]


def missing(figures):
    """Calls and scopes of which no point was tried."""
    calls = [name for name in needing_calls() if not points_of(figures, name)]
    return calls + [f"scope {name}" for name in needing_scopes() if not figures.get(f"points in {name}")]


def points_of(figures, call):
    return figures.get(f"entries of {call}", 0) + figures.get(f"tries of {call}", 0)


def total(results):
    """The figures of several runs together."""
    sums = {}
    for result in results:
        for name, count in result["figures"].items():
            sums[name] = sums.get(name, 0) + count
    return sums


def distinct(results):
    """Points that differ in scenario, route, caches or number: policies, block sizes and boot words of runs count once."""
    most = {}
    for result in results:
        for name, count in result["figures"].items():
            if name.startswith(SITUATION):
                most[name] = max(count, most.get(name, 0))
    return sum(most.values())


def print_points(figures):
    def row(call):
        return (call, figures.get(f"blocks of {call}", 0), figures.get(f"entries of {call}", 0), figures.get(f"tries of {call}", 0),
                points_of(figures, call), figures.get(f"short of {call}", 0))

    calls = needing_calls()
    whole = ("all", *(figures.get(name, 0) for name in ("blocks", "entries", "tries", "points", "short")))
    print_rows(HEAD, [row(call) for call in calls] + [whole])
    there = [call for call in calls if points_of(figures, call)]
    print(f"{len(there)} of {len(calls)} calls that can have a need were refused")
    scopes = needing_scopes()
    print(f"{sum(bool(figures.get(f'points in {name}')) for name in scopes)} of {len(scopes)} scopes: " +
          ", ".join(f"{name} {figures.get(f'points in {name}', 0)}" for name in scopes))

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Each rule of waiting at the entry is needed: with it taken out of a copy of the source, tests/host/gate fails.

Run after the host programs were built; the objects of build/host/gate are linked again with the changed file.
"""

import glob
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/harness"))
from tap import Tap

LONG = bool(os.environ.get("ANTE_LONG"))
SCHEDULES, LIMIT = ("4000", 3600) if LONG else ("1000", 600)  # seconds: a rule taken out may make a schedule endless

# rule, what the run must say (one of), file, text, text without the rule
RULES = (
    ("two queues", ("starved", "a transient or small"), "mm/queue.c",
     "list_push_back(w->want.charge ? &queue.large : &queue.transient, &w->link);",
     "list_push_back(&queue.large, &w->link);"),
    ("escrow", ("starved",), "mm/queue.c",
     "    if (!credit_take(take))\n", "    if (take < frames || !credit_take(take))\n"),
    ("the large head before a stream of small ones", ("starved",), "mm/queue.c",
     "bool large_first = l && collect_lasting(l) && (!t || l->since < t->since);", "bool large_first = !t;"),
    ("floor", ("deadlock", "never ends", "starved", "refused"), "mm/credit.c",
     "floor ? floor : MAX(2ul * CEILING, memory_limits.total / 16);", "floor + 2;"),
    ("passing", ("starved", "refused", "granted"), "mm/queue.c",
     "return !h || (!h->admitted && clock_ns() >= queue.strict_until);", "return !h;"),
    ("a bound on passing", ("passed for ever",), "mm/queue.c",
     "if (++queue.passed >= PASSES) {", "if (false) {"),
    ("mutual waits", ("wait for each other", "deadlock"), "mm/queue.c",
     "while (!list_empty(&queue.large) && hopeless(head(&queue.large)))",
     "while (false && hopeless(head(&queue.large)))"),
    ("stall", ("deadlock", "for ever"), "mm/queue.c",
     "return sched_movable() == 0 && !queue.called", "return false && !queue.called"),
    ("stall: any waiter that fits goes first", ("although a waiter could be served",), "mm/queue.c",
     "if (!grant_any(&queue.large) && !grant_any(&queue.transient) && !list_empty(&queue.large))",
     "if (!list_empty(&queue.large))"),
    ("stall: whoever was called can move", ("although a task has its grant",), "mm/queue.c",
     "sched_movable() == 0 && !queue.called", "sched_movable() == 0"),
    ("own charge", ("can never be granted", "refused after"), "kernel/gate.c",
     "task_charge(current) + want.charge > large_room", "want.charge > large_room"),
)


def run(*command, **options):
    return subprocess.run(command, cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          **options)


def host_compiler():
    return run("make", "-s", "host-flags").stdout.split()


def build(rule, compiler, folder):
    """The gate's program with one rule taken out; None and why when it cannot be built."""
    _, _, path, text, without = rule
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        source = file.read()
    if source.count(text) != 1:
        return None, f"{path} has the rule's text {source.count(text)} times"
    changed = os.path.join(folder, path)
    os.makedirs(os.path.dirname(changed), exist_ok=True)
    with open(changed, "w", encoding="utf-8") as file:
        file.write(source.replace(text, without))
    # The queue is compiled as a part of the test's own view of it.
    unit = "tests/host/gate/view.c" if path == "mm/queue.c" else changed
    objects = [name for name in glob.glob("build/hostobj/gate/**/*.c.o", root_dir=TOP, recursive=True)
               if not name.endswith("/" + (unit if path == "mm/queue.c" else path) + ".o")]
    program = os.path.join(folder, "gate")
    done = run(*compiler[:1], "-I" + folder, *compiler[1:], "-Wno-unused", "-o", program, unit, *objects, "-lcmocka")
    return (program, "") if not done.returncode else (None, done.stderr)


def main():
    tap = Tap()
    compiler = host_compiler()
    tap.ok(bool(glob.glob(os.path.join(TOP, "build/hostobj/gate/**/*.c.o"), recursive=True)), "the gate's host test is built")
    for number, rule in enumerate(RULES):
        name, says = rule[:2]
        program, why = build(rule, compiler, os.path.join(TOP, "build/rules", str(number)))
        if not program:
            tap.ok(False, f"without {name}: it is built", why)
            continue
        done = run(program, SCHEDULES, timeout=LIMIT)
        told = done.stdout + done.stderr
        tap.ok(done.returncode != 0 and any(words in told for words in says), f"without {name} the schedules fail", told)
    tap.done()


main()

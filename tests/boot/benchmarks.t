#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The benchmarks find all their data right, and nothing is lost, also when a grant is the very memory and no more
(tight), when every optional credit is refused, without reservations, and on a machine that is nearly too small.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import Tap, healthy, script

PROGRAMS = """
/bench/seqwrite -d /tmp 4 &&
/bench/seqread -d /tmp 4 &&
/bench/randwrite -d /tmp 500 8 &&
/bench/randread -d /tmp 500 8 &&
/bench/sort -d /tmp 4 &&
/bench/postmark -d /tmp -n 100 -t 500 &&
/bench/tree -d /tmp -n 200 &&
/bench/micro
"""
COUNT = PROGRAMS.count("/bench/")
MODES = ("", "tight=1", "inject=try:1.0", "inject=0.5 policy=retry", "ama=off", "dma=off")


def main():
    tap = Tap()
    for memory in ("16M", "8M"):
        for words in MODES:
            title = f"{memory} {words}"
            after = script(PROGRAMS, memory=memory, words=words, timeout=600)
            healthy(tap, after, title)
            found = [json.loads(line) for line in after.log.splitlines() if line.startswith('{"bench"')]
            tap.ok(len(found) == COUNT and all(one["verified"] for one in found), f"{title}: all data is right", after)
    tap.done()


main()

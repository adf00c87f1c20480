#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
System calls at random, with plausible and with wild arguments, and file systems with damage in their structures neither stop
the machine nor make it lose anything: samples of tests/campaign/hostile.campaign.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import LONG, Tap
from lib import runs, stage

CALLS = 5000 if LONG else 600
ANYCALL = [f"anycall seed={seed} calls={CALLS} memory=16M {more}" for seed in range(1, 11 if LONG else 2)
           for more in ("words=-", "words=inject=0.3", "words=inject=0.3 policy=retry", "words=tight=1")]
MUTATED = [f"mutated seed={seed} memory=8M" for seed in range(1, 201 if LONG else 9)]


def main():
    tap = Tap()
    for text in ANYCALL + MUTATED:
        result = stage.play(runs.parse_run(text))
        tap.ok(result["pass"], text, f"{result['why']}\n{result['detail']}")
    tap.done()


main()

# SPDX-License-Identifier: MIT
"""
played.py - runs of campaigns as tests

Use:    play_all(tap, ["exhaust hog=memory memory=4M policy=fail", ...])     one result for each
"""

import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools"))
from lib import runs, stage


def play_all(tap, lines):
    """Plays each run; a failed one says why, what its console ended with, and how to play it again."""
    for line in lines:
        run = runs.parse_run(line)
        result = stage.play(run)
        figures = ", ".join(f"{name} {value}" for name, value in result["figures"].items())
        tap.ok(result["pass"], line, f"{result['why']}\ntools/campaign replay '{run}'\n{result['detail']}")
        tap.note(f"{result['seconds']} s; {figures}")

# SPDX-License-Identifier: MIT
"""
anycall - system calls at random, with plausible and with wild arguments, from several processes at once

/tests/campaign/anycall makes them and watches: every process can be ended at any time, and when all have ended nothing is
in use any more.  The kernel does not stop, and loses nothing; the file system that was worked on is clean.  Figures: calls,
those that succeeded, numbers of the table that have succeeded at least once.
"""

import re

from lib import disk
from lib.values import number

PARAMETERS = {"calls": "2000", "processes": "3"}
CHOICES = {"calls": number(1), "processes": number(1, 8)}
SMALLER = ("calls", "processes")
TIMEOUT = 300
WORK_MIB = 16
LEAST_NUMBERS = 40


def check_disk(image, verdict):
    """e2fsck finds nothing; that times which a program has set are odd is no damage."""
    clean, report = disk.check(image)
    odd = len(re.findall(r"^Timestamp\(s\) on inode \d+ beyond .*\nFix\? no", report, re.MULTILINE))
    if not verdict.need(clean or odd == report.count("? no"), "e2fsck finds damage", report):
        verdict.fs = "inconsistent"


def play(run, stage, verdict):
    after = stage.boot("/tests/campaign/anycall", run.seed, run["calls"], run["processes"], work=WORK_MIB)
    found = dict(re.findall(r"^(calls|good|numbers|of|lives|killed) (\d+)$", after.log, re.MULTILINE))
    verdict.figures.update({name: int(value) for name, value in found.items()})
    wrong = after.lines("wrong: ")
    verdict.need(not wrong, "; ".join(wrong), after.result.tail(40))
    overlay, after.checked = after.checked[0], []
    verdict.healthy(after)
    check_disk(after.raw(overlay), verdict)
    wanted = int(run["calls"])
    verdict.need(verdict.figures.get("calls", 0) >= wanted, f"{verdict.figures.get('calls', 0)} calls were made", after.result.tail(40))
    if wanted >= 1000:
        verdict.need(verdict.figures.get("numbers", 0) >= LEAST_NUMBERS, f"only {found.get('numbers')} calls ever succeed")

# SPDX-License-Identifier: MIT
"""
exhaust - real exhaustion: workers beside a hog that takes all there is of one thing

Under retry and backoff every worker ends with right results once the hog has left, under fail large needs are
answered with ENOMEM and nothing else is; a worker with transient needs only goes on throughout, whatever the policy
(/tests/campaign/exhaust, which judges all this, with a watchdog).  The longest wait at the entry is reported.

A machine may be too small for the program; then it must say so, at the entry, and end in order.
"""

import re

PARAMETERS = {"hog": "memory", "pressure": "2"}
SMALLER = ("pressure",)
TIMEOUT = 120
WORK_MIB = 48
TOO_SMALL, NOT_STARTED = 77, 126


def play(run, stage, verdict):
    after = stage.boot("/tests/campaign/exhaust", run["hog"], run["pressure"], work=WORK_MIB)
    totals = dict(re.findall(r"^(\w+) (\d+)$", after.log, re.MULTILINE))
    verdict.figures.update({name: int(totals[key]) for name, key in
                            (("waits", "waits"), ("longest_wait_ns", "longest_wait_ns"), ("points", "points")) if key in totals})
    small = bool(after.lines("too small: ")) or after.status == NOT_STARTED
    verdict.figures["too_small"] = int(small)
    wrong = after.lines("wrong: ")
    verdict.need(not wrong, "; ".join(wrong), after.result.tail(40))
    verdict.healthy(after, status=after.status if small and after.status in (TOO_SMALL, NOT_STARTED) else 0)
    refused = re.findall(r"^worker \w+ .* refused (\d+)", after.log, re.MULTILINE)
    verdict.figures["refused"] = sum(map(int, refused))
    if verdict.figures["refused"] and verdict.process == "ok":
        verdict.process = "error"
        verdict.need(run.policy == "fail", f"{run.policy} has refused {verdict.figures['refused']} calls", after.result.tail(40))

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Whichever refusal point of a call is refused, the call has changed nothing, lost nothing, and succeeds when it is made again;
when a try is refused or the policy asks again, it succeeds as if nothing had been; every call and every scope that can be
refused is.  Cold caches and the plainest paths here, all in `make sweep`.
"""

import os
import shlex
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tests/harness"), os.path.join(TOP, "tools")]
from tap import Tap
from boot import new_path, on_host
from lib import points, runs, stage

RUNS = ("sweep policy=fail caches=cold route=near part=1/2", "sweep policy=fail caches=cold route=near part=2/2",
        "sweep policy=retry caches=cold route=near block=1024 part=1/2", "sweep policy=fail caches=cold route=near words=tight=1 part=2/2")
LEAST = 1000


def check_on_linux(tap):
    what = "the scenarios' own expectations hold on Linux"
    if os.geteuid():
        tap.skip(what, "they need root")
        return
    folder = new_path("linux")
    os.mkdir(folder)
    os.chmod(os.path.dirname(folder), 0o755)  # some calls are an ordinary user's
    code, output = on_host([os.path.join(TOP, "build/testroot/tests/campaign/sweep"), folder], "/")
    tap.ok(code == 0, what, output)


def main():
    tap = Tap()
    check_on_linux(tap)
    results = []
    for words in RUNS:
        run = runs.parse_run(words)
        results.append(stage.play(run))
        tap.ok(results[-1]["pass"], f"{words}: every step is as it must be",
               f"{results[-1]['why']}\n{results[-1]['detail']}\n{shlex.join(['tools/campaign', 'replay', str(run)])}")
    figures = points.total(results)
    tap.ok(figures.get("points", 0) >= LEAST, f"at least {LEAST} points", figures.get("points"))
    tap.ok(not points.missing(figures), "no call and no scope that can be refused is left out", points.missing(figures))
    tap.done()


main()

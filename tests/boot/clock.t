#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Ante's clock keeps the time of the host's, also when the host holds the machine up again and again while it starts and
the clock is calibrated.
"""

import os
import random
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import Tap, machine_for

BOOTS = 4
HELD = 0.06               # seconds; the PIT, beside which the clock is calibrated, runs out after 55 ms
FREE = (0.003, 0.003, 0.003, 0.015)
TICKER = "for i in 1 2 3 4 5 6; do echo at $(cut -d ' ' -f 1 /proc/uptime); sleep 0.4; done; echo the end"


def hold_up(session, chance):
    """Until the kernel's first line, which comes after the calibration."""
    while not session.expect(rb"ante: an operating system", chance.choice(FREE)) and session.process.poll() is None:
        session.process.send_signal(signal.SIGSTOP)
        time.sleep(HELD)
        session.process.send_signal(signal.SIGCONT)


def speeds(session):
    """How fast the guest's clock went, from each line to the next; a line may come late, the clock is the same for all."""
    times = []
    while session.expect(rb"(?s)at [0-9.]+\r?\n", 60) and len(times) < 6:
        said = re.findall(rb"at ([0-9.]+)\r?\n", session.console.log()[:session.seen])[-1]
        times.append((time.monotonic(), float(said)))
    return [(g2 - g1) / (h2 - h1) for (h1, g1), (h2, g2) in zip(times, times[1:]) if h2 > h1]


def main():
    tap = Tap()
    chance = random.Random(1)
    for number in range(BOOTS):
        with machine_for("/bin/sh", ["-c", TICKER]).start() as session:
            hold_up(session, chance)
            found = speeds(session)
            result = session.finish()
        tap.ok(result.status == 0 and any(0.8 < speed < 1.25 for speed in found),
               f"boot {number + 1}: held up while it starts, the clock goes as fast as the host's",
               f"{found}\n{result.tail()}")
    tap.done()


main()

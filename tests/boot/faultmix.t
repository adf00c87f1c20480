#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Whatever share of requests for memory is refused, under every policy, no program aborts, no file system becomes
unusable or inconsistent, and under retry and backoff every answer is the one given without injection.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import LONG, Tap, boot, healthy, on_host, TOP, new_path

CALLS = "5000"
# Refused 99 times of 100, a call that pauses up to 1 s each time waits a minute and a half: few calls, and time that jumps.
PATIENT, PATIENT_CALLS, JUMPING_TIME = ("backoff", "0.99"), "10", ["-icount", "shift=0,sleep=off"]
SEEDS = (1, 2, 3) if LONG else (1,)
PROBABILITIES = ("0.1", "0.5", "0.99")


def report(log):
    """The benchmark's JSON line."""
    lines = [line for line in log.splitlines() if line.startswith('{"bench":"faultmix"')]
    return json.loads(lines[-1]) if lines else {}


def without_injection(seed, calls):
    """The same program on Linux: what every answer has to be."""
    folder = new_path("linux")
    os.mkdir(folder)
    _, output = on_host([os.path.join(TOP, "build/root/bench/faultmix"), "-n", calls, "-s", str(seed), "-d", folder], "/")
    return report(output)


def check(tap, policy, probability, seed, expected):
    title = f"{policy}, {probability} refused, seed {seed}"
    judged = "fail" if policy == "fail" else "retry"
    patient = (policy, probability) == PATIENT
    calls = PATIENT_CALLS if patient else CALLS
    after = boot("/bench/faultmix", "-n", calls, "-s", str(seed), "-p", judged, "-d", "/tmp", timeout=600,
                 words=f"policy={policy} inject={probability} seed={seed}", qemu=JUMPING_TIME if patient else [])
    healthy(tap, after, title)
    found = report(after.log)
    tap.ok(found.get("verified") and found.get("errors") == 0, f"{title}: all data is right", after)
    if policy == "fail":
        tap.ok(found.get("refused", 0) > 0, f"{title}: calls were refused", after)
    else:
        tap.ok(found.get("digest") == expected[calls].get("digest") is not None, f"{title}: every answer is as on Linux",
               f"Linux {expected[calls]}\nAnte  {found}")


def main():
    tap = Tap()
    for seed in SEEDS:
        expected = {calls: without_injection(seed, calls) for calls in (CALLS, PATIENT_CALLS)}
        for policy in ("fail", "retry", "backoff"):
            for probability in PROBABILITIES:
                check(tap, policy, probability, seed, expected)
    tap.done()


main()

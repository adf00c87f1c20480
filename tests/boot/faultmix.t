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
SEEDS = (1, 2, 3) if LONG else (1,)
PROBABILITIES = ("0.1", "0.5", "0.99")


def report(log):
    """The benchmark's JSON line."""
    lines = [line for line in log.splitlines() if line.startswith('{"bench":"faultmix"')]
    return json.loads(lines[-1]) if lines else {}


def without_injection(seed):
    """The same program on Linux: what every answer has to be."""
    folder = new_path("linux")
    os.mkdir(folder)
    _, output = on_host([os.path.join(TOP, "build/root/bench/faultmix"), "-n", CALLS, "-s", str(seed), "-d", folder], "/")
    return report(output)


def check(tap, policy, probability, seed, expected):
    title = f"{policy}, {probability} refused, seed {seed}"
    judged = "fail" if policy == "fail" else "retry"
    after = boot("/bench/faultmix", "-n", CALLS, "-s", str(seed), "-p", judged, "-d", "/tmp",
                 words=f"policy={policy} inject={probability} seed={seed}", timeout=600)
    healthy(tap, after, title)
    found = report(after.log)
    tap.ok(found.get("verified") and found.get("errors") == 0, f"{title}: all data is right", after)
    if policy == "fail":
        tap.ok(found.get("refused", 0) > 0, f"{title}: calls were refused", after)
    else:
        tap.ok(found.get("digest") == expected.get("digest") is not None, f"{title}: every answer is as on Linux",
               f"Linux {expected}\nAnte  {found}")


def main():
    tap = Tap()
    for seed in SEEDS:
        expected = without_injection(seed)
        for policy in ("fail", "retry", "backoff"):
            for probability in PROBABILITIES:
                check(tap, policy, probability, seed, expected)
    tap.done()


main()

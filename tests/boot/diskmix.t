#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
What fsync or sync had returned for is there after e2fsck, unmixed, when the power goes or the disk fails while memory is
refused: a sample of tests/campaign/disk.campaign.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from played import play_all
from tap import Tap

RUNS = """
diskpower seed=2 policy=fail block=1024 inject=off steps=150 cuts=12
diskpower seed=3 policy=fail block=4096 inject=0.5 steps=150 cuts=8 memory=5M
diskpower seed=1 policy=retry block=1024 inject=0.5 steps=150 cuts=8 disk=full
diskfaults seed=1 policy=fail inject=0.1 steps=150 disk=full memory=5M
diskfaults seed=1 policy=retry inject=0.5 steps=150 disk=read-bad
diskfaults seed=2 policy=fail inject=0.1 steps=150 disk=write-bad
diskfaults seed=4 policy=retry inject=0.1 steps=300 disk=write-bad memory=5M
diskfaults seed=1 policy=backoff inject=0.1 steps=100 disk=write-once
"""


def main():
    tap = Tap()
    play_all(tap, RUNS.strip().splitlines())
    tap.done()


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
When memory is really gone, calls wait or are refused at the entry by the rules, transient needs are always met, nobody waits
for ever, and all is well when there is memory again: a selection of tests/campaign/exhaustion.campaign.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from played import play_all
from tap import Tap

RUNS = """
exhaust memory=3584K policy=fail hog=memory pressure=1
exhaust memory=4M policy=fail hog=memory pressure=1
exhaust memory=5M policy=retry hog=names+memory pressure=1
exhaust memory=5M policy=backoff hog=dirty+memory pressure=1
exhaust memory=4608K policy=fail hog=processes pressure=1
exhaust memory=4608K policy=retry hog=files pressure=1
exhaust memory=4M policy=retry hog=pipes pressure=1
exhaust memory=4352K policy=retry hog=folder+processes pressure=1
stories memory=8M policy=retry story=forks
stories memory=6M policy=backoff story=ticking
stories memory=6M policy=fail story=bombs
stories memory=8M policy=retry story=head
stories memory=8M policy=retry story=asleep
stories memory=8M policy=fail story=unlinked
stories memory=8M policy=retry story=broken
stories memory=640M policy=fail story=shared
"""


def main():
    tap = Tap()
    play_all(tap, RUNS.strip().splitlines())
    tap.done()


main()

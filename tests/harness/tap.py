# SPDX-License-Identifier: MIT
"""
tap.py - results of a test, one a line, in the form that prove reads

Use:    tap = Tap()
        tap.ok(1 + 1 == 2, "one and one are two", "shown when it fails")
        tap.done()
"""

import sys


class Tap:
    """Counts and prints the results of a test, and says why one failed."""

    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, what, why=""):
        """One result, and after a failure the reason.  Returns whether it was good."""
        self.count += 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {what}", flush=True)
        if not good:
            self.failed += 1
            self.note(str(why))
        return bool(good)

    def skip(self, what, why):
        self.count += 1
        print(f"ok {self.count} - {what} # SKIP {why}", flush=True)

    def note(self, text):
        for line in text.splitlines():
            print("# " + line, flush=True)

    def done(self):
        """The plan, and the process's end."""
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)

# SPDX-License-Identifier: MIT
"""
tap.py - results of a test, one a line, in the form that prove reads

Use:    tap = Tap()
        tap.ok(1 + 1 == 2, "one and one are two", "shown when it fails")
        tap.done()
"""

import os
import sys

TOLD = 60  # lines of a failure's reason that go to stderr


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
            self.tell(what, str(why))
        return bool(good)

    def tell(self, what, why):
        """What prove keeps for itself, told to who reads its output."""
        if sys.stdout.isatty():
            return
        lines = [f"{os.path.relpath(sys.argv[0])}: not ok {self.count} - {what}", *why.splitlines()[:TOLD]]
        print("\n" + "\n".join("# " + line for line in lines), file=sys.stderr, flush=True)

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

# SPDX-License-Identifier: MIT
"""
shrink.py - makes a failing run smaller while it goes on failing in the same way

    parts       what the scenario's narrower() takes from the result, such as the one step of a sweep; again and again
    none        inject=off: is a refusal needed at all?
    sizes       each parameter that the scenario calls SMALLER (calls, files ...) is halved, then bisected
    refusals    inject=P becomes P@FIRST-LAST, the points between which refusals are needed; one point alone: nth=N
    boot words  each that is not needed goes

The same way is: process and file system end alike, and the first thing that is wrong, a panic's line before all else,
has the same text but for numbers, paths, and what stands in brackets.

The seed stays, and a point outside the window draws its random number all the same, so what is left of the run is
what it was.
"""

import re

MOST_POINTS = 1 << 20
# What differs between runs that fail alike: lists, paths, numbers, but not the 3 of I3 and not the line in file.c:7.
VARIES = re.compile(r"\[.*?\]|(?<=\s)/\S+|0x[0-9a-f]+|\b[0-9a-f]{8,}\b|(?<!\bI)(?<!\.[ch]:)(?<![0-9])[0-9]+")


def way(result):
    """The way in which a run fails; None when it passes."""
    return None if result["pass"] else (result["process"], result["fs"], VARIES.sub("*", result["why"].split("; ")[0]))


def smallest(low, high, fails):
    """The smallest n in (low, high] for which fails(n), when that is monotone; high is known to fail."""
    while high - low > 1:
        middle = (low + high) // 2
        if fails(middle):
            high = middle
        else:
            low = middle
    return high


class Shrinker:
    """One failing run of a scenario and how it is tried out: attempt(run) gives its result."""

    def __init__(self, run, module, attempt, say):
        self.run, self.module, self.attempt, self.say = run, module, attempt, say
        self.like = attempt(run)
        self.tries = 1

    def fails(self, run):
        """Does it fail as the first one did?  What the scenario does not take is not tried."""
        kinds = getattr(self.module, "CHOICES", {})
        if any(name in kinds and kinds[name].why(name, value) for name, value in run.extra.items()):
            return False
        self.tries += 1
        result = self.attempt(run)
        same = way(result) is not None and way(result) == way(self.like)
        self.say(f"  {'fails ' if same else 'passes' if result['pass'] else 'other '}  {run}")
        if same:
            self.run, self.like = run, result
        return same

    def shrink(self):
        while self._narrower():
            pass
        self._none()
        for name in getattr(self.module, "SMALLER", ()):
            if self.run.extra.get(name, "").isdigit():
                smallest(0, int(self.run[name]), lambda n, key=name: self.fails(self.run.changed(**{key: str(n)})))
        self._refusals()
        for word in list(self.run.words):
            self.fails(with_words(self.run, [other for other in self.run.words if other != word]))
        return self.run

    def _narrower(self):
        """Takes the first narrower run that fails; whether there is one."""
        offered = getattr(self.module, "narrower", lambda run, result: ())(self.run, self.like)
        tried = (self.run.changed(**changes) for changes in offered)
        return any(str(run) != str(self.run) and self.fails(run) for run in tried)

    def _none(self):
        if injection(self.run) != "off":
            self.fails(with_injection(self.run, "off"))

    def _refusals(self):
        amount = injection(self.run)
        if amount == "off" or "@" in amount or "nth=" in amount:
            return
        start = self.run
        most = int(self.like["figures"].get("points", MOST_POINTS)) + 1
        if not self.fails(with_injection(start, f"{amount}@1-{most}")):
            return
        last = smallest(0, most, lambda n: self.fails(with_injection(start, f"{amount}@1-{n}")))
        # The latest first point: the search runs on its distance from the last.
        width = smallest(0, last, lambda n: self.fails(with_injection(start, f"{amount}@{last - n + 1}-{last}")))
        if width == 1:
            what, colon, _ = amount.rpartition(":")
            self.fails(with_injection(start, f"{what}{colon}nth={last}"))


def injection(run):
    """What is injected: a parameter of the scenario, or a boot word; "off" when nothing is."""
    words = [word[7:] for word in run.words if word.startswith("inject=")]
    return next((amount for amount in [run.extra.get("inject", "off"), *words] if amount != "off"), "off")


def with_injection(run, amount):
    if run.extra.get("inject", "off") != "off":
        return run.changed(inject=amount)
    return with_words(run, ["inject=" + amount if word.startswith("inject=") else word for word in run.words])


def with_words(run, words):
    changed = run.changed()
    changed.words = words
    return changed

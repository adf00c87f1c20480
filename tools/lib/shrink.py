# SPDX-License-Identifier: MIT
"""
shrink.py - makes a failing run smaller while it goes on failing in the same way

    sizes       each parameter that the scenario calls SMALLER (calls, files ...) is halved, then bisected
    refusals    inject=P becomes P@FIRST-LAST, the points between which refusals are needed; one point alone: nth=N
    boot words  each that is not needed goes

The seed stays, and a point outside the window draws its random number all the same, so what is left of the run is
what it was.
"""


MOST_POINTS = 1 << 20


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
    """One failing run and how it is tried out: attempt(run) gives its result."""

    def __init__(self, run, smaller, attempt, say):
        self.run, self.smaller, self.attempt, self.say = run, smaller, attempt, say
        self.like = attempt(run)
        self.tries = 1

    def fails(self, run):
        """Does it fail as the first one did?"""
        self.tries += 1
        result = self.attempt(run)
        same = not result["pass"] and (result["process"], result["fs"]) == (self.like["process"], self.like["fs"])
        self.say(f"  {'fails ' if same else 'passes'}  {run}")
        if same:
            self.run, self.like = run, result
        return same

    def shrink(self):
        for name in self.smaller:
            if self.run.extra.get(name, "").isdigit():
                smallest(0, int(self.run[name]), lambda n, key=name: self.fails(self.run.changed(**{key: str(n)})))
        self._refusals()
        for word in list(self.run.words):
            self.fails(with_words(self.run, [other for other in self.run.words if other != word]))
        return self.run

    def _refusals(self):
        amount = injection(self.run)
        if not amount or "@" in amount or "nth=" in amount:
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
    """What is injected: a parameter of the scenario, or a boot word."""
    words = [word[7:] for word in run.words if word.startswith("inject=")]
    return run.extra.get("inject") or (words[0] if words else "")


def with_injection(run, amount):
    if "inject" in run.extra:
        return run.changed(inject=amount)
    return with_words(run, ["inject=" + amount if word.startswith("inject=") else word for word in run.words])


def with_words(run, words):
    changed = run.changed()
    changed.words = words
    return changed

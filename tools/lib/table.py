# SPDX-License-Identifier: MIT
"""
table.py - a campaign's results as a table for people

One row for each scenario, policy and boot words: how many runs, how programs and file systems ended, and the longest
that a call waited at the entry, as far as the scenario found it out.
"""

HEAD = ("scenario", "policy", "words", "runs", "failed", "ok", "error", "abort", "unusable", "inconsistent",
        "points", "refused", "longest wait", "seconds")


def _row(key, results):
    def count(field, value):
        return sum(result[field] == value for result in results)

    def total(name):
        return sum(result["figures"].get(name, 0) for result in results)

    waits = [result["figures"]["longest_wait_ns"] for result in results if "longest_wait_ns" in result["figures"]]
    return (*key, len(results), count("pass", False), *(count("process", value) for value in ("ok", "error", "abort")),
            *(count("fs", value) for value in ("unusable", "inconsistent")), total("points") or "-", total("refused") or "-",
            f"{max(waits) / 1e6:.0f} ms" if waits else "-", f"{sum(result['seconds'] for result in results):.0f}")


def _key(result):
    words = dict(word.partition("=")[::2] for word in result["run"].split()[1:])
    return result["scenario"], words["policy"], words["words"]


def print_rows(head, rows, left=1):
    """Columns as wide as their widest entry; the first `left` of them begin at the left."""
    rows = [[str(field) for field in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(head), *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        print("  ".join(f"{field:<{width}}" if i < left else f"{field:>{width}}"
                        for i, (field, width) in enumerate(zip(row, widths))).rstrip())


def print_summary(results):
    groups = {}
    for result in results:
        groups.setdefault(_key(result), []).append(result)
    print_rows(HEAD, [_row(key, group) for key, group in groups.items()], left=3)
    failed = sum(not result["pass"] for result in results)
    print(f"{len(results)} runs, {failed} failed" if failed else f"{len(results)} runs, all passed")

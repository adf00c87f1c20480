# SPDX-License-Identifier: MIT
"""
stories - the knots that waiting for memory could tie, each made on purpose (/tests/campaign/stories)

    forks, ticking   two programs of 40 % fork at the same time: under retry and backoff one of them is refused and the other,
                     once that one has ended, is granted; it takes no minute, also beside a task that ticks
    head             a fork that does not fit keeps nobody from small calls; it is granted when there is room
    asleep           a fork that nobody could ever give room to is refused, not left waiting
    unlinked         the last close of a deleted file answers at once with no memory left (not a page can be had before and after it),
                     and its space comes back
    shared           several processes are the first to touch the same shared pages: nothing stored is lost (wants 640M)
    bombs            a bomb of processes, of open files or of mapped ones, by an ordinary user, that has met its limit, leaves root's
                     shell able to work and to kill them
    broken           every write to a disk is EIO under pressure: who writes elsewhere goes on, and all memory comes back
"""

import errno
import re

from lib.faults import faulty_disk
from lib.stage import empty_disk
from lib.values import one_of

PARAMETERS = {"story": "forks"}
CHOICES = {"story": one_of("forks", "ticking", "head", "asleep", "unlinked", "shared", "bombs", "broken")}
TIMEOUT = 150
WORK_MIB = 32
SOON_MS = 20000
BLOCKS = (6 << 20) // 4096
LIMITS = (errno.EAGAIN, errno.ENFILE, errno.ENOMEM)  # what a bomb meets that has all it can get


def shown(after):
    """{name: number} of the program's own lines."""
    return {name: int(value) for name, value in re.findall(r"^(\w+) (-?\d+)$", after.log, re.MULTILINE)}


def check_forks(run, found, verdict):
    granted = found.get("forked")
    verdict.need(found.get("refused", 0) + (granted or 0) == 2, f"two programs forked or were refused: {found}")
    if run.policy != "fail":
        verdict.need(granted == 1, f"one is refused, the other granted: {found}")
    verdict.need(found.get("took_ms", SOON_MS) < SOON_MS, f"it took {found.get('took_ms')} ms")


def check_head(run, found, verdict):
    verdict.need("small_calls_ms" in found, "the small calls did not come through")
    wanted = {"refused": 1, "forked": 0} if run.policy == "fail" else {"refused": 0, "forked": 1, "still_waiting": 1}
    verdict.need(all(found.get(name) == value for name, value in wanted.items()), f"the fork: {found}, not {wanted}")


def check_asleep(_, found, verdict):
    verdict.need(found.get("refused") == 1 and found.get("took_ms", SOON_MS) < SOON_MS, f"the fork: {found}")


def check_unlinked(_, found, verdict):
    verdict.need(found.get("gone_before") == found.get("gone_after") == 1, f"memory was not gone when the file was closed: {found}")
    verdict.need(found.get("close_ms", SOON_MS) < SOON_MS, f"the close took {found.get('close_ms')} ms")
    verdict.need(found.get("blocks_back", 0) >= BLOCKS, f"{found.get('blocks_back')} blocks of {BLOCKS} came back")


def check_shared(_, found, verdict):
    verdict.need(found.get("rounds"), "the rounds did not come to their end")


CHECKS = {"shared": check_shared, "forks": check_forks, "ticking": check_forks, "head": check_head, "asleep": check_asleep,
          "unlinked": check_unlinked}


def play_bombs(stage, verdict):
    for bomb in ("processes", "files", "maps"):
        after = stage.boot("/bin/sh", "/tests/campaign/bombs.sh", bomb, writable=True)
        verdict.need(len(after.lines("root forks")) == 5 and after.lines("root lists") and after.lines("root kills") and after.lines("root is alive"),
                     f"root cannot work beside a bomb of {bomb}", after.result.tail(40))
        stopped = sorted({int(line.split()[-1]) for line in after.lines("stopped by ")})
        verdict.need(stopped and set(stopped) <= set(LIMITS), f"the bomb of {bomb} has met no limit, but errors {stopped}", after.result.tail(40))
        verdict.figures[f"{bomb}_stopped_by"] = stopped[0] if stopped else 0
        verdict.healthy(after)


def play_broken(stage, verdict):
    broken = faulty_disk(stage.overlay(empty_disk(WORK_MIB)), "write")
    after = stage.boot("/tests/campaign/exhaust", "broken+memory", "4", "/tmp", "/mnt", writable=True, qemu=broken)
    found = shown(after)
    turned = len(after.lines("ext2: hdb: read-only from now on"))
    verdict.need(turned, "no write has failed", after.result.tail(40))
    verdict.need(not after.lines("wrong: "), "; ".join(after.lines("wrong: ")), after.result.tail(40))
    verdict.healthy(after)
    verdict.figures.update({name: found[name] for name in ("longest_wait_ns", "stood_still_ms") if name in found}, turned_read_only=turned)


def play(run, stage, verdict):
    if run["story"] == "bombs":
        return play_bombs(stage, verdict)
    if run["story"] == "broken":
        return play_broken(stage, verdict)
    after = stage.boot("/tests/campaign/stories", run["story"], work=WORK_MIB)
    found = shown(after)
    verdict.figures.update(found)
    verdict.healthy(after)
    verdict.need(not after.lines("wrong: "), "; ".join(after.lines("wrong: ")), after.result.tail(40))
    CHECKS[run["story"]](run, found, verdict)
    verdict.process = "error" if verdict.process == "ok" and found.get("refused") else verdict.process

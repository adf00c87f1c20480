# SPDX-License-Identifier: MIT
"""
linux - the same mix of file calls as in faults, on Linux, while a share of its allocations fails

/bench/faultmix runs unchanged on a Linux kernel with fault injection (tests/linux) in the same machine: failslab and
fail_page_alloc hit its own calls and nothing else.  What happens is told, nothing of it is a mistake of this run; a
run fails only when Linux did not come to the mix, or when something is wrong without injection (inject=0).  Linux
draws its own random numbers, so a replay is another run of the same kind.

    process   error: a call had an error that it has not without injection    abort: the program was killed or hangs, or the
              kernel stopped
    fs        unusable: the second program could not work   inconsistent: the file system's own check finds damage, or
              after a mix whose answers were all right or ENOMEM a content is wrong
"""

import json
import os
import re
import subprocess
import tarfile

from lib import listing, machine, stage as stages
from lib.runs import CampaignError
from lib.values import ANY_WORDS, PROBABILITY, number, one_of

PARAMETERS = {"fs": "ext2", "inject": "0.5", "calls": "5000"}
CHOICES = {"fs": one_of("ext2", "ext4", "btrfs", "jfs", "xfs"), "inject": PROBABILITY, "calls": number(1), "words": ANY_WORDS}
SMALLER = ("calls",)
TIMEOUT = 900
BOOTS = False  # not Ante
KERNEL = os.path.join(machine.TOP, "build/linux/kernel/kernel")
INITRAMFS = os.path.join(machine.TOP, "build/linux/initramfs")
BUILT_FROM = (KERNEL, INITRAMFS)
WORK_MIB = 512  # xfs wants 300 at least
MAKE = {"ext2": ["mkfs.ext2", "-q"], "ext4": ["mkfs.ext4", "-q"], "btrfs": ["mkfs.btrfs", "-q"], "jfs": ["mkfs.jfs", "-q"],
        "xfs": ["mkfs.xfs", "-q"]}
CHECK = {"ext2": ["e2fsck", "-fn"], "ext4": ["e2fsck", "-fn"], "btrfs": ["btrfs", "check"], "jfs": ["jfs_fsck", "-n"],
         "xfs": ["xfs_repair", "-n"]}
COPY_MIB = 64  # what the mix may have written, as a tar archive
WORDS = ["console=ttyS0", "loglevel=4", "panic=-1", "no_timer_check"]
OOPS = re.compile(r"BUG: (kernel NULL pointer|unable to handle)|kernel BUG at|Oops: |general protection fault|Kernel panic")


def empty_disk(fs):
    """A disk with an empty file system, made once and then only read."""
    path = os.path.join(stages.CACHE, f"linux-{fs}.img")
    if not os.path.exists(path):
        os.makedirs(stages.CACHE, exist_ok=True)
        new = f"{path}.{os.getpid()}"
        with open(new, "wb") as file:
            file.truncate(WORK_MIB << 20)
        subprocess.run([*MAKE[fs], new], stdin=subprocess.DEVNULL, capture_output=True, check=True)
        os.replace(new, path)
    return path


def boot(run, stage, copy):
    for path in BUILT_FROM:
        if not os.path.exists(path):
            raise CampaignError(f"{os.path.relpath(path)} is not there; `make faults LINUX=1` builds it")
    with open(copy, "wb") as file:
        file.truncate(COPY_MIB << 20)
    percent = round(float(run["inject"]) * 100)
    guest = machine.Machine(disk=None, kernel=KERNEL, second_disk=stage.overlay(empty_disk(run["fs"])), memory=run.memory,
                            timeout=stage.timeout, words=WORDS + run.words,
                            qemu=["-initrd", INITRAMFS, "-drive", f"file={copy},format=raw,if=ide,index=2,cache=unsafe"],
                            arguments=[run["fs"], str(percent), run["calls"], str(run.seed)])
    return stages.After(stage, guest, guest.run(echo=stage.echo))


def differs(copy, folder):
    """Something is not as the mix has listed it."""
    with tarfile.open(copy) as archive:
        archive.extractall(folder)
    with open(f"{folder}/tmp/listing", encoding="utf-8") as file:
        return bool(listing.differences(file.read(), f"{folder}/mnt/faultmix.tree"))


def process_state(after, found):
    """How the mix ended."""
    ended = after.lines("the mix ended with ")
    if not ended or int(ended[0].split()[-1]) >= 128 or OOPS.search(after.log):
        return "abort"
    return "error" if not found.get("verified") or found["refused"] + found["short"] else "ok"


def look_at_disk(run, after, copy, verdict):
    """What the second program left is whole, by the file system's own check and by the mix's listing."""
    if "the second program ended with 0" not in after.log:
        verdict.fs = "unusable"
        return
    check = subprocess.run([*CHECK[run["fs"]], after.raw()], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    verdict.figures["damaged"] = int(check.returncode != 0)
    # After a wrong answer nobody knows what has to be there.
    if not verdict.figures["wrong"]:
        lost = "the copy ended with 0" not in after.log or differs(copy, after.stage.path("tree"))
        verdict.figures["lost"] = int(lost)
    if verdict.figures["damaged"] or verdict.figures.get("lost"):
        verdict.fs = "inconsistent"
        verdict.detail = check.stdout + check.stderr if verdict.figures["damaged"] else after.result.tail(40)


def play(run, stage, verdict):
    copy = stage.path("copy.tar")
    after = boot(run, stage, copy)
    if not verdict.need("the mix begins" in after.log, "Linux did not come to the mix", after.result.tail(60)):
        return
    lines = after.lines('{"bench":"faultmix"')
    found = json.loads(lines[0]) if lines else {}
    verdict.process = process_state(after, found)
    for name in ("calls", "refused", "short"):
        verdict.figures[name] = found.get(name, 0)
    # It ends at the first answer that is neither the right one nor ENOMEM, or when a call that failed has changed something.
    verdict.figures["wrong"] = int(not found.get("verified"))
    look_at_disk(run, after, copy, verdict)
    if float(run["inject"]) == 0:
        verdict.need((verdict.process, verdict.fs) == ("ok", "ok"), "without injection all must be right", after.result.tail(60))
    if verdict.process == "abort" or verdict.fs == "unusable":
        verdict.detail = verdict.detail or after.result.tail(60)

# SPDX-License-Identifier: MIT
"""
faults.py - disks that fail, are slow, or note each write: QEMU's arguments for them

Each function gives the arguments for a second IDE disk (hdb) over an image; the machine itself must not have one.

Use:    stage.boot(program, qemu=faulty_disk(image, "write", once=True, sectors=[4096]))
"""

ANY_SECTOR = -1


def _form(image):
    return "qcow2" if image.endswith(".qcow2") else "raw"


def faulty_disk(image, kind, sectors=(ANY_SECTOR,), once=False):
    """Reads or writes (kind) of these sectors are answered with an error, each once or always (QEMU's blkdebug)."""
    rules = "".join(f"inject-error.{i}.event=none,inject-error.{i}.iotype={kind},inject-error.{i}.errno=5,"
                    f"inject-error.{i}.sector={sector},inject-error.{i}.once={'on' if once else 'off'}," for i, sector in enumerate(sectors))
    return ["-drive", f"if=none,id=d1,driver=blkdebug,{rules}image.driver={_form(image)},image.file.driver=file,"
            f"image.file.filename={image},rerror=report,werror=report", "-device", "ide-hd,drive=d1,bus=ide.0,unit=1"]


def slow_disk(image, requests):
    """So many requests a second, and no more."""
    return ["-drive", f"if=none,id=d1,file={image},format={_form(image)},cache=unsafe,throttling.iops-total={requests}",
            "-device", "ide-hd,drive=d1,bus=ide.0,unit=1"]

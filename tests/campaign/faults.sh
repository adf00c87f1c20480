# SPDX-License-Identifier: MIT
# faults.sh - the guest's part of the scenario faults: SHARE CALLS SEED JUDGED
# Nothing of this shell is refused: only faultmix lets the injector look at itself.

totals() {
    echo "totals begin"
    cat /proc/ama/totals
    echo "totals end"
}

# The second program: whoever comes after the first can work with the file system, unmount it and mount it again.
use() {
    mkdir /mnt/second && echo probe > /mnt/second/a && cp /mnt/second/a /mnt/second/b && sync || return
    mv /mnt/second/b /mnt/second/c && cmp /mnt/second/a /mnt/second/c && rm -r /mnt/second || return
    umount /mnt && mount /dev/hdb /mnt && ls /mnt/faultmix.tree > /dev/null && umount /mnt
}

mount /dev/hdb /mnt || exit 3
totals
ama inject "$1"
/bench/faultmix -n "$2" -s "$3" -p "$4" -d /mnt -k -l /mnt/listing
echo "faultmix ended with $?"
ama inject off
totals
use && echo "the file system can be used"

# SPDX-License-Identifier: MIT
# faults.sh - the guest's part of the scenario faults: SHARE CALLS SEED JUDGED
# Nothing of this shell is refused: only faultmix lets the injector look at itself.

totals() {
    echo "totals begin"
    cat /proc/ama/totals
    echo "totals end"
}

attach() {
    mount /dev/hdb /mnt
}

. /tests/campaign/second.sh
attach || exit 3
totals
ama inject "$1"
/bench/faultmix -n "$2" -s "$3" -p "$4" -d /mnt -k -l /mnt/listing
echo "faultmix ended with $?"
ama inject off
totals
use && echo "the file system can be used"

#!/bin/busybox sh
# SPDX-License-Identifier: MIT
#
# init.sh - the first program of the Linux that is measured beside Ante: FILE-SYSTEM PERCENT CALLS SEED
#
# It mounts the disk, lets the injector fail allocations of /faultmix (whose mix switches it on for itself, by
# /proc/self/make-it-fail), and lets a second program use, unmount and remount the file system.  The allocators fail at
# all sizes and in tasks that may sleep, but not where the kernel says that an allocation must not fail (__GFP_NOFAIL).
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t debugfs none /sys/kernel/debug
mount -t devtmpfs none /dev
mount -t tmpfs none /tmp

# limited SECONDS NAME COMMAND...: says with which status it ended, or that it hangs.  What sleeps in the kernel cannot be ended.
limited() {
    left=$1 name=$2
    shift 2
    rm -f /tmp/status
    { "$@"; echo $? > /tmp/status; } &
    until [ -s /tmp/status ] || [ "$left" = 0 ]; do
        sleep 1
        left=$((left - 1))
    done
    [ -s /tmp/status ] || { echo "$name hangs"; return 1; }
    status=$(cat /tmp/status)
    echo "$name ended with $status"
    [ "$status" = 0 ]
}

# injector NAME: the allocator of that name fails for tasks with make-it-fail, and does not fill the console.
injector() {
    cd "/sys/kernel/debug/$1" || return
    echo Y > task-filter
    echo N > ignore-gfp-wait
    echo 0 > verbose
    echo -1 > times
    echo "$percent" > probability
    cd /
}

attach() {
    mount -t "$fs" /dev/sda /mnt
}

# The tree and its listing go to the second disk, for whoever compares them.
copy() {
    attach && tar -cf /dev/sdb tmp/listing mnt/faultmix.tree && umount /mnt && sync
}

fs=$1 percent=$2
. /second.sh
mkdir -p /mnt
attach || { echo "the disk cannot be mounted"; reboot -nf; }
injector failslab
injector fail_page_alloc
echo N > /sys/kernel/debug/failslab/cache-filter
echo N > /sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem
echo 0 > /sys/kernel/debug/fail_page_alloc/min-order
echo "the mix begins"
limited 300 "the mix" /faultmix -n "$3" -s "$4" -p any -d /mnt -k -l /tmp/listing
echo 0 > /sys/kernel/debug/failslab/probability
echo 0 > /sys/kernel/debug/fail_page_alloc/probability
limited 120 "the second program" use && limited 120 "the copy" copy
echo "the end"
reboot -nf

# SPDX-License-Identifier: MIT
# second.sh - the second program: whoever comes after the first can work with the file system, unmount it and mount it again
# "." it and call use, with a function attach that mounts the file system at /mnt.

use() {
    mkdir /mnt/second && echo probe > /mnt/second/a && cp /mnt/second/a /mnt/second/b && sync || return
    mv /mnt/second/b /mnt/second/c && cmp /mnt/second/a /mnt/second/c && rm -r /mnt/second || return
    umount /mnt && attach && ls /mnt/faultmix.tree > /dev/null && umount /mnt
}

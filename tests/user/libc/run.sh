#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh - builds the tests of the C library as Ante programs, runs them here, on Linux, and compares the headers
#
# The calls have one ABI in both, so the same files run in Ante: OUTDIR/t/NAME, which need nothing but /tmp,
# /etc/passwd and /etc/group, and for the tests of system() and popen() a /bin/sh.
#
# Use: run.sh [OUTDIR]          (build/user); RUN=no only builds
set -eu

here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../../.." && pwd)
out=${1:-$tree/build/user}
[ -d "$tree/build/newlib/" ] || "$tree/user/newlib/build.sh" "$tree/build/newlib"
"$tree/user/libante/build.sh" "$out"

mkdir -p "$out/t"
for source in "$here"/*.c; do
    program=$out/t/$(basename "$source" .c)
    if [ ! -e "$program" ] || [ -n "$(find "$source" "$here/tap.h" "$out/libante.a" -newer "$program")" ]; then
        ANTE_LIB=$out/libante.a "$tree/user/newlib/ante-cc" -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror \
            "$source" -o "$program"
    fi
done
[ "${RUN:-yes}" = no ] || prove -e '' "$out"/t/* "$here/abi.py"

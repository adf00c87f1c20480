#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh - builds the shell, the utilities and init as static Linux programs and runs their tests
#
# The programs are in build/host/bin afterwards.  SANITIZE=1 builds them with ASan and UBSan, in build/host/san.
#
# Use: run.sh [TEST.t...]      all tests when none is named; BUILD=only runs none
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
out=build/host/bin
flags="-std=gnu11 -D_GNU_SOURCE -I. -O1 -g -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Werror"
link=-static
if [ -n "${SANITIZE:-}" ]; then
    out=build/host/san
    link="-fsanitize=address,undefined -fno-sanitize-recover=undefined"
    ASAN_OPTIONS=detect_leaks=0:handle_segv=0
    export ASAN_OPTIONS
fi
mkdir -p "$out"

# Whether the program $1 is missing or older than one of the other files.
stale() {
    program=$1
    shift
    [ ! -e "$program" ] || [ -n "$(find "$@" -newer "$program")" ]
}

build() {
    program=$1
    shift
    # shellcheck disable=SC2086
    gcc $flags $link -o "$program.new" "$@"
    mv "$program.new" "$program"
}

for source in user/bin/*.c; do
    name=$(basename "$source" .c)
    [ "$name" = common ] && continue
    if stale "$out/$name" "$source" user/bin/common.c user/bin/*.h; then
        build "$out/$name" "$source" user/bin/common.c
    fi
done
if stale "$out/sh" user/sh/*.[ch] user/bin/*.h; then
    build "$out/sh" user/sh/*.c
fi
if stale "$out/init" user/init/init.c; then
    build "$out/init" user/init/init.c
fi

[ "${BUILD:-}" = only ] && exit
[ $# -gt 0 ] || set -- "$here"/*.t
ANTE_BIN=$PWD/$out prove --exec '' "$@"

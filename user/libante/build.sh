#!/bin/sh
# SPDX-License-Identifier: MIT
#
# build.sh - compiles libante: OUTDIR/crt0.o and OUTDIR/libante.a
#
# A source is compiled again when it, a header or the compiler wrapper is newer than its object; all are when newlib,
# the compiler or the list of sources is another one than the last time.
#
# Use: build.sh OUTDIR          ANTE_NEWLIB and ANTE_CC as for ante-cc
set -eu

out=${1:?usage: build.sh OUTDIR}
here=$(cd "$(dirname "$0")" && pwd)
warnings='-Wall -Wextra -Wshadow -Wundef -Wmissing-prototypes -Wstrict-prototypes -Werror'

mkdir -p "$out"
exec 9>"$out/libante.lock"
flock 9
base="$(readlink -f "${ANTE_NEWLIB:-$here/../../build/newlib}") ${ANTE_CC:-gcc} $(cat "$here/sources")"
if [ "$base" != "$(cat "$out/libante/base" 2>/dev/null)" ]; then
    rm -rf "$out/libante" "$out/libante.a" "$out/crt0.o"
    mkdir -p "$out/libante"
    echo "$base" >"$out/libante/base"
fi
newest=$(ls -t "$here"/*.h "$here"/include/*.h "$here"/include/sys/*.h "$here/../newlib/ante-cc" |
    head -n 1)
objects=
for source in $(sed 's/#.*//' "$here/sources"); do
    object=$out/libante/${source%.c}.o
    [ "$source" = crt0.c ] && object=$out/crt0.o || objects="$objects $object"
    if [ ! -e "$object" ] || [ -n "$(find "$here/$source" "$newest" -newer "$object")" ]; then
        # shellcheck disable=SC2086  # the warnings are several words
        "$here/../newlib/ante-cc" -std=gnu11 -D_GNU_SOURCE $warnings -c "$here/$source" -o "$object"
        rm -f "$out/libante.a"
    fi
done
if [ ! -e "$out/libante.a" ]; then
    # shellcheck disable=SC2086  # the objects are several words
    ar rcs "$out/libante.a.new" $objects
    mv "$out/libante.a.new" "$out/libante.a"
fi

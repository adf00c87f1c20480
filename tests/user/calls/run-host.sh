#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run-host.sh - builds the conformance programs for the host and runs them there: the oracle
#
# Every program must pass on Linux, as root, exactly as it must on Ante.  They are linked statically against the
# host's C library, or with -n by ante-cc against Ante's own libraries, whose programs run on Linux unchanged.
#
# Use: run-host.sh [-n] [-v] [GROUP...]      GROUP is files for t_files.c; -v shows each result
set -eu

cd "$(dirname "$0")/../../.."
compiler='gcc -O2 -g -static'
verbose=
while getopts nv option; do
    case $option in
    n) compiler=user/newlib/ante-cc ;;
    v) verbose=-v ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [ $# -eq 0 ]; then
    set -- $(cd tests/user/calls && ls t_*.c | sed 's/^t_\(.*\)\.c$/\1/')
fi

programs=
for group; do
    $compiler -std=gnu11 -D_GNU_SOURCE -I. -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Werror \
        -o "$scratch/t_$group" "tests/user/calls/t_$group.c"
    programs="$programs $scratch/t_$group"
done
mkdir "$scratch/tmp"
chmod 1777 "$scratch" "$scratch/tmp"
TMPDIR=$scratch/tmp prove $verbose -j 1 --exec '' $programs </dev/null

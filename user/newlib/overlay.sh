#!/bin/sh
# SPDX-License-Identifier: MIT
#
# overlay.sh - gives an unpacked newlib the ABI of Linux on x86_64
#
# newlib's build copies libc/machine/x86_64/{machine,sys,include}/*.h over its own headers, so laying headers
# there is all that is needed: our own where a header is mostly numbers, and newlib's with a line or two changed
# where it is mostly declarations.  Each change must find its line, else newlib is not the version we know.
#
# Use: overlay.sh NEWLIB_SOURCE
set -eu

src=${1:?usage: overlay.sh NEWLIB_SOURCE}/newlib
here=$(cd "$(dirname "$0")" && pwd)
headers=$src/libc/include
machine=$src/libc/machine/x86_64

# change FROM TO SED_SCRIPT COUNT: writes TO as FROM under the script, which must change COUNT lines.
change() {
    mkdir -p "$(dirname "$2")"
    sed "$3" "$1" >"$2.new"
    changed=$(diff "$1" "$2.new" | grep -c '^>' || true)
    if [ "$changed" -ne "$4" ]; then
        echo "overlay.sh: $1: $changed lines changed, $4 expected" >&2
        exit 1
    fi
    mv "$2.new" "$2"
}

mkdir -p "$machine/include" "$machine/sys" "$machine/machine"
cp "$here"/include/sys/*.h "$machine/sys/"
cp "$here"/include/machine/*.h "$machine/machine/"

change "$headers/sys/_types.h" "$machine/sys/_types.h" '
    s/^typedef.unsigned short.__nlink_t;/typedef unsigned long __nlink_t;/
    s/^typedef.unsigned long.__useconds_t;/typedef unsigned int __useconds_t;/' 2

change "$headers/sys/config.h" "$machine/sys/config.h" '
    s/^#define _READ_WRITE_RETURN_TYPE int$/#define _READ_WRITE_RETURN_TYPE _ssize_t/
    s/^#define _READ_WRITE_BUFSIZE_TYPE int$/#define _READ_WRITE_BUFSIZE_TYPE __SIZE_TYPE__/' 2

change "$headers/sys/features.h" "$machine/sys/features.h" '
    s/^#define _SYS_FEATURES_H$/&\n#include <machine\/options.h>/' 1

change "$headers/sys/unistd.h" "$machine/sys/unistd.h" '
    s/^#define _SYS_UNISTD_H$/&\n#include <machine\/unistd.h>/' 1

change "$headers/stdio.h" "$machine/include/stdio.h" '
    s/^.. getdelim - see __getdelim for now ..$/ssize_t getdelim (char **, size_t *, int, FILE *);/
    s/^.. getline - see __getline for now ..$/ssize_t getline (char **, size_t *, FILE *);/' 2

# sigsetjmp() for all, instead of newlib's version for two other systems.
change "$headers/machine/setjmp.h" "$machine/machine/setjmp.h" '
    s/^#if (defined(__CYGWIN__) || defined(__rtems__)) && __POSIX_VISIBLE$/#include <machine\/sigjmp.h>\n#if 0/' 2

change "$headers/time.h" "$machine/include/time.h" '
    /^#define TIMER_ABSTIME/            s/4$/1/
    /^#define CLOCK_REALTIME[[:space:]]/         s/1)/0)/
    /^#define CLOCK_REALTIME_COARSE/    s/0)/5)/
    /^#define CLOCK_MONOTONIC[[:space:]]/        s/4)/1)/
    /^#define CLOCK_MONOTONIC_RAW/      s/5)/4)/' 5

# Numbered arguments (%2$s): a parameter of type va_list is a pointer on x86_64, so its address is not a va_list *.
for name in vfprintf vfwprintf vfscanf vfwscanf; do
    change "$src/libc/stdio/$name.c" "$src/libc/stdio/$name.c" '/: get_arg (/ s/&ap,/(va_list *) ap,/' 1
done

# The two entries in newlib's table of hosts: which folders are built, and which calls have a name of their own.
change "$src/configure.host" "$src/configure.host" '
    /^  x86_64)$/,/;;/ s/^.machine_dir=x86_64$/&\n\tposix_dir=posix\
\tnewlib_cflags="${newlib_cflags} -DMISSING_SYSCALL_NAMES -DHAVE_FCNTL -DHAVE_RENAME -DHAVE_BLKSIZE -DHAVE_NANOSLEEP -DHAVE_OPENDIR -DSIGNAL_PROVIDED -DCLOCK_PROVIDED"/' 2

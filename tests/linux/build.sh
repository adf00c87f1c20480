#!/bin/sh
# SPDX-License-Identifier: MIT
#
# build.sh - builds the Linux kernel that is measured beside Ante, once, and links the result
#
# Debian's sources with kernel.config and nothing else.  How the result is kept: tools/lib/cached.sh.
#
# Use: build.sh OUT_LINK          OUT_LINK becomes a symbolic link to {kernel,config}
#      LINUX_TARBALL, CC, XDG_CACHE_HOME and JOBS may be set.
set -eu

out=${1:?usage: build.sh OUT_LINK}
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)
tarball=${LINUX_TARBALL:-/usr/src/linux-source-6.1.tar.xz}
cc=${CC:-gcc}
. "$tree/tools/lib/cached.sh"

key() {
    sha256sum <"$tarball"
    $cc --version
    cat "$here/kernel.config"
}

unpack() {
    mkdir "$work/linux"
    tar -C "$work/linux" --strip-components=1 -xf "$tarball"
}

in_linux() {
    make -C "$work/linux" -s ARCH=x86_64 CC="$cc" HOSTCC="$cc" "$@"
}

# A line that does not come out as it stands there depends on something that is missing.
configure() {
    in_linux KCONFIG_ALLCONFIG="$here/kernel.config" allnoconfig
    grep '^CONFIG_' "$here/kernel.config" | grep -vxFf "$work/linux/.config" >"$work/lost" || return 0
    sed 's/^/does not hold: /' "$work/lost"
    return 1
}

build() {
    step "unpacking" unpack
    step "configuring" configure
    step "compiling, some ten minutes" in_linux -j"${JOBS:-$(nproc)}" bzImage
    mkdir "$work/result"
    cp "$work/linux/arch/x86/boot/bzImage" "$work/result/kernel"
    cp "$work/linux/.config" "$work/result/config"
}

[ -r "$tarball" ] || { echo "linux: $tarball is missing (package linux-source-6.1)" >&2; exit 1; }
cached linux "$out"

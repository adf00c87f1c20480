#!/bin/sh
# SPDX-License-Identifier: MIT
#
# build.sh - builds newlib for Ante once, and links the result
#
# How the result is kept: tools/lib/cached.sh.
#
# Use: build.sh OUT_LINK          OUT_LINK becomes a symbolic link to {include,lib}
#      NEWLIB_TARBALL, CC, XDG_CACHE_HOME and JOBS may be set.
set -eu

out=${1:?usage: build.sh OUT_LINK}
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)
tarball=${NEWLIB_TARBALL:-/usr/src/newlib/newlib-3.3.0.tar.xz}
cc=${CC:-gcc}
. "$tree/tools/lib/cached.sh"

# What libante does better than newlib's versions for bare machines, and wordexp, which wants bash: these members are taken out of libc.a.
replaced='isatty _isatty system popen execl execle execlp execv execve execvp strerror strsep glob mktemp
    wordexp wordfree'

flags='-O2 -g0 -ffunction-sections -fdata-sections'
options='--disable-multilib --disable-libgloss --disable-newlib-supplied-syscalls --disable-nls
    --enable-newlib-io-long-long --enable-newlib-io-c99-formats --enable-newlib-io-long-double
    --enable-newlib-io-pos-args'

key() {
    sha256sum <"$tarball"
    $cc --version
    (cd "$here" && cat build.sh overlay.sh include/*/*.h)
}

# A compiler that calls itself x86_64-elf-gcc: the host's, without the host's headers and Linux's macros.
make_tools() {
    mkdir -p "$1"
    for name in ar as ld nm objcopy objdump ranlib readelf size strip strings; do
        ln -s "$(command -v $name)" "$1/x86_64-elf-$name"
    done
    cat >"$1/x86_64-elf-gcc" <<EOF
#!/bin/sh
exec $cc -nostdinc -isystem "$($cc -print-file-name=include)" \\
    -U__linux__ -U__linux -Ulinux -U__gnu_linux__ -U__unix__ -U__unix -Uunix -fno-pic -fno-pie \\
    -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables "\$@"
EOF
    chmod +x "$1/x86_64-elf-gcc"
    ln -s x86_64-elf-gcc "$1/x86_64-elf-cc"
}

configure() {
    mkdir "$work/obj"
    cd "$work/obj"
    # shellcheck disable=SC2086  # the options are several words
    ../newlib-salsa/configure --target=x86_64-elf --prefix="$work/prefix" $options CFLAGS_FOR_TARGET="$flags"
}

# Installs into $work/result the headers and the two libraries, nothing else.
collect() {
    make -C "$work/obj" install-target-newlib MAKEINFO=:
    mkdir "$work/result"
    cp -r "$work/prefix/x86_64-elf/include" "$work/result/include"
    mkdir "$work/result/lib"
    cp "$work/prefix/x86_64-elf/lib/libc.a" "$work/prefix/x86_64-elf/lib/libm.a" "$work/result/lib/"
    for name in $replaced; do
        ar d "$work/result/lib/libc.a" "lib_a-$name.o"
    done
    ranlib "$work/result/lib/libc.a"
}

build() {
    make_tools "$work/bin"
    PATH=$work/bin:$PATH
    step "unpacking" tar -C "$work" -xf "$tarball"
    "$here/overlay.sh" "$work/newlib-salsa"
    step "configuring" configure
    step "compiling, about two minutes" make -C "$work/obj" -j"${JOBS:-2}" all-target-newlib MAKEINFO=:
    step "installing" collect
}

[ -r "$tarball" ] || { echo "newlib: $tarball is missing (package newlib-source)" >&2; exit 1; }
cached newlib "$out"

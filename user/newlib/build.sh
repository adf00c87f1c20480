#!/bin/sh
# SPDX-License-Identifier: MIT
#
# build.sh - builds newlib for Ante once, and links the result
#
# The result depends on the tarball, the overlay, these scripts and the compiler; their hash names a folder in a
# cache outside the tree, so a clean clone on the same machine does not build newlib again.  The build happens
# aside, in the same file system, and is moved into place as its last step: a folder with that name is complete.
#
# Use: build.sh OUT_LINK          OUT_LINK becomes a symbolic link to {include,lib}
#      NEWLIB_TARBALL, CC, XDG_CACHE_HOME and JOBS may be set.
set -eu

out=${1:?usage: build.sh OUT_LINK}
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)
tarball=${NEWLIB_TARBALL:-/usr/src/newlib/newlib-3.3.0.tar.xz}
cc=${CC:-gcc}

# What libante does better than newlib's versions for bare machines, and wordexp, which wants bash: these members are taken out of libc.a.
replaced='isatty _isatty system popen execl execle execlp execv execve execvp strerror strsep glob mktemp
    wordexp wordfree'

flags='-O2 -g0 -ffunction-sections -fdata-sections'
options='--disable-multilib --disable-libgloss --disable-newlib-supplied-syscalls --disable-nls
    --enable-newlib-io-long-long --enable-newlib-io-c99-formats --enable-newlib-io-long-double
    --enable-newlib-io-pos-args'

fail() {
    echo "newlib: $1" >&2
    exit 1
}

# Prints the first folder of the list that can be written.
cache_folder() {
    for dir in "${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}" "$tree/build/cache"; do
        if [ -n "$dir" ] && mkdir -p "$dir/ante" 2>/dev/null && [ -w "$dir/ante" ]; then
            echo "$dir/ante"
            return
        fi
    done
    fail "no folder for the cache can be written"
}

# Prints the hash of everything that the result depends on.
key() {
    {
        sha256sum <"$tarball"
        $cc --version
        (cd "$here" && cat build.sh overlay.sh include/*/*.h)
    } | sha256sum | cut -c 1-16
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

# step NAME COMMAND...: runs the command quietly with a dot every two seconds, its output only when it fails.
step() {
    printf 'newlib: %s ' "$1"
    shift
    "$@" >"$work/log" 2>&1 </dev/null &
    child=$!
    while kill -0 $child 2>/dev/null; do
        sleep 2
        printf .
    done
    if wait $child; then
        echo " done"
    else
        echo " failed"
        tail -n 40 "$work/log" >&2
        exit 1
    fi
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
    work=$(mktemp -d "$cache/work.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM
    make_tools "$work/bin"
    PATH=$work/bin:$PATH
    unset MAKEFLAGS MAKELEVEL MFLAGS CC CFLAGS CPPFLAGS LDFLAGS || true
    step "unpacking" tar -C "$work" -xf "$tarball"
    "$here/overlay.sh" "$work/newlib-salsa"
    step "configuring" configure
    step "compiling, about two minutes" make -C "$work/obj" -j"${JOBS:-2}" all-target-newlib MAKEINFO=:
    step "installing" collect
    mv "$work/result" "$prefix"
}

[ -r "$tarball" ] || fail "$tarball is missing (package newlib-source)"
cache=$(cache_folder)
prefix=$cache/newlib-$(key)
if [ ! -d "$prefix" ]; then
    exec 9>"$cache/lock"
    flock -n 9 || { echo "newlib: waiting for another build"; flock 9; }
    [ -d "$prefix" ] || build
fi
mkdir -p "$(dirname "$out")"
ln -sfn "$prefix" "$out"

# SPDX-License-Identifier: MIT
#
# cached.sh - for scripts that build something large once and keep it outside the tree
#
# The hash of everything that the result depends on names a folder in the cache, so a clean clone on the same machine
# does not build it again.  The build happens aside, in the same file system, and is moved into place as its last
# step: a folder with that name is complete.
#
# Use: . cached.sh, then cached NAME OUT_LINK, with $tree set and two functions:
#      key     prints what the result depends on
#      build   makes the result in $work/result; step shows how far it is

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

fail() {
    echo "$cached_name: $1" >&2
    exit 1
}

# step TEXT COMMAND...: runs the command quietly with a dot every two seconds, its output only when it fails.
step() {
    printf '%s: %s ' "$cached_name" "$1"
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

build_aside() {
    work=$(mktemp -d "$cache/work.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'kill "${child-}" 2>/dev/null || true; exit 1' HUP INT TERM
    unset MAKEFLAGS MAKELEVEL MFLAGS CC CFLAGS CPPFLAGS LDFLAGS || true
    build
    mv "$work/result" "$place"
}

cached() {
    cached_name=$1
    cache=$(cache_folder)
    hash=$(key | sha256sum | cut -c 1-16)
    place=$cache/$cached_name-$hash
    if [ ! -d "$place" ]; then
        exec 9>"$cache/$cached_name.lock"
        flock -n 9 || { echo "$cached_name: waiting for another build"; flock 9; }
        [ -d "$place" ] || build_aside
    fi
    mkdir -p "$(dirname "$2")"
    ln -sfn "$place" "$2"
}

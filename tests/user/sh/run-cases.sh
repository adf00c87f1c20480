#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run-cases.sh - runs each case of a file in a shell and a folder of its own and prints what it wrote and returned
#
# A case begins with a line "### title"; what follows is the script.  Messages (standard error) are not printed:
# their words are each system's own.  The same file gives the same text on Linux and on Ante.
#
# Use: run-cases.sh FILE WORK      WORK is an empty folder; sh is found by PATH

file=$1 work=$2 title='' script=''

finish() {
    [ -z "$title" ] && return
    echo "=== $title"
    rm -rf "$work/case"
    mkdir "$work/case"
    (cd "$work/case" && exec sh -c "$script" case </dev/null 2>/dev/null)
    echo "--- $?"
}

while IFS= read -r line; do
    case $line in
    '### '*)
        finish
        title=${line#'### '}
        script=''
        ;;
    *)
        script="$script$line
"
        ;;
    esac
done <"$file"
finish
rm -rf "$work/case"

# SPDX-License-Identifier: MIT
#
# utilities.sh - every utility and the shell's own words; every line of the output is the same on Linux and on Ante
#
# Use: /bin/sh utilities.sh, in an empty folder, with PATH leading to Ante's utilities only

umask 022
step() { echo "== $1"; }

step "files"
echo one two > a; printf '%s\n' three > b; cat a b; cp a c; cat < c; wc a; wc -c b
mv c d; cat c || echo "c is gone"; ln d hard; ln -s d soft; stat -c %h d 2>/dev/null; cat hard soft
chmod 600 d; ls -l d | head -c 10; echo; touch e; test -e e && echo "e is there"; rm e; [ -e e ] || echo "e is gone"
readlink soft; basename /a/b.c .c; dirname /a/b.c; mkfifo pipe; { echo through > pipe & cat pipe; wait; }; rm pipe; pwd | tail -c 3
mkdir -p x/y/z; echo deep > x/y/z/f; cp -r x copy; cat copy/y/z/f; rmdir x/y && echo wrong; rm -r x copy; ls

step "text"
printf '3\n1\n2\n10\n' > n; sort n; sort -n n; sort -rn n; head -n 2 n; tail -n 1 n; grep 1 n; grep -c 1 n; grep -v 1 n
md5sum a b; md5sum < n; hexdump -C b; seq 3 | tr 1-3 a-c; seq 1 2 9 | tee copy | cut -c 1; printf '1\n1\n2\n' | uniq -c; yes no | head -n 2
cmp n n && echo same; cmp n copy || echo different; dd if=n of=part bs=2 skip=1 count=2 2>/dev/null; cat part; rm part copy; wc -l < n; find . -name '[ab]' | sort; find . -type f | sort | wc -l

step "words and quoting"
x=5; y="a  b"; echo $y "$y" '$y' \$y ${x}px ${none:-other} ${#y} $((x * 3 - 1)) "$(echo inner)"; set -- p q r; echo $# $2 "$@"
for i in 1 2 3; do echo -n "$i "; done; echo; i=0; while [ $i -lt 3 ]; do i=$((i + 1)); done; echo $i
case hello in h*o) echo matches ;; *) echo not ;; esac; if true && ! false; then echo yes; else echo no; fi
f() { echo "f got $1"; return 4; }; f arg; echo $?; false || echo or; (cd /; pwd); echo [ab]; echo 'a b' | { read p q; echo "$q $p"; }

step "pipes and processes"
cat n | sort -n | tail -n 2 | head -n 1; echo to-file > o; echo more >> o; cat o; cat nothing 2>/dev/null; echo $?
sleep 0; (exit 9); echo $?; sh -c 'exit 7'; echo $?; sh -c 'kill -TERM $$'; echo $?; true & wait $!; echo $?
env -i A=1 env 2>/dev/null | sort; time true 2>/dev/null; echo "last"; sync; echo done

step "date and machine"
date -u -d @0 2>/dev/null || true; ps > /dev/null && df > /dev/null && du -s . > /dev/null && free > /dev/null && uname > /dev/null && id > /dev/null && echo "all answer"

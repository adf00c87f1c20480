# SPDX-License-Identifier: MIT
#
# busybox.sh - a walk through busybox's applets; every line of its output is the same on Linux and on Ante
#
# Use: busybox sh busybox.sh BUSYBOX, in an empty folder

box=$1
umask 022
for applet in awk basename bzip2 bunzip2 cat chmod cmp cp cut dd diff dirname du echo env expr find fold grep gunzip \
    gzip head ln ls md5sum mkdir mktemp mv nl od paste printf pwd readlink rev rm rmdir sed seq sha1sum sha256sum sleep \
    sort stat strings sum sync tac tail tar tee test touch tr true truncate uniq unlink wc xargs xxd yes zcat; do
    eval "$applet() { $box $applet \"\$@\"; }"
done

step() { echo "== $1"; }

step "numbers and text"
seq 1 2000 > numbers
wc -l numbers; head -n 2 numbers; tail -n 2 numbers; md5sum numbers
awk '{ sum += $1 } END { print sum }' numbers
sed -n '/^1[0-9]*7$/p' numbers | head -n 5
grep -c 9 numbers; grep -n '^19.9$' numbers
sort -r numbers | head -n 3; sort -n numbers | tail -n 1
tr 0-9 a-j < numbers | tail -n 3; cut -c 1 numbers | sort | uniq -c
rev numbers | tac | head -n 2; fold -w 3 numbers | wc -l; nl numbers | tail -n 1
paste -d, numbers numbers | tail -n 1; expr 6 '*' 7; printf '%05d|%-5s|%x\n' 42 ab 255
od -c numbers | head -n 2; xxd numbers | head -n 1; strings numbers | wc -l

step "files and folders"
mkdir -p deep/er/est; echo one > deep/a; cp deep/a deep/er/b; ln deep/a deep/hard; ln -s a deep/soft
cat deep/soft; readlink deep/soft; stat -c '%n %s %h %F %a' deep/a; stat -c '%h %F %a' deep/soft deep/er
chmod 640 deep/a; stat -c %a deep/a; mv deep/er/b deep/er/c; touch -d '2020-01-02 03:04:05' deep/a; stat -c %Y deep/a
find deep | sort; find deep -type f -name '[ac]' | sort; ls deep; ls -l deep/er | wc -l
truncate -s 10000 deep/sparse; wc -c deep/sparse; dd if=numbers of=part bs=100 skip=2 count=3 2>/dev/null; wc -c part
cmp numbers numbers && echo same; cmp part numbers > /dev/null || echo different
rm deep/hard; rmdir deep/er/est; rmdir deep/er 2>/dev/null || echo "not empty"

step "archives"
tar -cf all.tar deep numbers; tar -tf all.tar | sort; mkdir out; tar -C out -xf all.tar; diff -r deep out/deep && echo equal
gzip -c numbers > numbers.gz; zcat numbers.gz | md5sum; gunzip -c numbers.gz | cmp - numbers && echo unzipped
bzip2 -c numbers > numbers.bz2; bunzip2 -c numbers.bz2 | sha256sum; mkdir bin; ln -s "$box" bin/gzip; ln -s "$box" bin/gunzip
PATH=$PWD/bin; export PATH # where tar looks for its helpers
tar -czf all.tgz deep; tar -tzf all.tgz | wc -l
sha1sum < numbers

step "differences"
sed 's/^1000$/thousand/' numbers > changed; diff numbers changed; diff -q numbers changed

step "processes"
(exit 3); echo $?; echo a b c | xargs -n 1 echo; seq 3 | tee copy | wc -l; cat copy
yes | head -n 3; sleep 0; sleep 1 & wait $!; echo "waited $?"; env -i A=b $box env
sh_out=$($box sh -c 'trap "echo trapped" TERM; kill -TERM $$; echo on'); echo "$sh_out"
for i in 1 2 3 4 5 6 7 8; do $box true & done; wait; echo "eight ended"

step "what is left"
rm all*; find . -type f | sort | xargs md5sum; rm -r bin deep out numbers* copy part changed; ls

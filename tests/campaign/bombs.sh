# SPDX-License-Identifier: MIT
# bombs.sh - an ordinary user's bomb, and root beside it: KIND of hog
# Each process of the bomb that gets no more of it says so: "stopped by ERRNO".
more="while :; do /tests/campaign/exhaust -b $1 /tmp & done"
test "$1" = maps && more="for i in 1 2 3; do /tests/campaign/exhaust -b maps /tmp & done; wait"
/tests/busybox su nobody -s /bin/sh -c "$more" 2> /dev/null &
sleep 3
test "$1" = maps && sleep 12
for i in 1 2 3 4 5; do
    /bin/echo "root forks $i" || echo "no $i"
done
ls -l /bin > /dev/null && echo "root lists"
/bin/kill -9 -1 && echo "root kills"
sleep 1
/bin/echo "root is alive"

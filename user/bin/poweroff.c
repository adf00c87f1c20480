// SPDX-License-Identifier: MIT
/*
 * poweroff.c - writes everything to the disk and switches the machine off
 */
#include "user/bin/common.h"

#include <sys/reboot.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    prog_start(argv, "");
    if (argc > 1)
        usage();
    sync();
    reboot(RB_POWER_OFF);
    return complain("reboot");
}

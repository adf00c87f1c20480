// SPDX-License-Identifier: MIT
/*
 * reboot.c - writes everything to the disk and starts the machine anew
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
    reboot(RB_AUTOBOOT);
    return complain("reboot");
}

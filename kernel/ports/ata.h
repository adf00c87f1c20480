// SPDX-License-Identifier: MIT
/*
 * ata.h - the port of the disk driver: it starts, and announces its disks (block_device_add)
 */
#pragma once
#include "kernel/ports/service.h"

extern const struct service ata_port;

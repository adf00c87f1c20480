// SPDX-License-Identifier: MIT
/*
 * services.h - what is composed into this image
 */
#pragma once

void services_start(void);   /* each in a scope of its own, in the order of the list */
void services_mount(void);   /* the root file system, /dev and /proc */
void services_status(void);

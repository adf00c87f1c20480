// SPDX-License-Identifier: MIT
/*
 * features.h - the name under which programs for Linux look for sys/features.h
 */
#include <sys/features.h>

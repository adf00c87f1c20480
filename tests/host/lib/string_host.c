// SPDX-License-Identifier: MIT
/*
 * string_host.c - the kernel's string functions under names of their own, beside those of the C library
 *
 * strlcpy and parse_u64 keep theirs: the library has none, and the kernel's other files use them.
 */
#define memcpy  kernel_memcpy
#define memmove kernel_memmove
#define memset  kernel_memset
#define memcmp  kernel_memcmp
#define strlen  kernel_strlen
#define strnlen kernel_strnlen
#define strcmp  kernel_strcmp
#define strncmp kernel_strncmp
#define strchr  kernel_strchr
#define strrchr kernel_strrchr
#define strstr  kernel_strstr
#include "kernel/lib/string.c"

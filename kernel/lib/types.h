// SPDX-License-Identifier: MIT
/*
 * types.h - the words every file uses: sized integers, typed addresses, and the marks that let the compiler check us
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;
typedef int64_t i64;

/* One-field structs, so that a physical, a user and a kernel address cannot be mixed up. */
typedef struct {
    u64 addr;
} phys_addr;
typedef struct {
    u64 addr;
} user_ptr;

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096ul
#define PAGE_MASK (PAGE_SIZE - 1)
#define PAGES(bytes) (((bytes) + PAGE_MASK) >> PAGE_SHIFT) /* frames that `bytes` fill, rounded up */

#define MUST_CHECK __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define PACKED __attribute__((packed))
#define ALIGNED(n) __attribute__((aligned(n)))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define UNUSED __attribute__((unused))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, field) ((type *)((char *)(p) - offsetof(type, field)))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define ROUND_UP(x, to) (((x) + (to) - 1) / (to) * (to))

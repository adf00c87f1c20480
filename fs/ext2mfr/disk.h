// SPDX-License-Identifier: MIT
/*
 * disk.h - ext2 as it lies on the disk
 *
 * Little endian throughout, as the machine is.  Block groups follow each other from s_first_data_block on;
 * each has a block bitmap, an inode bitmap and a piece of the inode table, found through its descriptor; some
 * begin with copies of superblock and descriptors.  Offsets are asserted below, names follow the format's
 * documentation (e2fsprogs, ext2fs/ext2_fs.h).
 */
#pragma once
#include "kernel/lib/types.h"

#define EXT2_MAGIC 0xef53
#define EXT2_SUPER_OFFSET 1024 /* bytes from the start of the device */
#define EXT2_SUPER_SIZE 1024
#define EXT2_ROOT_INO 2
#define EXT2_OLD_FIRST_INO 11
#define EXT2_OLD_INODE_SIZE 128
#define EXT2_LINKS_MAX 32000

enum { EXT2_VALID_FS = 1, EXT2_ERROR_FS = 2 };             /* s_state */
enum { EXT2_COMPAT_RESIZE_INODE = 0x10 };                  /* other compatible features need no care */
enum { EXT2_INCOMPAT_FILETYPE = 2 };
enum { EXT2_RO_SPARSE_SUPER = 1, EXT2_RO_LARGE_FILE = 2 };
enum { EXT2_FL_INDEX = 0x1000 };                           /* i_flags: a hash tree lies in the directory */

struct ext2_super {
    u32 s_inodes_count, s_blocks_count, s_r_blocks_count, s_free_blocks_count; /* 0 */
    u32 s_free_inodes_count, s_first_data_block, s_log_block_size, s_log_frag_size; /* 16 */
    u32 s_blocks_per_group, s_frags_per_group, s_inodes_per_group, s_mtime; /* 32 */
    u32 s_wtime;                                           /* 48 */
    u16 s_mnt_count, s_max_mnt_count, s_magic, s_state, s_errors, s_minor_rev_level;
    u32 s_lastcheck, s_checkinterval, s_creator_os, s_rev_level; /* 64 */
    u16 s_def_resuid, s_def_resgid;                        /* 80 */
    u32 s_first_ino;                                       /* 84: from here on revision 1 only */
    u16 s_inode_size, s_block_group_nr;
    u32 s_feature_compat, s_feature_incompat, s_feature_ro_compat; /* 92 */
    u8 s_uuid[16], s_volume_name[16], s_last_mounted[64];  /* 104 */
    u32 s_algo_bitmap;                                     /* 200 */
    u8 s_prealloc_blocks, s_prealloc_dir_blocks;
    u16 s_reserved_gdt_blocks;                             /* 206 */
    u8 s_journal[24];
    u32 s_last_orphan;                                     /* 232: head of the orphan list */
    u8 s_rest1[112];
    u16 s_min_extra_isize, s_want_extra_isize;             /* 348 */
    u8 s_rest2[672];
};
_Static_assert(sizeof(struct ext2_super) == EXT2_SUPER_SIZE, "size of the superblock");
_Static_assert(offsetof(struct ext2_super, s_feature_compat) == 92, "offset in the superblock");
_Static_assert(offsetof(struct ext2_super, s_reserved_gdt_blocks) == 206, "offset in the superblock");
_Static_assert(offsetof(struct ext2_super, s_last_orphan) == 232, "offset in the superblock");
_Static_assert(offsetof(struct ext2_super, s_want_extra_isize) == 350, "offset in the superblock");

struct ext2_group {
    u32 bg_block_bitmap, bg_inode_bitmap, bg_inode_table;
    u16 bg_free_blocks_count, bg_free_inodes_count, bg_used_dirs_count, bg_flags;
    u32 bg_reserved[3];
};
_Static_assert(sizeof(struct ext2_group) == 32, "size of a group descriptor");

#define EXT2_DIRECT 12     /* pointers to data in the inode */
#define EXT2_POINTERS 15   /* with the roots of single, double and triple indirection */
#define EXT2_LEVELS 3      /* of indirect blocks above a block, at most */
#define EXT2_FAST_LINK 60  /* a shorter symlink target lies in i_block */

struct ext2_inode {
    u16 i_mode, i_uid;
    u32 i_size, i_atime, i_ctime, i_mtime;
    u32 i_dtime;               /* time of deletion; while on the orphan list, the next inode there */
    u16 i_gid, i_links_count;
    u32 i_blocks;              /* of 512 bytes, indirect and attribute blocks included */
    u32 i_flags, i_osd1;
    u32 i_block[EXT2_POINTERS]; /* 40 */
    u32 i_generation, i_file_acl;
    u32 i_size_high;           /* regular files; an unused ACL pointer of directories */
    u32 i_faddr;
    u8 i_frag, i_fsize;
    u16 i_pad;
    u16 i_uid_high, i_gid_high;
    u32 i_osd2;                /* 124 */
    /* --- only when the inode size is above 128 and i_extra_isize covers the field --- */
    u16 i_extra_isize, i_checksum_hi;
    u32 i_ctime_extra, i_mtime_extra, i_atime_extra; /* two bits of epoch, thirty of nanoseconds */
    u32 i_crtime, i_crtime_extra;
};
_Static_assert(offsetof(struct ext2_inode, i_block) == 40, "offset in the inode");
_Static_assert(offsetof(struct ext2_inode, i_uid_high) == 120, "offset in the inode");
_Static_assert(offsetof(struct ext2_inode, i_extra_isize) == 128, "offset in the inode");

struct ext2_entry {            /* of a directory; the entries of a block fill it exactly */
    u32 inode;                 /* 0: unused */
    u16 rec_len;               /* bytes to the next entry */
    u8 name_len, file_type;
    char name[];
};
#define EXT2_ENTRY_HEAD 8u
#define EXT2_ENTRY_SIZE(len) ((EXT2_ENTRY_HEAD + (len) + 3) & ~3u)

struct ext2_xattr_head {       /* start of an extended attribute block */
    u32 h_magic, h_refcount;   /* inodes that share the block */
};
#define EXT2_XATTR_MAGIC 0xea020000

// SPDX-License-Identifier: MIT
/*
 * port.c - the service's table: all that the rest of the system can name of fs/vfs
 */
#include "fs/vfs/vfs.h"

OPERATION(int, vfs_start, const char *self);

int vfs_start(const char *self UNUSED)
{
    inodes_start();
    names_start();
    mounts_start();
    return 0;
}

static u32 shrink_names(u32 want_frames)
{
    u32 got = inodes_shrink(want_frames);
    return got < want_frames ? got + names_shrink(want_frames - got) : got;
}

const struct vfs_port vfs_port = {
    .walk = walk_user,
    .walk_kernel = walk_kernel,
    .path_put = path_put,
    .inode_get = inode_ref,
    .inode_put = inode_put,
    .permission = permission,
    .path_of = path_of,
    .open = open_path,
    .create = create_path,
    .unlink = unlink_path,
    .link = link_path,
    .rename = rename_path,
    .setattr = set_attributes,
    .truncate = truncate_inode,
    .readlink = link_read,
    .deny_write = inode_deny_write,
    .allow_write = inode_allow_write,
    .read_kernel = read_kernel,
    .mount_root = mount_root,
    .mount_at = mount_at,
    .mount = mount_path,
    .umount = umount_path,
    .fs_find = fs_find,
    .mount_nth = mount_nth,
    .sync_fs = sync_fs,
    .sync_all = sync_all,
    .unmount_all = unmount_all,
    .shrink_names = shrink_names,
    .fault_page = fault_page,
    .fault_page_need = need_fault_page,
    .fault_dirty = fault_dirty,
    .service = {.name = "vfs", .start = vfs_start, .start_need = need_vfs_start},
};

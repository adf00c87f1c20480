// SPDX-License-Identifier: MIT
// A port is called without the token: the file system would allocate from nobody's reservation.
// expect: calling function 'inode_create' requires holding reservation 'reservation' exclusively
#include "kernel/ports/inode.h"

int make(struct inode *dir, struct name name, const struct new_inode *what);
int make(struct inode *dir, struct name name, const struct new_inode *what)
{
    u64 ino;
    return inode_create(dir, name, what, &ino);
}

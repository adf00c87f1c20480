// SPDX-License-Identifier: MIT
// A user address is followed, and a kernel address given for one.
// expect: operand of type 'user_ptr' where arithmetic or pointer type is required
// expect: passing 'char[8]' to parameter of incompatible type 'user_ptr'
#include "kernel/user.h"

int follow(user_ptr u);
int follow(user_ptr u)
{
    char name[8];
    return *(char *)u + copy_from_user(name, name, sizeof(name));
}

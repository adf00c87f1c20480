// SPDX-License-Identifier: MIT
// A user address is taken for a physical one, and the other way round.
// expect: passing 'user_ptr' to parameter of incompatible type 'phys_addr'
// expect: passing 'phys_addr' to parameter of incompatible type 'user_ptr'
#include "arch/arch.h"

size_t mixed(user_ptr u, phys_addr p);
size_t mixed(user_ptr u, phys_addr p)
{
    return arch_clear_user(p, 8) + (phys_to_virt(u) != NULL);
}

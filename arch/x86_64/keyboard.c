// SPDX-License-Identifier: MIT
/*
 * keyboard.c - a PS/2 keyboard with the US layout, as a second source of console input
 *
 * The controller translates to scan code set 1: a key's number when it goes down, the number + 128 when it
 * comes up, e0h before the keys that the first PCs did not have.  Cursor keys send the sequences of a VT100.
 */
#include "arch/x86_64/x86.h"

enum { DATA = 0x60, STATUS = 0x64, HAS_BYTE = 1, FROM_MOUSE = 0x20, IRQ = 1 };
enum { KEY_UP = 0x80, KEY_CONTROL = 0x1d, KEY_SHIFT_LEFT = 0x2a, KEY_SHIFT_RIGHT = 0x36, KEY_CAPS = 0x3a,
       EXTENDED = 0xe0 };

static const char plain[] = "\0\0331234567890-=\177\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] = "\0\033!@#$%^&*()_+\177\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";
_Static_assert(sizeof(plain) == 0x3a + 1 && sizeof(shifted) == 0x3a + 1, "a byte per key up to the space");

static bool shift, control, caps, extended;

static void send(const char *s)
{
    while (*s)
        console_input(*s++);
}

static void extended_key(u8 key)
{
    switch (key) {
    case 0x48:
        return send("\033[A");
    case 0x50:
        return send("\033[B");
    case 0x4d:
        return send("\033[C");
    case 0x4b:
        return send("\033[D");
    case 0x1c: /* of the number pad */
        return send("\r");
    default:
        return;
    }
}

static void key_down(u8 key)
{
    char c = key < sizeof(plain) - 1 ? (shift ? shifted : plain)[key] : 0;
    if (caps && c >= 'a' && c <= 'z')
        c -= 'a' - 'A';
    else if (caps && c >= 'A' && c <= 'Z')
        c += 'a' - 'A';
    if (control)
        c &= 31;
    if (c)
        console_input(c);
}

static void code(u8 b)
{
    u8 key = b & ~KEY_UP;
    bool down = !(b & KEY_UP), was_extended = extended;
    extended = b == EXTENDED;
    if (extended)
        return;
    if (key == KEY_CONTROL)
        control = down;
    else if (was_extended && down)
        extended_key(key);
    else if (!was_extended && (key == KEY_SHIFT_LEFT || key == KEY_SHIFT_RIGHT))
        shift = down;
    else if (!was_extended && key == KEY_CAPS)
        caps ^= down;
    else if (down)
        key_down(key);
}

static void interrupt(void *arg)
{
    (void)arg;
    u8 status;
    while ((status = in8(STATUS)) & HAS_BYTE) {
        u8 b = in8(DATA);
        if (!(status & FROM_MOUSE))
            code(b);
    }
}

/* Leaves the controller as the BIOS set it: translating, interrupts on.  An absent one reads as ff. */
void keyboard_start(void)
{
    if (in8(STATUS) == 0xff)
        return;
    while (in8(STATUS) & HAS_BYTE)
        in8(DATA);
    irq_register(IRQ, interrupt, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* UTF-8 (RFC 3629) as renderers need it: what is valid, what may be shown, how wide it is. */
#ifndef CRUMB_RENDER_UTF8_H
#define CRUMB_RENDER_UTF8_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Bytes of the character at @s (NUL-terminated), its code point in @ret_cp; 0 at the NUL and where
 * the bytes are not valid UTF-8 (overlong, surrogate, cut off, above U+10FFFF).
 */
unsigned int utf8_decode(const char *s, uint32_t *ret_cp);

/* Columns of a terminal: 0 combining, 2 East Asian wide and emoji, else 1. */
unsigned int utf8_columns(uint32_t cp);

/* Not a control character, nor one that hides or turns its neighbours (Unicode Cf). */
bool utf8_may_show(uint32_t cp);

#endif

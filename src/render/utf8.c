// SPDX-License-Identifier: GPL-2.0-only
#include "utf8.h"

#include <stddef.h>

struct range {
	uint32_t first, last;
};

/* The main blocks only: a column off by one in a rare script is a blemish, not a fault. */
static const struct range combining[] = {
	{ 0x300, 0x36f },   { 0x483, 0x489 },	{ 0x591, 0x5bd },     { 0x610, 0x61a },
	{ 0x64b, 0x65f },   { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },   { 0x20d0, 0x20ff },
	{ 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xe0100, 0xe01ef },
};
static const struct range wide[] = {
	{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },	  { 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },	  { 0xffe0, 0xffe6 },
	{ 0x1f300, 0x1f64f }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};
static const struct range hidden[] = {
	{ 0, 0x1f },	    { 0x7f, 0x9f },	{ 0xad, 0xad },	      { 0x61c, 0x61c },
	{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },   { 0xd800, 0xdfff },
	{ 0xfeff, 0xfeff }, { 0xfff0, 0xfffb }, { 0xe0000, 0xe007f },
};

static bool in_ranges(const struct range *r, size_t count, uint32_t cp)
{
	for (size_t i = 0; i < count; i++)
		if (cp >= r[i].first && cp <= r[i].last)
			return true;
	return false;
}

#define IN(ranges, cp) in_ranges(ranges, sizeof(ranges) / sizeof((ranges)[0]), cp)

unsigned int utf8_decode(const char *s, uint32_t *ret_cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *b = (const unsigned char *)s;
	unsigned int n = b[0] < 0x80 ? 1 :
			 b[0] < 0xc2 ? 0 :
			 b[0] < 0xe0 ? 2 :
			 b[0] < 0xf0 ? 3 :
			 b[0] < 0xf5 ? 4 :
				       0;
	uint32_t cp;

	if (n == 0 || b[0] == 0)
		return 0;
	cp = n == 1 ? b[0] : b[0] & (0x7fu >> n);
	for (unsigned int i = 1; i < n; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (b[i] & 0x3f);
	}
	if (cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*ret_cp = cp;
	return n;
}

unsigned int utf8_columns(uint32_t cp)
{
	if (cp < 0x300)
		return 1;
	return IN(combining, cp) ? 0 : IN(wide, cp) ? 2 : 1;
}

bool utf8_may_show(uint32_t cp)
{
	return !IN(hidden, cp);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "dispatch.h"

#include <string.h>

#define STEPS_MAX 200 /* a search tree over some hundred numbers is far less deep */

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* Would this conditional jump be taken after nr was compared with @limit? Numbers are unsigned. -1: not known. */
static int is_taken(const char *text, uint32_t nr, uint32_t limit)
{
	const struct {
		const char *jump;
		bool taken;
	} rows[] = {
		{ "je ", nr == limit },	 { "jne ", nr != limit }, { "ja ", nr > limit },
		{ "jae ", nr >= limit }, { "jb ", nr < limit },	  { "jbe ", nr <= limit },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (begins(text, rows[i].jump))
			return rows[i].taken;
	return -1;
}

uint64_t dispatch_follow(struct disasm *d, const uint8_t *bytes, size_t n, uint64_t addr,
			 uint32_t nr, uint32_t *ret_compares)
{
	uint32_t limit = 0, compares = 0;
	uint64_t at = addr;

	for (int step = 0; step < STEPS_MAX && at >= addr && at < addr + n; step++) {
		struct disasm_insn in;
		int taken = 1;

		if (!disasm_one(d, bytes + (at - addr), addr + n - at, at, &in))
			return 0;
		at += in.size;
		if (begins(in.text, "cmp esi, ") && in.has_imm) {
			limit = in.imm;
			compares++;
			continue;
		}
		if (begins(in.text, "test esi, esi")) {
			limit = 0;
			compares++;
			continue;
		}
		if (begins(in.text, "endbr64") || begins(in.text, "nop"))
			continue;
		if (!in.is_jump || !in.has_target)
			return 0;
		if (in.is_conditional)
			taken = is_taken(in.text, nr, limit);
		if (taken < 0)
			return 0;
		if (taken)
			at = in.target;
	}
	if (at >= addr && at < addr + n)
		return 0;
	*ret_compares = compares;
	return at;
}

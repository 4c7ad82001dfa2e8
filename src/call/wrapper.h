/* SPDX-License-Identifier: GPL-2.0-only */
/* What each instruction of a libc wrapper does for its system call. Pure: from the instructions to their marks. */
#ifndef CRUMB_CALL_WRAPPER_H
#define CRUMB_CALL_WRAPPER_H

#include "disasm.h"

/*
 * Fill s->insns from @n bytes of code at @addr, and mark them. @executed tells whether an address was executed.
 * @callee names the function at an address, NULL if unknown.
 */
struct wrapper_source {
	const uint8_t *bytes;
	size_t n;
	uint64_t addr;
	bool (*executed)(void *ctx, uint64_t addr);
	const char *(*callee)(void *ctx, uint64_t addr);
	void *ctx;
};

void wrapper_read(struct story *s, struct disasm *d, const struct wrapper_source *from);

#endif

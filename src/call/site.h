/* SPDX-License-Identifier: GPL-2.0-only */
/* The way from the program's call to the libc function: call instruction, PLT entry, slot of the GOT. */
#ifndef CRUMB_CALL_SITE_H
#define CRUMB_CALL_SITE_H

#include "args.h"
#include "disasm.h"
#include "modules.h"

/* Where a site is read from: the program's memory, and what is mapped there. */
struct site_source {
	struct disasm *d;
	const struct modules *m;
	struct args_source memory;
};

/* The program stands at the first instruction of s->function, and will return to s->return_addr. */
void site_read(struct story *s, const struct site_source *from);

/* Of s->insns keep what stands around @addr: @before bytes in front of it, and all behind it. */
void site_keep_around(struct story *s, uint64_t addr, uint64_t before);

#endif

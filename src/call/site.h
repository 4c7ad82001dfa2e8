/* SPDX-License-Identifier: GPL-2.0-only */
/* The way from the program's call to the libc function: call instruction, PLT entry, slot of the GOT. */
#ifndef CRUMB_CALL_SITE_H
#define CRUMB_CALL_SITE_H

#include <sys/types.h>

#include "disasm.h"
#include "modules.h"

/* Thread @tid stands at the first instruction of s->function, and will return to s->return_addr. */
void site_read(struct story *s, struct disasm *d, const struct modules *m, pid_t tid);

/* Of s->insns keep what stands around @addr: @before bytes in front of it, and all behind it. */
void site_keep_around(struct story *s, uint64_t addr, uint64_t before);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* --functions: the calls of kernel functions that were seen for a connection, and those of one message. Private to journey/. */
#ifndef CRUMB_JOURNEY_FUNCS_H
#define CRUMB_JOURNEY_FUNCS_H

#include "path.h"

struct func_call {
	uint64_t enter_ns, exit_ns;
	uint64_t func;
	uint32_t seq, bytes; /* bytes 0: it got the socket alone */
	uint32_t netns, cpu, pid;
	uint8_t dir;
};

/* Forget calls that no open message needs. */
void funcs_trim(struct conn *c, uint64_t now_ns);

/* Fill in the functions of the steps of @j, which are there already. 0 or -ENOMEM. */
int funcs_build(struct assembler *a, const struct message *m, const struct fate *f,
		const struct path *p, struct journey *j);

#endif

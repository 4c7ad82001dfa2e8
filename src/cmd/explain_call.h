/* SPDX-License-Identifier: GPL-2.0-only */
/* crumb explain CALL: the call made for real by a child, with the kernel's side watched. */
#ifndef CRUMB_CMD_EXPLAIN_CALL_H
#define CRUMB_CMD_EXPLAIN_CALL_H

#include <stdbool.h>

#include "error.h"
#include "options.h"

struct explain_call {
	const char *wanted;
	char *const *command; /* the program to look at, NULL: crumb's own */
	bool fail, is_static, direct;
	const char *write, *read; /* files */
};

/* Is there a call of that name? */
bool explain_is_call(const char *name);

/* Names of the calls; NULL past the last. */
const char *explain_call_at(unsigned int i);

/* Exit status. */
int explain_call_run(const struct explain_call *c, const struct options *o);

#endif

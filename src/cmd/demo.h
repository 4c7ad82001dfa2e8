/* SPDX-License-Identifier: GPL-2.0-only */
/* crumb demo in virtual machines (--vm): guests, a recorder in each, the muffin, the report of the three traces. */
#ifndef CRUMB_CMD_DEMO_H
#define CRUMB_CMD_DEMO_H

#include "error.h"
#include "options.h"

/* Returns the exit status. */
int demo_vm(struct options *o, const char *lab, const char *message);

/* The journey is one thing, the bytes themselves another: is what b printed to @fd what a was given? 0 or -EIO. */
int demo_check_message(const char *message, int fd, struct error *e);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* crumb demo in virtual machines (--vm): guests, a recorder in each, the muffin, the report of the three traces. */
#ifndef CRUMB_CMD_DEMO_H
#define CRUMB_CMD_DEMO_H

#include "options.h"

/* Returns the exit status. */
int demo_vm(struct options *o, const char *lab, const char *message);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* crumb trace --host: recorders on several machines, joined as their events come. */
#ifndef CRUMB_CMD_TRACE_HOSTS_H
#define CRUMB_CMD_TRACE_HOSTS_H

#include "options.h"

int trace_hosts(const struct options *o); /* an exit status */

#endif

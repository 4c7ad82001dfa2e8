/* SPDX-License-Identifier: GPL-2.0-only */
/* From options to what the kernel side selects by: numbers instead of names. */
#ifndef CRUMB_CMD_SELECT_H
#define CRUMB_CMD_SELECT_H

#include "error.h"
#include "options.h"
#include "session.h"

/* Fill @c->settings and @c->libc. Tasks are asked for by the caller (run) or by -p, --comm, --cgroup. */
int select_settings(const struct options *o, struct session_config *c, struct error *e);

/*
 * Processes given by -p, or that match --comm or --cgroup now: put them, the ports on which they listen and the
 * connections that they have into the session.
 */
int select_processes(const struct options *o, struct session *s, struct error *e);

#endif

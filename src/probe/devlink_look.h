/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traps of hardware (devlink): is there any that may tell of packets which it does not forward? Where there is none nothing need be hooked. And what a trap is set
 * to do. Reads only.
 */
#ifndef CRUMB_PROBE_DEVLINK_LOOK_H
#define CRUMB_PROBE_DEVLINK_LOOK_H

#include <stdbool.h>

#include "event.h"

struct nlmsghdr;

/* A device with at least one trap, in any namespace that has a name or a process. */
bool devlink_has_traps(void);

/* What the trap is set to do now, by all devices of its namespace, as an event of its time. False: not known. */
bool devlink_trap_set(const struct crumb_ev_trap *trap, struct crumb_ev_trap_set *ret);

/* One message (DEVLINK_CMD_TRAP_NEW): if it is of @ret's trap, its action joins what @ret has. */
void devlink_parse_trap(const struct nlmsghdr *nlh, struct crumb_ev_trap_set *ret);

#endif

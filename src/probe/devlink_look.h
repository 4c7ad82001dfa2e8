/* SPDX-License-Identifier: GPL-2.0-only */
/* Is there hardware that may tell of packets which it does not forward (devlink traps)? Where there is none nothing need be hooked. */
#ifndef CRUMB_PROBE_DEVLINK_LOOK_H
#define CRUMB_PROBE_DEVLINK_LOOK_H

#include <stdbool.h>

/* A device with at least one trap, in any namespace that has a name or a process. */
bool devlink_has_traps(void);

#endif

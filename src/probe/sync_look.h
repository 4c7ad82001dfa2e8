/* SPDX-License-Identifier: GPL-2.0-only */
/* What NTP or PTP say of this machine's clock: adjtimex(2), which only reads here and needs no privilege. */
#ifndef CRUMB_PROBE_SYNC_LOOK_H
#define CRUMB_PROBE_SYNC_LOOK_H

#include <stdint.h>

#include "event.h"

/* As an event of @time_ns. 0 or a negative errno. */
int sync_look(uint64_t time_ns, struct crumb_ev_sync *ret);

#endif

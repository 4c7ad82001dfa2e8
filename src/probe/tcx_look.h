/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs of BPF that are asked at a device before its tc filters (tcx, Linux 6.6), told as filters of the kind "tcx". */
#ifndef CRUMB_PROBE_TCX_LOOK_H
#define CRUMB_PROBE_TCX_LOOK_H

#include <stdbool.h>

#include "stream.h"

/*
 * Each by a copy of @head, which names the side. 0, or what @fn returned. That the kernel has no such is no error; if it does not
 * tell, *ret_broken becomes true: there may be some.
 */
int tcx_look(const struct crumb_ev_filter *head, event_fn fn, void *ctx, bool *ret_broken);

#endif

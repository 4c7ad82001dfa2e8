/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When a followed connection may leave the kernel's table: a while after both of its sockets closed; much later when
 * only one of them was ever seen here, for the other may be on another machine, or be a reader that takes its time. One of which only samples of a switch's hardware tell, when they have stopped.
 */
#ifndef CRUMB_PROBE_FLOW_AGING_H
#define CRUMB_PROBE_FLOW_AGING_H

#include <stdint.h>

#include "stream.h"

struct flow_aging;

typedef void (*flow_forget_fn)(void *ctx, const struct crumb_ev_flow *flow);

int flow_aging_new(flow_forget_fn forget, void *ctx, struct flow_aging **ret);
void flow_aging_free(struct flow_aging *a);

/* Takes note of CRUMB_EV_FLOW, CRUMB_EV_STATE, packets and samples. 0 or -ENOMEM. */
int flow_aging_event(struct flow_aging *a, const struct crumb_event *ev);

/* Forgets those whose time has come. */
void flow_aging_tick(struct flow_aging *a, uint64_t now_ns);

#endif

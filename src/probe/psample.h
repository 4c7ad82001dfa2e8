/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Samples of what a switch's hardware forwards (psample, generic netlink): listened to, nothing is set up. A sample tells ports, what lay in the queue and how
 * long the packet was inside, as far as the hardware knows it, and the packet's beginning.
 */
#ifndef CRUMB_PROBE_PSAMPLE_H
#define CRUMB_PROBE_PSAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "stream.h"

struct nlmsghdr;
struct psample;

/* A connection that is not followed and whose packet the expression takes: *ret_flow is its number from now on, 0: it cannot be. */
typedef void (*psample_take_fn)(void *ctx, const struct crumb_ev_flow *flow, uint32_t *ret_flow);

/* -ENOENT: the kernel has no such family (now), nothing is listened to. */
int psample_new(struct psample **ret);
void psample_free(struct psample *p);

/* What is not followed and @expr takes goes to @take. Without: only what is followed is told. */
void psample_select(struct psample *p, const char *expr, psample_take_fn take, void *ctx);

/* Listen in that namespace, too. */
void psample_listen(struct psample *p, uint32_t netns);

/* That namespace is no more, but for our socket, which keeps it and its devices. */
void psample_leave(struct psample *p, uint32_t netns);

/* The connection is no longer followed under that number: another one may have its addresses and ports now. */
void psample_forget(struct psample *p, const struct crumb_ev_flow *flow);

/* The stream's events pass here: connections that are followed from now on. 0 or -ENOMEM. */
int psample_event(struct psample *p, const struct crumb_event *ev);

/* What has come until @now_ns, as CRUMB_EV_SAMPLE of that time; before them CRUMB_EV_FLOW of what is new, behind them CRUMB_EV_LOSS of those that had no room. */
int psample_read(struct psample *p, uint64_t now_ns, event_fn fn, void *ctx);

struct sampled { /* one message of the family */
	struct crumb_ev_sample ev;
	struct crumb_ev_flow flow; /* addresses and ports, ends in order; ev.s.dir: the direction */
	const uint8_t *l3; /* within the message; its bytes there, and of the packet as a whole */
	uint32_t l3_bytes, l3_len;
};

/* False: no packet of TCP or UDP with bytes. Its time, namespace and connection's number are not set. */
bool psample_parse(const struct nlmsghdr *nlh, struct sampled *ret);

#endif

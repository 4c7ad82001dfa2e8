/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a trace writer learns from the stream so that it can name things for people who open the
 * file in Wireshark: hosts, devices, addresses, and where in its stream a packet's bytes are.
 */
#ifndef CRUMB_EVENT_TRACE_NAMES_H
#define CRUMB_EVENT_TRACE_NAMES_H

#include <stdint.h>

#include "event.h"
#include "strbuf.h"

struct trace_names;

/* One device of one namespace. */
struct names_dev {
	uint32_t netns, ifindex;
	char name[16];	 /* "" unknown */
	char place[112]; /* "a/eth0"; "" to be made */
	/*
	 * For the owner: interface number + 1 by point and link type; zeroed when the name changes.
	 */
	uint32_t iface[CRUMB_PT_MAX][2];
};

int names_new(struct trace_names **ret_names);
void names_free(struct trace_names *n);

/* Takes what @ev tells; most types tell nothing. 0 or -ENOMEM. */
int names_learn(struct trace_names *n, const struct crumb_event *ev);

/* Borrowed until the next names_learn() or names_dev(). NULL: out of memory. */
struct names_dev *names_dev(struct trace_names *n, uint32_t netns, uint32_t ifindex);

/* "a/eth0"; borrowed as @dev is. */
const char *names_place(struct trace_names *n, struct names_dev *dev);

/* Appends "10.47.0.1:50312 > 10.47.0.2:4747 bytes 0..6". */
void names_put_message(struct trace_names *n, const struct crumb_ev_skb *s, struct strbuf *b);

/* CLOCK_REALTIME - CLOCK_MONOTONIC as the host fact told; 0 before it. */
int64_t names_realtime_ns(const struct trace_names *n);

#endif

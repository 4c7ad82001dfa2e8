/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters of tc at a device's ingress and egress (qdisc clsact, or ingress): what they ask for, what they do, what they have counted in
 * software and in a switch's hardware. Over rtnetlink, reads only.
 */
#ifndef CRUMB_PROBE_TC_LOOK_H
#define CRUMB_PROBE_TC_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "stream.h"

#define TC_TELL_MAX 4096 /* filters that are told of one reading */

struct nlmsghdr;

struct tc_side {
	uint32_t ifindex;
	bool egress;
};

/*
 * As CRUMB_EV_FILTER, all at @time_ns: of each side one record with CRUMB_FILTER_READING, then its filters. @side NULL: of all devices with
 * such a qdisc. 0, or what @fn returned, or a negative errno.
 */
int tc_look(uint32_t netns, const struct tc_side *side, uint64_t time_ns, event_fn fn, void *ctx);

/* One message; what it does not tell of @ret stays. False: it is no filter. */
bool tc_parse_filter(const struct nlmsghdr *nlh, struct crumb_ev_filter *ret);

#endif

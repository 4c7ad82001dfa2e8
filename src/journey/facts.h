/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What user space told about the machine: names of hosts, devices, functions, drop reasons. Facts may change during a trace: the newest counts. Strings live as
 * long as the facts.
 */
#ifndef CRUMB_JOURNEY_FACTS_H
#define CRUMB_JOURNEY_FACTS_H

#include "journey.h"

struct fact_dev {
	uint32_t netns, ifindex, master, peer, peer_netns;
	uint8_t port_state;
	bool veth;
	uint8_t mac[6];
	const char *name;
};

struct facts;

struct facts *facts_new(void); /* NULL: no memory */
void facts_free(struct facts *f);

/* Take note of @ev if it is a fact. 0 or -ENOMEM. */
int facts_event(struct facts *f, const struct crumb_event *ev);

/* The events that follow are of that host, 0 to FACTS_KERNELS - 1. */
#define FACTS_KERNELS 64
void facts_from(struct facts *f, unsigned int kernel);

unsigned int facts_kernel(struct facts *f, uint32_t netns); /* on which host that namespace is */
const char *facts_kernel_name(const struct facts *f, unsigned int kernel);
uint32_t facts_netns_number(struct facts *f, uint32_t netns); /* as its own kernel counts */

uint32_t facts_flags(const struct facts *f); /* CRUMB_TRACE_* */
const char *facts_host(struct facts *f, uint32_t netns);
const struct fact_dev *facts_dev(struct facts *f, uint32_t netns, uint32_t ifindex); /* NULL unknown */
const char *facts_dev_name(struct facts *f, uint32_t netns, uint32_t ifindex); /* NULL for ifindex 0 */
const char *facts_symbol(const struct facts *f, uint64_t addr);		       /* NULL unknown */
/* The only rule of netfilter that can have dropped it, as read at that time; NULL unknown. */
const struct crumb_ev_rule *facts_rule(const struct facts *f, const struct crumb_ev_drop *d);
const char *facts_reason(struct facts *f, uint32_t value);
/* What the hook of a point adds to each call here, as measured; 0 unknown. */
uint32_t facts_hook_cost_ns(struct facts *f, uint32_t netns, uint16_t point);
bool facts_visible(struct facts *f, uint32_t netns,
		   uint16_t point); /* said to be; false: not, or not told */
enum hook_kind facts_via(struct facts *f, uint32_t netns, uint16_t point);
const char *facts_syscall_func(struct facts *f, uint32_t netns,
			       uint16_t nr); /* "__x64_sys_write"; NULL unknown */

/* 0 or -ENOMEM. */
int facts_info(struct facts *f, struct trace_info *info);

/* Names of points that cannot be seen; @names has room for CRUMB_PT_MAX. How many. */
uint32_t facts_unobservable(const struct facts *f, const char **names);

#endif

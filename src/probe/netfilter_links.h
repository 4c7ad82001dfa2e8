/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two programs at each hook of netfilter at which somebody has a chain, in each network namespace: one before all others, one
 * behind them. A link keeps its namespace alive: netfilter_links_tend() gives up those that nobody else holds any more.
 */
#ifndef CRUMB_PROBE_NETFILTER_LINKS_H
#define CRUMB_PROBE_NETFILTER_LINKS_H

#include <stdbool.h>

#define NETFILTER_PROG_TYPE   32  /* BPF_PROG_TYPE_NETFILTER, include/uapi/linux/bpf.h of 6.4 */
#define NETFILTER_ATTACH_TYPE 45  /* BPF_NETFILTER */
#define NETFILTER_LINKS_MAX   512 /* descriptors; hooks of further namespaces are not seen */

struct netfilter_links;

/* Is there a chain at a hook of IP in a network namespace that has a name or a process? */
bool netfilter_in_use(void);

/* Of programs that stay the caller's. NULL: no memory, or none could be attached. */
struct netfilter_links *netfilter_links_new(int first, int last);
void netfilter_links_free(struct netfilter_links *n);

/* Namespaces with chains that got no programs: a program is bound to an NFQUEUE there, or there was no room. */
unsigned int netfilter_links_left_out(const struct netfilter_links *n);

/* Now and then. */
void netfilter_links_tend(struct netfilter_links *n);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* Offload flags and counters: see hw_look.h. Flags: linux/rtnetlink.h, linux/neighbour.h; counters: rtnl_stats_get() in net/core/rtnetlink.c. */
#include "hw_look.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "netlink_dump.h"
#include "netns_look.h"
#include "tc_look.h"

#define PROBED_MAX 4096 /* who has no offloaded one among so many has none */

#define NUD_USABLE (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)

struct dump {
	uint32_t netns;
	uint64_t time_ns, read_ns;
	event_fn fn;
	void *ctx;
	uint32_t count;
	bool found;
	int err;
};

struct request {
	uint16_t type;
	uint8_t family;
	uint32_t stats; /* RTM_GETSTATS: which */
};

static void put_header(struct nlmsghdr *nlh, const struct request *q)
{
	nlh->nlmsg_type = q->type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = 1;
	if (q->type == RTM_GETLINK) {
		struct ifinfomsg *m = mnl_nlmsg_put_extra_header(nlh, sizeof(*m));

		m->ifi_family = q->family;
	} else if (q->type == RTM_GETSTATS) {
		struct if_stats_msg *m = mnl_nlmsg_put_extra_header(nlh, sizeof(*m));

		m->filter_mask = q->stats;
	} else if (q->type == RTM_GETROUTE) {
		struct rtmsg *m = mnl_nlmsg_put_extra_header(nlh, sizeof(*m));

		m->rtm_family = q->family;
	} else {
		struct ndmsg *m = mnl_nlmsg_put_extra_header(nlh, sizeof(*m));

		m->ndm_family = q->family;
	}
}

static int run_dump(struct dump *d, const struct request *q, mnl_cb_t cb)
{
	struct mnl_socket *nl = netns_rtnetlink(d->netns);
	char buf[NETLINK_REQUEST_BYTES];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	if (!nl)
		return errno ? -errno : -ENOENT;
	put_header(nlh, q);
	d->count = 0;
	d->read_ns = clock_ns(CLOCK_MONOTONIC);
	netlink_dump(nl, nlh, cb, d); /* what came is good */
	mnl_socket_close(nl);
	return d->err;
}

/* ----------------------------------------------------------------------------------------- one message */

/* IPv4 as ::ffff:a.b.c.d. False: neither. */
static bool read_address(const void *from, size_t size, uint8_t to[16])
{
	if (size != 4 && size != 16)
		return false;
	memset(to, 0, 16);
	if (size == 4)
		to[10] = to[11] = 0xff;
	memcpy(to + 16 - size, from, size);
	return true;
}

static void read_via(const struct nlattr *a, uint8_t to[16])
{
	const struct rtvia *v = mnl_attr_get_payload(a);
	size_t size = mnl_attr_get_payload_len(a);

	if (size > sizeof(*v))
		read_address(v->rtvia_addr, size - sizeof(*v), to);
}

static unsigned int hops(const struct nlattr *a)
{
	const struct rtnexthop *h = mnl_attr_get_payload(a);
	int left = mnl_attr_get_payload_len(a);
	unsigned int n = 0;

	for (; RTNH_OK(h, left); h = RTNH_NEXT(h), n++)
		left -= RTNH_ALIGN(h->rtnh_len);
	return n;
}

static uint8_t route_flags(unsigned int flags)
{
	uint8_t out = 0;

	if (flags & (RTM_F_TRAP | RTNH_F_TRAP))
		out |= CRUMB_OFFLOAD_TRAP;
	if (flags & (RTM_F_OFFLOAD | RTNH_F_OFFLOAD))
		out |= CRUMB_OFFLOAD_DONE;
	if (flags & RTM_F_OFFLOAD_FAILED)
		out |= CRUMB_OFFLOAD_FAILED;
	return out;
}

bool hw_parse_route(const struct nlmsghdr *nlh, struct crumb_ev_offload *ret)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(nlh);
	uint32_t table = m->rtm_table;
	const struct nlattr *a;

	if (m->rtm_type != RTN_UNICAST || (m->rtm_flags & RTM_F_CLONED))
		return false;
	ret->kind = CRUMB_OFFLOAD_ROUTE;
	ret->family = m->rtm_family;
	ret->prefix = m->rtm_dst_len;
	ret->flags = route_flags(m->rtm_flags);
	if (m->rtm_family == AF_INET)
		ret->addr[10] = ret->addr[11] = 0xff;
	mnl_attr_for_each(a, nlh, sizeof(*m))
	{
		switch (mnl_attr_get_type(a)) {
		case RTA_TABLE:
			table = mnl_attr_get_u32(a);
			break;
		case RTA_DST:
			read_address(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a), ret->addr);
			break;
		case RTA_OIF:
			ret->ifindex = mnl_attr_get_u32(a);
			break;
		case RTA_PRIORITY:
			ret->metric = mnl_attr_get_u32(a);
			break;
		case RTA_GATEWAY:
			read_address(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a), ret->via);
			break;
		case RTA_VIA:
			read_via(a, ret->via);
			break;
		case RTA_MULTIPATH:
			ret->flags |= hops(a) > 1 ? CRUMB_OFFLOAD_MANY : 0;
			break;
		}
	}
	ret->table = table;
	return table != RT_TABLE_LOCAL;
}

bool hw_parse_neigh(const struct nlmsghdr *nlh, struct crumb_ev_offload *ret)
{
	const struct ndmsg *m = mnl_nlmsg_get_payload(nlh);
	bool address = false, mac = false;
	const struct nlattr *a;

	if (!(m->ndm_state & NUD_USABLE))
		return false;
	ret->kind = CRUMB_OFFLOAD_NEIGH;
	ret->family = m->ndm_family;
	ret->ifindex = m->ndm_ifindex;
	ret->flags = m->ndm_flags & NTF_OFFLOADED ? CRUMB_OFFLOAD_DONE : 0;
	mnl_attr_for_each(a, nlh, sizeof(*m))
	{
		if (mnl_attr_get_type(a) == NDA_DST)
			address = read_address(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a),
					       ret->addr);
		if (mnl_attr_get_type(a) != NDA_LLADDR || mnl_attr_get_payload_len(a) != 6)
			continue;
		memcpy(ret->lladdr, mnl_attr_get_payload(a), 6);
		mac = true;
	}
	return address && mac;
}

static bool read_stats(const struct nlattr *a, struct rtnl_link_stats64 *s)
{
	size_t size = mnl_attr_get_payload_len(a);

	memset(s, 0, sizeof(*s));
	memcpy(s, mnl_attr_get_payload(a), size < sizeof(*s) ? size : sizeof(*s));
	return size >= offsetof(struct rtnl_link_stats64, rx_errors);
}

bool hw_parse_count(const struct nlmsghdr *nlh, struct crumb_ev_count *ret)
{
	const struct if_stats_msg *m = mnl_nlmsg_get_payload(nlh);
	struct rtnl_link_stats64 s;
	const struct nlattr *a, *b;
	bool counted = false;

	ret->ifindex = m->ifindex;
	ret->cpu_rx_packets = ret->cpu_tx_packets = CRUMB_COUNT_UNKNOWN;
	mnl_attr_for_each(a, nlh, sizeof(*m))
	{
		if (mnl_attr_get_type(a) == IFLA_STATS_LINK_64 && read_stats(a, &s)) {
			ret->rx_packets = s.rx_packets;
			ret->tx_packets = s.tx_packets;
			ret->rx_bytes = s.rx_bytes;
			ret->tx_bytes = s.tx_bytes;
			counted = true;
		}
		if (mnl_attr_get_type(a) != IFLA_STATS_LINK_OFFLOAD_XSTATS)
			continue;
		mnl_attr_for_each_nested(b, a)
		{
			if (mnl_attr_get_type(b) != IFLA_OFFLOAD_XSTATS_CPU_HIT || !read_stats(b, &s))
				continue;
			ret->cpu_rx_packets = s.rx_packets;
			ret->cpu_tx_packets = s.tx_packets;
		}
	}
	return counted;
}

/* ------------------------------------------------------------------------------------------- whole tables */

static int stop_if(struct dump *d, bool found)
{
	d->found |= found;
	return found || ++d->count == PROBED_MAX ? MNL_CB_STOP : MNL_CB_OK;
}

static int any_link(const struct nlmsghdr *nlh, void *ctx)
{
	const struct nlattr *a;
	bool found = false;

	mnl_attr_for_each(a, nlh, sizeof(struct ifinfomsg))
		found |= mnl_attr_get_type(a) == IFLA_PHYS_SWITCH_ID;
	return stop_if(ctx, found);
}

static int any_entry(const struct nlmsghdr *nlh, void *ctx)
{
	const struct ndmsg *m = mnl_nlmsg_get_payload(nlh);

	return stop_if(ctx, m->ndm_flags & NTF_OFFLOADED);
}

static int any_route(const struct nlmsghdr *nlh, void *ctx)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(nlh);

	return stop_if(ctx, route_flags(m->rtm_flags) & CRUMB_OFFLOAD_DONE);
}

bool hw_look_any(uint32_t netns)
{
	struct dump d = { .netns = netns };

	run_dump(&d, &(struct request){ RTM_GETLINK, AF_UNSPEC, 0 }, any_link);
	if (!d.found)
		run_dump(&d, &(struct request){ RTM_GETNEIGH, AF_BRIDGE, 0 }, any_entry);
	if (!d.found)
		run_dump(&d, &(struct request){ RTM_GETROUTE, AF_INET, 0 }, any_route);
	return d.found;
}

static int tell(struct dump *d, struct crumb_event *ev)
{
	d->err = d->fn(d->ctx, ev);
	return d->err ? MNL_CB_STOP : MNL_CB_OK;
}

static struct crumb_ev_offload offload_of(const struct dump *d)
{
	return (struct crumb_ev_offload){
		.h = { .time_ns = d->time_ns,
		       .type = CRUMB_EV_OFFLOAD,
		       .size = sizeof(struct crumb_ev_offload) },
		.read_ns = d->read_ns,
		.netns = d->netns,
	};
}

static int on_route(const struct nlmsghdr *nlh, void *ctx)
{
	struct dump *d = ctx;
	struct crumb_ev_offload e = offload_of(d);

	if (!hw_parse_route(nlh, &e))
		return MNL_CB_OK;
	if (d->count++ < HW_TELL_MAX)
		return tell(d, &e.h);
	e = offload_of(d);
	e.kind = CRUMB_OFFLOAD_ROUTE;
	e.flags = CRUMB_OFFLOAD_CUT;
	tell(d, &e.h);
	return MNL_CB_STOP;
}

static int on_neigh(const struct nlmsghdr *nlh, void *ctx)
{
	struct dump *d = ctx;
	struct crumb_ev_offload e = offload_of(d);

	if (!hw_parse_neigh(nlh, &e))
		return MNL_CB_OK;
	return d->count++ < HW_TELL_MAX ? tell(d, &e.h) : MNL_CB_STOP;
}

static int on_count(const struct nlmsghdr *nlh, void *ctx)
{
	struct dump *d = ctx;
	struct crumb_ev_count e = {
		.h = { .time_ns = d->time_ns, .type = CRUMB_EV_COUNT, .size = sizeof(e) },
		.read_ns = d->read_ns,
		.netns = d->netns,
	};

	return hw_parse_count(nlh, &e) ? tell(d, &e.h) : MNL_CB_OK;
}

int hw_look(uint32_t netns, uint64_t time_ns, event_fn fn, void *ctx)
{
	struct dump d = { .netns = netns, .time_ns = time_ns, .fn = fn, .ctx = ctx };
	const struct request counters = { RTM_GETSTATS, AF_UNSPEC,
					  IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64) |
						  IFLA_STATS_FILTER_BIT(
							  IFLA_STATS_LINK_OFFLOAD_XSTATS) };
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	int err = run_dump(&d, &counters,
			   on_count); /* first: an analysis knows by it that this is a switch */

	if (!err)
		err = netns_dump_fdb(netns, time_ns, fn, ctx);
	for (unsigned int i = 0; !err && i < 2; i++)
		err = run_dump(&d, &(struct request){ RTM_GETROUTE, families[i], 0 }, on_route);
	for (unsigned int i = 0; !err && i < 2; i++)
		err = run_dump(&d, &(struct request){ RTM_GETNEIGH, families[i], 0 }, on_neigh);
	return err ? err : tc_look(netns, NULL, time_ns, fn, ctx);
}

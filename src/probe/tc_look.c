// SPDX-License-Identifier: GPL-2.0-only
/* Which devices have filters, and a dump for each direction of each: see tc_look.h. The kernel lists filters of one qdisc at a time. */
#include "tc_look.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "clock.h"
#include "netlink_dump.h"
#include "netns_look.h"
#include "tcx_look.h"

#define DEVICES_MAX 512

enum { TC_LOOK_INGRESS = 1, TC_LOOK_EGRESS = 2 };

struct look {
	struct mnl_socket *nl;
	struct crumb_ev_filter head; /* of the direction that is read */
	event_fn fn;
	void *ctx;
	uint32_t told, dumps;
	bool cut, programs;
	int err;
	struct {
		uint32_t ifindex;
		unsigned int sides;
	} device[DEVICES_MAX];
	unsigned int devices;
};

static int on_qdisc(const struct nlmsghdr *nlh, void *ctx)
{
	const struct tcmsg *t = mnl_nlmsg_get_payload(nlh);
	unsigned int sides = TC_LOOK_INGRESS;
	struct look *l = ctx;
	const struct nlattr *a;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*t) ||
	    t->tcm_parent != TC_H_INGRESS) /* clsact's as well */
		return MNL_CB_OK;
	/* The older qdisc, ingress, shows what it has at either side. */
	mnl_attr_for_each(a, nlh, sizeof(*t)) if (mnl_attr_get_type(a) == TCA_KIND &&
						  netlink_is_text(a, "clsact"))
		sides |= TC_LOOK_EGRESS;
	if (l->devices == DEVICES_MAX) {
		l->cut = true;
		return MNL_CB_OK;
	}
	l->device[l->devices].ifindex = t->tcm_ifindex;
	l->device[l->devices++].sides = sides;
	return MNL_CB_OK;
}

static int tell(struct look *l, const struct crumb_ev_filter *e)
{
	l->err = l->fn(l->ctx, &e->h);
	return l->err ? MNL_CB_STOP : MNL_CB_OK;
}

static int on_filter(const struct nlmsghdr *nlh, void *ctx)
{
	struct look *l = ctx;
	struct crumb_ev_filter e = l->head;

	if (!tc_parse_filter(nlh, &e))
		return MNL_CB_OK;
	if (l->told++ < TC_TELL_MAX)
		return tell(l, &e);
	l->cut = true; /* the dump goes on to its end: the socket is used again */
	return MNL_CB_OK;
}

static int dump(struct look *l, uint16_t type, uint32_t ifindex, uint32_t parent, mnl_cb_t fn)
{
	char buf[NETLINK_REQUEST_BYTES];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct tcmsg *t;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++l->dumps; /* what is left of one that broke off is no answer to the next */
	t = mnl_nlmsg_put_extra_header(nlh, sizeof(*t));
	t->tcm_ifindex = ifindex;
	t->tcm_parent = parent;
	return netlink_dump(l->nl, nlh, fn, l);
}

/* A dump that broke off, or a question that failed, is no reading: what is missing there may have been it. */
static void look_at(struct look *l, uint32_t ifindex, bool egress)
{
	uint32_t parent = TC_H_MAKE(TC_H_CLSACT, egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS);
	struct crumb_ev_filter mark;
	bool broken = false;

	l->head.ifindex = ifindex;
	l->head.egress = egress;
	l->head.read_ns = clock_ns(CLOCK_MONOTONIC);
	mark = l->head;
	mark.flags = CRUMB_FILTER_READING;
	if (tell(l, &mark) == MNL_CB_OK && l->programs)
		l->err = tcx_look(&l->head, l->fn, l->ctx, &broken);
	if (!l->err)
		broken |= dump(l, RTM_GETTFILTER, ifindex, parent, on_filter) != 0;
	if (l->err || (!l->cut && !broken))
		return;
	mark.flags |= CRUMB_FILTER_CUT;
	tell(l, &mark);
}

int tc_look(uint32_t netns, const struct tc_side *side, uint64_t time_ns, event_fn fn, void *ctx)
{
	struct look l = {
		.head = { .h = { .time_ns = time_ns,
				 .type = CRUMB_EV_FILTER,
				 .size = sizeof(struct crumb_ev_filter) },
			  .netns = netns },
		.fn = fn,
		.ctx = ctx,
		.programs = side, /* hardware has none */
	};

	l.nl = netns_rtnetlink(netns);
	if (!l.nl)
		return errno ? -errno : -ENOENT;
	if (side)
		look_at(&l, side->ifindex, side->egress);
	else
		dump(&l, RTM_GETQDISC, 0, 0, on_qdisc);
	for (unsigned int i = 0; i < l.devices; i++) {
		if (!l.err && (l.device[i].sides & TC_LOOK_INGRESS))
			look_at(&l, l.device[i].ifindex, false);
		if (!l.err && (l.device[i].sides & TC_LOOK_EGRESS))
			look_at(&l, l.device[i].ifindex, true);
	}
	mnl_socket_close(l.nl);
	return l.err;
}

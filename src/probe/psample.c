// SPDX-License-Identifier: GPL-2.0-only
/* The multicast group "packets" (net/psample/psample.c, include/uapi/linux/psample.h) in each namespace with a switch's ports. */
#include "psample.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/psample.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uthash.h>

#include "clock.h"
#include "filter.h"
#include "genl.h"
#include "netns_look.h"
#include "sample_packet.h"

#define SOCKETS	     8
#define BUFFER_BYTES (2 << 20) /* of what was not read yet, of each socket */
#define WAITING	     1024 /* samples whose time has not come: events of that time may be on their way */
#define READ_MOST    4096 /* messages at a time */
#define DISORDER     256  /* samples of several CPUs may overtake one another by so many */
#define GROUPS	     32	  /* whose numbers are looked at */

struct key { /* of a connection, whichever side sends; as crumb_flow_key, but for its zone */
	uint8_t addr[2][16];
	uint16_t port[2];
	uint32_t proto;
};

struct known {
	struct key key;
	uint32_t flow;
	UT_hash_handle hh;
};

struct psample {
	struct genl_family family;
	struct {
		struct mnl_socket *nl;
		uint32_t netns;
	} socket[SOCKETS];
	unsigned int sockets;
	struct known *known;
	struct filter *filter;
	psample_take_fn take; /* NULL: what is not followed is of no interest */
	void *ctx;
	struct sampled waiting[WAITING];
	unsigned int count;
	uint32_t reading;      /* the namespace that is just read */
	uint64_t missed, told; /* samples that there was no room for, as far as is known */
	uint64_t before_ns;    /* of the last look */
	uint64_t guessed;      /* of `missed`: overruns that no number has told of so far */
	struct {
		uint32_t netns, number, next;
	} group[GROUPS];
	unsigned int groups;
	char buf[65536];
};

int psample_new(struct psample **ret)
{
	struct mnl_socket *nl = netns_generic(netns_of_process(0));
	struct psample *p = nl ? calloc(1, sizeof(*p)) : NULL;
	int err = p ? genl_find(nl, PSAMPLE_GENL_NAME, PSAMPLE_NL_MCGRP_SAMPLE_NAME, &p->family) :
		      -ENOMEM;

	if (nl)
		mnl_socket_close(nl);
	if (!err && !p->family.group)
		err = -ENOENT;
	if (err) {
		free(p);
		return nl ? err : -ENOENT;
	}
	*ret = p;
	return 0;
}

void psample_free(struct psample *p)
{
	struct known *k, *next;

	if (!p)
		return;
	for (unsigned int i = 0; i < p->sockets; i++)
		mnl_socket_close(p->socket[i].nl);
	HASH_ITER(hh, p->known, k, next)
	{
		HASH_DEL(p->known, k);
		free(k);
	}
	filter_free(p->filter);
	free(p);
}

void psample_select(struct psample *p, const char *expr, psample_take_fn take, void *ctx)
{
	struct error e = { 0 };

	if (filter_compile(expr, &p->filter, &e))
		return; /* it was compiled before: no memory. What is followed is told of. */
	p->take = take;
	p->ctx = ctx;
}

void psample_listen(struct psample *p, uint32_t netns)
{
	struct mnl_socket *nl;
	int bytes = BUFFER_BYTES;

	for (unsigned int i = 0; i < p->sockets; i++)
		if (p->socket[i].netns == netns)
			return;
	nl = p->sockets < SOCKETS ? netns_generic(netns) : NULL;
	if (!nl)
		return;
	if (setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (setsockopt(mnl_socket_get_fd(nl), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &p->family.group,
		       sizeof(p->family.group))) {
		mnl_socket_close(nl);
		return;
	}
	p->socket[p->sockets].nl = nl;
	p->socket[p->sockets++].netns = netns;
}

void psample_leave(struct psample *p, uint32_t netns)
{
	for (unsigned int i = 0; i < p->sockets; i++) {
		if (p->socket[i].netns != netns)
			continue;
		mnl_socket_close(p->socket[i].nl);
		p->socket[i] = p->socket[--p->sockets];
		return;
	}
}

/* ------------------------------------------------------------------------------------------- connections */

static struct key key_of(const struct crumb_ev_flow *f)
{
	struct key k = { .port = { f->port[0], f->port[1] }, .proto = f->proto };

	memcpy(k.addr, f->addr, sizeof(k.addr));
	return k;
}

int psample_event(struct psample *p, const struct crumb_event *ev)
{
	const struct crumb_ev_flow *f = (const void *)ev;
	struct known *k;
	struct key key;

	if (ev->type != CRUMB_EV_FLOW)
		return 0;
	key = key_of(f);
	HASH_FIND(hh, p->known, &key, sizeof(key), k);
	if (k) {
		k->flow = f->flow;
		return 0;
	}
	if (HASH_COUNT(p->known) == CRUMB_MAX_FLOWS) { /* the eldest: uthash keeps the order of arrival */
		k = p->known;
		HASH_DEL(p->known, k);
		free(k);
	}
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	k->key = key;
	k->flow = f->flow;
	HASH_ADD(hh, p->known, key, sizeof(k->key), k);
	return 0;
}

void psample_forget(struct psample *p, const struct crumb_ev_flow *flow)
{
	struct key key = key_of(flow);
	struct known *k;

	HASH_FIND(hh, p->known, &key, sizeof(key), k);
	if (!k || k->flow != flow->flow)
		return;
	HASH_DEL(p->known, k);
	free(k);
}

/* The connection's number; 0: nobody asked for it. One that is new is told of before. */
static int find_flow(struct psample *p, struct sampled *s, uint64_t now_ns, event_fn fn, void *ctx,
		     uint32_t *ret)
{
	struct key key = key_of(&s->flow);
	struct known *k;
	int err;

	HASH_FIND(hh, p->known, &key, sizeof(key), k);
	*ret = k ? k->flow : 0;
	if (k || !s->l3 || !p->take)
		return 0;
	p->take(p->ctx, &s->flow, ret);
	if (!*ret)
		return 0;
	s->flow.h = (struct crumb_event){ .time_ns = now_ns,
					  .type = CRUMB_EV_FLOW,
					  .size = sizeof(s->flow) };
	s->flow.flow = *ret;
	s->flow.why = CRUMB_WHY_SAMPLE;
	err = psample_event(p, &s->flow.h);
	return err ? err : fn(ctx, &s->flow.h);
}

/* ----------------------------------------------------------------------------------------------- reading */

static uint64_t u64_of(const struct nlattr *a)
{
	return mnl_attr_get_payload_len(a) == 8 ? mnl_attr_get_u64(a) : CRUMB_SAMPLE_UNKNOWN;
}

/* Numbers of devices were of 16 bits once. */
static uint32_t number_of(const struct nlattr *a)
{
	switch (mnl_attr_get_payload_len(a)) {
	case 2:
		return mnl_attr_get_u16(a);
	case 4:
		return mnl_attr_get_u32(a);
	default:
		return 0;
	}
}

static void take_attr(const struct nlattr *a, struct crumb_ev_sample *e)
{
	switch (mnl_attr_get_type(a)) {
	case PSAMPLE_ATTR_IIFINDEX:
		e->s.ifindex = number_of(a);
		break;
	case PSAMPLE_ATTR_OIFINDEX:
		e->out = number_of(a);
		break;
	case PSAMPLE_ATTR_ORIGSIZE:
		e->s.wire_len = number_of(a);
		break;
	case PSAMPLE_ATTR_SAMPLE_GROUP:
		e->group = number_of(a);
		break;
	case PSAMPLE_ATTR_GROUP_SEQ:
		e->group_seq = number_of(a);
		break;
	case PSAMPLE_ATTR_SAMPLE_RATE:
		e->rate = number_of(a);
		break;
	case PSAMPLE_ATTR_OUT_TC:
		e->out_tc = mnl_attr_get_payload_len(a) == 2 ? mnl_attr_get_u16(a) : e->out_tc;
		break;
	case PSAMPLE_ATTR_OUT_TC_OCC:
		e->queue_bytes = u64_of(a);
		break;
	case PSAMPLE_ATTR_LATENCY:
		e->latency_ns = u64_of(a);
		break;
	case PSAMPLE_ATTR_TIMESTAMP:
		e->seen_ns = u64_of(a);
		break;
	}
}

bool psample_parse(const struct nlmsghdr *nlh, struct sampled *ret)
{
	const struct nlattr *a, *data = NULL;

	if (nlh->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(struct genlmsghdr) ||
	    ((const struct genlmsghdr *)mnl_nlmsg_get_payload(nlh))->cmd != PSAMPLE_CMD_SAMPLE)
		return false;
	*ret = (struct sampled){
		.ev = { .s = { .h = { .type = CRUMB_EV_SAMPLE, .size = sizeof(ret->ev) } },
			.seen_ns = CRUMB_SAMPLE_UNKNOWN,
			.latency_ns = CRUMB_SAMPLE_UNKNOWN,
			.queue_bytes = CRUMB_SAMPLE_UNKNOWN,
			.out_tc = CRUMB_SAMPLE_NO_TC }
	};
	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(a) == PSAMPLE_ATTR_DATA)
			data = a;
		else
			take_attr(a, &ret->ev);
	}
	return data && sample_packet(mnl_attr_get_payload(data), mnl_attr_get_payload_len(data), ret);
}

static void overrun(struct psample *p)
{
	p->missed++;
	p->guessed++;
}

/* A group's samples are numbered (psample_group.seq), whoever listens: what is left out did not come here. */
static void count_missing(struct psample *p, const struct crumb_ev_sample *e)
{
	unsigned int i = 0;
	int32_t ahead;

	while (i < p->groups && (p->group[i].netns != p->reading || p->group[i].number != e->group))
		i++;
	if (i == GROUPS)
		return;
	ahead = i < p->groups ? (int32_t)(e->group_seq - p->group[i].next) : 0;
	if (ahead < 0 && ahead >= -DISORDER) { /* it was taken for missing */
		p->missed -= p->missed > p->told ? 1 : 0;
		return;
	}
	if (i == p->groups)
		p->groups++;
	if (ahead > 0) { /* less: the group was made anew */
		p->missed += (uint32_t)ahead > p->guessed ? ahead - p->guessed : 0;
		p->guessed = 0;
	}
	p->group[i].netns = p->reading;
	p->group[i].number = e->group;
	p->group[i].next = e->group_seq + 1;
}

static int on_sample(const struct nlmsghdr *nlh, void *ctx)
{
	struct psample *p = ctx;
	struct sampled *s = &p->waiting[p->count];
	bool known;

	if (nlh->nlmsg_type != p->family.id)
		return MNL_CB_OK;
	if (p->count == WAITING) {
		overrun(p);
		return MNL_CB_OK;
	}
	s->ev.rate = 0; /* of a sample it never is */
	known = psample_parse(nlh, s);
	if (s->ev.rate)
		count_missing(p, &s->ev);
	if (!known)
		return MNL_CB_OK;
	s->ev.s.netns = p->reading;
	/* The kernel stamps it with the time of day. */
	if (s->ev.seen_ns == CRUMB_SAMPLE_UNKNOWN)
		s->ev.seen_ns = clock_ns(CLOCK_MONOTONIC);
	else
		s->ev.seen_ns -= clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	/* Asked now, while its bytes are here: who passes, and is not known later on, is new. */
	if (p->take && !filter_match_user(p->filter, s->l3, s->l3_bytes, s->l3_len))
		s->l3 = NULL;
	s->flow.netns = p->reading;
	p->count++;
	return MNL_CB_OK;
}

static void read_socket(struct psample *p, unsigned int i)
{
	struct mnl_socket *nl = p->socket[i].nl;

	p->reading = p->socket[i].netns;
	for (int n = 0; n < READ_MOST && p->count < WAITING; n++) {
		ssize_t bytes = recv(mnl_socket_get_fd(nl), p->buf, sizeof(p->buf), MSG_DONTWAIT);

		if (bytes < 0 && errno == ENOBUFS) {
			overrun(p); /* how many the next one's number says */
			continue;
		}
		if (bytes <= 0)
			return;
		mnl_cb_run(p->buf, bytes, 0, 0, on_sample, p);
	}
}

static int tell_missed(struct psample *p, uint64_t now_ns, event_fn fn, void *ctx)
{
	const struct crumb_ev_loss e = {
		.h = { .time_ns = now_ns, .type = CRUMB_EV_LOSS, .size = sizeof(e) },
		.from_ns = p->before_ns,
		.count = p->missed - p->told,
		.cause = CRUMB_LOSS_SAMPLES,
		.on_cpu = UINT32_MAX,
	};

	p->before_ns = now_ns;
	p->told = p->missed;
	return e.count ? fn(ctx, &e.h) : 0;
}

int psample_read(struct psample *p, uint64_t now_ns, event_fn fn, void *ctx)
{
	unsigned int left = 0;
	int err = 0;

	for (unsigned int i = 0; i < p->sockets; i++)
		read_socket(p, i);
	for (unsigned int i = 0; i < p->count; i++) {
		struct sampled *s = &p->waiting[i];

		if (err || s->ev.seen_ns > now_ns) {
			if (left != i)
				p->waiting[left] = *s;
			left++;
			continue;
		}
		s->ev.s.h.time_ns = now_ns;
		err = find_flow(p, s, now_ns, fn, ctx, &s->ev.s.flow);
		if (!err && s->ev.s.flow)
			err = fn(ctx, &s->ev.s.h);
	}
	p->count = left;
	return err ? err : tell_missed(p, now_ns, fn, ctx);
}

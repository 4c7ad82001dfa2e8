// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names for the readers of a trace file. Memory grows with namespaces and devices; connections are
 * kept in a direct-mapped table of at most CRUMB_MAX_FLOWS: flow numbers count up, so a full table
 * forgets the oldest, whose packets are then named by number.
 */
#include "trace_names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FLOWS_FIRST    256
#define DEVS_FIRST     64
#define END_TEXT_BYTES (INET6_ADDRSTRLEN + sizeof("[]:65535"))

#define TCP_FIN 0x01
#define TCP_SYN 0x02

/*
 * Bytes of one direction, counted from the byte after the SYN; `high` unwraps the 32-bit sequence.
 */
struct direction {
	bool known;
	uint32_t first_seq;
	uint64_t high;
};

struct flow {
	uint32_t flow; /* 0 empty */
	bool addressed;
	char end[2][END_TEXT_BYTES];
	struct direction dir[2];
};

struct netns {
	uint32_t netns;
	char host[64];
};

struct trace_names {
	int64_t realtime_ns;
	struct netns own; /* the host's own namespace and name */
	struct netns *netns;
	size_t n_netns;
	struct names_dev **devs; /* open addressing */
	size_t dev_slots, n_devs;
	struct names_dev *last_dev;
	struct flow *flows;
	size_t flow_slots;
};

int names_new(struct trace_names **ret_names)
{
	struct trace_names *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->devs = calloc(DEVS_FIRST, sizeof(*n->devs));
	n->flows = calloc(FLOWS_FIRST, sizeof(*n->flows));
	if (!n->devs || !n->flows) {
		names_free(n);
		return -ENOMEM;
	}
	n->dev_slots = DEVS_FIRST;
	n->flow_slots = FLOWS_FIRST;
	*ret_names = n;
	return 0;
}

void names_free(struct trace_names *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->dev_slots; i++)
		free(n->devs[i]);
	free(n->devs);
	free(n->netns);
	free(n->flows);
	free(n);
}

int64_t names_realtime_ns(const struct trace_names *n)
{
	return n->realtime_ns;
}

static size_t dev_slot(const struct trace_names *n, uint32_t netns, uint32_t ifindex)
{
	size_t at = ((uint64_t)netns << 32 | ifindex) * 0x9e3779b97f4a7c15u >> 32;

	for (at %= n->dev_slots; n->devs[at]; at = (at + 1) % n->dev_slots)
		if (n->devs[at]->netns == netns && n->devs[at]->ifindex == ifindex)
			break;
	return at;
}

static int devs_grow(struct trace_names *n)
{
	struct names_dev **old = n->devs, **devs;
	size_t slots = n->dev_slots;

	devs = calloc(slots * 2, sizeof(*devs));
	if (!devs)
		return -ENOMEM;
	n->devs = devs;
	n->dev_slots = slots * 2;
	for (size_t i = 0; i < slots; i++)
		if (old[i])
			devs[dev_slot(n, old[i]->netns, old[i]->ifindex)] = old[i];
	free(old);
	return 0;
}

struct names_dev *names_dev(struct trace_names *n, uint32_t netns, uint32_t ifindex)
{
	struct names_dev *d = n->last_dev;
	size_t at;

	if (d && d->netns == netns && d->ifindex == ifindex)
		return d;
	at = dev_slot(n, netns, ifindex);
	d = n->devs[at];
	if (!d) {
		d = calloc(1, sizeof(*d));
		if (!d)
			return NULL;
		d->netns = netns;
		d->ifindex = ifindex;
		n->devs[at] = d;
		if (++n->n_devs * 2 > n->dev_slots && devs_grow(n))
			return NULL;
	}
	n->last_dev = d;
	return d;
}

static void forget(struct names_dev *d)
{
	d->place[0] = '\0';
	memset(d->iface, 0, sizeof(d->iface));
}

static int learn_dev(struct trace_names *n, const struct crumb_ev_dev *ev)
{
	struct names_dev *d = names_dev(n, ev->netns, ev->ifindex);

	if (!d)
		return -ENOMEM;
	if (strncmp(d->name, ev->name, sizeof(d->name)) == 0)
		return 0;
	memcpy(d->name, ev->name, sizeof(d->name));
	forget(d);
	return 0;
}

/* The names of all devices of @netns, or of every namespace, have to be made anew. */
static void forget_places(struct trace_names *n, uint32_t netns, bool all)
{
	for (size_t i = 0; i < n->dev_slots; i++)
		if (n->devs[i] && (all || n->devs[i]->netns == netns))
			forget(n->devs[i]);
}

static int learn_netns(struct trace_names *n, const struct crumb_ev_netns *ev)
{
	struct netns *grown, *at = n->netns;
	size_t i;

	for (i = 0; i < n->n_netns && at[i].netns != ev->netns; i++)
		;
	if (i == n->n_netns) {
		grown = realloc(n->netns, (i + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		n->netns = at = grown;
		n->n_netns++;
		at[i] = (struct netns){ .netns = ev->netns };
	}
	if (strncmp(at[i].host, ev->host, sizeof(at[i].host)) == 0)
		return 0;
	memcpy(at[i].host, ev->host, sizeof(at[i].host));
	forget_places(n, ev->netns, false);
	return 0;
}

static void learn_host(struct trace_names *n, const struct crumb_ev_host *ev)
{
	n->realtime_ns = ev->realtime_ns;
	n->own.netns = ev->netns;
	memcpy(n->own.host, ev->name, sizeof(n->own.host));
	forget_places(n, 0, true);
}

/* The entry of @flow, made if it is not there; NULL when a younger flow has its place. */
static struct flow *flow_get(struct trace_names *n, uint32_t flow)
{
	struct flow *f = &n->flows[flow % n->flow_slots], *grown, *old;

	while (f->flow && f->flow != flow && n->flow_slots < CRUMB_MAX_FLOWS) {
		grown = calloc(n->flow_slots * 2, sizeof(*grown));
		if (!grown)
			break;
		for (size_t i = 0; i < n->flow_slots; i++) {
			old = &n->flows[i];
			if (old->flow)
				grown[old->flow % (n->flow_slots * 2)] = *old;
		}
		free(n->flows);
		n->flows = grown;
		n->flow_slots *= 2;
		f = &n->flows[flow % n->flow_slots];
	}
	if (f->flow > flow)
		return NULL;
	if (f->flow != flow)
		*f = (struct flow){ .flow = flow };
	return f;
}

static void end_text(const struct crumb_ev_flow *ev, int end, char out[static END_TEXT_BYTES])
{
	char addr[INET6_ADDRSTRLEN] = "?";
	bool v4 = ev->family == AF_INET;

	inet_ntop(v4 ? AF_INET : AF_INET6, ev->addr[end] + (v4 ? 12 : 0), addr, sizeof(addr));
	snprintf(out, END_TEXT_BYTES, v4 ? "%s:%u" : "[%s]:%u", addr, ev->port[end]);
}

static void learn_flow(struct trace_names *n, const struct crumb_ev_flow *ev)
{
	struct flow *f = flow_get(n, ev->flow);

	if (!f)
		return;
	f->addressed = true;
	end_text(ev, 0, f->end[0]);
	end_text(ev, 1, f->end[1]);
}

static void learn_skb(struct trace_names *n, const struct crumb_ev_skb *s)
{
	struct flow *f;

	if (!(s->tcp_flags & TCP_SYN) || s->dir > 1)
		return;
	f = flow_get(n, s->flow);
	if (f && (!f->dir[s->dir].known || f->dir[s->dir].first_seq != s->seq + 1))
		f->dir[s->dir] = (struct direction){ .known = true, .first_seq = s->seq + 1 };
}

int names_learn(struct trace_names *n, const struct crumb_event *ev)
{
	switch (ev->type) {
	case CRUMB_EV_SKB:
		learn_skb(n, (const struct crumb_ev_skb *)ev);
		return 0;
	case CRUMB_EV_FLOW:
		learn_flow(n, (const struct crumb_ev_flow *)ev);
		return 0;
	case CRUMB_EV_HOST:
		learn_host(n, (const struct crumb_ev_host *)ev);
		return 0;
	case CRUMB_EV_NETNS:
		return learn_netns(n, (const struct crumb_ev_netns *)ev);
	case CRUMB_EV_DEV:
		return learn_dev(n, (const struct crumb_ev_dev *)ev);
	default:
		return 0;
	}
}

static const char *netns_host(const struct trace_names *n, uint32_t netns)
{
	for (size_t i = 0; i < n->n_netns; i++)
		if (n->netns[i].netns == netns && n->netns[i].host[0])
			return n->netns[i].host;
	return n->own.host[0] && n->own.netns == netns ? n->own.host : NULL;
}

const char *names_place(struct trace_names *n, struct names_dev *dev)
{
	char unknown[24], number[16];
	const char *host, *device;

	if (dev->place[0])
		return dev->place;
	host = netns_host(n, dev->netns);
	snprintf(unknown, sizeof(unknown), "netns:%u", dev->netns);
	snprintf(number, sizeof(number), "if%u", dev->ifindex);
	device = dev->name[0] ? dev->name : number;
	if (!dev->name[0] && !dev->ifindex)
		device = "";
	snprintf(dev->place, sizeof(dev->place), "%.64s%s%.16s", host ? host : unknown,
		 device[0] ? "/" : "", device);
	return dev->place;
}

static void put_flags(unsigned int flags, struct strbuf *b)
{
	static const char names[][5] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG" };

	for (int i = 0; i < 6; i++)
		if (flags & 1u << i) {
			strbuf_putc(b, ' ');
			strbuf_puts(b, names[i]);
		}
}

/*
 * Where @seq is in its direction, or false: before its first byte (a keep-alive probe), or no SYN
 * was seen.
 */
static bool stream_offset(struct direction *d, uint32_t seq, uint32_t bytes, uint64_t *ret_offset)
{
	int64_t at;

	if (!d->known)
		return false;
	at = (int64_t)d->high + (int32_t)(seq - (d->first_seq + (uint32_t)d->high));
	if (at < 0)
		return false;
	if ((uint64_t)at + bytes > d->high)
		d->high = at + bytes;
	*ret_offset = at;
	return true;
}

static void put_range(struct direction *d, const struct crumb_ev_skb *s, struct strbuf *b)
{
	uint64_t at;

	if (d && stream_offset(d, s->seq, s->payload, &at)) {
		strbuf_puts(b, " bytes ");
		strbuf_u64(b, at);
		strbuf_puts(b, "..");
		strbuf_u64(b, at + s->payload);
	} else {
		strbuf_puts(b, " seq ");
		strbuf_u64(b, s->seq);
		strbuf_puts(b, "..");
		strbuf_u64(b, (uint32_t)(s->seq + s->payload));
	}
}

void names_put_message(struct trace_names *n, const struct crumb_ev_skb *s, struct strbuf *b)
{
	struct flow *f = &n->flows[s->flow % n->flow_slots];
	int dir = s->dir & 1;

	if (!s->flow || f->flow != s->flow)
		f = NULL;
	if (f && f->addressed) {
		strbuf_puts(b, f->end[dir]);
		strbuf_puts(b, " > ");
		strbuf_puts(b, f->end[!dir]);
	} else {
		strbuf_puts(b, "flow ");
		strbuf_u64(b, s->flow);
	}
	if (!s->payload) {
		put_flags(s->tcp_flags, b);
		return;
	}
	put_range(f ? &f->dir[dir] : NULL, s, b);
	put_flags(s->tcp_flags & TCP_FIN, b);
	if (s->gso_segs > 1) {
		strbuf_puts(b, ", ");
		strbuf_u64(b, s->gso_segs);
		strbuf_puts(b, " TCP segments");
	}
}

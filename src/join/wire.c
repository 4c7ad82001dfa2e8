// SPDX-License-Identifier: GPL-2.0-only
/*
 * The edge of a host, see wire.h. A time of leaving must not be later than the true one, a time of arrival not earlier, or the
 * clocks' bounds would be wrong: so what is sent again is left out (the other host may have seen the first), and devices whose
 * other end is on the same host are no edge.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "translated.h"

#define FLOWS_MAX 262144u /* known at once; the oldest go */

struct wire_flow {
	uint32_t number;
	bool sent[2];
	uint32_t sent_to[2];	 /* sequence number after the highest byte that left */
	struct crumb_ev_flow ev; /* as announced */
	uint32_t names;		 /* how many translations were known when ... */
	uint64_t tuple;		 /* ... it was called so */
	bool swapped;
	UT_hash_handle hh;
};

struct wire_dev {
	uint64_t key; /* netns, ifindex */
	uint64_t peer;
	bool loopback;
	UT_hash_handle hh;
};

struct wire {
	struct wire_flow *flows;
	struct wire_dev *devs;
	uint32_t n_flows;
	struct translated *names;
};

struct wire *wire_new(struct translated *names)
{
	struct wire *w = calloc(1, sizeof(*w));

	if (w)
		w->names = names;
	return w;
}

void wire_free(struct wire *w)
{
	struct wire_flow *f, *next_flow;
	struct wire_dev *d, *next_dev;

	if (!w)
		return;
	HASH_ITER(hh, w->flows, f, next_flow)
	{
		HASH_DEL(w->flows, f);
		free(f);
	}
	HASH_ITER(hh, w->devs, d, next_dev)
	{
		HASH_DEL(w->devs, d);
		free(d);
	}
	free(w);
}

uint64_t wire_tuple(const struct crumb_ev_flow *ev)
{
	struct {
		uint8_t addr[2][16];
		uint16_t port[2];
		uint8_t proto, pad0[3];
	} name = { .proto = ev->proto };

	memcpy(name.addr, ev->addr, sizeof(name.addr));
	memcpy(name.port, ev->port, sizeof(name.port));
	return XXH3_64bits(&name, sizeof(name));
}

/* By the name that all hosts have for it, as far as that is known by now. */
static void flow_name(const struct wire *w, struct wire_flow *f)
{
	struct crumb_ev_flow ev = f->ev;

	f->names = translated_count(w->names);
	f->swapped = translated_rename(w->names, &ev);
	f->tuple = wire_tuple(&ev);
}

static int on_nat(struct wire *w, const struct crumb_ev_nat *ev)
{
	struct wire_flow *f;

	HASH_FIND(hh, w->flows, &ev->flow, sizeof(ev->flow), f);
	return f ? translated_add(w->names, f->ev.proto, ev) : 0;
}

static int on_flow(struct wire *w, const struct crumb_ev_flow *ev)
{
	struct wire_flow *f;

	HASH_FIND(hh, w->flows, &ev->flow, sizeof(ev->flow), f);
	if (f)
		return 0;
	if (w->n_flows == FLOWS_MAX) { /* uthash keeps the order of arrival */
		f = w->flows;
		HASH_DEL(w->flows, f);
		free(f);
		w->n_flows--;
	}
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->number = ev->flow;
	f->ev = *ev;
	flow_name(w, f);
	HASH_ADD(hh, w->flows, number, sizeof(f->number), f);
	if (!f->hh.tbl) {
		free(f);
		return -ENOMEM;
	}
	w->n_flows++;
	return 0;
}

static uint64_t dev_key(uint32_t netns, uint32_t ifindex)
{
	return (uint64_t)netns << 32 | ifindex;
}

static int on_dev(struct wire *w, const struct crumb_ev_dev *ev)
{
	uint64_t key = dev_key(ev->netns, ev->ifindex);
	struct wire_dev *d;

	HASH_FIND(hh, w->devs, &key, sizeof(key), d);
	if (!d) {
		d = calloc(1, sizeof(*d));
		if (!d)
			return -ENOMEM;
		d->key = key;
		HASH_ADD(hh, w->devs, key, sizeof(d->key), d);
		if (!d->hh.tbl) {
			free(d);
			return -ENOMEM;
		}
	}
	d->peer = ev->peer && ev->peer_netns ? dev_key(ev->peer_netns, ev->peer) : 0;
	d->loopback = !strcmp(ev->name, "lo");
	return 0;
}

/* Does its other end lie on this host? */
static bool dev_is_inner(const struct wire *w, uint32_t netns, uint32_t ifindex)
{
	uint64_t key = dev_key(netns, ifindex);
	const struct wire_dev *d, *peer;

	HASH_FIND(hh, w->devs, &key, sizeof(key), d);
	if (!d || !d->peer)
		return d && d->loopback;
	HASH_FIND(hh, w->devs, &d->peer, sizeof(d->peer), peer);
	return peer;
}

static bool sent_again(struct wire_flow *f, const struct crumb_ev_skb *ev)
{
	uint32_t end = ev->seq + ev->payload;

	if (f->sent[ev->dir] && (int32_t)(ev->seq - f->sent_to[ev->dir]) < 0)
		return true;
	f->sent[ev->dir] = true;
	f->sent_to[ev->dir] = end;
	return false;
}

static uint64_t tcp_key(const struct wire_flow *f, const struct crumb_ev_skb *ev)
{
	struct {
		uint64_t tuple;
		uint32_t seq, ack;
		uint8_t dir, flags, pad0[6];
	} name = { .tuple = f->tuple, .dir = ev->dir ^ f->swapped };

	if (ev->payload) { /* by its last byte: skbs are cut and merged on the way */
		name.seq = ev->seq + ev->payload;
	} else {
		name.seq = ev->seq;
		name.ack = ev->ack;
		name.flags = ev->tcp_flags | 0x80;
	}
	return XXH3_64bits(&name, sizeof(name));
}

/*
 * UDP numbers nothing: by its length, the digest of its first bytes and, IPv4, its identification, which is 0 where a socket that is not
 * connected forbids fragments (RFC 6864, 4.1; the kernel's ip_select_ident_segs()).
 */
static uint64_t udp_key(const struct wire_flow *f, const struct crumb_ev_skb *ev)
{
	struct {
		uint64_t tuple;
		uint32_t digest, bytes;
		uint16_t ip_id;
		uint8_t dir, pad0[5];
	} name = { .tuple = f->tuple,
		   .digest = ev->seq,
		   .bytes = ev->payload,
		   .ip_id = ev->flags & CRUMB_SKB_TUNNEL ? 0 : ev->ip_id,
		   .dir = ev->dir ^ f->swapped };

	return XXH3_64bits(&name, sizeof(name));
}

static int on_skb(struct wire *w, const struct crumb_ev_skb *ev, struct wire_look *ret)
{
	bool out = ev->point == CRUMB_PT_DEV_XMIT;
	struct wire_flow *f;
	bool udp;

	if (!out && ev->point != CRUMB_PT_DEV_BACKLOG && ev->point != CRUMB_PT_DEV_GRO &&
	    ev->point != CRUMB_PT_DEV_RECEIVE)
		return 0;
	HASH_FIND(hh, w->flows, &ev->flow, sizeof(ev->flow), f);
	if (!f || dev_is_inner(w, ev->netns, ev->ifindex))
		return 0;
	udp = f->ev.proto == IPPROTO_UDP;
	if (udp ? !ev->seq : out && ev->payload && sent_again(f, ev))
		return 0;
	if (f->names != translated_count(w->names))
		flow_name(w, f);
	*ret = (struct wire_look){ .key = udp ? udp_key(f, ev) : tcp_key(f, ev),
				   .out = out,
				   .time_ns = (int64_t)ev->h.time_ns };
	if (udp)
		ret->place = dev_key(ev->netns, ev->ifindex) << 8 | ev->point;
	return 1;
}

int wire_event(struct wire *w, const struct crumb_event *ev, struct wire_look *ret)
{
	switch (ev->type) {
	case CRUMB_EV_SKB:
		return on_skb(w, (const void *)ev, ret);
	case CRUMB_EV_FLOW:
		return on_flow(w, (const void *)ev);
	case CRUMB_EV_DEV:
		return on_dev(w, (const void *)ev);
	case CRUMB_EV_NAT:
		return on_nat(w, (const void *)ev);
	default:
		return 0;
	}
}

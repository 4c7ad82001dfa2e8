// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections that did not come about (RFC 9293, 3.10.7.1): an RST answers the SYN, something drops it, or nobody answers: a
 * listener whose queue is full throws a SYN away without a word (tcp_conn_request()).
 */
#include "unmade.h"

#include <stdio.h>
#include <string.h>

#include "filter_proof.h"
#include "own_reason.h"
#include "reset.h"

void unmade_syn(struct half *h, const struct crumb_ev_skb *ev, uint32_t reason)
{
	h->syn = true;
	h->syn_at = (struct sight_where){
		.ns = ev->h.time_ns,
		.netns = ev->netns,
		.ifindex = ev->ifindex,
		.point = ev->point,
		.reason = reason,
		.tci = ev->vlan,
		.tunnel = ev->flags & CRUMB_SKB_TUNNEL,
	};
	memcpy(h->syn_at.src_mac, ev->src_mac, sizeof(ev->src_mac));
	memcpy(h->syn_at.dst_mac, ev->dst_mac, sizeof(ev->dst_mac));
}

void where_words(struct assembler *a, const struct sight_where *at, char host[TRACE_HOST_BYTES],
		 char place[TRACE_PLACE_BYTES])
{
	const char *dev = facts_dev_name(a->facts, at->netns, at->ifindex);

	snprintf(host, TRACE_HOST_BYTES, "%s", facts_host(a->facts, at->netns));
	snprintf(place, TRACE_PLACE_BYTES, "%s%s%s", point_get(at->point)->name, dev ? " " : "",
		 dev ? dev : "");
}

static void say_refused(struct assembler *a, const struct conn *c, uint8_t server,
			struct trace_unmade *u)
{
	const struct rst_seen *seen = &c->half[server].rst;
	const struct crumb_ev_reset *told = reset_first(c);

	u->outcome = "refused";
	if (told && told->end == server) {
		const char *reason = told->reason == CRUMB_REASON_NONE ?
					     "" :
					     facts_reason(a->facts, told->reason);

		snprintf(u->host, sizeof(u->host), "%s", facts_host(a->facts, told->netns));
		snprintf(u->place, sizeof(u->place), "%s", "reset.send");
		snprintf(u->reason, sizeof(u->reason), "%s", reason);
		return;
	}
	where_words(a,
		    &(struct sight_where){
			    .netns = seen->netns, .ifindex = seen->ifindex, .point = seen->point },
		    u->host, u->place);
}

/* Nobody answered, and it was last seen on its way to a switch: perhaps one of its filters dropped it. */
static void say_suspected(struct assembler *a, const struct conn *c, uint8_t client,
			  struct trace_unmade *u)
{
	const struct sight_where *at = &c->half[client].syn_at;
	struct filter_frame frame = { .ns = at->ns,
				      .netns = at->netns,
				      .tci = at->tci,
				      .renamed = at->tunnel || c->nats.count };
	struct words w = { .len = 0 };

	memcpy(frame.src_mac, at->src_mac, sizeof(frame.src_mac));
	memcpy(frame.dst_mac, at->dst_mac, sizeof(frame.dst_mac));
	if (fate_leads_out(a, &(struct sight_place){ .point = at->point,
						     .netns = at->netns,
						     .ifindex = at->ifindex }) &&
	    filter_suspected_frame(a, c, client, &frame, &w))
		snprintf(u->proof, sizeof(u->proof), "%.*s", (int)w.len, w.text);
}

static void say_dropped(struct assembler *a, uint32_t reason, struct trace_unmade *u)
{
	const char *proof = own_reason_proof(a->reasons, reason);

	u->outcome = "dropped";
	snprintf(u->reason, sizeof(u->reason), "%s", facts_reason(a->facts, reason));
	if (proof)
		snprintf(u->proof, sizeof(u->proof), "%s", proof);
}

void unmade_note(struct assembler *a, const struct conn *c)
{
	uint8_t client = c->half[1].syn, server = !client;
	struct trace_unmade *u;

	/* One SYN only: with the answer's it is a connection, if perhaps a short one. */
	if (conn_is_udp(c) || c->established || !c->half[client].syn || c->half[server].syn)
		return;
	/* An answer whose record was lost is none that was not given. */
	if (losses_within(&a->losses, c->half[client].syn_at.ns, a->now_ns, CRUMB_PT_NONE))
		return;
	if (a->sum.unmade_count++ >= TRACE_UNMADE_MAX)
		return;
	u = &a->sum.unmade[a->sum.unmade_count - 1];
	conn_addresses(c, client, &u->src, &u->dst);
	if (c->half[server].reset || reset_first(c)) {
		say_refused(a, c, server, u);
		return;
	}
	where_words(a, &c->half[client].syn_at, u->host, u->place);
	if (point_is_drop(c->half[client].syn_at.point)) {
		say_dropped(a, c->half[client].syn_at.reason, u);
		return;
	}
	u->outcome = "unanswered";
	say_suspected(a, c, client, u);
}

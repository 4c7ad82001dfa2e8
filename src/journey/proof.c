// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state that proves a drop: what the kernel held in that moment, in words. Only what goes with the reason is told; a
 * reason that names no state has no proof here.
 */
#include <string.h>

#include "nat.h"
#include "own_reason.h"
#include "path.h"
#include "proof.h"

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static void pair(struct words *w, const char *what, uint64_t x, uint64_t of)
{
	words_put(w, what);
	words_u64(w, x);
	words_put(w, " of ");
	words_u64(w, of);
	words_put(w, " bytes");
}

static void say_buffer(struct words *w, const struct crumb_ev_drop *d)
{
	if (d->rcvbuf)
		pair(w, "receive buffer: ", d->rmem_alloc, d->rcvbuf);
}

static void say_queue(struct words *w, const struct crumb_ev_drop *d)
{
	if (!d->qdisc[0])
		return;
	words_put(w, d->qdisc);
	words_put(w, ": ");
	words_u64(w, d->qlen);
	words_put(w, d->qlen == 1 ? " packet, " : " packets, ");
	words_u64(w, d->qbacklog);
	words_put(w, " bytes queued");
	if (!d->qlimit)
		return;
	words_put(w, ", limit ");
	words_u64(w, d->qlimit);
}

static void say_length(struct words *w, const struct crumb_ev_drop *d)
{
	if (!d->mtu)
		return;
	words_put(w, "packet of ");
	words_u64(w, d->s.skb_len);
	words_put(w, " bytes, mtu ");
	words_u64(w, d->mtu);
}

static void say_way_in(struct assembler *a, struct words *w, const struct crumb_ev_drop *d)
{
	const char *dev = facts_dev_name(a->facts, d->s.netns, d->s.ifindex);

	if (!d->rp_filter)
		return;
	words_put(w, "rp_filter = ");
	words_u64(w, d->rp_filter - 1);
	if (dev) {
		words_put(w, " on ");
		words_put(w, dev);
	}
	words_put(w, " (the higher of this and conf.all counts)");
}

static void say_port(struct words *w, const struct conn *c, const struct crumb_ev_drop *d)
{
	words_put(w, "no socket for port ");
	words_u64(w, nat_last_port(c, d->s.dir));
	if (conn_is_udp(c))
		words_put(w, ": answered by ICMP port unreachable");
	else
		words_put(w, ": answered by RST");
}

static const char *family_name(uint8_t family)
{
	static const char *const names[] = {
		[1] = "inet", [2] = "ip", [5] = "netdev", [7] = "bridge", [10] = "ip6"
	}; /* NFPROTO_* */

	return family < sizeof(names) / sizeof(names[0]) && names[family] ? names[family] : "?";
}

/*
 * Was it that rule? For sure, if the rules were the same from before the drop on until they were read behind it. If they were read behind it and may
 * have been others before, that is said; but not told is one that came behind it for sure. If before it, all must be counted that could have
 * dropped since.
 */
static bool rule_holds(const struct crumb_ev_rule *r, uint64_t drop_ns)
{
	if (!r->table[0])
		return false;
	return r->read_ns >= drop_ns ? r->other_ns <= drop_ns : !r->others;
}

static void say_ms(struct words *w, uint64_t ns)
{
	words_u64(w, (ns + 999999) / 1000000);
	words_put(w, " ms");
}

static bool same_since(const struct crumb_ev_rule *r, uint64_t drop_ns)
{
	return r->since_ns && r->since_ns <= drop_ns && r->read_ns >= drop_ns;
}

/* Others were there around the drop: one of them may have been it. */
static bool rules_changed(const struct crumb_ev_rule *r, uint64_t drop_ns)
{
	return r->read_ns >= drop_ns && r->other_ns && !same_since(r, drop_ns);
}

static void say_when_read(struct words *w, const struct crumb_ev_rule *r, uint64_t drop_ns)
{
	if (same_since(r, drop_ns))
		return;
	words_put(w, ", as read ");
	if (r->read_ns < drop_ns) {
		say_ms(w, drop_ns - r->read_ns);
		words_put(w, " before it");
		return;
	}
	say_ms(w, r->read_ns - drop_ns);
	words_put(w, " after it");
	if (!rules_changed(r, drop_ns))
		return;
	words_put(w, "; the rules were changed between ");
	say_ms(w, drop_ns - r->other_ns);
	words_put(w, " before it and then");
}

static void say_rule(struct assembler *a, struct words *w, const struct crumb_ev_drop *d)
{
	const struct crumb_ev_rule *r = facts_rule(a->facts, d);

	if (!r || !rule_holds(r, d->s.h.time_ns))
		return;
	words_put(w, "nft table ");
	words_put(w, family_name(r->family));
	words_put(w, " ");
	words_put(w, r->table);
	words_put(w, ", chain ");
	words_put(w, r->chain);
	if (r->handle) {
		words_put(w, ", handle ");
		words_u64(w, r->handle);
	} else {
		words_put(w, ", its policy");
	}
	words_put(w, rules_changed(r, d->s.h.time_ns) ? ": drops such" :
							": the only rule that drops here");
	say_when_read(w, r, d->s.h.time_ns);
}

const char *proof_words(struct assembler *a, const struct conn *c, const struct crumb_ev_drop *d)
{
	const char *reason = facts_reason(a->facts, d->reason);
	const char *own = own_reason_proof(a->reasons, d->reason);
	struct words w = { .len = 0 };

	if (own)
		words_put(&w, own);
	else if (!strcmp(reason, "SOCKET_RCVBUFF") || !strcmp(reason, "SOCKET_BACKLOG") ||
		 !strcmp(reason, "PROTO_MEM") || !strcmp(reason, "TCP_ZEROWINDOW"))
		say_buffer(&w, d);
	else if (starts(reason, "QDISC_") || starts(reason, "FQ_"))
		say_queue(&w, d);
	else if (!strcmp(reason, "PKT_TOO_BIG"))
		say_length(&w, d);
	else if (!strcmp(reason, "NETFILTER_DROP"))
		say_rule(a, &w, d);
	else if (!strcmp(reason, "IP_RPFILTER"))
		say_way_in(a, &w, d);
	else if (!strcmp(reason, "NO_SOCKET"))
		say_port(&w, c, d);
	else if (!strcmp(reason, "IP_INHDR") && d->s.ttl <= 1)
		words_put(&w, "its time to live ended here: answered by ICMP time exceeded");
	return words_keep(&a->scratch, &w);
}

const struct crumb_ev_drop *proof_find(const struct half *h, const struct sighting *s)
{
	for (uint32_t i = h->drops.count; i-- > 0;) {
		const struct crumb_ev_drop *d = ring_at(&h->drops, i);

		if (d->s.h.time_ns == s->time_ns && d->s.skb == s->skb)
			return d;
	}
	return NULL;
}

const char *proof_wait(struct assembler *a, const struct message *m)
{
	const struct half *h = message_half(m);
	uint64_t arrived = h->rcv_nxt > m->first ? h->rcv_nxt - m->first : 0;
	struct words w = { .len = 0 };
	const char *held;

	if (conn_is_udp(m->conn))
		return NULL;
	if (arrived > m->bytes)
		arrived = m->bytes;
	if (h->rcv_nxt && (arrived < m->bytes || m->taken)) {
		words_u64(&w, arrived);
		words_put(&w, " of ");
		words_u64(&w, m->bytes);
		words_put(&w, " bytes have arrived, ");
		words_u64(&w, m->taken < m->bytes ? m->taken : m->bytes);
		words_put(&w, m->taken == 1 ? " was read" : " were read");
	}
	held = arrived < m->bytes ? path_held_mostly(m, m->begin.h.time_ns, a->now_ns) : NULL;
	if (held) {
		words_put(&w, w.len ? "; held back by TCP, most of the time: " :
				      "held back by TCP, most of the time: ");
		words_put(&w, held);
	}
	return w.len ? words_keep(&a->scratch, &w) : NULL;
}

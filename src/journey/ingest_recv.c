// SPDX-License-Identifier: GPL-2.0-only
/*
 * The receiver's calls. TCP hands bytes over in order and once, so each byte taken is counted for
 * the message that holds it; a message is delivered when its count is full.
 */
#include <errno.h>
#include <stdlib.h>

#include "assembly.h"

int ingest_recv_extent(struct assembler *a, const struct crumb_ev_extent *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct part *p;
	struct half *h;

	if (!c || !ev->bytes)
		return 0;
	h = &c->half[ev->dir];
	h->receiver_seen = true;
	p = malloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->pid = ev->pid;
	p->start = byte_stream_place(&h->bytes, ev->seq, ev->bytes);
	p->end = p->start + ev->bytes;
	p->next = h->parts;
	h->parts = p;
	return 0;
}

static int message_take(struct assembler *a, struct message *m, const struct recv_call *call,
			uint64_t bytes)
{
	m->taken += bytes;
	m->selected |= call->ev.flags & CRUMB_CALL_SELECTED;
	if (m->taken < m->bytes || m->done_ns)
		return 0;
	return assembler_done(a, m);
}

/* In stream order, so that messages that one call completed are told in the order in which they were sent. */
static int messages_take(struct assembler *a, struct half *h, const struct recv_call *call,
			 uint64_t start, uint64_t end, bool *ret_known)
{
	uint32_t to = half_index(h, end), i = to;

	while (i > 0 && half_message(h, i - 1)->last_before > start)
		i--;
	for (; i < to; i++) {
		struct message *m = half_message(h, i);
		uint64_t bytes = range_set_overlap(&m->extents, start, end);
		int err;

		if (!bytes)
			continue;
		*ret_known = true;
		err = message_take(a, m, call, bytes);
		if (err)
			return err;
	}
	return 0;
}

/* [@start, @end) without what had been taken before: a byte is never counted twice. */
int ingest_take(struct assembler *a, struct half *h, struct recv_call *call, uint64_t start,
		uint64_t end, bool *ret_known)
{
	while (start < end) {
		const struct range *r = range_set_from(&h->taken, start);
		uint64_t stop = r && r->start < end ? r->start : end;
		uint64_t next = r ? r->end : end;
		int err;

		if (start < stop) {
			err = half_take(h, call, start, stop);
			if (!err)
				err = messages_take(a, h, call, start, stop, ret_known);
			if (err)
				return err;
		}
		start = next;
	}
	return 0;
}

/* Were the bytes sent by a socket of this machine, in a call that we did not see? */
static bool sent_here(const struct half *h, uint64_t pos)
{
	if (h->sender_seen)
		return true;
	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *s;

		if (l->place.kind != SIGHT_BYTES || l->place.point != CRUMB_PT_DEV_QUEUE)
			continue;
		s = sight_log_newest(l, pos, 0, UINT64_MAX, NULL);
		if (s && !(s->dev.flags & CRUMB_SKB_FORWARDED))
			return true;
	}
	return false;
}

static uint64_t first_seen_ns(const struct half *h, uint64_t pos)
{
	uint64_t first = UINT64_MAX;

	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *s;

		if (l->place.kind != SIGHT_BYTES || l->place.point == CRUMB_PT_SOCK_COPY)
			continue;
		s = sight_log_oldest(l, pos, 0, UINT64_MAX);
		if (s && s->time_ns < first)
			first = s->time_ns;
	}
	return first;
}

/*
 * The sender is on another machine: what this call took is one message, as far as can be told from
 * here.
 */
int ingest_infer(struct assembler *a, struct conn *c, uint8_t dir, const struct recv_call *call,
		 struct message **ret)
{
	struct half *h = &c->half[dir];
	struct message *m;
	uint64_t seen;
	int err;

	m = message_new(c, dir);
	if (!m)
		return -ENOMEM;
	for (uint32_t i = half_piece_index(h, call->first); i < h->pieces.count; i++) {
		const struct piece *p = half_piece(h, i);

		if (p->start >= call->last)
			break;
		if (p->call != call)
			continue;
		err = range_set_add(&m->extents, p->start, p->end);
		if (err) {
			message_free(m);
			return err;
		}
	}
	seen = m->extents.count ? first_seen_ns(h, range_set_ranges(&m->extents)[0].start) :
				  UINT64_MAX;
	if (seen == UINT64_MAX || sent_here(h, range_set_ranges(&m->extents)[0].start)) {
		message_free(m);
		return 0;
	}
	m->inferred = true;
	m->selected = call->ev.flags & CRUMB_CALL_SELECTED;
	m->begin.h.time_ns = seen;
	err = half_insert(h, m);
	if (err) {
		message_free(m);
		return err;
	}
	if (ret)
		*ret = m;
	return assembler_done(a, m);
}

static int parts_take(struct assembler *a, struct half *h, struct recv_call *call, bool *ret_known)
{
	struct part **link = &h->parts;
	int err = 0;

	while (*link) {
		struct part *p = *link;

		if (p->pid != call->ev.pid) {
			link = &p->next;
			continue;
		}
		*link = p->next;
		if (!(call->ev.flags & CRUMB_CALL_PEEK) && !err)
			err = ingest_take(a, h, call, p->start, p->end, ret_known);
		if (p->end > call->last)
			call->last = p->end;
		free(p);
	}
	return err;
}

static int copy_note(struct assembler *a, struct half *h, const struct recv_call *call, uint64_t start)
{
	struct sight_place place = { .point = CRUMB_PT_SOCK_COPY };
	struct sight_log *l;
	struct sighting *s;

	if (!call->ev.copy_ns || !call->ev.first_copy_bytes)
		return 0;
	l = byte_stream_log(&h->bytes, &place);
	s = l ? sight_log_add(l, start, start + call->ev.first_copy_bytes) : NULL;
	if (!s)
		return -ENOMEM;
	s->time_ns = call->ev.copy_ns;
	s->serial = a->serial;
	s->cpu = call->ev.h.cpu;
	s->pid = call->ev.pid;
	return 0;
}

static int recv_take(struct assembler *a, struct conn *c, struct recv_call *call)
{
	const struct crumb_ev_recv *ev = &call->ev;
	struct half *h = &c->half[ev->dir];
	bool known = false;
	uint64_t at = 0;
	int err;

	if (ev->bytes) {
		at = byte_stream_place(&h->bytes, ev->seq, ev->bytes);
		call->last = at + ev->bytes;
		half_sure(h, call->last);
	}
	for (const struct part *p = h->parts; p;
	     p = p->next) /* the first copy is at the call's first byte */
		if (p->pid == ev->pid && (!at || p->start < at))
			at = p->start;
	call->first = at;
	err = at && !(ev->flags & CRUMB_CALL_PEEK) ? copy_note(a, h, call, at) : 0;
	if (!err)
		err = parts_take(a, h, call, &known);
	if (err || !ev->bytes || (ev->flags & CRUMB_CALL_PEEK))
		return err;
	err = ingest_take(a, h, call, call->last - ev->bytes, call->last, &known);
	if (err || known || (facts_flags(a->facts) & CRUMB_TRACE_PAYLOAD) || !call->refs)
		return err;
	return ingest_infer(a, c, ev->dir, call, NULL);
}

/* What its thread did since the first of the bytes was ready. */
static int recall_aways(struct assembler *a, const struct half *h, struct recv_call *call)
{
	const struct ready *ready = half_ready(h, call->first + 1, 0);

	if (!ready)
		return 0;
	return tasks_take_aways(a->tasks, call->ev.pid, ready->time_ns, &call->aways,
				&call->away_count, &call->history_ns);
}

int ingest_recv(struct assembler *a, const struct crumb_ev_recv *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct recv_call *call;
	struct half *h;
	int err;

	if (!c)
		return 0;
	h = &c->half[ev->dir];
	h->receiver_seen = true;
	if (!h->receiver_netns) /* a sighting in the socket itself knows better */
		h->receiver_netns = ev->netns;
	tasks_enter(a->tasks, ev->pid, ev->libc_ns);
	if (!ev->bytes && !h->parts)
		return 0;
	c->last_ns = ev->h.time_ns;
	call = calloc(1, sizeof(*call));
	if (!call)
		return -ENOMEM;
	call->ev = *ev;
	call->refs = 1; /* ours, until all is noted */
	err = tasks_name(a->tasks, ev->pid, ev->comm, ev->h.time_ns);
	if (!err && (ev->flags & CRUMB_CALL_LIBC) && ev->libc_ns && ev->bytes)
		err = tasks_wait(a->tasks, ev->pid, &call->libc, ev->libc_ns);
	if (!err)
		err = recv_take(a, c, call);
	if (!err && call->refs > 1)
		err = recall_aways(a, h, call);
	recv_call_put(call);
	return err;
}

int ingest_copy(struct assembler *a, const struct crumb_ev_copy *ev)
{
	struct sight_place place = { .point = CRUMB_PT_SOCK_COPY };
	struct conn *c = assembler_conn(a, ev->flow);
	struct sight_log *l;
	struct sighting *s;
	struct half *h;
	uint64_t at;

	if (!c || !ev->bytes)
		return 0;
	h = &c->half[ev->dir];
	h->receiver_seen = true;
	at = byte_stream_place(&h->bytes, ev->seq, ev->bytes);
	l = byte_stream_log(&h->bytes, &place);
	s = l ? sight_log_add(l, at, at + ev->bytes) : NULL;
	if (!s)
		return -ENOMEM;
	s->time_ns = ev->h.time_ns;
	s->serial = a->serial;
	s->cpu = ev->h.cpu;
	s->pid = ev->pid;
	return 0;
}

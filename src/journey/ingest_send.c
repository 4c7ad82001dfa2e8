// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sender's calls. A call is open from its first byte in the stream (SEND_BEGIN) to its return
 * (SEND_END); only then are its extents known and it becomes a message. Writers that share a socket
 * interleave.
 */
#include <errno.h>
#include <stdlib.h>

#include "assembly.h"

static struct message **sending_find(struct half *h, uint32_t pid)
{
	struct message **link = &h->sending;

	while (*link && (*link)->begin.pid != pid)
		link = &(*link)->next;
	return link;
}

static struct message *sending_take(struct half *h, uint32_t pid)
{
	struct message **link = sending_find(h, pid), *m = *link;

	if (m) {
		*link = m->next;
		m->next = NULL;
	}
	return m;
}

/* Its extents are final: a message, or nothing if no byte went in. */
static int message_settle(struct assembler *a, struct message *m)
{
	struct half *h = message_half(m);
	int err;

	if (!m->extents.count) {
		message_free(m);
		return 0;
	}
	err = half_insert(h, m);
	if (err) {
		message_free(m);
		return err;
	}
	if (h->bytes.offset_known && m->first == h->bytes.base)
		m->calls = tasks_take_calls(a->tasks, m->begin.pid);
	return m->taken >= m->bytes || m->cut ? assembler_done(a, m) : 0;
}

int ingest_cut(struct assembler *a, struct message *m, uint64_t limit)
{
	uint64_t from = m->extents.count ? range_set_ranges(&m->extents)[m->extents.count - 1].end :
					   m->first;
	uint64_t to = m->first + m->begin.left < limit ? m->first + m->begin.left : limit;
	int err = range_set_add(&m->extents, from, to);

	return err ? err : message_settle(a, m);
}

int ingest_send_begin(struct assembler *a, const struct crumb_ev_send_begin *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct message *m;
	struct half *h;
	int err;

	if (!c)
		return 0;
	h = &c->half[ev->dir];
	h->sender_seen = true;
	c->last_ns = ev->h.time_ns;
	m = sending_take(h, ev->pid);
	if (m) { /* its return was never told */
		m->cut = true;
		err = ingest_cut(a, m, seq_peek(&h->bytes.space, ev->seq));
		if (err)
			return err;
	}
	tasks_enter(a->tasks, ev->pid, ev->libc_ns);
	err = tasks_name(a->tasks, ev->pid, ev->comm, ev->h.time_ns);
	m = err ? NULL : message_new(c, ev->dir);
	if (!m)
		return -ENOMEM;
	m->begin = *ev;
	m->first = byte_stream_place(&h->bytes, ev->seq, 0);
	half_sure(h, m->first);
	m->selected = ev->flags & CRUMB_CALL_SELECTED;
	if (h->messages.count && ev->enter_ns) {
		const struct message *before = half_message(h, h->messages.count - 1);

		m->same_call = before->begin.enter_ns == ev->enter_ns && before->begin.pid == ev->pid;
	}
	m->next = h->sending;
	h->sending = m;
	if (ev->flags & CRUMB_CALL_LIBC && ev->libc_ns)
		return tasks_wait(a->tasks, ev->pid, &m->libc, ev->libc_ns);
	return 0;
}

int ingest_held(struct assembler *a, const struct crumb_ev_held *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	const struct held *before;
	uint64_t from_ns = ev->since_ns < ev->h.time_ns ? ev->since_ns : ev->h.time_ns;
	struct ring *r;
	struct held *h;

	if (!c)
		return 0;
	r = &c->half[ev->dir].held;
	before = r->count ? ring_at(r, r->count - 1) : NULL;
	if (before && from_ns < before->from_ns)
		from_ns = before->from_ns;
	if (before && before->reason == held_reason(ev)) /* the same story with other bits */
		return 0;
	h = ring_push(r);
	if (!h)
		return -ENOMEM;
	*h = (struct held){ .ev = *ev, .from_ns = from_ns, .reason = held_reason(ev) };
	return 0;
}

static int extent_add(struct message *m, uint32_t seq, uint32_t bytes)
{
	uint64_t at = byte_stream_place(&message_half(m)->bytes, seq, bytes);

	half_sure(message_half(m), at + bytes);
	return range_set_add(&m->extents, at, at + bytes);
}

int ingest_send_extent(struct assembler *a, const struct crumb_ev_extent *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct message *m;

	if (!c)
		return 0;
	c->half[ev->dir].sender_seen = true;
	m = *sending_find(&c->half[ev->dir], ev->pid);
	if (!m)
		return 0;
	m->selected |= ev->flags & CRUMB_CALL_SELECTED;
	return extent_add(m, ev->seq, ev->bytes);
}

int ingest_send_end(struct assembler *a, const struct crumb_ev_send_end *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct message *m;
	int err = 0;

	if (!c)
		return 0;
	c->half[ev->dir].sender_seen = true;
	c->last_ns = ev->h.time_ns;
	m = sending_take(&c->half[ev->dir], ev->pid);
	if (!m) /* the call began before the trace */
		return 0;
	m->end = *ev;
	m->returned = true;
	m->selected |= ev->flags & CRUMB_CALL_SELECTED;
	if (ev->bytes)
		err = extent_add(m, ev->seq, ev->bytes);
	if (err) {
		message_free(m);
		return err;
	}
	return message_settle(a, m);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams joined as they come: see join_live.h. Before packets tell, clocks are compared by arrival: the least time from an event to its
 * arrival here is nearly the same for all hosts; then by the first packet that two of them saw; then by lines.
 *
 *	event at host ──► arrives ──► its packet is matched ──► its slot becomes a node ──► it is due
 *
 * How far that has come is counted from what the slowest host has told of, on the axis: recorders that are read live tell the
 * time ten times a second (CRUMB_EV_TICK), and all that they saw before it has come by then. A host that lags goes on telling, however
 * late, and is waited for; one from which nothing at all has come for SILENT_NS is not, until it speaks again.
 */
#include "join_live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inflow.h"
#include "match.h"
#include "ns.h"
#include "remap.h"
#include "translated.h"

/* All is told of a packet, and of a slot of samples, that is that much older than what all hosts have told of. */
#define MATCH_NS 500000000ll
#define NODE_NS	 100000000ll

/*
 * More, as long as arrival is all that is known of some clock: a loaded host may tell seconds late from the first event on. In the
 * end some event of it comes nearly at once.
 */
#define FIRST_NS  5000000000ll
#define FIRST_FOR 10000000000ull
#define UNMET_NS  1000000000ll

#define TOLD_TIMES 5 /* for its least delay to mean something */
#define SILENT_NS  10000000000ull

struct stream {
	unsigned int host;
	bool known, over, began;
	uint8_t boot_id[16];
	struct inflow in;
	struct wire *wire;
	unsigned int times; /* so often has it told the time */
	uint64_t heard_ns;  /* when something came last, on the caller's */
	bool silent, full;
	int64_t late_ns; /* it was silent: what is older than that on the axis is left out */
	uint64_t silent_from_ns; /* on the axis */
	struct queue *from;	 /* of the two the one whose head is older; NULL: both are empty */
	int64_t at_ns;		 /* of that head, on the axis */
	bool placed;		 /* they are right, by the lines as they are */
	uint64_t gap_told_ns; /* the inflow's gap begins then on the axis, as was told; 0 not yet */
};

struct join_live {
	struct join_sink sink;
	unsigned int n, hosts;
	struct stream stream[JOIN_SOURCES];
	bool heard[CLOCK_HOSTS];
	bool met[CLOCK_HOSTS];	/* it saw a packet that the first host saw, or one that is met */
	uint64_t new_ns;	/* when a host was heard of for the first time, the last one */
	int64_t told_ns;	/* all hosts had told of what was before that, on the axis */
	bool many[CLOCK_HOSTS]; /* several streams are of this host */
	int64_t apart[CLOCK_HOSTS]; /* the caller's clock minus the host's, at least */
	uint8_t boot_id[CLOCK_HOSTS][16];
	struct clocks *clocks;
	struct match *match;
	struct translated *names;
	struct remap *remap;
	unsigned int related; /* pairs whose clocks were known when the tree was made */
	unsigned int host;    /* of the event at hand */
	uint64_t axis_ns;     /* newest event passed on */
	uint64_t kernel_events, lost;
	bool ended;
};

int join_live_new(const struct join_sink *sink, struct join_live **ret)
{
	struct join_live *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->sink = *sink;
	j->clocks = clocks_new();
	j->match = j->clocks ? match_new(j->clocks) : NULL;
	j->names = translated_new();
	j->remap = j->clocks && j->names ? remap_new(j->clocks, j->names) : NULL;
	if (!j->match || !j->remap) {
		join_live_free(j);
		return -ENOMEM;
	}
	clocks_set_live(j->clocks);
	j->met[0] = true;
	*ret = j;
	return 0;
}

void join_live_free(struct join_live *j)
{
	if (!j)
		return;
	for (unsigned int i = 0; i < j->n; i++) {
		inflow_done(&j->stream[i].in);
		wire_free(j->stream[i].wire);
	}
	match_free(j->match);
	remap_free(j->remap);
	clocks_free(j->clocks);
	translated_free(j->names);
	free(j);
}

int join_live_source(struct join_live *j)
{
	struct stream *s = &j->stream[j->n];

	if (j->n == JOIN_SOURCES)
		return -ENOSPC;
	*s = (struct stream){ .wire = wire_new(j->names) };
	return s->wire ? (int)j->n++ : -ENOMEM;
}

static int host_find(struct join_live *j, struct stream *s, const struct crumb_ev_host *ev)
{
	int host;

	memcpy(s->boot_id, ev->boot_id, sizeof(s->boot_id));
	s->late_ns = j->told_ns; /* it came when others had gone on already */
	for (unsigned int h = 0; h < j->hosts; h++) {
		if (memcmp(j->boot_id[h], ev->boot_id, sizeof(ev->boot_id)))
			continue;
		s->host = h;
		s->known = true;
		j->many[h] = true;
		return 0;
	}
	host = clocks_add(j->clocks, 0);
	if (host < 0)
		return host;
	memcpy(j->boot_id[host], ev->boot_id, sizeof(ev->boot_id));
	s->host = host;
	s->known = true;
	j->hosts = host + 1;
	return 0;
}

static void host_heard(struct join_live *j, unsigned int h, uint64_t event_ns, uint64_t now_ns)
{
	int64_t apart = (int64_t)(now_ns - event_ns);

	if (j->heard[h] && apart >= j->apart[h])
		return;
	if (!j->heard[h])
		j->new_ns = now_ns;
	j->heard[h] = true;
	j->apart[h] = apart;
	for (unsigned int k = 0; k < j->hosts; k++)
		if (j->heard[0] && j->heard[k] && !j->met[k])
			clocks_set_rough(j->clocks, k, ns_sub(j->apart[0], j->apart[k]));
}

/* Two hosts saw one packet: that tells how far their clocks are apart better than arrival does. */
static void hosts_meet(struct join_live *j, unsigned int host, int64_t ns,
		       const struct match_met *with)
{
	unsigned int other = with->host;
	int64_t other_ns = with->ns;

	if (j->met[host]) {
		other = host;
		other_ns = ns;
		host = with->host;
		ns = with->ns;
	}
	if (j->met[host] || !j->met[other])
		return;
	j->met[host] = true;
	clocks_set_rough(j->clocks, host, ns_sub(ns, clocks_axis(j->clocks, other, other_ns)));
}

/* What two hosts saw. */
static int stream_match(struct join_live *j, struct stream *s, const struct crumb_event *ev)
{
	struct wire_look look;
	struct match_met met;
	int err;

	if (ev->type == CRUMB_EV_SYNC && s->known)
		return match_sync(j->match, s->host, (const void *)ev);
	err = wire_event(s->wire, ev, &look);
	if (err <= 0)
		return err;
	err = match_look(j->match, s->host, &look, &met);
	if (!err && met.host < CLOCK_HOSTS)
		hosts_meet(j, s->host, look.time_ns, &met);
	return err;
}

int join_live_event(struct join_live *j, unsigned int source, const struct crumb_event *ev,
		    uint64_t now_ns)
{
	_Alignas(8) char buf[EVENT_SCRATCH_BYTES] = { 0 };
	struct stream *s = &j->stream[source];
	enum believed believed;
	int err = 0;

	if (ev->type == CRUMB_EV_HOST && !s->known) {
		err = host_find(j, s, (const void *)ev);
		if (err)
			return err;
	}
	s->heard_ns = now_ns;
	memcpy(buf, ev, ev->size < sizeof(buf) ? ev->size : sizeof(buf));
	if (ev->size > sizeof(buf)) /* of a newer crumb */
		((struct crumb_event *)buf)->size = sizeof(buf);
	ev = (const void *)buf;
	believed = inflow_look(&s->in, (void *)buf);
	if (believed == BELIEVE_MOVED)
		j->heard[s->host] = false; /* it was compared by what came before */
	if (believed == BELIEVE_NOT)
		return 0;
	s->placed = false;
	if (s->known && ev->time_ns && (ev->type < CRUMB_EV_TRACE || ev->type == CRUMB_EV_TICK))
		host_heard(j, s->host, ev->time_ns, now_ns);
	s->times += ev->type == CRUMB_EV_TICK;
	if (inflow_has_room(&s->in, ev)) {
		err = stream_match(j, s, ev);
		if (!err)
			err = inflow_put(&s->in, ev);
	}
	if (ev->time_ns > s->in.told_ns)
		s->in.told_ns = ev->time_ns;
	return err;
}

void join_live_full(struct join_live *j, unsigned int source, uint64_t now_ns)
{
	j->stream[source].heard_ns = now_ns; /* it would have been, had it been read */
	j->stream[source].full = true;
}

static int pass_before(void *ctx, const struct crumb_event *ev)
{
	struct join_live *j = ctx;

	return j->sink.event(j->sink.ctx, j->host, ev);
}

static int absent(struct join_live *j, unsigned int host, uint64_t from_ns, uint64_t to_ns)
{
	return j->sink.absent ? j->sink.absent(j->sink.ctx, host, from_ns, to_ns) : 0;
}

/* The stream's first event says from when on its host is recorded. */
static int stream_begins(struct join_live *j, struct stream *s, uint64_t axis_ns)
{
	if (s->began || !axis_ns)
		return 0;
	s->began = true;
	for (unsigned int i = 0; i < j->n; i++) {
		const struct stream *k = &j->stream[i];

		if (k != s && k->began && k->host == s->host)
			return 0;
	}
	if ((int64_t)axis_ns < s->late_ns)
		axis_ns = (uint64_t)s->late_ns;
	return absent(j, s->host, 0, axis_ns);
}

static int pass(struct join_live *j, struct stream *s)
{
	_Alignas(8) char raw[EVENT_SCRATCH_BYTES] = { 0 }, buf[EVENT_SCRATCH_BYTES];
	const struct crumb_event *ev = queue_head(s->from), *out = (const void *)buf;
	struct remap_from from = { (uint32_t)(s - j->stream), s->host, j->many[s->host] };
	struct remap_out before = { pass_before, j };
	int err;

	memcpy(raw, ev, ev->size < sizeof(raw) ? ev->size : sizeof(raw));
	queue_pop(s->from);
	s->placed = false;
	ev = (const void *)raw;
	if (s->at_ns < s->late_ns && ev->time_ns && ev->type < CRUMB_EV_TRACE &&
	    ev->type != CRUMB_EV_FLOW)
		return 0;
	j->host = s->host;
	if (ev->type == CRUMB_EV_END) {
		j->ended = true;
		j->kernel_events += ((const struct crumb_ev_end *)ev)->kernel_events;
		j->lost += ((const struct crumb_ev_end *)ev)->lost;
		return 0;
	}
	err = remap_event(j->remap, &from, ev, buf, &before);
	if (err <= 0)
		return err;
	err = stream_begins(j, s, out->time_ns);
	if (out->time_ns > j->axis_ns)
		j->axis_ns = out->time_ns;
	return err ? err : j->sink.event(j->sink.ctx, s->host, out);
}

/* What is waited for in addition, for the sake of hosts of whose clocks nothing but arrival tells. */
static int64_t unmet_ns(const struct join_live *j, uint64_t now_ns)
{
	for (unsigned int h = 0; h < j->hosts; h++)
		if (j->heard[h] && !j->met[h])
			return now_ns < j->new_ns + FIRST_FOR ? FIRST_NS : UNMET_NS;
	return 0;
}

static int64_t told_axis(const struct join_live *j, const struct stream *s)
{
	return clocks_axis(j->clocks, s->host, (int64_t)s->in.told_ns);
}

/* Nothing has come of it for long: others go on. It is back: they have gone on. */
static int look_silent(struct join_live *j, struct stream *s, uint64_t now_ns)
{
	bool silent = s->heard_ns + SILENT_NS < now_ns;
	int64_t at;

	if (s->over || !s->known || silent == s->silent)
		return 0;
	s->silent = silent;
	if (silent) {
		at = told_axis(j, s);
		s->silent_from_ns = at > 0 ? (uint64_t)at : 1;
		return absent(j, s->host, s->silent_from_ns, UINT64_MAX);
	}
	s->late_ns = j->told_ns;
	at = j->told_ns > (int64_t)s->silent_from_ns ? j->told_ns : (int64_t)s->silent_from_ns;
	return absent(j, s->host, s->silent_from_ns, (uint64_t)at);
}

/* Its events are given up for want of room: it is as if nobody recorded meanwhile. */
static int look_gap(struct join_live *j, struct stream *s)
{
	int err = 0;
	int64_t at;

	if (!s->in.gap.from_ns)
		return 0;
	if (!s->gap_told_ns) {
		at = clocks_axis(j->clocks, s->host, (int64_t)s->in.gap.from_ns);
		s->gap_told_ns = at > 0 ? (uint64_t)at : 1;
		err = absent(j, s->host, s->gap_told_ns, UINT64_MAX);
	}
	if (err || !s->in.gap.to_ns)
		return err;
	at = clocks_axis(j->clocks, s->host, (int64_t)s->in.gap.to_ns);
	err = absent(j, s->host, s->gap_told_ns,
		     at > (int64_t)s->gap_told_ns ? (uint64_t)at : s->gap_told_ns);
	s->in.gap.from_ns = s->in.gap.to_ns = s->gap_told_ns = 0;
	return err;
}

/* All hosts have told of what happened before that, on the axis. False: there is none to ask. */
static bool told_by_all(const struct join_live *j, int64_t *ret_axis_ns)
{
	bool any = false;

	for (unsigned int i = 0; i < j->n; i++) {
		const struct stream *s = &j->stream[i];
		int64_t at;

		if (s->over || s->silent || !s->known || !j->heard[s->host])
			continue;
		at = told_axis(j, s);
		if (!any || at < *ret_axis_ns)
			*ret_axis_ns = at;
		any = true;
	}
	return any;
}

/* Which of its events is the next, and when that was on the axis. */
static void stream_place(const struct join_live *j, struct stream *s)
{
	const struct crumb_event *ev;

	s->placed = true;
	s->from = inflow_next(&s->in);
	if (!s->from)
		return;
	ev = queue_head(s->from);
	s->at_ns = ev->time_ns ? clocks_axis(j->clocks, s->host, (int64_t)ev->time_ns) : INT64_MIN;
}

/* The stream whose next event is the oldest of those before @until_ns on the axis. NULL: none. */
static struct stream *next_due(struct join_live *j, int64_t until_ns)
{
	struct stream *next = NULL;

	for (unsigned int i = 0; i < j->n; i++) {
		struct stream *s = &j->stream[i];

		if (!s->known)
			continue;
		/* Of whom nothing is known yet but what it is called: its times could be anything. */
		if (!j->heard[s->host] && until_ns != INT64_MAX)
			continue;
		if (!s->placed)
			stream_place(j, s);
		if (s->from && s->at_ns <= until_ns && (!next || s->at_ns < next->at_ns))
			next = s;
	}
	return next;
}

/* How the clocks of pairs are related may have changed: then the tree is made anew. */
static void settle(struct join_live *j)
{
	unsigned int related = 0;

	for (unsigned int a = 0; a < j->hosts; a++) {
		for (unsigned int b = a + 1; b < j->hosts; b++) {
			const struct clock_pair *p = clocks_pair(j->clocks, a, b);
			size_t n = 0;
			const struct clock_node *nodes = p ? clock_pair_nodes(p, &n) : NULL;

			/* Its first node is being made; a tree without it would be another one in a moment. */
			if (p && !n && clock_pair_samples(p, true) && clock_pair_samples(p, false))
				return;
			if (n)
				related += nodes[n - 1].state == CLOCK_BOUNDED ?
						   CLOCK_HOSTS * CLOCK_HOSTS :
						   1;
		}
	}
	if (related != j->related)
		clocks_settle(j->clocks, false);
	j->related = related;
}

static int clocks_move(struct join_live *j, int64_t told_ns, int64_t wait_ns)
{
	int err;

	match_set_wait(j->match, wait_ns);
	err = match_advance(j->match, told_ns);
	if (!err)
		err = clocks_advance(j->clocks, told_ns - wait_ns - NODE_NS);
	if (!err)
		settle(j);
	for (unsigned int i = 0; i < j->n; i++)
		j->stream[i].placed = false;
	return err;
}

/* Events wait for their clocks, but not if there is no room for those behind them. */
static int64_t lag_ns(struct join_live *j, int64_t more_ns)
{
	int64_t lag = (int64_t)JOIN_LIVE_LAG_NS + more_ns;

	for (unsigned int i = 0; i < j->n; i++) {
		if (j->stream[i].full)
			lag = 0;
		j->stream[i].full = false;
	}
	return lag;
}

int join_live_advance(struct join_live *j, uint64_t now_ns)
{
	int64_t told_ns = 0, until_ns, more_ns;
	struct stream *s;
	int err = 0;

	for (unsigned int i = 0; i < j->n && !err; i++)
		err = look_silent(j, &j->stream[i], now_ns);
	for (unsigned int i = 0; i < j->n && !err; i++)
		err = look_gap(j, &j->stream[i]);
	if (err || !told_by_all(j, &told_ns))
		return err;
	more_ns = unmet_ns(j, now_ns);
	err = clocks_move(j, told_ns, MATCH_NS + more_ns);
	/* Where the lines have just been drawn anew the axis is another one. */
	if (err || !told_by_all(j, &told_ns))
		return err;
	j->told_ns = told_ns;
	until_ns = told_ns - lag_ns(j, more_ns);
	while (!err && (s = next_due(j, until_ns)))
		err = pass(j, s);
	return err;
}

int join_live_over(struct join_live *j, unsigned int source, bool expected)
{
	struct stream *s = &j->stream[source];
	int err = 0;

	s->over = true;
	remap_release(j->remap, source);
	for (unsigned int i = 0; i < j->n; i++)
		if (&j->stream[i] != s && !j->stream[i].over && j->stream[i].known &&
		    j->stream[i].host == s->host)
			return 0; /* another one tells of that host */
	if (!expected && s->known) {
		int64_t told_ns =
			clocks_axis(j->clocks, s->host,
				    (int64_t)s->in.told_ns); /* some of it is still to be passed on */

		err = absent(j, s->host, told_ns > 0 ? (uint64_t)told_ns : 1, UINT64_MAX);
	}
	return err;
}

int join_live_finish(struct join_live *j)
{
	struct crumb_ev_end end = { .h = { .type = CRUMB_EV_END, .size = sizeof(end) } };
	int err = match_finish(j->match);
	struct stream *s;

	if (!err)
		err = clocks_finish(j->clocks);
	settle(j);
	for (unsigned int i = 0; i < j->n; i++)
		j->stream[i].placed = false;
	while (!err && (s = next_due(j, INT64_MAX)))
		err = pass(j, s);
	end.h.time_ns = j->axis_ns;
	end.kernel_events = j->kernel_events;
	end.lost = j->lost;
	if (!err && j->ended)
		err = j->sink.event(j->sink.ctx, 0, &end.h);
	return err;
}

bool join_live_known(const struct join_live *j, unsigned int source)
{
	return j->stream[source].known && j->stream[source].times >= TOLD_TIMES;
}

bool join_live_silent(const struct join_live *j, unsigned int source)
{
	return j->stream[source].silent;
}

size_t join_live_held(const struct join_live *j, unsigned int source)
{
	return inflow_held(&j->stream[source].in);
}

struct join_live_loss join_live_loss(const struct join_live *j, unsigned int source)
{
	return j->stream[source].in.loss;
}

const struct clocks *join_live_clocks(const struct join_live *j)
{
	return j->clocks;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traces in files, joined (see join.h) in three passes, each with bounded memory whatever the files hold:
 *
 *	survey	 each file by itself: whose it is, from when to when, and a sketch of the packets in it
 *	clocks	 all of them, merged by what the sketches say: the packets that two hosts saw
 *	deliver	 all of them, merged on the axis
 */
#include "join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "match.h"
#include "ns.h"
#include "queue.h"
#include "remap.h"
#include "trace_reader.h"
#include "translated.h"

#define TAIL_NS 200000000ull /* recorders are not stopped at one moment */

struct source {
	const char *name;
	unsigned int host;
	bool shared, ended, known;
	struct crumb_ev_host about;
	uint64_t first_ns, last_ns;
	uint64_t kernel_events, lost;
	struct wire *wire;
	struct sketch sketch;
	struct queue head; /* the facts about the trace itself: they go first */
	/* the pass under way */
	struct trace_reader *reader;
	struct queue queue;
	struct error error;
	bool over;
	int64_t at_ns; /* of the queue's head, on the axis of the pass */
	struct error complaint;
};

struct join_files {
	unsigned int n, hosts;
	struct source source[JOIN_SOURCES];
	unsigned int first_of[CLOCK_HOSTS]; /* a source of each host */
	bool guessed[CLOCK_HOSTS];
	struct clocks *clocks;
	struct translated *names;
};

/* ------------------------------------------------------------------------------------------------- survey */

static int survey_head(struct source *s, const struct crumb_event *ev)
{
	switch (ev->type) {
	case CRUMB_EV_HOST:
		if (!s->known)
			s->about = *(const struct crumb_ev_host *)ev;
		s->known = true;
		return queue_put(&s->head, ev);
	case CRUMB_EV_TRACE:
	case CRUMB_EV_HOOK:
		return s->head.len < 65536 ? queue_put(&s->head, ev) : 0;
	case CRUMB_EV_END:
		s->ended = true;
		s->kernel_events += ((const struct crumb_ev_end *)ev)->kernel_events;
		s->lost += ((const struct crumb_ev_end *)ev)->lost;
		return 0;
	default:
		return 0;
	}
}

static int survey_event(void *ctx, const struct crumb_event *ev)
{
	struct source *s = ctx;
	struct wire_look look;
	int err;

	if (ev->time_ns && (!s->first_ns || ev->time_ns < s->first_ns)) /* facts may have no time */
		s->first_ns = ev->time_ns;
	if (ev->time_ns > s->last_ns)
		s->last_ns = ev->time_ns;
	err = wire_event(s->wire, ev, &look);
	if (err > 0)
		return sketch_add(&s->sketch, &look);
	return err < 0 ? err : survey_head(s, ev);
}

static int sketch_event(void *ctx, const struct crumb_event *ev)
{
	struct source *s = ctx;
	struct wire_look look;
	int err = wire_event(s->wire, ev, &look);

	return err > 0 ? sketch_add(&s->sketch, &look) : err;
}

/* Once more, with the names of translated connections that later files told of. What is damaged was complained of before. */
static int sketch_anew(struct join_files *j, struct source *s, struct error *e)
{
	struct error ignored = { 0 };
	int err;

	sketch_done(&s->sketch);
	err = trace_reader_open(s->name, &s->reader, e);
	s->wire = err ? NULL : wire_new(j->names);
	if (s->wire)
		err = trace_reader_run(s->reader, sketch_event, s, &ignored);
	else if (!err)
		err = -ENOMEM;
	trace_reader_free(s->reader);
	s->reader = NULL;
	wire_free(s->wire);
	s->wire = NULL;
	return err == -ENOMEM || !ignored.text[0] ? err : 0;
}

static int survey(struct join_files *j, struct source *s, struct error *e)
{
	struct trace_reader *reader = NULL;
	struct error complaint = { 0 };
	int err;

	if (!strcmp(s->name, "-"))
		return error_set(
			e, -EINVAL,
			"standard input can be read once only; joining reads each trace more than once: give files");
	err = trace_reader_open(s->name, &reader, e);
	if (err)
		return err;
	s->wire = wire_new(j->names);
	err = s->wire ? trace_reader_run(reader, survey_event, s, &complaint) : -ENOMEM;
	if (err && err != -ENOMEM &&
	    trace_reader_events(reader)) { /* what it held before the damage counts */
		s->complaint = complaint;
		err = 0;
	} else if (err) {
		error_set(e, err, "%s", error_text(&complaint, err));
	}
	if (!err && !s->known)
		err = error_set(e, -EBADMSG,
				"%s does not say which host it is of: it cannot be joined", s->name);
	trace_reader_free(reader);
	wire_free(s->wire);
	s->wire = NULL;
	return err;
}

/* Which of the sources are of one kernel? */
static int hosts_find(struct join_files *j, struct error *e)
{
	for (unsigned int i = 0; i < j->n; i++) {
		struct source *s = &j->source[i];
		unsigned int k;

		for (k = 0; k < i; k++)
			if (!memcmp(j->source[k].about.boot_id, s->about.boot_id,
				    sizeof(s->about.boot_id)))
				break;
		if (k < i) {
			s->host = j->source[k].host;
			s->shared = j->source[k].shared = true;
			continue;
		}
		s->host = j->hosts++;
		j->first_of[s->host] = i;
		if (clocks_add(j->clocks, 0) < 0)
			return error_set(e, -ENOSPC, "traces of more than %d hosts cannot be joined",
					 CLOCK_HOSTS);
	}
	return 0;
}

/* Apart by what the sketches have in common, host by host from the first; where nothing is, by their wall clocks. */
static void rough_find(struct join_files *j)
{
	int64_t rough[CLOCK_HOSTS] = { 0 };
	bool known[CLOCK_HOSTS] = { true };
	bool more = true;

	while (more) {
		more = false;
		for (unsigned int i = 0; i < j->n * j->n; i++) {
			struct source *a = &j->source[i / j->n], *b = &j->source[i % j->n];
			int64_t apart;

			if (!known[a->host] || known[b->host] ||
			    !sketch_offset(&a->sketch, &b->sketch, &apart))
				continue;
			rough[b->host] = ns_add(rough[a->host], apart);
			known[b->host] = true;
			more = true;
		}
	}
	for (unsigned int h = 0; h < j->hosts; h++) {
		j->guessed[h] = !known[h];
		if (!known[h])
			rough[h] = j->source[0].about.realtime_ns -
				   j->source[j->first_of[h]].about.realtime_ns;
		clocks_set_rough(j->clocks, h, rough[h]);
	}
}

/* ------------------------------------------------------------------------------------------------- passes */

static int queue_event(void *ctx, const struct crumb_event *ev)
{
	return queue_put(&((struct source *)ctx)->queue, ev);
}

/* An event at the head of its queue, if there is any left. */
static int source_fill(struct join_files *j, struct source *s)
{
	const struct crumb_event *ev;

	while (!(ev = queue_head(&s->queue))) {
		int err = s->over ? 0 : trace_reader_next(s->reader, queue_event, s, &s->error);

		if (err == -ENOMEM)
			return err;
		if (s->over)
			return 0;
		if (err != TRACE_MORE) /* the end, or what the survey complained of */
			s->over = true;
	}
	s->at_ns =
		clocks_axis(j->clocks, s->host, (int64_t)(ev->time_ns ? ev->time_ns : s->first_ns));
	return 0;
}

static int pass_begin(struct join_files *j, struct error *e)
{
	for (unsigned int i = 0; i < j->n; i++) {
		struct source *s = &j->source[i];
		int err;

		trace_reader_free(s->reader);
		s->reader = NULL;
		s->over = false;
		s->queue.at = s->queue.len = 0;
		err = trace_reader_open(s->name, &s->reader, e);
		if (!err)
			err = source_fill(j, s);
		if (err)
			return err;
	}
	return 0;
}

static void pass_end(struct join_files *j)
{
	for (unsigned int i = 0; i < j->n; i++) {
		trace_reader_free(j->source[i].reader);
		j->source[i].reader = NULL;
		queue_done(&j->source[i].queue);
	}
}

/* The source whose event is next; NULL: that was all. */
static struct source *pass_next(struct join_files *j)
{
	struct source *next = NULL;

	for (unsigned int i = 0; i < j->n; i++) {
		struct source *s = &j->source[i];

		if (queue_head(&s->queue) && (!next || s->at_ns < next->at_ns))
			next = s;
	}
	return next;
}

/* Its head is whole in @buf, also if it is of an older, shorter format. */
static const struct crumb_event *head_copy(const struct source *s, void *buf)
{
	const struct crumb_event *ev = queue_head(&s->queue);

	memset(buf, 0, EVENT_SCRATCH_BYTES);
	memcpy(buf, ev, ev->size < EVENT_SCRATCH_BYTES ? ev->size : EVENT_SCRATCH_BYTES);
	return buf;
}

static int clocks_event(struct match *m, struct source *s)
{
	_Alignas(8) char buf[EVENT_SCRATCH_BYTES];
	unsigned int type = queue_head(&s->queue)->type;
	struct wire_look look;
	struct match_met met;
	int err;

	if (type == CRUMB_EV_SYNC)
		return match_sync(m, s->host, (const void *)head_copy(s, buf));
	if (type != CRUMB_EV_SKB && type != CRUMB_EV_FLOW && type != CRUMB_EV_DEV &&
	    type != CRUMB_EV_NAT)
		return 0;
	err = wire_event(s->wire, head_copy(s, buf), &look);
	if (err <= 0)
		return err;
	err = match_look(m, s->host, &look, &met);
	return err ? err : match_advance(m, s->at_ns);
}

static int clocks_pass(struct join_files *j, struct error *e)
{
	struct match *m = match_new(j->clocks);
	struct source *s;
	int err = m ? pass_begin(j, e) : -ENOMEM;

	translated_again(j->names);
	for (unsigned int i = 0; i < j->n && !err; i++) {
		j->source[i].wire = wire_new(j->names);
		if (!j->source[i].wire)
			err = -ENOMEM;
	}
	while (!err && (s = pass_next(j))) {
		err = clocks_event(m, s);
		queue_pop(&s->queue);
		if (!err)
			err = source_fill(j, s);
	}
	if (!err)
		err = match_finish(m);
	if (!err)
		err = clocks_finish(j->clocks);
	for (unsigned int i = 0; i < j->n; i++) {
		wire_free(j->source[i].wire);
		j->source[i].wire = NULL;
	}
	pass_end(j);
	match_free(m);
	clocks_settle(j->clocks, false);
	return err;
}

int join_files_open(char *const *names, unsigned int n, struct join_files **ret, struct error *e)
{
	struct join_files *j;
	int err = 0;

	if (n > JOIN_SOURCES)
		return error_set(e, -ENOSPC, "%u traces: at most %d can be joined", n, JOIN_SOURCES);
	j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	j->clocks = clocks_new();
	j->names = translated_new();
	if (!j->clocks || !j->names)
		err = -ENOMEM;
	for (unsigned int i = 0; i < n && !err; i++) {
		j->source[i].name = names[i];
		j->n++;
		err = survey(j, &j->source[i], e);
	}
	if (!err)
		err = hosts_find(j, e);
	for (unsigned int i = 0; i < n && !err && j->hosts > 1 && translated_count(j->names); i++)
		err = sketch_anew(j, &j->source[i], e);
	if (!err)
		rough_find(j);
	if (!err && j->hosts > 1)
		err = clocks_pass(j, e);
	for (unsigned int i = 0; i < j->n; i++)
		sketch_done(&j->source[i].sketch);
	if (err) {
		join_files_free(j);
		return err;
	}
	*ret = j;
	return 0;
}

void join_files_free(struct join_files *j)
{
	if (!j)
		return;
	pass_end(j);
	for (unsigned int i = 0; i < j->n; i++) {
		sketch_done(&j->source[i].sketch);
		queue_done(&j->source[i].head);
		wire_free(j->source[i].wire);
	}
	clocks_free(j->clocks);
	translated_free(j->names);
	free(j);
}

/* ------------------------------------------------------------------------------------------------ deliver */

struct delivery {
	struct join_files *j;
	const struct join_sink *sink;
	struct remap *remap;
	unsigned int host; /* of the event at hand */
};

static int deliver_before(void *ctx, const struct crumb_event *ev)
{
	struct delivery *d = ctx;

	return d->sink->event(d->sink->ctx, d->host, ev);
}

static int deliver(struct delivery *d, const struct source *s, const struct crumb_event *ev)
{
	_Alignas(8) char buf[EVENT_SCRATCH_BYTES];
	struct remap_from from = { (uint32_t)(s - d->j->source), s->host, s->shared };
	struct remap_out out = { deliver_before, d };
	int err;

	d->host = s->host;
	if (ev->type == CRUMB_EV_END)
		return 0;
	err = remap_event(d->remap, &from, ev, buf, &out);
	return err > 0 ? d->sink->event(d->sink->ctx, s->host, (const void *)buf) : err;
}

/* What the traces say of themselves, the earliest trace first. */
static int deliver_heads(struct delivery *d)
{
	bool done[JOIN_SOURCES] = { false };

	for (;;) {
		struct source *s = NULL;
		int64_t first = 0;

		for (unsigned int i = 0; i < d->j->n; i++) {
			struct source *k = &d->j->source[i];
			int64_t at = clocks_axis(d->j->clocks, k->host, (int64_t)k->first_ns);

			if (!done[i] && (!s || at < first)) {
				s = k;
				first = at;
			}
		}
		if (!s)
			return 0;
		done[s - d->j->source] = true;
		for (const struct crumb_event *ev; (ev = queue_head(&s->head)); queue_pop(&s->head)) {
			int err = deliver(d, s, ev);

			if (err)
				return err;
		}
	}
}

static uint64_t on_axis(const struct join_files *j, unsigned int host, uint64_t ns)
{
	int64_t at = clocks_axis(j->clocks, host, (int64_t)ns);

	return at > 0 ? (uint64_t)at : 1;
}

/* When each host was not recorded, although another one was. */
static int deliver_absences(struct delivery *d)
{
	uint64_t first[CLOCK_HOSTS], last[CLOCK_HOSTS] = { 0 }, least = UINT64_MAX, most = 0;
	int err = 0;

	memset(first, 0xff, sizeof(first));
	for (unsigned int i = 0; i < d->j->n; i++) {
		const struct source *s = &d->j->source[i];
		uint64_t from = on_axis(d->j, s->host, s->first_ns),
			 to = on_axis(d->j, s->host, s->last_ns);

		first[s->host] = from < first[s->host] ? from : first[s->host];
		last[s->host] = to > last[s->host] ? to : last[s->host];
		least = from < least ? from : least;
		most = to > most ? to : most;
	}
	for (unsigned int h = 0; h < d->j->hosts && !err && d->sink->absent; h++) {
		if (first[h] > least)
			err = d->sink->absent(d->sink->ctx, h, 0, first[h]);
		if (!err && last[h] + TAIL_NS < most)
			err = d->sink->absent(d->sink->ctx, h, last[h], UINT64_MAX);
	}
	return err;
}

static int deliver_end(struct delivery *d)
{
	struct crumb_ev_end end = { .h = { .type = CRUMB_EV_END, .size = sizeof(end) } };
	bool ended = false;

	for (unsigned int i = 0; i < d->j->n; i++) {
		const struct source *s = &d->j->source[i];
		uint64_t at = on_axis(d->j, s->host, s->last_ns);

		end.h.time_ns = at > end.h.time_ns ? at : end.h.time_ns;
		end.kernel_events += s->kernel_events;
		end.lost += s->lost;
		ended |= s->ended;
	}
	return ended ? d->sink->event(d->sink->ctx, 0, &end.h) : 0;
}

static int deliver_all(struct delivery *d)
{
	_Alignas(8) char buf[EVENT_SCRATCH_BYTES];
	struct source *s;
	int err = 0;

	while (!err && (s = pass_next(d->j))) {
		err = deliver(d, s, head_copy(s, buf));
		queue_pop(&s->queue);
		if (!err)
			err = source_fill(d->j, s);
		if (s->over && !queue_head(&s->queue))
			remap_release(d->remap, s - d->j->source);
	}
	return err;
}

int join_files_run(struct join_files *j, const struct join_sink *sink, struct error *e)
{
	struct delivery d = { .j = j, .sink = sink, .remap = remap_new(j->clocks, j->names) };
	int err = d.remap ? pass_begin(j, e) : -ENOMEM;

	translated_again(j->names);
	if (!err)
		err = deliver_heads(&d);
	if (!err)
		err = deliver_absences(&d);
	if (!err)
		err = deliver_all(&d);
	if (!err)
		err = deliver_end(&d);
	pass_end(j);
	remap_free(d.remap);
	return err;
}

/* ------------------------------------------------------------------------------------------------- access */

unsigned int join_files_hosts(const struct join_files *j)
{
	return j->hosts;
}

const char *join_files_host(const struct join_files *j, unsigned int host)
{
	return j->source[j->first_of[host]].about.name;
}

const uint8_t *join_files_boot_id(const struct join_files *j, unsigned int host)
{
	return j->source[j->first_of[host]].about.boot_id;
}

const struct clocks *join_files_clocks(const struct join_files *j)
{
	return j->clocks;
}

bool join_files_guessed(const struct join_files *j, unsigned int host)
{
	return j->guessed[host];
}

const char *join_files_complaint(const struct join_files *j, unsigned int i)
{
	for (unsigned int k = 0; k < j->n; k++)
		if (j->source[k].complaint.text[0] && i-- == 0)
			return j->source[k].complaint.text;
	return NULL;
}

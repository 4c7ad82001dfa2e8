// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several hosts' traces on any bytes, joined into journeys as text and as JSON. The first byte says how: as files, whose bytes the input is;
 * or events of up to four hosts made of it, joined live (as crumb trace --host does), or written to files and joined (as crumb report
 * does). Whatever was told, each journey keeps the laws: its segments are those between its steps, and add up.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "assemble.h"
#include "join_live.h"
#include "render.h"
#include "trace_writer.h"

#define HOSTS	   4
#define EVENTS_MAX 4096

static void demand(int truth)
{
	if (!truth)
		abort();
}

struct input {
	const uint8_t *at;
	size_t left;
};

static uint64_t take(struct input *in, size_t n)
{
	uint64_t v = 0;

	n = n < in->left ? n : in->left;
	memcpy(&v, in->at, n);
	in->at += n;
	in->left -= n;
	return v;
}

/* ------------------------------------------------------------------------------------------------ journeys */

struct out {
	struct assembler *assembler;
	struct strbuf text;
	bool json;
};

static const struct render_options how = { .width = 80, .unfold = true, .utf8 = true };

static const struct renderer *renderer(const struct out *o)
{
	return o->json ? &render_json : &render_text;
}

static int on_begin(void *ctx, const struct trace_info *info)
{
	struct out *o = ctx;

	return renderer(o)->begin(&how, info, &o->text);
}

static int on_journey(void *ctx, const struct journey *j)
{
	struct out *o = ctx;
	uint64_t sum = 0, unexplained = 0;

	demand(j->step_count > 0 && j->segment_count == j->step_count - 1);
	for (uint32_t i = 0; i < j->segment_count; i++) {
		const struct journey_segment *s = &j->segments[i];

		demand(j->steps[i].t_ns <= j->steps[i + 1].t_ns);
		demand(s->ns == j->steps[i + 1].t_ns - j->steps[i].t_ns);
		sum += s->ns;
		unexplained += s->cause ? 0 : s->ns;
	}
	demand(sum == j->total_ns && unexplained == j->unexplained_ns);
	strbuf_clear(&o->text);
	return renderer(o)->journey(&how, j, &o->text);
}

static int on_end(void *ctx, const struct trace_summary *s)
{
	struct out *o = ctx;

	return renderer(o)->end(&how, s, &o->text);
}

static int on_event(void *ctx, unsigned int host, const struct crumb_event *ev)
{
	struct out *o = ctx;

	assembler_from(o->assembler, host);
	return assembler_event(o->assembler, ev);
}

static int on_absent(void *ctx, unsigned int host, uint64_t from_ns, uint64_t to_ns)
{
	return assembler_absent(((struct out *)ctx)->assembler, host, from_ns, to_ns);
}

static const char *compare(void *ctx, unsigned int a, unsigned int b, uint64_t ns,
			   uint64_t *ret_bound_ns)
{
	struct clock_at at = clocks_between(ctx, a, b, (int64_t)ns);

	*ret_bound_ns = at.bound_ns == CLOCK_UNKNOWN ? JOURNEY_BOUND_UNKNOWN : at.bound_ns;
	return clock_state_name(at.state);
}

static void out_open(struct out *o)
{
	struct assembler_sink sink = {
		.ctx = o, .begin = on_begin, .journey = on_journey, .end = on_end
	};

	demand(!assembler_new(&sink, &o->assembler));
}

static void out_close(struct out *o)
{
	assembler_finish(o->assembler);
	assembler_free(o->assembler);
	strbuf_done(&o->text);
}

static void join(char *const *names, unsigned int n, bool json)
{
	struct out o = { .json = json };
	struct join_sink sink = { &o, on_event, on_absent };
	struct join_files *j;
	struct error e = { "" };

	if (join_files_open(names, n, &j, &e))
		return;
	out_open(&o);
	assembler_set_clocks(o.assembler,
			     &(struct assembler_clocks){ (void *)join_files_clocks(j), compare });
	join_files_run(j, &sink, &e);
	out_close(&o);
	join_files_free(j);
}

/* ------------------------------------------------------------------------------------------------- events */

static const uint64_t far[] = { 1,	    INT64_MAX,	1ull << 63, UINT64_MAX,
				1ull << 62, 1ull << 60, 1ull << 61 };

struct events {
	struct input in;
	uint64_t now[HOSTS];
	unsigned int host; /* of the event at hand */
	_Alignas(8) char raw[EVENT_SCRATCH_BYTES], scratch[EVENT_SCRATCH_BYTES];
};

static uint64_t event_time(struct events *s)
{
	uint64_t kind = take(&s->in, 1);

	if (kind < 200) /* like most: a little later than the one before */
		return s->now[s->host] += kind * kind * kind * (kind > 150 ? 100 : 1);
	if (kind < 220)
		return take(&s->in, 8);
	if (kind < 230)
		return s->now[s->host] - take(&s->in, 4);
	return far[kind % (sizeof(far) / sizeof(far[0]))] - take(&s->in, 1);
}

/* The next one, as the reader of a trace would pass it on. NULL: it would not, or that was all (nothing is left). */
static const struct crumb_event *event_next(struct events *s)
{
	static const uint8_t types[] = { CRUMB_EV_SKB,	CRUMB_EV_FLOW,	     CRUMB_EV_HOST,
					 CRUMB_EV_TICK, CRUMB_EV_SKB,	     CRUMB_EV_SOCK,
					 CRUMB_EV_RECV, CRUMB_EV_SEND_BEGIN, CRUMB_EV_SEND_END };
	uint64_t what = take(&s->in, 1), type = take(&s->in, 1);
	struct crumb_event *ev = (void *)s->raw;
	size_t size, n;

	s->host = what % HOSTS;
	type = type < 128 ? types[type % sizeof(types)] : type - 127;
	size = event_type_size(type);
	memset(s->raw, 0, sizeof(s->raw));
	if (!size || size > sizeof(s->raw))
		return NULL;
	n = (what >> 2) % 64;
	n = n == 63 ? size : n * 4; /* the rest is zero */
	for (size_t i = sizeof(*ev); i < sizeof(*ev) + n && i < size; i++)
		s->raw[i] = (char)take(&s->in, 1);
	*ev = (struct crumb_event){ event_time(s), type, size, take(&s->in, 1) % 4 };
	if (type == CRUMB_EV_HOST)
		((struct crumb_ev_host *)ev)->boot_id[0] = 1 + s->host;
	return event_check(s->raw, size, s->scratch);
}

static void events_begin(struct events *s, const struct input *in)
{
	*s = (struct events){ .in = *in };
	for (unsigned int h = 0; h < HOSTS; h++)
		s->now[h] = 1000000000ull + h * 77777777777ull;
}

static void live(const struct input *in, bool json)
{
	struct out o = { .json = json };
	struct join_sink sink = { &o, on_event, on_absent };
	struct join_live *j;
	struct events s;
	uint64_t now = 1;
	int err = 0;

	events_begin(&s, in);
	demand(!join_live_new(&sink, &j));
	out_open(&o);
	assembler_set_clocks(o.assembler,
			     &(struct assembler_clocks){ (void *)join_live_clocks(j), compare });
	for (unsigned int h = 0; h < HOSTS; h++)
		demand(join_live_source(j) == (int)h);
	for (unsigned int i = 0; i < EVENTS_MAX && s.in.left && !err; i++) {
		const struct crumb_event *ev = event_next(&s);

		if (ev)
			err = join_live_event(j, s.host, ev, now);
		demand(join_live_held(j, s.host) <= JOIN_LIVE_MOST);
		if (i % 8 == 7) {
			now += take(&s.in, 2) * 1000000;
			if (!err)
				err = join_live_advance(j, now);
		}
		if (now % 61 == 60)
			join_live_full(j, s.host, now);
	}
	for (unsigned int h = 0; h < HOSTS && !err; h++)
		err = join_live_over(j, h, h != 2);
	if (!err)
		join_live_finish(j);
	out_close(&o);
	join_live_free(j);
}

static void written(const struct input *in, bool json)
{
	struct trace_writer *w[HOSTS];
	char name[HOSTS][32], *names[HOSTS];
	int fd[HOSTS];
	struct events s;

	events_begin(&s, in);
	for (unsigned int h = 0; h < HOSTS; h++) {
		fd[h] = memfd_create("join", MFD_CLOEXEC);
		demand(fd[h] >= 0 && !trace_writer_new(fd[h], &w[h], NULL));
		snprintf(name[h], sizeof(name[h]), "/proc/self/fd/%d", fd[h]);
		names[h] = name[h];
	}
	for (unsigned int i = 0; i < EVENTS_MAX && s.in.left; i++) {
		const struct crumb_event *ev = event_next(&s);

		demand(!ev || !trace_writer_event(w[s.host], ev));
	}
	for (unsigned int h = 0; h < HOSTS; h++) {
		demand(!trace_writer_finish(w[h], NULL));
		trace_writer_free(w[h]);
	}
	join(names, HOSTS, json);
	for (unsigned int h = 0; h < HOSTS; h++)
		close(fd[h]);
}

/* The input is cut into files by lengths in it. */
static void files(struct input *in, bool json)
{
	char name[HOSTS][32], *names[HOSTS];
	int fd[HOSTS];
	unsigned int n;

	for (n = 0; n < HOSTS && in->left; n++) {
		size_t size = n + 1 < HOSTS ? take(in, 2) : in->left;

		size = size < in->left ? size : in->left;
		fd[n] = memfd_create("join", MFD_CLOEXEC);
		demand(fd[n] >= 0 && write(fd[n], in->at, size) == (ssize_t)size);
		in->at += size;
		in->left -= size;
		snprintf(name[n], sizeof(name[n]), "/proc/self/fd/%d", fd[n]);
		names[n] = name[n];
	}
	if (n)
		join(names, n, json);
	while (n-- > 0)
		close(fd[n]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint64_t mode = take(&in, 1);
	bool json = mode & 4;

	if (mode % 4 == 0)
		files(&in, json);
	else if (mode % 4 == 1)
		written(&in, json);
	else
		live(&in, json);
	return 0;
}

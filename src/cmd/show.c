// SPDX-License-Identifier: GPL-2.0-only
#include "show.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "render.h"
#include "source.h"
#include "unusual.h"

#define FLUSH_BYTES (64u << 10)

struct show {
	const struct options *o;
	struct render_options render;
	struct assembler_sink sink;
	struct strbuf out;
	struct source *source; /* --links */
	struct unusuals *unusuals;
	int fd;
	bool rehearsed; /* journeys that paid for stack walks are the rehearsal's */
	uint64_t journeys, bytes, stacked, hidden, verdicts[VERDICT_MAX];
	char failure[256];
};

static const char *clocks_compare(void *ctx, unsigned int a, unsigned int b, uint64_t ns,
				  uint64_t *ret_bound_ns)
{
	struct clock_at at = clocks_between(ctx, a, b, (int64_t)ns);

	*ret_bound_ns = at.bound_ns == CLOCK_UNKNOWN ? JOURNEY_BOUND_UNKNOWN : at.bound_ns;
	return clock_state_name(at.state);
}

void show_clocks(struct assembler *a, const struct clocks *clocks)
{
	assembler_set_clocks(a, &(struct assembler_clocks){ (void *)clocks, clocks_compare });
}

int show_flush(struct show *s)
{
	size_t at = 0;

	while (at < s->out.len && !s->failure[0]) {
		ssize_t n = write(s->fd, s->out.text + at, s->out.len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (errno != EPIPE)
				snprintf(s->failure, sizeof(s->failure), "cannot write %s: %s",
					 s->o->output ? s->o->output : "the output", strerror(errno));
			else
				snprintf(s->failure, sizeof(s->failure),
					 "the reader of the output went away");
			return -errno;
		}
		at += n;
	}
	strbuf_clear(&s->out);
	return s->failure[0] ? -EIO : 0;
}

int show_text(const struct options *o, const struct strbuf *text, struct error *e)
{
	struct show s = { .o = o, .out = *text, .fd = STDOUT_FILENO };
	int err;

	if (text->failed)
		return -ENOMEM;
	if (o->output && strcmp(o->output, "-")) {
		s.fd = open(o->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (s.fd < 0)
			return error_set(e, -errno, "cannot write %s: %s", o->output,
					 strerror(errno));
	}
	err = show_flush(&s);
	if (s.fd != STDOUT_FILENO && close(s.fd) && !err)
		err = error_set(e, -errno, "cannot write %s: %s", o->output, strerror(errno));
	return s.failure[0] ? error_set(e, err, "%s", s.failure) : err;
}

static int after(struct show *s, int err)
{
	if (err || s->out.failed)
		return err ? err : -ENOMEM;
	return s->out.len >= FLUSH_BYTES ? show_flush(s) : 0;
}

static int on_begin(void *ctx, const struct trace_info *info)
{
	struct show *s = ctx;
	const struct renderer *r = s->o->format;

	s->rehearsed = info->flags & CRUMB_TRACE_REHEARSAL;
	if (s->source && info->release)
		source_set_kernel(s->source, info->release);
	return after(s, r->begin ? r->begin(&s->render, info, &s->out) : 0);
}

static bool shown(const struct show *s, const struct journey *j)
{
	if (s->o->slower_set && j->total_ns + j->waiting_ns <= s->o->slower_than_ns)
		return false;
	if (s->o->verdict_set && j->verdict != s->o->verdict)
		return false;
	return !(s->rehearsed && j->observer_ns);
}

static int on_journey(void *ctx, const struct journey *j)
{
	struct show *s = ctx;

	int err;

	if (s->rehearsed && j->observer_ns)
		s->hidden++;
	else if ((err = unusuals_add(s->unusuals, j)))
		return err;
	if (!shown(s, j) || !show_wants_more(s))
		return 0;
	s->journeys++;
	s->stacked += j->observer_ns != 0;
	s->bytes += j->bytes;
	s->verdicts[j->verdict]++;
	return after(s, s->o->format->journey(&s->render, j, &s->out));
}

/* The summary speaks of what was shown. */
static int on_end(void *ctx, const struct trace_summary *all)
{
	struct trace_summary mine = *all;
	struct trace_unusual unusual;
	struct show *s = ctx;
	int err = unusuals_finish(s->unusuals, &unusual);

	if (err)
		return err;
	mine.unusual = &unusual;

	mine.journeys = s->journeys;
	mine.bytes = s->bytes;
	mine.stacked = s->stacked;
	mine.flows -= s->hidden < mine.flows ? s->hidden :
					       0; /* the rehearsal's: one message on one connection */
	memcpy(mine.verdicts, s->verdicts, sizeof(mine.verdicts));
	if (s->o->format->end)
		err = s->o->format->end(&s->render, &mine, &s->out);
	err = after(s, err);
	return err ? err : show_flush(s);
}

static const char *find_source(void *source, const char *function, bool libc)
{
	return source_find(source, function, libc);
}

int show_links(struct render_options *r, struct source **ret_source)
{
	int err = source_new(ret_source);

	if (err)
		return err;
	r->link = find_source;
	r->link_ctx = *ret_source;
	return 0;
}

int show_new(const struct options *o, struct show **ret, struct error *e)
{
	struct show *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->o = o;
	s->fd = STDOUT_FILENO;
	if (o->output && strcmp(o->output, "-")) {
		s->fd = open(o->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (s->fd < 0) {
			int err = error_set(e, -errno, "cannot write %s: %s", o->output,
					    strerror(errno));

			free(s);
			return err;
		}
	}
	s->render = options_render(o, s->fd);
	if (o->links && show_links(&s->render, &s->source)) {
		show_free(s);
		return -ENOMEM;
	}
	s->sink = (struct assembler_sink){
		.ctx = s, .begin = on_begin, .journey = on_journey, .end = on_end
	};
	s->unusuals = unusuals_new();
	if (!s->unusuals) {
		show_free(s);
		return -ENOMEM;
	}
	*ret = s;
	return 0;
}

void show_free(struct show *s)
{
	if (!s)
		return;
	if (s->fd != STDOUT_FILENO)
		close(s->fd);
	strbuf_done(&s->out);
	source_free(s->source);
	unusuals_free(s->unusuals);
	free(s);
}

const struct assembler_sink *show_sink(struct show *s)
{
	return &s->sink;
}

uint64_t show_journeys(const struct show *s)
{
	return s->journeys;
}

bool show_wants_more(const struct show *s)
{
	return !s->o->count || s->journeys < s->o->count;
}

const char *show_failure(const struct show *s)
{
	return s->failure[0] ? s->failure : NULL;
}

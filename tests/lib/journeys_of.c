// SPDX-License-Identifier: GPL-2.0-only
/*
 * journeys_of FILE...: the journeys of a recorded trace as plain lines, for a person who debugs the
 * assembler.
 */
#include <stdio.h>
#include <string.h>

#include "assemble.h"
#include "journey_dump.h"
#include "trace_reader.h"

static int put_journey(void *ctx, const struct journey *j)
{
	journey_dump(ctx, j);
	return 0;
}

static int put_summary(void *ctx, const struct trace_summary *s)
{
	fprintf(ctx, "%lu journeys, %lu events, %lu lost, %lu flows%s:", (unsigned long)s->journeys,
		(unsigned long)s->events, (unsigned long)s->lost_events, (unsigned long)s->flows,
		s->truncated ? ", truncated" : "");
	for (int v = 0; v < VERDICT_MAX; v++)
		fprintf(ctx, " %s %lu", verdict_name(v), (unsigned long)s->verdicts[v]);
	fprintf(ctx, "\n");
	return 0;
}

int main(int argc, char **argv)
{
	const struct assembler_sink sink = { .ctx = stdout,
					     .journey = put_journey,
					     .end = put_summary };

	for (int i = 1; i < argc; i++) {
		struct trace_reader *reader = NULL;
		struct assembler *a = NULL;
		struct error e = { 0 };
		int err = trace_reader_open(argv[i], &reader, &e);

		if (!err)
			err = assembler_new(&sink, &a);
		if (!err)
			err = trace_reader_run(reader, assembler_event, a, &e);
		if (a && err >= 0)
			err = assembler_finish(a);
		assembler_free(a);
		trace_reader_free(reader);
		if (err) {
			fprintf(stderr, "%s: %s\n", argv[i], error_text(&e, err));
			return 1;
		}
	}
	return 0;
}

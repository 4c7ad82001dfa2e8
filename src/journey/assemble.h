/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From events to journeys: a pure function of the event stream. Feed every event in order, then finish. It
 * holds what the open messages need and nothing of those that are done.
 */
#ifndef CRUMB_JOURNEY_ASSEMBLE_H
#define CRUMB_JOURNEY_ASSEMBLE_H

#include "journey.h"

struct assembler;

struct assembler_sink {
	void *ctx;
	/* Once, before the first journey, when the facts at the head of the trace are known. */
	int (*begin)(void *ctx, const struct trace_info *info);
	/* Each journey when it is complete (or at the end, when it never was). Non-zero stops the assembler. */
	int (*journey)(void *ctx, const struct journey *j);
	int (*end)(void *ctx, const struct trace_summary *s);
};

int assembler_new(const struct assembler_sink *sink, struct assembler **ret);
void assembler_free(struct assembler *a);

/* An event_fn (see stream.h): 0, or -ENOMEM, or what the sink returned. */
int assembler_event(void *assembler, const struct crumb_event *ev);

/* No more events: messages still open get their verdict, then sink.end. */
int assembler_finish(struct assembler *a);

#endif

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

/*
 * Events of several hosts in one stream (src/join). The events that follow are of @host; 0 is the first one's.
 */
void assembler_from(struct assembler *a, unsigned int host);

/* How well the times of two hosts compare around @ns: a state's name, and the bound or JOURNEY_BOUND_UNKNOWN. */
struct assembler_clocks {
	void *ctx;
	const char *(*between)(void *ctx, unsigned int host_a, unsigned int host_b, uint64_t ns,
			       uint64_t *ret_bound_ns);
};
void assembler_set_clocks(struct assembler *a, const struct assembler_clocks *clocks);

/*
 * That host was not recorded within that time (to UINT64_MAX: and will not be): what only it could have told of a message is
 * unknown. 0 or -ENOMEM.
 */
int assembler_absent(struct assembler *a, unsigned int host, uint64_t from_ns, uint64_t to_ns);

/* No more events: messages still open get their verdict, then sink.end. */
int assembler_finish(struct assembler *a);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An assembler fed by a builder, and what came out of it. Each journey is checked as it comes:
 * accounting identity, steps in order, segments between neighbours, ends where they must be.
 * CRUMB_DUMP=1 in the environment prints them.
 */
#ifndef CRUMB_TESTS_ASSEMBLE_RIG_H
#define CRUMB_TESTS_ASSEMBLE_RIG_H

#include "assemble.h"
#include "event_builder.h"

#define CAUGHT_STEPS 48

struct caught {
	uint8_t id[16];
	enum verdict verdict;
	uint64_t offset, bytes, total_ns, unexplained_ns, start_ns, lost_events, observer_ns;
	bool offset_known, sender_known, receiver_known;
	uint32_t sender_pid, receiver_pid, reads, retransmits, calls;
	uint16_t src_port;
	char reason[64], where[64], proof[256];
	uint32_t steps, side_steps;
	uint16_t point[CAUGHT_STEPS], side_point[8];
	char host[CAUGHT_STEPS][4], code[CAUGHT_STEPS][16], detail[CAUGHT_STEPS][160],
		path[CAUGHT_STEPS][160];
	bool exact[CAUGHT_STEPS], borrowed[CAUGHT_STEPS];
	char functions[CAUGHT_STEPS][160]; /* "0outer 1inner" */
	uint32_t function_calls, functions_missed;
	uint32_t count[CAUGHT_STEPS];
	uint64_t t_ns[CAUGHT_STEPS];
	char note[CAUGHT_STEPS][96]; /* of the segment that ends there */
	uint32_t hops;		     /* of switches' hardware, in all segments */
	struct {
		char host[4], in[16], out[16];
		uint64_t latency_ns; /* of a sample; 0: none */
		bool by_entry;
	} hop[4];
	uint64_t repair_ns;
	uint32_t transmissions;
	struct {
		uint8_t how;
		uint32_t after;
		enum sent_fate fate, before;
		uint64_t t_ns, cost_ns;
		char before_lost[64]; /* "b eth0 NETFILTER_DROP" */
	} sent[8];
};

struct rig {
	struct assembler *a;
	struct builder b;
	struct caught *all;
	uint32_t count, cap;
	bool keep; /* false: only count */
	uint64_t journeys, bytes, steps;
	bool began, ended;
	struct trace_summary sum;
};

void rig_open(struct rig *r, uint32_t trace_flags);
void rig_close(struct rig *r);	    /* assembler_finish() if it was not called, and free */
void rig_finish(struct rig *r);	    /* CRUMB_EV_END, assembler_finish() */
void rig_finish_cut(struct rig *r); /* without CRUMB_EV_END */

/* The only journey with that first byte. */
const struct caught *rig_at(const struct rig *r, uint64_t offset);

/* Index of the first step at that point, on that host ("" any); -1 none. */
int caught_step(const struct caught *c, uint16_t point, const char *host);

/* Code of the segment that ends at that point on that host. */
const char *caught_code(const struct caught *c, uint16_t point, const char *host);

#endif

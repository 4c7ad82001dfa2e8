// SPDX-License-Identifier: GPL-2.0-only
/* An assembler under test: see assemble_rig.h. */
#include "assemble_rig.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "journey_dump.h"

static void check_laws(const struct journey *j)
{
	uint64_t sum = 0, unexplained = 0;

	assert_true(j->step_count > 0);
	assert_int_equal(j->segment_count, j->step_count - 1);
	assert_true(j->steps[0].t_ns == 0);
	for (uint32_t i = 0; i < j->segment_count; i++) {
		const struct journey_segment *s = &j->segments[i];

		assert_int_equal(s->from, i);
		assert_int_equal(s->to, i + 1);
		assert_true(j->steps[i].t_ns <= j->steps[i + 1].t_ns);
		assert_true(s->ns == j->steps[i + 1].t_ns - j->steps[i].t_ns);
		sum += s->ns;
		if (!s->cause)
			unexplained += s->ns;
	}
	assert_true(sum == j->total_ns);
	assert_true(unexplained == j->unexplained_ns);
	assert_true(j->steps[j->step_count - 1].t_ns == j->total_ns);
	for (uint32_t i = 0; i < j->step_count; i++) {
		assert_non_null(j->steps[i].host);
		assert_true(j->steps[i].count >= 1);
		assert_true(j->steps[i].first_ns <= j->steps[i].t_ns);
	}
	assert_true(j->bytes > 0);
	if (j->verdict == VERDICT_DELIVERED) {
		assert_true(j->receiver.known);
		assert_null(j->where);
		assert_true(j->reads > 0);
	}
}

/* What was sent again: in the order of time, each after an earlier one; what it cost lies within the path's waits for it. */
static void check_transmissions(const struct journey *j)
{
	uint64_t costs = 0, waits = 0;
	bool named = true; /* else TCP had kept the bytes: they waited in the send queue */

	for (uint32_t i = 0; i < j->transmission_count; i++) {
		const struct journey_transmission *t = &j->transmissions[i];

		assert_int_equal(t->number, i + 1);
		assert_true(t->after < t->number);
		assert_true(t->start < t->end &&
			    t->end - t->start <= j->bytes + (j->extent_count > 1 ? UINT32_MAX : 0));
		assert_true(t->fate < SENT_FATES && t->before < SENT_FATES);
		costs += t->cost_ns;
		named = named && (i == 0 || t->how);
	}
	for (uint32_t i = 0; i < j->segment_count; i++) {
		const struct cause *c = j->segments[i].cause;

		if (c && (!strcmp(c->code, "tx.retransmit") || !strcmp(c->code, "rx.hol")))
			waits += j->segments[i].ns;
	}
	assert_true(costs == j->repair_ns);
	if (j->verdict == VERDICT_DELIVERED && !j->unexplained_ns && named)
		assert_true(costs <= waits);
}

static void copy_text(char *to, size_t room, const char *from)
{
	snprintf(to, room, "%s", from ? from : "");
}

static void catch_steps(struct caught *c, const struct journey *j)
{
	c->steps = j->step_count < CAUGHT_STEPS ? j->step_count : CAUGHT_STEPS;
	for (uint32_t i = 0; i < c->steps; i++) {
		const struct journey_step *s = &j->steps[i];

		c->point[i] = s->point;
		c->exact[i] = s->exact;
		c->count[i] = s->count;
		c->t_ns[i] = s->t_ns;
		c->borrowed[i] = s->path_borrowed;
		copy_text(c->host[i], sizeof(c->host[i]), s->host);
		copy_text(c->detail[i], sizeof(c->detail[i]), s->detail);
		for (uint32_t k = 0; k < s->path_len; k++) {
			strncat(c->path[i], k ? ">" : "",
				sizeof(c->path[i]) - strlen(c->path[i]) - 1);
			strncat(c->path[i], s->path[k], sizeof(c->path[i]) - strlen(c->path[i]) - 1);
		}
		for (uint32_t k = 0; k < s->function_count; k++) {
			size_t used = strlen(c->functions[i]);

			snprintf(c->functions[i] + used, sizeof(c->functions[i]) - used, "%s%u%s",
				 k ? " " : "", s->functions[k].level, s->functions[k].name);
		}
		if (i)
			copy_text(c->note[i], sizeof(c->note[i]), j->segments[i - 1].note);
		if (i && j->segments[i - 1].cause)
			copy_text(c->code[i], sizeof(c->code[i]), j->segments[i - 1].cause->code);
	}
	c->side_steps = j->side_step_count;
	for (uint32_t i = 0; i < j->side_step_count && i < 8; i++)
		c->side_point[i] = j->side_steps[i].point;
}

static void catch_transmissions(struct caught *c, const struct journey *j)
{
	c->repair_ns = j->repair_ns;
	c->transmissions = j->transmission_count;
	for (uint32_t i = 0; i < j->transmission_count && i < 8; i++) {
		const struct journey_transmission *t = &j->transmissions[i];
		const struct journey_loss *l = t->before_lost;

		c->sent[i].how = t->how;
		c->sent[i].after = t->after;
		c->sent[i].fate = t->fate;
		c->sent[i].before = t->before;
		c->sent[i].t_ns = t->t_ns;
		c->sent[i].cost_ns = t->cost_ns;
		if (l)
			snprintf(c->sent[i].before_lost, sizeof(c->sent[i].before_lost), "%s %s %s",
				 l->host, l->dev ? l->dev : "-", l->reason);
	}
}

static void catch_hops(struct caught *c, const struct journey *j)
{
	static const uint8_t none[6];

	for (uint32_t i = 0; i < j->segment_count; i++)
		for (uint32_t k = 0; k < j->segments[i].hardware_count && c->hops < 4; k++) {
			const struct journey_hardware *h = &j->segments[i].hardware[k];

			copy_text(c->hop[c->hops].host, sizeof(c->hop[0].host), h->host);
			copy_text(c->hop[c->hops].in, sizeof(c->hop[0].in), h->in);
			copy_text(c->hop[c->hops].out, sizeof(c->hop[0].out), h->out);
			c->hop[c->hops].latency_ns = h->sample ? h->sample->latency_ns : 0;
			c->hop[c->hops++].by_entry = memcmp(h->mac, none, sizeof(none)) != 0;
		}
}

static int catch_journey(void *ctx, const struct journey *j)
{
	struct rig *r = ctx;
	struct caught *c;

	check_laws(j);
	check_transmissions(j);
	assert_true(r->began);
	if (getenv("CRUMB_DUMP"))
		journey_dump(stderr, j);
	r->journeys++;
	r->bytes += j->bytes;
	r->steps += j->step_count;
	if (!r->keep)
		return 0;
	if (r->count == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 64;
		r->all = realloc(r->all, r->cap * sizeof(*r->all));
		assert_non_null(r->all);
	}
	c = &r->all[r->count++];
	*c = (struct caught){
		.verdict = j->verdict,
		.offset = j->offset,
		.bytes = j->bytes,
		.total_ns = j->total_ns,
		.unexplained_ns = j->unexplained_ns,
		.start_ns = j->start_ns,
		.lost_events = j->lost_events,
		.observer_ns = j->observer_ns,
		.function_calls = j->function_calls,
		.functions_missed = j->functions_missed,
		.offset_known = j->offset_known,
		.sender_known = j->sender.known,
		.receiver_known = j->receiver.known,
		.sender_pid = j->sender.pid,
		.receiver_pid = j->receiver.pid,
		.reads = j->reads,
		.retransmits = j->retransmits,
		.calls = j->call_count,
		.src_port = j->src.port,
	};
	memcpy(c->id, j->id, sizeof(c->id));
	copy_text(c->reason, sizeof(c->reason), j->reason);
	copy_text(c->where, sizeof(c->where), j->where);
	copy_text(c->proof, sizeof(c->proof), j->proof);
	catch_steps(c, j);
	catch_transmissions(c, j);
	catch_hops(c, j);
	return 0;
}

static int catch_begin(void *ctx, const struct trace_info *info)
{
	struct rig *r = ctx;

	assert_false(r->began);
	assert_string_equal(info->host, "lab");
	r->began = true;
	return 0;
}

static int catch_end(void *ctx, const struct trace_summary *s)
{
	struct rig *r = ctx;
	uint64_t verdicts = 0;

	assert_true(r->began);
	assert_false(r->ended);
	for (int v = 0; v < VERDICT_MAX; v++)
		verdicts += s->verdicts[v];
	assert_true(verdicts == s->journeys);
	assert_true(s->journeys == r->journeys);
	assert_true(s->bytes == r->bytes);
	r->ended = true;
	r->sum = *s;
	return 0;
}

void rig_open(struct rig *r, uint32_t trace_flags)
{
	struct assembler_sink sink = {
		.ctx = r,
		.begin = catch_begin,
		.journey = catch_journey,
		.end = catch_end,
	};

	*r = (struct rig){ .keep = true };
	assert_int_equal(assembler_new(&sink, &r->a), 0);
	build_start(&r->b, assembler_event, r->a);
	build_facts(&r->b, trace_flags);
}

void rig_finish(struct rig *r)
{
	build_end(&r->b);
	rig_finish_cut(r);
}

void rig_finish_cut(struct rig *r)
{
	assert_int_equal(r->b.err, 0);
	assert_int_equal(assembler_finish(r->a), 0);
	assert_true(r->ended);
}

void rig_close(struct rig *r)
{
	if (!r->ended)
		rig_finish(r);
	assembler_free(r->a);
	free(r->all);
}

const struct caught *rig_at(const struct rig *r, uint64_t offset)
{
	const struct caught *found = NULL;

	for (uint32_t i = 0; i < r->count; i++) {
		if (r->all[i].offset != offset)
			continue;
		assert_null(found);
		found = &r->all[i];
	}
	assert_non_null(found);
	return found;
}

int caught_step(const struct caught *c, uint16_t point, const char *host)
{
	for (uint32_t i = 0; i < c->steps; i++)
		if (c->point[i] == point && (!*host || !strcmp(c->host[i], host)))
			return i;
	return -1;
}

const char *caught_code(const struct caught *c, uint16_t point, const char *host)
{
	int i = caught_step(c, point, host);

	assert_true(i > 0);
	return c->code[i];
}

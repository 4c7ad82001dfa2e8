// SPDX-License-Identifier: GPL-2.0-only
/* The transmissions of a message of which something was sent again, in JSON. */
#include "json_parts.h"

static void put_fate(struct json_out *j, enum sent_fate fate, const struct journey_loss *l)
{
	json_put(j, ",\"fate\":");
	json_string(j, sent_fate_name(fate));
	if (!l)
		return;
	json_put(j, ",\"lost\":{\"host\":");
	json_string(j, l->host);
	json_put(j, ",\"dev\":");
	json_string(j, l->dev);
	json_put(j, ",\"reason\":");
	json_string(j, l->reason);
	json_put(j, ",\"func\":");
	json_string(j, l->func);
	json_put(j, ",\"t_ns\":");
	json_u64(j, l->t_ns);
	json_put(j, "}");
}

static void put_transmission(struct json_out *j, const struct journey_transmission *t)
{
	json_put(j, "{\"number\":");
	json_u64(j, t->number);
	json_put(j, ",\"how\":");
	json_string(j, t->number == 1 ? "first" : resent_name(t->how));
	json_put(j, ",\"t_ns\":");
	json_u64(j, t->t_ns);
	json_put(j, ",\"start\":");
	json_u64(j, t->start);
	json_put(j, ",\"end\":");
	json_u64(j, t->end);
	if (t->skbs > 1) {
		json_put(j, ",\"skbs\":");
		json_u64(j, t->skbs);
	}
	put_fate(j, t->fate, t->lost);
	if (t->after) {
		json_put(j, ",\"after\":{\"number\":");
		json_u64(j, t->after);
		put_fate(j, t->before, t->before_lost);
		json_put(j, "}");
	}
	json_put(j, ",\"cost_ns\":");
	json_u64(j, t->cost_ns);
	json_put(j, "}");
}

void json_transmissions(struct json_out *j, const struct journey *y)
{
	json_put(j, ",\"transmissions\":[");
	for (uint32_t i = 0; i < y->transmission_count; i++) {
		if (i > 0)
			json_put(j, ",");
		put_transmission(j, &y->transmissions[i]);
	}
	json_put(j, "],\"repair_ns\":");
	json_u64(j, y->repair_ns);
	if (y->transmissions_more) {
		json_put(j, ",\"transmissions_more\":");
		json_u64(j, y->transmissions_more);
	}
}

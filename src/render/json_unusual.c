// SPDX-License-Identifier: GPL-2.0-only
/* What is usual and what was not, in the summary's line of JSON. */
#include "json_parts.h"
#include "units.h"

static void put_host(struct json_out *j, const struct usual_segment *s)
{
	json_put(j, "{\"host\":\"");
	json_escaped(j, s->from);
	if (strcmp(s->from, s->to)) {
		json_put(j, ">");
		json_escaped(j, s->to);
	}
	json_put(j, "\",\"code\":");
	json_string(j, s->cause ? s->cause->code : NULL);
	json_put(j, ",\"cause\":");
	json_string(j, s->cause ? s->cause->words : "unexplained");
}

static void put_times(struct json_out *j, uint64_t p50_ns, uint64_t p99_ns)
{
	json_put(j, ",\"p50_ns\":");
	json_u64(j, p50_ns);
	json_put(j, ",\"p99_ns\":");
	json_u64(j, p99_ns);
}

static void put_spread(struct json_out *j, uint64_t journeys, uint64_t p50_ns, uint64_t p99_ns,
		       uint64_t max_ns)
{
	json_put(j, ",\"journeys\":");
	json_u64(j, journeys);
	put_times(j, p50_ns, p99_ns);
	json_put(j, ",\"max_ns\":");
	json_u64(j, max_ns);
}

static void put_end(struct json_out *j, const char *host, const char *comm)
{
	if (!*host && !*comm) {
		json_put(j, "null");
		return;
	}
	json_put(j, "{\"host\":");
	json_string(j, host);
	json_put(j, ",\"comm\":");
	json_string(j, comm);
	json_put(j, "}");
}

static void put_class(struct json_out *j, const struct usual *c)
{
	char proto[UNITS_BYTES];

	json_put(j, "{\"sender\":");
	put_end(j, c->sender_host, c->sender);
	json_put(j, ",\"receiver\":");
	put_end(j, c->receiver_host, c->receiver);
	json_put(j, ",\"proto\":");
	json_string(j, units_proto(proto, c->proto));
	put_spread(j, c->journeys, c->p50_ns, c->p99_ns, c->max_ns);
	json_put(j, ",\"segments\":[");
	for (uint32_t i = 0; i < c->segment_count; i++) {
		const struct usual_segment *s = &c->segments[i];

		if (i > 0)
			json_put(j, ",");
		put_host(j, s);
		put_spread(j, s->journeys, s->p50_ns, s->p99_ns, s->max_ns);
		json_put(j, "}");
	}
	json_put(j, "]}");
}

static void put_unusual(struct json_out *j, const struct trace_unusual *u, const struct unusual *x)
{
	json_put(j, "{\"id\":\"");
	json_hex(j, x->id, sizeof(x->id));
	json_put(j, "\",\"usual\":"); /* index */
	json_u64(j, (uint64_t)(x->usual - u->usual));
	json_put(j, ",\"start_ns\":");
	json_u64(j, x->start_ns);
	json_put(j, ",\"total_ns\":");
	json_u64(j, x->total_ns);
	put_times(j, x->usual->p50_ns, x->usual->p99_ns);
	json_put(j, ",\"because\":[");
	for (uint32_t i = 0; i < x->part_count; i++) {
		const struct unusual_part *p = &x->parts[i];

		if (i > 0)
			json_put(j, ",");
		put_host(j, p->usual);
		json_put(j, ",\"ns\":");
		json_u64(j, p->ns);
		put_times(j, p->usual->p50_ns, p->usual->p99_ns);
		if (p->note) {
			json_put(j, ",\"note\":");
			json_string(j, p->note);
		}
		json_put(j, "}");
	}
	json_put(j, "]}");
}

void json_unusual(struct json_out *j, const struct trace_unusual *u)
{
	if (u->usual_count > 0) {
		json_put(j, ",\"usual\":[");
		for (uint32_t i = 0; i < u->usual_count; i++) {
			if (i > 0)
				json_put(j, ",");
			put_class(j, &u->usual[i]);
		}
		json_put(j, "],\"unusual\":[");
		for (uint32_t i = 0; i < u->count; i++) {
			if (i > 0)
				json_put(j, ",");
			put_unusual(j, u, &u->list[i]);
		}
		json_put(j, "]");
	}
	if (u->not_compared > 0) {
		json_put(j, ",\"not_compared\":");
		json_u64(j, u->not_compared);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/* What went wrong apart from a message's way: the RST that ended its connection, connections that did not come about, calls that failed. */
#include "json_parts.h"
#include "units.h"

void json_reset(struct json_out *j, const struct journey_reset *r)
{
	json_put(j, ",\"reset\":{\"by\":");
	json_string(j, r->by_sender ? "sender" : "receiver");
	json_put(j, ",\"host\":");
	json_string(j, r->host);
	json_put(j, ",\"what\":");
	json_string(j, r->what);
	if (r->tgid) {
		json_put(j, ",\"pid\":");
		json_u64(j, r->tgid);
		json_put(j, ",\"comm\":");
		json_string(j, r->comm);
	}
	json_put(j, ",\"reason\":");
	json_string(j, r->reason);
	json_put(j, ",\"why\":");
	json_string(j, r->why);
	json_put(j, ",\"t_ns\":");
	json_i64(j, r->t_ns);
	if (r->got_ns != INT64_MIN) {
		json_put(j, ",\"received_t_ns\":");
		json_i64(j, r->got_ns);
	}
	json_put(j, ",\"read\":");
	json_u64(j, r->read);
	json_put(j, ",\"thrown_away\":");
	json_u64(j, r->thrown_away);
	json_put(j, "}");
}

void json_unmade(struct json_out *j, const struct trace_summary *s)
{
	uint64_t listed = s->unmade_count < TRACE_UNMADE_MAX ? s->unmade_count : TRACE_UNMADE_MAX;
	char buf[UNITS_BYTES];

	if (!listed)
		return;
	json_put(j, ",\"not_connected\":[");
	for (uint64_t i = 0; i < listed; i++) {
		const struct trace_unmade *u = &s->unmade[i];

		if (i)
			json_put(j, ",");
		json_put(j, "{\"src\":");
		json_string(j, units_address(buf, &u->src));
		json_put(j, ",\"dst\":");
		json_string(j, units_address(buf, &u->dst));
		json_put(j, ",\"outcome\":");
		json_string(j, u->outcome);
		json_put(j, ",\"host\":");
		json_string(j, u->host);
		json_put(j, ",\"place\":");
		json_string(j, u->place);
		json_put(j, ",\"reason\":");
		json_string(j, u->reason[0] ? u->reason : NULL);
		if (u->proof[0]) {
			json_put(j, ",\"proof\":");
			json_string(j, u->proof);
		}
		json_put(j, "}");
	}
	json_put(j, "],\"not_connected_count\":");
	json_u64(j, s->unmade_count);
}

void json_failed(struct json_out *j, const struct trace_summary *s)
{
	char buf[UNITS_BYTES];

	if (!s->failed_listed)
		return;
	json_put(j, ",\"failed_calls\":[");
	for (uint32_t i = 0; i < s->failed_listed; i++) {
		const struct trace_failed *f = &s->failed[i];
		const char *error = units_call_error(f);

		if (i)
			json_put(j, ",");
		json_put(j, "{\"pid\":");
		json_u64(j, f->tgid);
		json_put(j, ",\"comm\":");
		json_string(j, f->comm);
		json_put(j, ",\"call\":");
		json_string(j, f->call);
		json_put(j, ",\"to\":");
		json_string(j, f->has_to ? units_address(buf, &f->to) : f->libc ? f->text : NULL);
		json_put(j, ",\"error\":");
		json_string(j, error);
		json_put(j, ",\"ret\":");
		json_i64(j, f->ret);
		if (f->later)
			json_put(j, ",\"later\":true");
		json_put(j, ",\"count\":");
		json_u64(j, f->count);
		json_put(j, "}");
	}
	json_put(j, "],\"failed_calls_count\":");
	json_u64(j, s->failed_count);
}

void json_outside(struct json_out *j, const struct trace_summary *s)
{
	char buf[UNITS_BYTES];

	for (unsigned int i = 0; i < s->outside_count; i++) {
		const struct trace_outside *o = &s->outside[i];

		if (i)
			json_put(j, ",{\"src\":");
		else
			json_put(j, ",\"outside\":[{\"src\":");
		json_string(j, units_address(buf, &o->src));
		json_put(j, ",\"dst\":");
		json_string(j, units_address(buf, &o->dst));
		json_put(j, ",\"host\":");
		json_string(j, o->host);
		json_put(j, ",\"place\":");
		json_string(j, o->place);
		json_put(j, ",\"reason\":");
		json_string(j, o->reason);
		json_put(j, ",\"segments\":");
		json_u64(j, o->segments);
		json_put(j, ",\"bytes\":");
		json_u64(j, o->bytes);
		json_put(j, "}");
	}
	if (!s->outside_count)
		return;
	json_put(j, "],\"outside_segments\":");
	json_u64(j, s->outside_segments);
}

// SPDX-License-Identifier: GPL-2.0-only
/* A journey as plain lines: see journey_dump.h. */
#include "journey_dump.h"

#include <inttypes.h>

static void dump_step(FILE *to, const struct journey_step *s)
{
	fprintf(to, "  %10" PRIu64 " %-3s cpu%u %-16s %-5s %s%s", s->t_ns, s->host, s->cpu,
		point_get(s->point)->name, s->dev ? s->dev : "-", s->func ? s->func : "-",
		s->exact ? "" : " (inferred)");
	if (s->count > 1)
		fprintf(to, " x%u from %" PRIu64, s->count, s->first_ns);
	fprintf(to, "%s%s\n", s->detail ? "  | " : "", s->detail ? s->detail : "");
	if (!s->path_len)
		return;
	fprintf(to, "             %s", s->path_borrowed ? "~" : "=");
	for (uint32_t i = 0; i < s->path_len; i++)
		fprintf(to, " > %s", s->path[i]);
	fprintf(to, "\n");
}

static void dump_end(FILE *to, const char *what, const struct journey_end *e)
{
	if (e->known)
		fprintf(to, " %s %s/%s[%u] fd %d %s%s", what, e->host, e->comm, e->pid, e->fd,
			e->call ? e->call : "?", e->returned ? "" : " (not returned)");
	else
		fprintf(to, " %s unknown", what);
}

void journey_dump(FILE *to, const struct journey *j)
{
	for (int i = 0; i < 16; i++)
		fprintf(to, "%02x", j->id[i]);
	fprintf(to, " %s offset %" PRIu64 "%s bytes %" PRIu64, verdict_name(j->verdict), j->offset,
		j->offset_known ? "" : "?", j->bytes);
	dump_end(to, "from", &j->sender);
	dump_end(to, "to", &j->receiver);
	fprintf(to,
		"\n  total %" PRIu64 " unexplained %" PRIu64
		" reads %u retransmits %u lost %" PRIu64 " observer %" PRIu64,
		j->total_ns, j->unexplained_ns, j->reads, j->retransmits, j->lost_events,
		j->observer_ns);
	if (j->reason)
		fprintf(to, " reason: %s", j->reason);
	if (j->where)
		fprintf(to, " at: %s", j->where);
	fprintf(to, "\n");
	for (uint32_t i = 0; i < j->call_count; i++)
		fprintf(to, "  call %s %" PRId64 " %s\n", j->calls[i].name, j->calls[i].t_ns,
			j->calls[i].text ? j->calls[i].text : "");
	for (uint32_t i = 0; i < j->step_count; i++) {
		dump_step(to, &j->steps[i]);
		if (i < j->segment_count)
			fprintf(to, "      +%-8" PRIu64 "%s%s%s\n", j->segments[i].ns,
				j->segments[i].cause ? j->segments[i].cause->code : "UNEXPLAINED",
				j->segments[i].note ? ": " : "",
				j->segments[i].note ? j->segments[i].note : "");
	}
	for (uint32_t i = 0; i < j->side_step_count; i++) {
		fprintf(to, " side");
		dump_step(to, &j->side_steps[i]);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/* Switches that forwarded in hardware: a sentence each, and what their ports counted. */
#include <stdio.h>
#include <string.h>

#include "page.h"
#include "strbuf.h"
#include "text.h"
#include "units.h"

static bool is_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

static void say_decision(const struct page *p, const struct journey_hardware *h, struct strbuf *s)
{
	char buf[UNITS_BYTES];

	strbuf_printf(s, "forwarded in hardware by %s: %s %s %s", h->host, h->in ? h->in : "?",
		      p->glyphs->arrow,
		      h->out	? h->out :
		      h->routed ? "one of several next hops" :
				  "?");
	if (h->routed) {
		strbuf_printf(s, "; route %s/%u", units_host(buf, h->addr), h->prefix);
		if (!is_zero(h->via, sizeof(h->via)))
			strbuf_printf(s, " via %s", units_host(buf, h->via));
		if (h->table)
			strbuf_printf(s, " of the VRF with table %u", h->table);
		strbuf_printf(s, " (offload)");
	}
	if (is_zero(h->mac, sizeof(h->mac)))
		return;
	strbuf_printf(s, "; FDB %02x:%02x:%02x:%02x:%02x:%02x", h->mac[0], h->mac[1], h->mac[2],
		      h->mac[3], h->mac[4], h->mac[5]);
	if (h->vlan)
		strbuf_printf(s, " VLAN %u", h->vlan);
	strbuf_printf(s, " (%soffload)", h->extern_learn ? "extern_learn " : "");
}

static void say_counted(const struct page *p, const struct journey_hardware *h, struct strbuf *s)
{
	char in[UNITS_BYTES], out[UNITS_BYTES], time[UNITS_BYTES];

	units_duration(time, (uint64_t)(h->to_ns - h->from_ns), p->utf8);
	units_count(in, h->in_packets);
	units_count(out, h->out_packets);
	strbuf_printf(s, "; within %s around it%s %s packets in and %s out", time,
		      strcmp(h->clock, "none") ? "" : ", by the machines' dates,", in, out);
	if (!h->in_packets || !h->out_packets) { /* this one was not counted */
		strbuf_printf(s, ": the driver counts what the CPU sees");
		return;
	}
	if (h->cpu_in != CRUMB_COUNT_UNKNOWN && h->cpu_out != CRUMB_COUNT_UNKNOWN)
		strbuf_printf(s, ", of these by the CPU %s and %s", units_count(in, h->cpu_in),
			      units_count(out, h->cpu_out));
}

static void say_sample(const struct page *p, const struct journey_hardware *h, struct strbuf *s)
{
	const struct crumb_ev_sample *e = h->sample;
	char text[UNITS_BYTES];

	strbuf_printf(s, "; sampled there (1 in %u): in by %s, out by %s", e->rate,
		      h->sample_in ? h->sample_in : "?", h->sample_out ? h->sample_out : "?");
	if (e->latency_ns != CRUMB_SAMPLE_UNKNOWN) {
		units_duration(text, e->latency_ns, p->utf8);
		strbuf_printf(s, ", %s inside", text);
	}
	if (e->queue_bytes != CRUMB_SAMPLE_UNKNOWN)
		strbuf_printf(s, ", %s B in its queue", units_count(text, e->queue_bytes));
	if (e->out_tc != CRUMB_SAMPLE_NO_TC)
		strbuf_printf(s, ", traffic class %u", e->out_tc);
}

void text_hardware(struct page *p, const struct journey *j)
{
	for (uint32_t i = 0; i < j->segment_count; i++) {
		for (uint32_t k = 0; k < j->segments[i].hardware_count; k++) {
			const struct journey_hardware *h = &j->segments[i].hardware[k];
			struct strbuf s = { 0 };

			say_decision(p, h, &s);
			if (h->counted)
				say_counted(p, h, &s);
			if (h->sample)
				say_sample(p, h, &s);
			page_tab(p, TEXT_INDENT);
			if (s.text)
				page_wrap(p, STYLE_PLAIN, s.text);
			p->out->failed |= s.failed;
			strbuf_done(&s);
		}
	}
}

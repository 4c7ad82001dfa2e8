// SPDX-License-Identifier: GPL-2.0-only
/* A segment's switches that forwarded in hardware: what was decided, and by what evidence it is told. */
#include "json_parts.h"
#include "units.h"

static bool is_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

static void put_mac(struct json_out *j, const struct journey_hardware *h)
{
	json_put(j, ",\"fdb\":{\"mac\":\"");
	for (size_t i = 0; i < sizeof(h->mac); i++) {
		if (i > 0)
			json_put(j, ":");
		json_hex(j, &h->mac[i], 1);
	}
	json_put(j, "\",\"vlan\":");
	if (h->vlan)
		json_u64(j, h->vlan);
	else
		json_put(j, "null");
	json_put(j, ",\"flags\":[\"offload\"");
	if (h->extern_learn)
		json_put(j, ",\"extern_learn\"");
	json_put(j, "]}");
}

static void put_route(struct json_out *j, const struct journey_hardware *h)
{
	char buf[UNITS_BYTES];

	json_put(j, ",\"route\":{\"dst\":");
	json_string(j, units_host(buf, h->addr));
	json_put(j, ",\"prefix\":");
	json_u64(j, h->prefix);
	json_put(j, ",\"via\":");
	json_string(j, is_zero(h->via, sizeof(h->via)) ? NULL : units_host(buf, h->via));
	json_put(j, ",\"table\":");
	if (h->table)
		json_u64(j, h->table);
	else
		json_put(j, "null");
	json_put(j, ",\"flags\":[\"offload\"]}");
}

static void put_cpu(struct json_out *j, uint64_t packets)
{
	if (packets == CRUMB_COUNT_UNKNOWN)
		json_put(j, "null");
	else
		json_u64(j, packets);
}

static void put_counted(struct json_out *j, const struct journey_hardware *h)
{
	json_put(j, ",\"counted\":{\"from_ns\":");
	json_i64(j, h->from_ns);
	json_put(j, ",\"to_ns\":");
	json_i64(j, h->to_ns);
	json_put(j, ",\"clock\":");
	json_string(j, h->clock);
	json_put(j, ",\"in_packets\":");
	json_u64(j, h->in_packets);
	json_put(j, ",\"out_packets\":");
	json_u64(j, h->out_packets);
	json_put(j, ",\"cpu_in_packets\":");
	put_cpu(j, h->cpu_in);
	json_put(j, ",\"cpu_out_packets\":");
	put_cpu(j, h->cpu_out);
	json_put(j, "}");
}

static void put_known(struct json_out *j, uint64_t value, bool known)
{
	if (known)
		json_u64(j, value);
	else
		json_put(j, "null");
}

static void put_sample(struct json_out *j, const struct journey_hardware *h)
{
	const struct crumb_ev_sample *e = h->sample;

	json_put(j, ",\"sample\":{\"t_ns\":");
	json_i64(j, h->sample_ns);
	json_put(j, ",\"rate\":");
	json_u64(j, e->rate);
	json_put(j, ",\"group\":");
	json_u64(j, e->group);
	json_put(j, ",\"in\":");
	json_string(j, h->sample_in);
	json_put(j, ",\"out\":");
	json_string(j, h->sample_out);
	json_put(j, ",\"latency_ns\":");
	put_known(j, e->latency_ns, e->latency_ns != CRUMB_SAMPLE_UNKNOWN);
	json_put(j, ",\"queue_bytes\":");
	put_known(j, e->queue_bytes, e->queue_bytes != CRUMB_SAMPLE_UNKNOWN);
	json_put(j, ",\"traffic_class\":");
	put_known(j, e->out_tc, e->out_tc != CRUMB_SAMPLE_NO_TC);
	json_put(j, "}");
}

void json_hardware(struct json_out *j, const struct journey_segment *s)
{
	json_put(j, ",\"hardware\":[");
	for (uint32_t i = 0; i < s->hardware_count; i++) {
		const struct journey_hardware *h = &s->hardware[i];

		if (i > 0)
			json_put(j, ",");
		json_put(j, "{\"host\":");
		json_string(j, h->host);
		json_put(j, ",\"netns\":");
		json_u64(j, h->netns);
		json_put(j, ",\"in\":");
		json_string(j, h->in);
		json_put(j, ",\"out\":");
		json_string(j, h->out);
		if (h->routed)
			put_route(j, h);
		if (!is_zero(h->mac, sizeof(h->mac)))
			put_mac(j, h);
		if (h->counted)
			put_counted(j, h);
		if (h->sample)
			put_sample(j, h);
		json_put(j, "}");
	}
	json_put(j, "]");
}

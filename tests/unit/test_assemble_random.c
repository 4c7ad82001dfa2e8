// SPDX-License-Identifier: GPL-2.0-only
/*
 * A random TCP: any write sizes and writers, any cutting into skbs, losses, reordering, duplicates,
 * retransmissions cut elsewhere, any reads and peeks. Whatever it does, each byte written is
 * accounted for in exactly one journey, with as many reads as took place; the rig checks the laws
 * on each. Then: thousands of connections at once, and ten thousand open messages in one stream
 * without quadratic work.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../lib/assemble_rig.h"
#include "range_set.h"

enum { FLOW = 1, OUT = 1 };

#define WRITES	400
#define FLIGHTS 64

struct write {
	uint32_t at[2], bytes[2]; /* extents, as offsets; the second is mostly empty */
	uint32_t pid, reads;
	uint64_t queue_ns; /* when the transmission left that brought its last byte first */
};

struct flight {
	uint32_t at, bytes;
	uint64_t queue_ns, skb;
};

struct tcp {
	struct rig r;
	uint32_t x; /* random state */
	uint32_t isn;
	struct write writes[WRITES];
	uint32_t write_count;
	uint32_t written, sent, rcv_nxt, taken;
	struct range_set received;
	struct flight flight[FLIGHTS]; /* passed the sender's device, not arrived */
	uint32_t flights;
	uint64_t skbs, first_ns;
};

static uint32_t roll(struct tcp *t, uint32_t below)
{
	t->x = t->x * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)t->x * below >> 32);
}

static uint32_t seq_of(const struct tcp *t, uint32_t offset)
{
	return t->isn + 1 + offset;
}

static struct build_skb skb_of(const struct tcp *t, uint32_t at, uint32_t bytes)
{
	return (struct build_skb){ .flow = FLOW, .dir = OUT, .seq = seq_of(t, at), .payload = bytes };
}

static void do_write(struct tcp *t)
{
	struct sender s = { .flow = FLOW, .dir = OUT, .pid = 10 };
	struct sender other = { .flow = FLOW, .dir = OUT, .pid = 11 };
	struct write *w, *v;
	uint32_t bytes = 1 + roll(t, roll(t, 4) ? 200 : 9000), first = 1 + roll(t, bytes);

	if (t->write_count + 2 > WRITES)
		return;
	w = &t->writes[t->write_count++];
	*w = (struct write){ .at = { t->written }, .bytes = { bytes }, .pid = 10 };
	build_send_begin(&t->r.b, &s, seq_of(t, t->written), bytes);
	if (first == bytes || roll(t, 5)) {
		t->written += bytes;
		build_send_end(&t->r.b, &s, seq_of(t, w->at[0]), bytes, bytes);
		return;
	}
	v = &t->writes[t->write_count++];
	*v = (struct write){ .at = { w->at[0] + first }, .bytes = { 1 + roll(t, 300) }, .pid = 11 };
	build_send_extent(&t->r.b, &s, seq_of(t, w->at[0]), first);
	build_send_begin(&t->r.b, &other, seq_of(t, v->at[0]), v->bytes[0]);
	build_send_end(&t->r.b, &other, seq_of(t, v->at[0]), v->bytes[0], v->bytes[0]);
	w->bytes[0] = first;
	w->at[1] = v->at[0] + v->bytes[0];
	w->bytes[1] = bytes - first;
	t->written = w->at[1] + w->bytes[1];
	build_send_end(&t->r.b, &s, seq_of(t, w->at[1]), w->bytes[1], bytes);
}

static void do_transmit(struct tcp *t, uint32_t at)
{
	uint32_t bytes = 1 + roll(t, roll(t, 2) ? 1448 : 20000);
	struct build_skb k;
	uint64_t queue_ns;

	if (at >= t->written || t->flights == FLIGHTS)
		return;
	if (bytes > t->written - at)
		bytes = t->written - at;
	k = skb_of(t, at, bytes);
	k.skb = 0xffff888100000000 + 256 * ++t->skbs;
	queue_ns = t->r.b.now_ns + t->r.b.step_ns;
	build_pass_out(&t->r.b, &k);
	if (at + bytes > t->sent)
		t->sent = at + bytes;
	if (roll(t, 12) == 0) {
		build_drop_at(&t->r.b, &k, 8, NETNS_SW, IF_SWP1);
		return;
	}
	t->flight[t->flights++] = (struct flight){ at, bytes, queue_ns, k.skb };
}

static uint32_t last_of(const struct write *w)
{
	return (w->bytes[1] ? w->at[1] + w->bytes[1] : w->at[0] + w->bytes[0]) - 1;
}

static void do_arrive(struct tcp *t)
{
	uint32_t i = roll(t, 3) ? 0 : roll(t, t->flights), rcv_nxt = t->rcv_nxt;
	struct flight f;
	struct build_skb k;

	if (!t->flights)
		return;
	f = t->flight[i];
	k = skb_of(t, f.at, f.bytes);
	k.skb = f.skb;
	build_pass_in(&t->r.b, &k);
	if (roll(t, 30)) { /* else it stays as well: a duplicate */
		memmove(&t->flight[i], &t->flight[i + 1], (t->flights - i - 1) * sizeof(f));
		t->flights--;
	}
	build_sock(&t->r.b, &k, CRUMB_PT_TCP_RECEIVE, seq_of(t, t->rcv_nxt), NETNS_B);
	for (uint32_t w = 0; w < t->write_count; w++)
		if (!t->writes[w].queue_ns && last_of(&t->writes[w]) >= f.at &&
		    last_of(&t->writes[w]) < f.at + f.bytes)
			t->writes[w].queue_ns = f.queue_ns;
	assert_int_equal(range_set_add(&t->received, f.at, f.at + f.bytes), 0);
	if (range_set_has(&t->received, rcv_nxt))
		t->rcv_nxt = range_set_from(&t->received, rcv_nxt)->end;
	if (t->rcv_nxt != rcv_nxt)
		build_sock(&t->r.b, &k, CRUMB_PT_SOCK_READY, seq_of(t, t->rcv_nxt), NETNS_B);
	if (roll(t, 2)) {
		build_wake(&t->r.b, FLOW, OUT, 20);
		build_run(&t->r.b, FLOW, OUT, 20);
	}
}

static void do_read(struct tcp *t)
{
	uint32_t have = t->rcv_nxt - t->taken, bytes = 1 + roll(t, roll(t, 2) ? 100 : 8000), first;
	struct build_recv v = { .flow = FLOW, .dir = OUT, .pid = 20 + roll(t, 2) };

	if (!have)
		return;
	bytes = bytes < have ? bytes : have;
	v.seq = seq_of(t, t->taken);
	v.bytes = bytes;
	v.enter_ns = t->r.b.now_ns + 1;
	v.copy_ns = t->r.b.now_ns + 2;
	if (roll(t, 6) == 0) {
		v.flags = CRUMB_CALL_PEEK;
		build_recv(&t->r.b, &v);
		return;
	}
	first = 1 + roll(t, bytes);
	v.first_copy_bytes = first;
	if (first < bytes)
		build_copy(&t->r.b, FLOW, OUT, v.pid, seq_of(t, t->taken + first), bytes - first);
	build_recv(&t->r.b, &v);
	for (uint32_t i = 0; i < t->write_count; i++)
		for (int k = 0, hit = 0; k < 2; k++) {
			struct write *w = &t->writes[i];

			if (w->at[k] < t->taken + bytes && w->at[k] + w->bytes[k] > t->taken &&
			    w->bytes[k])
				w->reads += !hit++;
		}
	t->taken += bytes;
}

static void run(struct tcp *t, bool to_the_end)
{
	while (t->write_count + 2 <= WRITES || (to_the_end && t->taken < t->written)) {
		t->r.b.step_ns = 8 + roll(t, 2000);
		if (roll(t, 200) == 0)
			t->r.b.now_ns += 30000000;
		switch (roll(t, 9)) {
		case 0:
			do_write(t);
			break;
		case 1:
		case 2:
			do_transmit(t, t->sent);
			break;
		case 3:
			if (t->rcv_nxt < t->sent && roll(t, 3) == 0)
				do_transmit(t, t->rcv_nxt); /* again, cut elsewhere */
			break;
		case 4:
		case 5:
			do_arrive(t);
			break;
		default:
			do_read(t);
		}
	}
}

/* When the transmission left that the path shows: the last dev.queue on a. */
static uint64_t left_ns(const struct tcp *t, const struct caught *c)
{
	uint64_t ns = 0;

	for (uint32_t i = 0; i < c->steps; i++)
		if (c->point[i] == CRUMB_PT_DEV_QUEUE)
			ns = c->t_ns[i];
	return t->first_ns + c->start_ns + ns;
}

static void check_all(const struct tcp *t)
{
	uint64_t bytes = 0;

	assert_int_equal(t->r.count, t->write_count);
	for (uint32_t i = 0; i < t->write_count; i++) {
		const struct write *w = &t->writes[i];
		const struct caught *c = rig_at(&t->r, w->at[0]);
		uint32_t size = w->bytes[0] + w->bytes[1], end = last_of(w) + 1;

		assert_int_equal(c->bytes, size);
		assert_int_equal(c->sender_pid, w->pid);
		assert_int_equal(c->reads, w->reads);
		if (t->taken >= end) {
			assert_int_equal(c->verdict, VERDICT_DELIVERED);
			assert_int_equal(c->unexplained_ns, 0);
			assert_true(left_ns(t, c) == w->queue_ns);
			assert_true(caught_step(c, CRUMB_PT_BRIDGE_IN, "sw") > 0);
			assert_true(caught_step(c, CRUMB_PT_TCP_RECEIVE, "b") > 0);
			assert_true(caught_step(c, CRUMB_PT_SOCK_READY, "b") > 0);
		} else {
			assert_true(c->verdict == VERDICT_WAITING || c->verdict == VERDICT_DROPPED);
		}
		bytes += size;
	}
	assert_true(bytes == t->written);
	assert_true(t->r.bytes == bytes);
}

static void random_round(uint32_t seed)
{
	struct tcp *t = calloc(1, sizeof(*t));
	struct build_skb syn;

	assert_non_null(t);
	t->x = seed * 2654435761u + 1;
	t->isn = roll(t, 2) ? roll(t, 0xffffffffu) : 0u - roll(t, 300000);
	t->first_ns = 1000001000; /* of the builder's first event */
	rig_open(&t->r, 0);
	build_reason(&t->r.b, 8, "NETFILTER_DROP");
	build_flow(&t->r.b, FLOW);
	syn = (struct build_skb){ .flow = FLOW, .dir = OUT, .seq = t->isn, .tcp_flags = 2 };
	build_pass(&t->r.b, &syn);
	run(t, seed % 4 != 0);
	rig_finish(&t->r);
	check_all(t);
	range_set_done(&t->received);
	rig_close(&t->r);
	free(t);
}

static void every_byte_is_accounted_for_once(void **state)
{
	const char *rounds = getenv("CRUMB_ROUNDS");

	(void)state;
	for (uint32_t seed = 1; seed <= (uint32_t)(rounds ? atoi(rounds) : 60); seed++)
		random_round(seed);
}

static void ping(struct rig *r, uint32_t flow, uint8_t dir, uint32_t seq, uint32_t bytes)
{
	struct sender s = { .flow = flow, .dir = dir, .pid = dir ? 10 : 20 };
	struct build_skb k = { .flow = flow, .dir = dir, .seq = seq, .payload = bytes };
	struct build_recv v = {
		.flow = flow, .dir = dir, .pid = dir ? 20 : 10, .seq = seq, .bytes = bytes
	};

	v.enter_ns = r->b.now_ns;
	build_send_begin(&r->b, &s, seq, bytes);
	build_pass(&r->b, &k);
	build_arrive(&r->b, &k, seq);
	build_wake(&r->b, flow, dir, v.pid);
	build_run(&r->b, flow, dir, v.pid);
	build_send_end(&r->b, &s, seq, bytes, bytes);
	build_recv(&r->b, &v);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static void thousands_of_connections(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, 0);
	r.keep = false;
	for (uint32_t flow = 1; flow <= 5000; flow++)
		build_flow(&r.b, flow);
	for (uint32_t i = 0; i < 4; i++)
		for (uint32_t flow = 1; flow <= 5000; flow++)
			ping(&r, flow, i & 1, 1000 * flow + 64 * (i / 2), 64);
	for (uint32_t flow = 1; flow <= 5000; flow++) {
		build_state(&r.b, flow, 0, 1, 7);
		build_state(&r.b, flow, 1, 1, 7);
	}
	rig_finish(&r);
	assert_int_equal(r.journeys, 20000);
	assert_int_equal(r.sum.verdicts[VERDICT_DELIVERED], 20000);
	assert_int_equal(r.sum.flows, 5000);
	rig_close(&r);
}

static double backlog(uint32_t messages)
{
	double begin;
	struct rig r;

	rig_open(&r, 0);
	r.keep = false;
	build_flow(&r.b, FLOW);
	begin = seconds();
	for (uint32_t i = 0; i < messages; i++) {
		struct sender s = { .flow = FLOW, .dir = OUT, .pid = 10 };
		struct build_skb k = { .flow = FLOW, .dir = OUT, .seq = 64 * i, .payload = 64 };

		build_send(&r.b, &s, 64 * i, 64);
		build_pass(&r.b, &k);
		build_arrive(&r.b, &k, 64 * i);
	}
	for (uint32_t i = 0; i < messages; i++) {
		struct build_recv v = {
			.flow = FLOW, .dir = OUT, .pid = 20, .seq = 64 * i, .bytes = 64
		};

		build_recv(&r.b, &v);
	}
	rig_finish(&r);
	begin = seconds() - begin;
	assert_int_equal(r.sum.verdicts[VERDICT_DELIVERED], messages);
	rig_close(&r);
	return begin;
}

/*
 * All written and arrived before the first is read. Ten times the messages may not take a hundred
 * times as long.
 */
static void open_messages_cost_no_square(void **state)
{
	double few, many;

	(void)state;
	few = backlog(2000);
	many = backlog(20000);
	print_message("2,000 open: %.3f s; 20,000 open: %.3f s\n", few, many);
	assert_true(many < 40 * few + 0.5);
}

static void rate(void **state)
{
	const uint32_t messages = 100000;
	double begin;
	struct rig r;

	(void)state;
	rig_open(&r, 0);
	r.keep = false;
	build_flow(&r.b, FLOW);
	begin = seconds();
	for (uint32_t i = 0; i < messages; i++)
		ping(&r, FLOW, i & 1, 64 * (i / 2), 64);
	rig_finish(&r);
	begin = seconds() - begin;
	print_message("%u messages, %lu events in %.3f s: %.0f events/s\n", messages,
		      (unsigned long)r.b.events, begin, r.b.events / begin);
	assert_int_equal(r.sum.verdicts[VERDICT_DELIVERED], messages);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_accounted_for_once),
		cmocka_unit_test(thousands_of_connections),
		cmocka_unit_test(open_messages_cost_no_square),
		cmocka_unit_test(rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* How bytes are matched: calls, skbs and reads that do not line up. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/assemble_rig.h"

enum { FLOW = 1, OUT = 1, SENDER = 10, READER = 20 };

#define ISN 5000u
#define S0  (ISN + 1) /* first byte */

static struct build_skb skb(uint32_t seq, uint32_t payload)
{
	return (struct build_skb){ .flow = FLOW, .dir = OUT, .seq = seq, .payload = payload };
}

static struct build_recv reader(uint32_t seq, uint32_t bytes)
{
	return (struct build_recv){
		.flow = FLOW, .dir = OUT, .pid = READER, .seq = seq, .bytes = bytes
	};
}

static struct sender sender(void)
{
	return (struct sender){ .flow = FLOW, .dir = OUT, .pid = SENDER };
}

static void open_at(struct rig *r, uint32_t isn)
{
	struct build_skb syn = { .flow = FLOW, .dir = OUT, .seq = isn, .tcp_flags = 2 };

	rig_open(r, 0);
	build_flow(&r->b, FLOW);
	build_pass(&r->b, &syn);
}

static void pass(struct rig *r, uint32_t seq, uint32_t payload)
{
	struct build_skb k = skb(seq, payload);

	build_pass(&r->b, &k);
	build_arrive(&r->b, &k, seq);
}

static void take(struct rig *r, uint32_t seq, uint32_t bytes)
{
	struct build_recv v = reader(seq, bytes);

	build_recv(&r->b, &v);
}

static void message(struct rig *r, uint32_t seq, uint32_t bytes)
{
	struct sender s = sender();

	build_send(&r->b, &s, seq, bytes);
}

/* One message, one skb, one read: every point of the practice network in its order. */
static void the_muffin(void **state)
{
	static const struct {
		uint16_t point;
		const char *host, *code;
	} way[] = {
		{ CRUMB_PT_SYS_SEND, "a", "" },
		{ CRUMB_PT_TCP_APPEND, "a", "tx.enter" },
		{ CRUMB_PT_DEV_QUEUE, "a", "tx.stack" },
		{ CRUMB_PT_DEV_XMIT, "a", "tx.dev" },
		{ CRUMB_PT_DEV_BACKLOG, "sw", "net.wire" },
		{ CRUMB_PT_BRIDGE_IN, "sw", "net.softirq" },
		{ CRUMB_PT_BRIDGE_FORWARD, "sw", "net.bridge" },
		{ CRUMB_PT_DEV_XMIT, "sw", "net.out" },
		{ CRUMB_PT_DEV_BACKLOG, "b", "net.wire" },
		{ CRUMB_PT_DEV_RECEIVE, "b", "rx.softirq" },
		{ CRUMB_PT_TCP_RECEIVE, "b", "rx.stack" },
		{ CRUMB_PT_SOCK_READY, "b", "rx.tcp" },
		{ CRUMB_PT_SCHED_WAKE, "b", "rx.wake" },
		{ CRUMB_PT_SCHED_RUN, "b", "rx.wakeup" },
		{ CRUMB_PT_SOCK_COPY, "b", "rx.resume" },
		{ CRUMB_PT_SOCK_RECV_RETURN, "b", "rx.copy" },
		{ CRUMB_PT_SYS_RECV_RETURN, "b", "rx.exit" },
	};
	struct sender s = sender();
	struct build_recv v = reader(S0, 6);
	struct build_skb k = skb(S0, 6);
	const struct caught *c;
	struct rig r;

	(void)state;
	open_at(&r, ISN);
	v.enter_ns = r.b.now_ns; /* the reader waits in recv already */
	build_send_begin(&r.b, &s, S0, 6);
	build_pass(&r.b, &k);
	build_arrive(&r.b, &k, S0);
	build_wake(&r.b, FLOW, OUT, READER);
	build_run(&r.b, FLOW, OUT, READER);
	build_send_end(&r.b, &s, S0, 6, 6);
	build_recv(&r.b, &v);
	rig_finish(&r);
	assert_int_equal(r.count, 1);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	assert_true(c->offset_known);
	assert_int_equal(c->bytes, 6);
	assert_int_equal(c->unexplained_ns, 0);
	assert_int_equal(c->sender_pid, SENDER);
	assert_int_equal(c->receiver_pid, READER);
	assert_int_equal(c->reads, 1);
	assert_int_equal(c->steps, sizeof(way) / sizeof(way[0]));
	for (uint32_t i = 0; i < c->steps; i++) {
		assert_int_equal(c->point[i], way[i].point);
		assert_string_equal(c->host[i], way[i].host);
		assert_string_equal(c->code[i], way[i].code);
		assert_true(c->exact[i]);
		assert_int_equal(c->count[i], 1);
	}
	assert_int_equal(c->side_steps, 2);
	assert_string_equal(c->detail[caught_step(c, CRUMB_PT_BRIDGE_FORWARD, "sw")],
			    "FDB: swp2 (learned, 0.2 s old) for 02:47:00:00:00:02; port forwarding");
	assert_string_equal(c->detail[caught_step(c, CRUMB_PT_TCP_APPEND, "a")],
			    "cwnd 10, in flight 0, sndbuf 2304/87380");
	rig_close(&r);
}

static void many_writes_in_one_skb(void **state)
{
	struct rig r;

	(void)state;
	open_at(&r, ISN);
	for (uint32_t i = 0; i < 50; i++)
		message(&r, S0 + 10 * i, 10);
	pass(&r, S0, 500);
	take(&r, S0, 500);
	rig_finish(&r);
	assert_int_equal(r.count, 50);
	for (uint32_t i = 0; i < 50; i++) {
		const struct caught *c = rig_at(&r, 10 * i);

		assert_int_equal(c->bytes, 10);
		assert_int_equal(c->count[caught_step(c, CRUMB_PT_DEV_QUEUE, "a")], 1);
		/* all but the last call had returned when the skb left */
		assert_string_equal(caught_code(c, CRUMB_PT_DEV_QUEUE, "a"), "tx.queue");
	}
	rig_close(&r);
}

static void one_write_in_many_skbs(void **state)
{
	struct sender s = sender();
	const struct caught *c;
	struct rig r;

	(void)state;
	open_at(&r, ISN);
	build_send_begin(&r.b, &s, S0, 10000);
	for (uint32_t i = 0; i < 10; i++)
		pass(&r, S0 + 1000 * i, 1000);
	build_send_end(&r.b, &s, S0, 10000, 10000);
	for (uint32_t i = 0; i < 4; i++)
		take(&r, S0 + 2500 * i, 2500);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	assert_int_equal(c->bytes, 10000);
	assert_int_equal(c->reads, 4);
	assert_int_equal(c->count[caught_step(c, CRUMB_PT_DEV_QUEUE, "a")], 10);
	assert_int_equal(c->count[caught_step(c, CRUMB_PT_TCP_RECEIVE, "b")], 10);
	assert_int_equal(c->count[caught_step(c, CRUMB_PT_SOCK_COPY, "b")], 4);
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_QUEUE, "a"), "tx.stream");
	rig_close(&r);
}

/* GSO at the sender, TCP segments on the wire, GRO at the receiver. */
static void skbs_are_split_and_merged(void **state)
{
	struct build_skb big = skb(S0, 4000), merged = skb(S0, 4000);
	const struct caught *c;
	struct rig r;

	(void)state;
	open_at(&r, ISN);
	message(&r, S0, 2500);
	message(&r, S0 + 2500, 1500);
	build_skb_at(&r.b, &big, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
	for (uint32_t i = 0; i < 4; i++) {
		struct build_skb k = skb(S0 + 1000 * i, 1000);

		build_skb_at(&r.b, &k, CRUMB_PT_DEV_XMIT, NETNS_A, IF_A);
		build_skb_at(&r.b, &k, CRUMB_PT_DEV_GRO, NETNS_B, IF_B);
	}
	build_skb_at(&r.b, &merged, CRUMB_PT_DEV_RECEIVE, NETNS_B, IF_B);
	build_arrive(&r.b, &merged, S0);
	take(&r, S0, 4000);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_int_equal(c->count[caught_step(c, CRUMB_PT_DEV_QUEUE, "a")], 1);
	assert_int_equal(c->count[caught_step(c, CRUMB_PT_DEV_XMIT, "a")], 3);
	assert_int_equal(c->count[caught_step(c, CRUMB_PT_DEV_RECEIVE, "b")], 1);
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_RECEIVE, "b"), "rx.gro");
	c = rig_at(&r, 2500);
	assert_int_equal(c->count[caught_step(c, CRUMB_PT_DEV_XMIT, "a")], 2);
	assert_int_equal(c->unexplained_ns, 0);
	rig_close(&r);
}

static void one_read_of_many_messages_and_part_of_one(void **state)
{
	struct rig r;

	(void)state;
	open_at(&r, ISN);
	message(&r, S0, 10);
	message(&r, S0 + 10, 10);
	message(&r, S0 + 20, 10);
	pass(&r, S0, 30);
	take(&r, S0, 25);
	take(&r, S0 + 25, 5);
	rig_finish(&r);
	assert_int_equal(r.count, 3);
	assert_int_equal(rig_at(&r, 0)->reads, 1);
	assert_int_equal(rig_at(&r, 10)->reads, 1);
	assert_int_equal(rig_at(&r, 20)->reads, 2);
	assert_true(rig_at(&r, 20)->total_ns + 2000 > rig_at(&r, 0)->total_ns - 4000 + 1000);
	rig_close(&r);
}

static void peeking_takes_nothing(void **state)
{
	struct build_recv v = reader(S0, 6);
	const struct caught *c;
	struct rig r;

	(void)state;
	open_at(&r, ISN);
	message(&r, S0, 6);
	pass(&r, S0, 6);
	v.flags = CRUMB_CALL_PEEK;
	build_recv(&r.b, &v);
	build_recv(&r.b, &v);
	r.b.now_ns += 5000000;
	take(&r, S0, 6);
	rig_finish(&r);
	assert_int_equal(r.count, 1);
	c = rig_at(&r, 0);
	assert_int_equal(c->reads, 1);
	assert_true(c->total_ns > 5000000);
	assert_string_equal(caught_code(c, CRUMB_PT_SYS_RECV, "b"), "rx.app_late");
	rig_close(&r);
}

static void a_call_that_got_nothing_is_no_message(void **state)
{
	struct sender s = sender();
	struct build_recv v = reader(S0, 0);
	struct rig r;

	(void)state;
	open_at(&r, ISN);
	build_send_begin(&r.b, &s, S0, 100);
	build_send_end(&r.b, &s, S0, 0, -11);
	build_recv(&r.b, &v);
	message(&r, S0, 6);
	pass(&r, S0, 6);
	take(&r, S0, 6);
	rig_finish(&r);
	assert_int_equal(r.count, 1);
	assert_int_equal(rig_at(&r, 0)->verdict, VERDICT_DELIVERED);
	rig_close(&r);
}

/* Thread X: [0,100) and [150,200); thread Y in between: [100,150). */
static void two_writers_interleave(void **state)
{
	struct sender x = sender(), y = sender();
	const struct caught *c;
	struct rig r;

	(void)state;
	y.pid = 11;
	open_at(&r, ISN);
	build_send_begin(&r.b, &x, S0, 150);
	build_send_extent(&r.b, &x, S0, 100);
	build_send_begin(&r.b, &y, S0 + 100, 50);
	build_send_end(&r.b, &y, S0 + 100, 50, 50);
	build_send_end(&r.b, &x, S0 + 150, 50, 150);
	pass(&r, S0, 120);
	pass(&r, S0 + 120, 80);
	take(&r, S0, 120);
	take(&r, S0 + 120, 30);
	take(&r, S0 + 150, 50);
	rig_finish(&r);
	assert_int_equal(r.count, 2);
	c = rig_at(&r, 0);
	assert_int_equal(c->sender_pid, SENDER);
	assert_int_equal(c->bytes, 150);
	assert_int_equal(c->reads, 2);
	c = rig_at(&r, 100);
	assert_int_equal(c->sender_pid, 11);
	assert_int_equal(c->bytes, 50);
	assert_int_equal(c->reads, 2);
	assert_int_equal(r.bytes, 200);
	rig_close(&r);
}

/* Reader P takes [0,40), then Q [40,60), then P's call goes on with [60,100); Q returns first. */
static void two_readers_interleave(void **state)
{
	struct build_recv p = reader(S0 + 60, 40), q = reader(S0 + 40, 20);
	const struct caught *c;
	struct rig r;

	(void)state;
	q.pid = 21;
	open_at(&r, ISN);
	message(&r, S0, 50);
	message(&r, S0 + 50, 50);
	pass(&r, S0, 100);
	p.enter_ns = r.b.now_ns + 1;
	p.copy_ns = r.b.now_ns + 2;
	p.first_copy_bytes = 40;
	build_recv_extent(&r.b, &p, S0, 40);
	build_recv(&r.b, &q);
	build_copy(&r.b, FLOW, OUT, READER, S0 + 60, 40);
	build_recv(&r.b, &p);
	rig_finish(&r);
	assert_int_equal(r.count, 2);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	assert_int_equal(c->receiver_pid, READER); /* the later of the two returns */
	assert_int_equal(c->reads, 2);
	c = rig_at(&r, 50);
	assert_int_equal(c->receiver_pid, READER);
	assert_int_equal(c->reads, 2);
	rig_close(&r);
}

static void copies_within_one_call(void **state)
{
	struct build_recv v = reader(S0, 3000);
	const struct caught *c;
	struct rig r;
	int copy;

	(void)state;
	open_at(&r, ISN);
	message(&r, S0, 1000);
	message(&r, S0 + 1000, 1000);
	message(&r, S0 + 2000, 1000);
	pass(&r, S0, 3000);
	v.enter_ns = r.b.now_ns + 10;
	v.copy_ns = r.b.now_ns + 500;
	v.first_copy_bytes = 1000;
	build_copy(&r.b, FLOW, OUT, READER, S0 + 1000, 1000);
	build_copy(&r.b, FLOW, OUT, READER, S0 + 2000, 1000);
	build_recv(&r.b, &v);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_string_equal(caught_code(c, CRUMB_PT_SOCK_RECV_RETURN, "b"), "rx.more");
	c = rig_at(&r, 2000);
	copy = caught_step(c, CRUMB_PT_SOCK_COPY, "b");
	assert_true(c->exact[copy]);
	assert_string_equal(caught_code(c, CRUMB_PT_SOCK_RECV_RETURN, "b"), "rx.copy");
	rig_close(&r);
}

static void the_sequence_wraps_within_a_message(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	open_at(&r, 0xffffff00u);
	for (uint32_t i = 0; i < 8; i++)
		message(&r, 0xffffff01u + i * 100, 100);
	for (uint32_t i = 0; i < 4; i++)
		pass(&r, 0xffffff01u + i * 200, 200);
	take(&r, 0xffffff01u, 800);
	rig_finish(&r);
	assert_int_equal(r.count, 8);
	for (uint32_t i = 0; i < 8; i++) {
		c = rig_at(&r, 100 * i);
		assert_int_equal(c->verdict, VERDICT_DELIVERED);
		assert_int_equal(c->bytes, 100);
		assert_true(caught_step(c, CRUMB_PT_DEV_RECEIVE, "b") > 0);
	}
	rig_close(&r);
}

/* Nothing of the handshake was seen; bytes sent before the trace are read in it. */
static void a_connection_older_than_the_trace(void **state)
{
	const struct caught *c;
	struct sender s = sender();
	struct rig r;

	(void)state;
	rig_open(&r, 0);
	build_flow(&r.b, FLOW);
	build_send_end(&r.b, &s, 7000, 500, 500); /* its beginning was before */
	pass(&r, 7000, 500);
	message(&r, 7500, 100);
	pass(&r, 7500, 100);
	take(&r, 6900, 700);
	rig_finish(&r);
	assert_int_equal(r.count, 1);
	c = rig_at(&r, 500);
	assert_false(c->offset_known);
	assert_int_equal(c->bytes, 100);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	rig_close(&r);
}

static void fast_open_data_comes_after_the_syn(void **state)
{
	struct build_skb k = { .flow = FLOW, .dir = OUT, .seq = ISN, .payload = 6, .tcp_flags = 2 };
	struct build_skb arrived = skb(S0, 6);
	const struct caught *c;
	struct rig r;

	(void)state;
	rig_open(&r, 0);
	build_flow(&r.b, FLOW);
	message(&r, S0, 6);
	build_pass(&r.b, &k);
	build_arrive(&r.b, &arrived, S0);
	take(&r, S0, 6);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_true(c->offset_known);
	assert_true(caught_step(c, CRUMB_PT_DEV_RECEIVE, "b") > 0);
	assert_int_equal(c->unexplained_ns, 0);
	rig_close(&r);
}

/* The reader is told by epoll, on a thread that works on something else first. */
static void an_epoll_reader(void **state)
{
	struct build_recv v = reader(S0, 6);
	const struct caught *c;
	struct rig r;

	(void)state;
	open_at(&r, ISN);
	message(&r, S0, 6);
	pass(&r, S0, 6);
	build_wake(&r.b, FLOW, OUT, 77); /* not the one that reads */
	build_wake(&r.b, FLOW, OUT, READER);
	build_run(&r.b, FLOW, OUT, READER);
	v.enter_ns = r.b.now_ns + 10;
	build_recv(&r.b, &v);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_string_equal(caught_code(c, CRUMB_PT_SYS_RECV, "b"), "rx.app");
	assert_string_equal(caught_code(c, CRUMB_PT_SCHED_RUN, "b"), "rx.wakeup");
	assert_string_equal(caught_code(c, CRUMB_PT_SOCK_COPY, "b"), "rx.enter");
	assert_int_equal(c->unexplained_ns, 0);
	rig_close(&r);
}

static void put_wake(struct rig *r, uint32_t tgid, uint32_t pid, uint32_t by_pid)
{
	struct crumb_ev_wake ev = {
		.flow = FLOW, .dir = OUT, .tgid = tgid, .pid = pid, .by_pid = by_pid
	};
	struct crumb_ev_run run = { .flow = FLOW, .dir = OUT, .tgid = tgid, .pid = pid };

	build_put(&r->b, &ev, CRUMB_EV_WAKE, sizeof(ev));
	build_put(&r->b, &run, CRUMB_EV_RUN, sizeof(run));
}

/*
 * The poller hands the work to the thread that reads: inferred. What the reader itself wakes tells
 * nothing.
 */
static void another_thread_of_the_reader(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	open_at(&r, ISN);
	message(&r, S0, 6);
	pass(&r, S0, 6);
	put_wake(&r, READER, 21, 0);
	take(&r, S0, 6);
	message(&r, S0 + 6, 6);
	pass(&r, S0 + 6, 6);
	put_wake(&r, READER, 22, READER);
	take(&r, S0 + 6, 6);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_string_equal(caught_code(c, CRUMB_PT_SYS_RECV, "b"), "rx.app");
	assert_false(c->exact[caught_step(c, CRUMB_PT_SCHED_WAKE, "b")]);
	c = rig_at(&r, 6);
	assert_string_equal(caught_code(c, CRUMB_PT_SYS_RECV, "b"), "rx.app_late");
	rig_close(&r);
}

/* A bridge that does not know the address floods: the copy to c is no part of the way. */
static void a_flooded_branch_is_left_out(void **state)
{
	struct build_skb k = skb(S0, 6), port = k;
	const struct caught *c;
	struct rig r;

	(void)state;
	open_at(&r, ISN);
	build_reason(&r.b, 9, "OTHERHOST");
	message(&r, S0, 6);
	port.flags = CRUMB_SKB_PORT | CRUMB_SKB_FORWARDED;
	build_pass_out(&r.b, &k);
	build_skb_at(&r.b, &port, CRUMB_PT_BRIDGE_FORWARD, NETNS_SW, IF_SWP3);
	build_skb_at(&r.b, &port, CRUMB_PT_DEV_XMIT, NETNS_SW, IF_SWP3);
	build_skb_at(&r.b, &k, CRUMB_PT_DEV_BACKLOG, NETNS_C, IF_C);
	build_pass_in(&r.b, &k);
	build_skb_at(&r.b, &k, CRUMB_PT_DEV_RECEIVE, NETNS_C, IF_C);
	build_drop_at(&r.b, &k, 9, NETNS_C, IF_C);
	build_arrive(&r.b, &k, S0);
	take(&r, S0, 6);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	assert_int_equal(caught_step(c, CRUMB_PT_DEV_BACKLOG, "c"), -1);
	assert_int_equal(caught_step(c, CRUMB_PT_DEV_RECEIVE, "c"), -1);
	for (uint32_t i = 0, out = 0; i < c->steps; i++) {
		out += c->point[i] == CRUMB_PT_BRIDGE_FORWARD;
		assert_true(out <= 1);
	}
	assert_int_equal(c->unexplained_ns, 0);
	rig_close(&r);
}

/* Both ends in one namespace: the same device on the way out and in. */
static void over_the_loopback(void **state)
{
	static const uint8_t way[] = { CRUMB_PT_DEV_QUEUE, CRUMB_PT_DEV_XMIT, CRUMB_PT_DEV_BACKLOG,
				       CRUMB_PT_DEV_RECEIVE };
	struct sender s = sender();
	struct build_recv v = reader(S0, 6);
	struct build_skb k = skb(S0, 6);
	const struct caught *c;
	struct rig r;

	(void)state;
	rig_open(&r, 0);
	build_flow(&r.b, FLOW);
	build_send_begin(&r.b, &s, S0, 6);
	for (uint32_t i = 0; i < 4; i++)
		build_skb_at(&r.b, &k, way[i], NETNS_A, 1);
	build_sock(&r.b, &k, CRUMB_PT_TCP_RECEIVE, S0, NETNS_A);
	build_sock(&r.b, &k, CRUMB_PT_SOCK_READY, S0 + 6, NETNS_A);
	build_send_end(&r.b, &s, S0, 6, 6);
	v.netns = NETNS_A;
	build_recv(&r.b, &v);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_XMIT, "a"), "tx.dev");
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_BACKLOG, "a"), "net.wire");
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_RECEIVE, "a"), "rx.softirq");
	assert_string_equal(caught_code(c, CRUMB_PT_TCP_RECEIVE, "a"), "rx.stack");
	assert_int_equal(c->unexplained_ns, 0);
	rig_close(&r);
}

static void libc_is_waited_for(void **state)
{
	struct sender s = sender();
	struct build_recv v = reader(S0, 6);
	const struct caught *c;
	uint64_t called_ns;
	struct rig r;

	(void)state;
	open_at(&r, ISN);
	/* getaddrinfo asks a name server on its way: not this message's connection */
	called_ns = r.b.now_ns;
	build_call(&r.b, SENDER, CRUMB_CALLED_SYSCALL, 42, called_ns + 1, 0);
	build_call(&r.b, SENDER, CRUMB_CALLED_LIBC, CRUMB_LIBC_GETADDRINFO, called_ns, 0);
	build_call(&r.b, SENDER, CRUMB_CALLED_SYSCALL, 42, r.b.now_ns, 0);
	s.libc_ns = r.b.now_ns;
	build_send_begin(&r.b, &s, S0, 6);
	pass(&r, S0, 6);
	build_send_end(&r.b, &s, S0, 6, 6);
	build_call(&r.b, SENDER, CRUMB_CALLED_LIBC, CRUMB_LIBC_SEND, s.libc_ns, FLOW);
	v.libc_ns = r.b.now_ns;
	build_recv(&r.b, &v);
	r.b.now_ns += 300000000; /* the reader lost its CPU in libc */
	build_call(&r.b, READER, CRUMB_CALLED_LIBC, CRUMB_LIBC_RECV, v.libc_ns, FLOW);
	message(&r, S0 + 6, 6);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_int_equal(c->point[0], CRUMB_PT_LIBC_SEND);
	assert_int_equal(c->point[c->steps - 1], CRUMB_PT_LIBC_RECV_RETURN);
	assert_true(c->total_ns > 300000000);
	assert_int_equal(c->calls, 2);
	assert_int_equal(c->side_point[c->side_steps - 1], CRUMB_PT_LIBC_SEND_RETURN);
	assert_int_equal(rig_at(&r, 6)->calls, 0);
	rig_close(&r);
}

/* The sender is on another machine: each recv is a message, beginning where its bytes came in. */
static void a_remote_sender_is_inferred(void **state)
{
	struct build_skb k = skb(S0, 100);
	const struct caught *c;
	struct rig r;

	(void)state;
	rig_open(&r, 0);
	build_flow(&r.b, FLOW);
	build_skb_at(&r.b, &k, CRUMB_PT_DEV_RECEIVE, NETNS_B, IF_B);
	build_arrive(&r.b, &k, S0);
	take(&r, S0, 60);
	take(&r, S0 + 60, 40);
	rig_finish(&r);
	assert_int_equal(r.count, 2);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	assert_false(c->sender_known);
	assert_int_equal(c->bytes, 60);
	assert_int_equal(c->point[0], CRUMB_PT_DEV_RECEIVE);
	assert_false(c->exact[0]);
	assert_int_equal(rig_at(&r, 60)->bytes, 40);
	rig_close(&r);
}

static void only_selected_tasks_count(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, CRUMB_TRACE_TASKS);
	r.b.call_flags = 0;
	build_flow(&r.b, FLOW);
	message(&r, S0, 10);
	pass(&r, S0, 10);
	take(&r, S0, 10);
	message(&r, S0 + 10, 10);
	pass(&r, S0 + 10, 10);
	r.b.call_flags = CRUMB_CALL_SELECTED;
	take(&r, S0 + 10, 10);
	message(&r, S0 + 20, 10);
	rig_finish(&r);
	assert_int_equal(r.count, 2);
	assert_int_equal(rig_at(&r, 10)->verdict, VERDICT_DELIVERED);
	assert_int_equal(rig_at(&r, 20)->verdict, VERDICT_WAITING);
	rig_close(&r);
}

static void identity_is_the_byte_range(void **state)
{
	uint8_t id[16];
	struct rig r;

	(void)state;
	for (int round = 0; round < 2; round++) {
		open_at(&r, round ? 0xfffffff0u : 17u); /* another ISN, the same bytes of the stream */
		if (round)
			r.b.now_ns += 12345678;
		message(&r, round ? 0xfffffff1u : 18u, 10);
		message(&r, round ? 0xfffffffbu : 28u, 10);
		pass(&r, round ? 0xfffffff1u : 18u, 20);
		take(&r, round ? 0xfffffff1u : 18u, 20);
		rig_finish(&r);
		assert_memory_not_equal(rig_at(&r, 0)->id, rig_at(&r, 10)->id, 16);
		if (round)
			assert_memory_equal(rig_at(&r, 10)->id, id, 16);
		memcpy(id, rig_at(&r, 10)->id, 16);
		rig_close(&r);
	}
}

static struct crumb_ev_stack stack_event(uint8_t point, uint32_t ifindex, uint32_t seq,
					 uint32_t payload)
{
	return (struct crumb_ev_stack){
		.flow = FLOW,
		.dir = OUT,
		.point = point,
		.netns = NETNS_A,
		.ifindex = ifindex,
		.seq = seq,
		.payload = payload,
		.flags = payload ? 0 : CRUMB_STACK_CONTROL,
		.cost_ns = 1500,
	};
}

static void put_stack(struct rig *r, struct crumb_ev_stack ev, const char *frames)
{
	char text[256], *at = NULL;
	uint64_t ip[CRUMB_STACK_DEPTH];
	uint8_t n = 0;

	strcpy(text, frames);
	r->b.step_ns = 0; /* at the time of the sighting before it */
	for (char *name = strtok_r(text, ">", &at); name; name = strtok_r(NULL, ">", &at)) {
		uint64_t addr = 0xffffffff81000000;

		for (const char *s = name; *s; s++)
			addr = addr * 31 + *s;
		build_symbol(&r->b, addr, name);
		ip[n++] = addr;
	}
	for (uint8_t i = 0; i < n; i++)
		ev.ip[i] = ip[n - 1 - i];
	ev.depth = n;
	build_put(&r->b, &ev, CRUMB_EV_STACK, offsetof(struct crumb_ev_stack, ip) + 8 * n);
	r->b.step_ns = 1000;
}

static void stacks_name_the_way_between(void **state)
{
	struct sender s = sender();
	struct build_skb k = skb(S0, 6);
	const struct caught *c;
	struct rig r;

	(void)state;
	open_at(&r, ISN);
	put_stack(&r, stack_event(CRUMB_PT_DEV_XMIT, IF_A, ISN, 0),
		  "entry_SYSCALL_64>__x64_sys_connect>tcp_connect>__tcp_transmit_skb>ip_output>__dev_queue_xmit>"
		  "dev_hard_start_xmit>bpf_trace_run5");
	build_send_begin(&r.b, &s, S0, 6);
	put_stack(&r, stack_event(CRUMB_PT_TCP_APPEND, 0, S0, 6),
		  "entry_SYSCALL_64>__x64_sys_write>tcp_sendmsg");
	build_skb_at(&r.b, &k, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
	put_stack(&r, stack_event(CRUMB_PT_DEV_QUEUE, IF_A, S0, 6),
		  "entry_SYSCALL_64>__x64_sys_write>tcp_sendmsg>tcp_push>__tcp_transmit_skb>ip_output>__dev_queue_xmit");
	build_skb_at(&r.b, &k, CRUMB_PT_DEV_XMIT, NETNS_A, IF_A);
	build_skb_at(&r.b, &k, CRUMB_PT_DEV_RECEIVE, NETNS_B, IF_B);
	build_arrive(&r.b, &k, S0);
	build_send_end(&r.b, &s, S0, 6, 6);
	take(&r, S0, 6);
	message(&r, S0 + 6, 6);
	pass(&r, S0 + 6, 6);
	take(&r, S0 + 6, 6);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_string_equal(c->path[1], "entry_SYSCALL_64>__x64_sys_write>tcp_sendmsg");
	assert_false(c->borrowed[1]);
	assert_string_equal(c->path[2], "tcp_push>__tcp_transmit_skb>ip_output>__dev_queue_xmit");
	assert_true(c->borrowed[3]);
	assert_string_equal(c->path[3],
			    "__tcp_transmit_skb>ip_output>__dev_queue_xmit>dev_hard_start_xmit");
	assert_int_equal(c->observer_ns, 3000);
	c = rig_at(&r, 6);
	assert_true(c->borrowed[1] && c->borrowed[2]);
	assert_string_equal(c->path[2], "tcp_push>__tcp_transmit_skb>ip_output>__dev_queue_xmit");
	assert_int_equal(c->observer_ns, 0);
	assert_int_equal(r.sum.stacked, 1);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_muffin),
		cmocka_unit_test(many_writes_in_one_skb),
		cmocka_unit_test(one_write_in_many_skbs),
		cmocka_unit_test(skbs_are_split_and_merged),
		cmocka_unit_test(one_read_of_many_messages_and_part_of_one),
		cmocka_unit_test(peeking_takes_nothing),
		cmocka_unit_test(a_call_that_got_nothing_is_no_message),
		cmocka_unit_test(two_writers_interleave),
		cmocka_unit_test(two_readers_interleave),
		cmocka_unit_test(copies_within_one_call),
		cmocka_unit_test(the_sequence_wraps_within_a_message),
		cmocka_unit_test(a_connection_older_than_the_trace),
		cmocka_unit_test(fast_open_data_comes_after_the_syn),
		cmocka_unit_test(an_epoll_reader),
		cmocka_unit_test(another_thread_of_the_reader),
		cmocka_unit_test(a_flooded_branch_is_left_out),
		cmocka_unit_test(over_the_loopback),
		cmocka_unit_test(libc_is_waited_for),
		cmocka_unit_test(a_remote_sender_is_inferred),
		cmocka_unit_test(only_selected_tasks_count),
		cmocka_unit_test(identity_is_the_byte_range),
		cmocka_unit_test(stacks_name_the_way_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

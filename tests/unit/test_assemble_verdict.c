// SPDX-License-Identifier: GPL-2.0-only
/*
 * What became of messages: lost and sent again, out of order, dropped, waiting, gone, or not known.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/assemble_rig.h"

enum { FLOW = 1, OUT = 1, SENDER = 10, READER = 20 };
enum { ESTABLISHED = 1, FIN_WAIT2 = 5, CLOSE = 7 };
enum { END_B = 0, END_A = 1 }; /* as build_flow() numbers them */
enum { REASON_NONE = 2, REASON_FILTER = 8, REASON_OLD = 40 };
enum { PURGE = 0x81234000 };

#define S0     5001u
#define SECOND 1000000000ull

static struct build_skb skb(uint32_t seq, uint32_t payload)
{
	return (struct build_skb){ .flow = FLOW, .dir = OUT, .seq = seq, .payload = payload };
}

static void open_rig(struct rig *r)
{
	struct build_skb syn = { .flow = FLOW, .dir = OUT, .seq = S0 - 1, .tcp_flags = 2 };

	rig_open(r, 0);
	build_reason(&r->b, REASON_FILTER, "NETFILTER_DROP");
	build_reason(&r->b, REASON_OLD, "TCP_OLD_DATA");
	build_flow(&r->b, FLOW);
	build_state(&r->b, FLOW, END_A, 2, ESTABLISHED);
	build_state(&r->b, FLOW, END_B, 3, ESTABLISHED);
	build_pass(&r->b, &syn);
}

static void message(struct rig *r, uint32_t seq, uint32_t bytes)
{
	struct sender s = { .flow = FLOW, .dir = OUT, .pid = SENDER };

	build_send(&r->b, &s, seq, bytes);
}

static void arrive(struct rig *r, uint32_t seq, uint32_t payload, uint32_t rcv_nxt)
{
	struct build_skb k = skb(seq, payload);

	build_pass(&r->b, &k);
	build_arrive(&r->b, &k, rcv_nxt);
}

static void ready(struct rig *r, uint32_t rcv_nxt)
{
	struct build_skb k = skb(rcv_nxt, 0);

	build_sock(&r->b, &k, CRUMB_PT_SOCK_READY, rcv_nxt, NETNS_B);
}

static void take(struct rig *r, uint32_t seq, uint32_t bytes)
{
	struct build_recv v = { .flow = FLOW, .dir = OUT, .pid = READER, .seq = seq, .bytes = bytes };

	build_recv(&r->b, &v);
}

static void tick(struct rig *r, uint64_t ns)
{
	r->b.now_ns += ns;
	build_reason(&r->b, 1, "ANY");
}

static void lost_on_the_switch_and_sent_again(void **state)
{
	struct build_skb k = skb(S0, 100);
	const struct caught *c;
	struct rig r;
	int first;

	(void)state;
	open_rig(&r);
	message(&r, S0, 100);
	build_pass_out(&r.b, &k);
	build_drop_at(&r.b, &k, REASON_FILTER, NETNS_SW, IF_SWP1);
	r.b.now_ns += 200000000;
	build_skb_at(&r.b, &k, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
	build_skb_at(&r.b, &k, CRUMB_PT_DEV_XMIT, NETNS_A, IF_A);
	build_sock(&r.b, &k, CRUMB_PT_TCP_RETRANSMIT, 0, NETNS_A);
	build_skb_at(&r.b, &k, CRUMB_PT_BRIDGE_IN, NETNS_SW, IF_SWP1);
	build_pass_in(&r.b, &k);
	build_arrive(&r.b, &k, S0);
	take(&r, S0, 100);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	assert_int_equal(c->retransmits, 1);
	/* both transmissions, so that the time between them has its cause */
	first = caught_step(c, CRUMB_PT_DEV_QUEUE, "a");
	assert_string_equal(c->code[first], "tx.queue");
	assert_int_equal(c->point[first + 1], CRUMB_PT_DEV_QUEUE);
	assert_string_equal(c->code[first + 1], "tx.retransmit");
	assert_true(c->t_ns[first + 1] > 200000000 && c->t_ns[first] < 10000);
	assert_int_equal(c->count[first + 1], 2);
	/* the backlog sighting was of the transmission that got lost */
	assert_int_equal(caught_step(c, CRUMB_PT_DEV_BACKLOG, "sw"), -1);
	assert_true(c->exact[caught_step(c, CRUMB_PT_DEV_QUEUE, "a")]);
	assert_int_equal(c->side_point[0], CRUMB_PT_TCP_RETRANSMIT);
	rig_close(&r);
}

/* One skb of three TCP segments with bytes of two messages: two of the first one's, one of both. */
static void retransmits_are_tcp_segments(void **state)
{
	struct build_skb k = skb(S0, 300);
	struct rig r;

	(void)state;
	k.gso_segs = 3;
	open_rig(&r);
	message(&r, S0, 250);
	message(&r, S0 + 250, 50);
	build_pass_out(&r.b, &k);
	build_drop_at(&r.b, &k, REASON_FILTER, NETNS_SW, IF_SWP1);
	r.b.now_ns += 200000000;
	build_pass_out(&r.b, &k);
	build_sock(&r.b, &k, CRUMB_PT_TCP_RETRANSMIT, 0, NETNS_A);
	build_pass_in(&r.b, &k);
	build_arrive(&r.b, &k, S0);
	take(&r, S0, 300);
	rig_finish(&r);
	assert_int_equal(rig_at(&r, 0)->retransmits, 3);
	assert_int_equal(rig_at(&r, 250)->retransmits, 1);
	rig_close(&r);
}

static void out_of_order_waits_for_the_hole(void **state)
{
	struct build_skb first = skb(S0, 100);
	const struct caught *c;
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, S0, 100);
	message(&r, S0 + 100, 100);
	build_pass_out(&r.b, &first);
	build_drop_at(&r.b, &first, REASON_FILTER, NETNS_SW, IF_SWP1);
	arrive(&r, S0 + 100, 100, S0);
	r.b.now_ns += 3000000;
	build_pass(&r.b, &first);
	build_sock(&r.b, &first, CRUMB_PT_TCP_RECEIVE, S0, NETNS_B);
	ready(&r, S0 + 200);
	take(&r, S0, 200);
	rig_finish(&r);
	c = rig_at(&r, 100);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	assert_string_equal(caught_code(c, CRUMB_PT_SOCK_READY, "b"), "rx.hol");
	assert_string_equal(c->detail[caught_step(c, CRUMB_PT_TCP_RECEIVE, "b")],
			    "receive buffer 1280/131072; out of order, 100 B missing before it");
	assert_int_equal(c->retransmits, 0);
	c = rig_at(&r, 0);
	assert_string_equal(c->code[caught_step(c, CRUMB_PT_DEV_QUEUE, "a") + 1], "tx.retransmit");
	rig_close(&r);
}

/* Needlessly sent again: the copy that came first is the one that was read. */
static void a_duplicate_changes_nothing(void **state)
{
	struct build_skb k = skb(S0, 100);
	const struct caught *c;
	uint64_t received;
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, S0, 100);
	arrive(&r, S0, 100, S0);
	received = r.b.now_ns;
	r.b.now_ns += 50000000;
	build_pass(&r.b, &k);
	build_sock(&r.b, &k, CRUMB_PT_TCP_RECEIVE, S0 + 100, NETNS_B);
	build_drop_at(&r.b, &k, REASON_OLD, NETNS_B, IF_B);
	take(&r, S0, 100);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	assert_true(c->t_ns[caught_step(c, CRUMB_PT_SOCK_READY, "b")] < 50000000);
	assert_true(received > 0);
	assert_string_equal(caught_code(c, CRUMB_PT_SYS_RECV, "b"), "rx.app_late");
	assert_int_equal(c->count[caught_step(c, CRUMB_PT_TCP_RECEIVE, "b")], 2);
	rig_close(&r);
}

static void dropped_for_good(void **state)
{
	struct build_skb k = skb(S0, 100);
	const struct caught *c;
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, S0, 100);
	build_pass_out(&r.b, &k);
	build_drop_at(&r.b, &k, REASON_FILTER, NETNS_SW, IF_SWP1);
	tick(&r, 9 * SECOND);
	tick(&r, 900000000);
	assert_int_equal(r.count, 0);
	tick(&r, 2 * SECOND);
	tick(&r, SECOND);
	assert_int_equal(r.count, 1); /* given up before the end of the trace */
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DROPPED);
	assert_string_equal(c->reason, "NETFILTER_DROP");
	assert_string_equal(c->where, "sw skb.drop swp1");
	assert_int_equal(c->point[c->steps - 1], CRUMB_PT_SKB_DROP);
	assert_int_equal(c->point[c->steps - 2], CRUMB_PT_BRIDGE_IN);
	assert_int_equal(c->unexplained_ns, 0);
	rig_close(&r);
}

static void closed_with_bytes_unread(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, S0, 100);
	message(&r, S0 + 100, 100);
	arrive(&r, S0, 200, S0);
	take(&r, S0, 100);
	build_state(&r.b, FLOW, END_B, ESTABLISHED, CLOSE);
	tick(&r, 100000000);
	assert_int_equal(r.count, 2);
	assert_int_equal(rig_at(&r, 0)->verdict, VERDICT_DELIVERED);
	c = rig_at(&r, 100);
	assert_int_equal(c->verdict, VERDICT_DROPPED);
	assert_string_equal(c->reason, "sock.closed_unread");
	assert_string_equal(c->where, "b sock.ready");
	rig_close(&r);
}

/* What came out of order is freed with the socket, without a reason. */
static void closed_over_a_gap(void **state)
{
	struct build_skb k = skb(S0 + 100, 100);
	const struct caught *c;
	struct rig r;

	(void)state;
	open_rig(&r);
	build_reason(&r.b, REASON_NONE, "NOT_SPECIFIED");
	build_symbol(&r.b, PURGE, "skb_rbtree_purge");
	message(&r, S0, 100);
	message(&r, S0 + 100, 100);
	arrive(&r, S0 + 100, 100, S0);
	build_state(&r.b, FLOW, END_B, ESTABLISHED, CLOSE);
	k.location = PURGE;
	build_drop_at(&r.b, &k, REASON_NONE, NETNS_B, 0);
	tick(&r, 20 * SECOND);
	rig_finish(&r);
	c = rig_at(&r, 100);
	assert_int_equal(c->verdict, VERDICT_DROPPED);
	assert_string_equal(c->reason, "sock.closed_unread");
	assert_string_equal(c->where, "b tcp.receive");
	rig_close(&r);
}

/* After an RST what is in the queue can be read, however late; until the socket is gone. */
static void read_after_an_rst(void **state)
{
	struct build_skb rst = { .flow = FLOW, .dir = OUT, .seq = S0 + 200, .tcp_flags = 4 };
	const struct caught *c;
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, S0, 100);
	message(&r, S0 + 100, 100);
	arrive(&r, S0, 200, S0);
	ready(&r, S0 + 200);
	build_reset(&r.b, FLOW, END_A, CRUMB_RESET_ABORTED);
	build_pass(&r.b, &rst);
	build_reset(&r.b, FLOW, END_B, CRUMB_RESET_RECEIVED);
	build_state(&r.b, FLOW, END_A, ESTABLISHED, CLOSE);
	build_state(&r.b, FLOW, END_B, ESTABLISHED, CLOSE);
	tick(&r, 20 * SECOND);
	assert_int_equal(r.count, 0);
	take(&r, S0, 100);
	build_reset(&r.b, FLOW, END_B, CRUMB_RESET_GONE);
	tick(&r, SECOND / 10);
	assert_int_equal(r.count, 2);
	assert_int_equal(rig_at(&r, 0)->verdict, VERDICT_DELIVERED);
	c = rig_at(&r, 100);
	assert_int_equal(c->verdict, VERDICT_DROPPED);
	assert_string_equal(c->reason, "sock.closed_unread");
	rig_close(&r);
}

/* The sender got an RST: what is on its way, or not sent, nobody sends again. */
static void reset_before_they_came(void **state)
{
	struct build_skb k = skb(S0, 100);
	const struct caught *c;
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, S0, 100);
	message(&r, S0 + 100, 100);
	build_pass(&r.b, &k);
	build_reset(&r.b, FLOW, END_B, CRUMB_RESET_ANSWERED);
	build_reset(&r.b, FLOW, END_A, CRUMB_RESET_RECEIVED);
	build_state(&r.b, FLOW, END_A, ESTABLISHED, CLOSE);
	tick(&r, SECOND / 2);
	assert_int_equal(r.count, 0);
	tick(&r, 2 * SECOND);
	tick(&r, SECOND);
	assert_int_equal(r.count, 2); /* and not after ten seconds */
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DROPPED);
	assert_string_equal(c->reason, "sock.reset_unacked");
	c = rig_at(&r, 100);
	assert_int_equal(c->verdict, VERDICT_DROPPED);
	assert_string_equal(c->reason, "sock.reset_unsent");
	rig_close(&r);
}

/* Nothing but a SYN: refused, dropped, not answered; one that was answered is a connection. More than fit are counted. */
static void connections_that_did_not_come_about(void **state)
{
	struct build_skb syn = { .dir = OUT, .seq = S0 - 1, .tcp_flags = 2 };
	struct build_skb answer = { .dir = !OUT, .seq = 9000, .tcp_flags = 18 };
	struct rig r;

	(void)state;
	rig_open(&r, 0);
	build_reason(&r.b, REASON_FILTER, "NETFILTER_DROP");
	for (uint32_t flow = 1; flow < 24; flow++) {
		syn.flow = answer.flow = flow;
		build_flow(&r.b, flow);
		build_pass(&r.b, &syn);
		if (flow == 1)
			build_reset(&r.b, flow, END_B, CRUMB_RESET_ANSWERED);
		if (flow == 2)
			build_drop_at(&r.b, &syn, REASON_FILTER, NETNS_B, IF_B);
		if (flow == 3)
			build_pass(&r.b, &answer);
	}
	rig_finish(&r);
	assert_int_equal(r.count, 0);
	assert_int_equal(r.sum.unmade_count, 22);
	for (uint32_t i = 0; i < TRACE_UNMADE_MAX; i++) {
		const struct trace_unmade *u = &r.sum.unmade[i];
		uint32_t flow = u->src.port - 50000;

		assert_int_equal(u->dst.port, 4747);
		assert_int_not_equal(flow, 3);
		assert_string_equal(u->host, "b");
		assert_string_equal(u->outcome, flow == 1 ? "refused" :
						flow == 2 ? "dropped" :
							    "unanswered");
		assert_string_equal(u->reason, flow == 2 ? "NETFILTER_DROP" : "");
	}
	rig_close(&r);
}

/* A socket in TIME_WAIT is closed for TCP; its program reads what is queued all the same. */
static void read_after_the_close(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, S0, 100);
	arrive(&r, S0, 100, S0);
	build_state(&r.b, FLOW, END_A, 9, CLOSE);
	build_state(&r.b, FLOW, END_B, FIN_WAIT2, CLOSE);
	tick(&r, 3 * SECOND);
	take(&r, S0, 100);
	rig_finish(&r);
	assert_int_equal(r.count, 1);
	assert_int_equal(rig_at(&r, 0)->verdict, VERDICT_DELIVERED);
	rig_close(&r);
}

static void waiting_in_the_receive_queue(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, S0, 100);
	message(&r, S0 + 100, 100);
	arrive(&r, S0, 200, S0);
	take(&r, S0, 150);
	tick(&r, 100 * SECOND);
	rig_finish(&r);
	c = rig_at(&r, 100);
	assert_int_equal(c->verdict, VERDICT_WAITING);
	assert_string_equal(c->reason, "in the receive queue: the reader took a part of it");
	assert_string_equal(c->where, "b sock.ready");
	assert_int_equal(c->point[c->steps - 1], CRUMB_PT_SOCK_READY);
	rig_close(&r);
}

static void waiting_on_the_senders_side(void **state)
{
	struct sender s = { .flow = FLOW, .dir = OUT, .pid = SENDER };
	const struct caught *c;
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, S0, 100);
	build_send_begin(&r.b, &s, S0 + 100, 500);
	tick(&r, SECOND);
	rig_finish(&r);
	assert_int_equal(r.count, 2);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_WAITING);
	assert_string_equal(c->reason, "in the send queue");
	assert_string_equal(c->where, "a tcp.append");
	c = rig_at(&r, 100);
	assert_int_equal(c->verdict, VERDICT_WAITING);
	assert_int_equal(c->bytes, 500);
	assert_string_equal(c->reason, "in the send call: send buffer full");
	rig_close(&r);
}

static void waiting_on_its_way(void **state)
{
	struct build_skb k = skb(S0, 100);
	const struct caught *c;
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, S0, 100);
	build_pass_out(&r.b, &k);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_WAITING);
	assert_string_equal(c->where, "sw bridge.in swp1");
	assert_int_equal(c->point[c->steps - 1], CRUMB_PT_BRIDGE_IN);
	rig_close(&r);
}

static void left_the_machine(void **state)
{
	struct build_skb k = skb(S0, 100);
	const struct caught *c;
	struct rig r;

	(void)state;
	rig_open(&r, 0);
	build_flow(&r.b, FLOW);
	message(&r, S0, 100);
	build_skb_at(&r.b, &k, CRUMB_PT_DEV_QUEUE, NETNS_A, 99);
	build_skb_at(&r.b, &k, CRUMB_PT_DEV_XMIT, NETNS_A, 99);
	tick(&r, 900000000);
	assert_int_equal(r.count, 0);
	tick(&r, 200000000);
	tick(&r, 600000000);
	tick(&r, 100000000);
	assert_int_equal(r.count, 1);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_LEFT);
	assert_string_equal(c->where, "a dev.xmit if99");
	assert_false(c->receiver_known);
	rig_close(&r);
}

static void a_loss_makes_it_incomplete(void **state)
{
	uint64_t before;
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, S0, 10);
	arrive(&r, S0, 10, S0);
	take(&r, S0, 10); /* complete before the loss */
	before = r.b.now_ns + 500;
	message(&r, S0 + 10, 10); /* alive at the time of the loss */
	arrive(&r, S0 + 10, 10, S0 + 10);
	take(&r, S0 + 10, 10);
	r.b.now_ns += 20000000;
	assert_int_equal(r.count, 0); /* held back: the loss is told only now */
	build_loss(&r.b, before + 5000, 7, CRUMB_LOSS_RING);
	build_loss(&r.b, before + 5000, 9, CRUMB_LOSS_FLOWS);
	tick(&r, 100000000);
	message(&r, S0 + 20, 10); /* begun after it */
	arrive(&r, S0 + 20, 10, S0 + 20);
	take(&r, S0 + 20, 10);
	rig_finish(&r);
	assert_int_equal(rig_at(&r, 0)->verdict, VERDICT_DELIVERED);
	assert_int_equal(rig_at(&r, 10)->verdict, VERDICT_INCOMPLETE);
	assert_int_equal(rig_at(&r, 10)->lost_events, 7);
	assert_int_equal(rig_at(&r, 20)->verdict, VERDICT_DELIVERED);
	assert_int_equal(r.sum.lost_events, 16);
	assert_int_equal(r.sum.loss_count, 2);
	rig_close(&r);
}

/* ip.output has no decision hanging on it: who was seen there as often as at tcp.xmit lacks nothing. */
static void a_miss_at_ip_output(void **state)
{
	struct crumb_ev_loss loss = { .count = 3,
				      .cause = CRUMB_LOSS_MISSED,
				      .point = CRUMB_PT_IP_OUTPUT };
	struct rig r;

	(void)state;
	open_rig(&r);
	loss.from_ns = r.b.now_ns;
	for (uint32_t i = 0; i < 3; i++) {
		struct build_skb k = skb(S0 + 10 * i, 10);

		message(&r, k.seq, 10);
		build_sock(&r.b, &k, CRUMB_PT_TCP_XMIT, 0, NETNS_A);
		if (i != 1)
			build_skb_at(&r.b, &k, CRUMB_PT_IP_OUTPUT, NETNS_A, 2);
		arrive(&r, k.seq, 10, k.seq);
		if (i < 2)
			take(&r, k.seq, 10);
	}
	loss.to_ns = r.b.now_ns;
	build_put(&r.b, &loss, CRUMB_EV_LOSS, sizeof(loss));
	rig_finish(&r);
	assert_int_equal(rig_at(&r, 0)->verdict, VERDICT_DELIVERED);
	assert_int_equal(rig_at(&r, 0)->lost_events, 0);
	assert_int_equal(rig_at(&r, 10)->verdict, VERDICT_INCOMPLETE); /* it was missed there */
	assert_int_equal(rig_at(&r, 10)->lost_events, 3);
	assert_int_equal(rig_at(&r, 20)->verdict,
			 VERDICT_INCOMPLETE); /* not read: what became of it is not sure */
	assert_int_equal(r.sum.lost_events, 3);
	rig_close(&r);
}

/* A recorder that was off its CPU tells a loss where its last pass stood, and that it may reach further. */
static void a_loss_told_ahead(void **state)
{
	struct crumb_ev_loss loss = { .count = 3, .cause = CRUMB_LOSS_MISSED };
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, S0, 10);
	arrive(&r, S0, 10, S0);
	take(&r, S0, 10);
	loss.from_ns = r.b.now_ns + r.b.step_ns;
	loss.to_ns = r.b.now_ns + 200000000;
	build_put(&r.b, &loss, CRUMB_EV_LOSS, sizeof(loss));
	message(&r, S0 + 10, 10);
	arrive(&r, S0 + 10, 10, S0 + 10);
	take(&r, S0 + 10, 10);
	tick(&r, 300000000);
	message(&r, S0 + 20, 10);
	arrive(&r, S0 + 20, 10, S0 + 20);
	take(&r, S0 + 20, 10);
	rig_finish(&r);
	assert_int_equal(rig_at(&r, 0)->verdict, VERDICT_DELIVERED);
	assert_int_equal(rig_at(&r, 10)->verdict, VERDICT_INCOMPLETE);
	assert_int_equal(rig_at(&r, 10)->lost_events, 3);
	assert_int_equal(rig_at(&r, 20)->verdict, VERDICT_DELIVERED);
	rig_close(&r);
}

static void a_trace_without_end(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, S0, 10);
	arrive(&r, S0, 10, S0);
	take(&r, S0, 10);
	message(&r, S0 + 10, 10);
	rig_finish_cut(&r);
	assert_true(r.sum.truncated);
	assert_int_equal(rig_at(&r, 0)->verdict, VERDICT_DELIVERED);
	assert_int_equal(rig_at(&r, 10)->verdict, VERDICT_INCOMPLETE);
	rig_close(&r);
}

/* Later bytes were read and these never: the event is missing, whatever was said about losses. */
static void a_hole_in_the_reading(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, S0, 10);
	message(&r, S0 + 10, 10);
	arrive(&r, S0, 20, S0);
	take(&r, S0 + 10, 10);
	tick(&r, SECOND);
	tick(&r, SECOND);
	tick(&r, SECOND);
	assert_int_equal(r.count, 2);
	assert_int_equal(rig_at(&r, 0)->verdict, VERDICT_INCOMPLETE);
	assert_int_equal(rig_at(&r, 10)->verdict, VERDICT_DELIVERED);
	rig_close(&r);
}

static void a_send_whose_return_is_missing(void **state)
{
	struct sender s = { .flow = FLOW, .dir = OUT, .pid = SENDER };
	struct rig r;

	(void)state;
	open_rig(&r);
	build_send_begin(&r.b, &s, S0, 1000);
	arrive(&r, S0, 10, S0);
	message(&r, S0 + 10, 10);
	arrive(&r, S0 + 10, 10, S0 + 10);
	take(&r, S0, 20);
	rig_finish(&r);
	assert_int_equal(r.count, 2);
	assert_int_equal(rig_at(&r, 0)->verdict, VERDICT_INCOMPLETE);
	assert_int_equal(rig_at(&r, 0)->bytes, 10);
	assert_int_equal(rig_at(&r, 10)->verdict, VERDICT_DELIVERED);
	rig_close(&r);
}

static int refuse(void *ctx, const struct journey *j)
{
	(void)j;
	++*(int *)ctx;
	return -EPIPE;
}

static void the_sink_can_stop_it(void **state)
{
	int calls = 0;
	struct assembler_sink sink = { .ctx = &calls, .journey = refuse };
	struct rig r = { 0 };

	(void)state;
	assert_int_equal(assembler_new(&sink, &r.a), 0);
	build_start(&r.b, assembler_event, r.a);
	build_flow(&r.b, FLOW);
	for (uint32_t i = 0; i < 20; i++) {
		message(&r, S0 + 10 * i, 10);
		arrive(&r, S0 + 10 * i, 10, S0 + 10 * i);
		take(&r, S0 + 10 * i, 10);
		r.b.now_ns += 20000000;
	}
	assert_int_equal(r.b.err, -EPIPE);
	assert_int_equal(assembler_finish(r.a), -EPIPE);
	assert_int_equal(calls, 1);
	assembler_free(r.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_on_the_switch_and_sent_again),
		cmocka_unit_test(retransmits_are_tcp_segments),
		cmocka_unit_test(out_of_order_waits_for_the_hole),
		cmocka_unit_test(a_duplicate_changes_nothing),
		cmocka_unit_test(dropped_for_good),
		cmocka_unit_test(closed_with_bytes_unread),
		cmocka_unit_test(closed_over_a_gap),
		cmocka_unit_test(read_after_an_rst),
		cmocka_unit_test(reset_before_they_came),
		cmocka_unit_test(connections_that_did_not_come_about),
		cmocka_unit_test(read_after_the_close),
		cmocka_unit_test(waiting_in_the_receive_queue),
		cmocka_unit_test(waiting_on_the_senders_side),
		cmocka_unit_test(waiting_on_its_way),
		cmocka_unit_test(left_the_machine),
		cmocka_unit_test(a_loss_makes_it_incomplete),
		cmocka_unit_test(a_miss_at_ip_output),
		cmocka_unit_test(a_loss_told_ahead),
		cmocka_unit_test(a_trace_without_end),
		cmocka_unit_test(a_hole_in_the_reading),
		cmocka_unit_test(a_send_whose_return_is_missing),
		cmocka_unit_test(the_sink_can_stop_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* The wait in the send queue: which record holds when, how the wait is cut, and when there is none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../lib/assemble_rig.h"

enum { FLOW = 1, OUT = 1, ISN = 1000, S0 = ISN + 1, SENDER = 100, READER = 200 };

static void open_flow(struct rig *r)
{
	struct build_skb syn = { .flow = FLOW, .dir = OUT, .seq = ISN, .tcp_flags = 2 };

	rig_open(r, 0);
	build_flow(&r->b, FLOW);
	build_pass(&r->b, &syn);
}

static struct sender sender(void)
{
	return (struct sender){ .flow = FLOW, .dir = OUT, .pid = SENDER };
}

/* Seen just now; @ago_ns: since when it holds. */
static void held(struct rig *r, bool after, uint16_t why, uint64_t ago_ns)
{
	struct crumb_ev_held ev = {
		.flow = FLOW,
		.dir = OUT,
		.after = after,
		.why = why,
		.netns = NETNS_A,
		.snd_una = S0,
		.snd_nxt = S0 + 10,
		.write_seq = S0 + 16,
		.snd_wnd = 65535,
		.snd_cwnd = 10,
		.in_flight = 4,
		.mss = 1448,
	};

	ev.since_ns = r->b.now_ns + r->b.step_ns - ago_ns;
	build_put(&r->b, &ev, CRUMB_EV_HELD, sizeof(ev));
}

/* The message of 6 bytes; it leaves after @wait_ns. */
static void send_waiting(struct rig *r, uint16_t why)
{
	struct sender s = sender();

	build_send_begin(&r->b, &s, S0, 6);
	held(r, true, why, 0);
	build_send_end(&r->b, &s, S0, 6, 6);
}

static void arrive_and_read(struct rig *r)
{
	struct build_skb k = { .flow = FLOW, .dir = OUT, .seq = S0, .payload = 6 };
	struct build_recv v = {
		.flow = FLOW, .dir = OUT, .pid = READER, .netns = NETNS_B, .seq = S0, .bytes = 6
	};

	build_pass(&r->b, &k);
	build_arrive(&r->b, &k, S0);
	build_recv(&r->b, &v);
	rig_finish(r);
}

/* One reason all the time: the call's return becomes a step, no side step, and the wait has its cause. */
static void one_reason(void **state)
{
	static const struct {
		uint16_t why;
		const char *code;
	} rows[] = {
		{ CRUMB_HELD_NAGLE | CRUMB_HELD_PARTIAL, "tx.nagle" },
		{ CRUMB_HELD_CORK | CRUMB_HELD_PARTIAL, "tx.cork" },
		{ CRUMB_HELD_CWND, "tx.cwnd" },
		{ CRUMB_HELD_RWND, "tx.rwnd" },
		{ CRUMB_HELD_CWND | CRUMB_HELD_RWND, "tx.cwnd" }, /* what tcp_write_xmit() asks first */
		{ CRUMB_HELD_PACING, "tx.pacing" },
		{ CRUMB_HELD_PACING | CRUMB_HELD_CWND,
		  "tx.cwnd" }, /* the pacing timer runs out before an ACK comes */
		{ CRUMB_HELD_PACING | CRUMB_HELD_RWND, "tx.rwnd" },
		{ CRUMB_HELD_RECOVERY | CRUMB_HELD_CWND, "tx.recovery" },
		{ CRUMB_HELD_RECOVERY | CRUMB_HELD_RWND, "tx.rwnd" },
		{ CRUMB_HELD_TSQ, "tx.tsq" },
		{ CRUMB_HELD_TSQ | CRUMB_HELD_PARTIAL, "tx.autocork" },
		{ 0, "tx.tso_defer" },
		{ CRUMB_HELD_PARTIAL, "tx.queue" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct caught *c;
		struct rig r;

		open_flow(&r);
		send_waiting(&r, rows[i].why | CRUMB_HELD_UNSENT);
		r.b.now_ns += 40000000;
		arrive_and_read(&r);
		c = rig_at(&r, 0);
		assert_string_equal(caught_code(c, CRUMB_PT_DEV_QUEUE, "a"), rows[i].code);
		assert_string_equal(caught_code(c, CRUMB_PT_SOCK_SEND_RETURN, "a"), "tx.copy");
		assert_int_equal(c->unexplained_ns, 0);
		assert_int_equal(c->side_steps, 1);
		rig_close(&r);
	}
}

/* The window was filled by a transmission 10 ms before the ACK: until then the first reason stood. */
static void the_reason_changes(void **state)
{
	const struct caught *c;
	int at;
	struct rig r;

	(void)state;
	open_flow(&r);
	send_waiting(&r, CRUMB_HELD_TSQ | CRUMB_HELD_UNSENT);
	r.b.now_ns += 30000000;
	held(&r, false, CRUMB_HELD_CWND | CRUMB_HELD_UNSENT, 10000000);
	r.b.now_ns += 5000000;
	arrive_and_read(&r);
	c = rig_at(&r, 0);
	at = caught_step(c, CRUMB_PT_TCP_HELD, "a");
	assert_true(at > 0);
	assert_string_equal(c->code[at], "tx.tsq");
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_QUEUE, "a"), "tx.cwnd");
	assert_in_range(c->t_ns[at], 19000000, 21000000);
	assert_int_equal(c->unexplained_ns, 0);
	rig_close(&r);
}

/* A reason that stood long before says nothing of a message that was sent at once. */
static void an_old_reason(void **state)
{
	struct sender s = sender();
	const struct caught *c;
	struct rig r;

	(void)state;
	open_flow(&r);
	held(&r, true, CRUMB_HELD_NAGLE | CRUMB_HELD_UNSENT, 0);
	r.b.now_ns += 1000000;
	build_send_begin(&r.b, &s, S0, 6);
	held(&r, true, 0, 0); /* nothing is unsent */
	build_send_end(&r.b, &s, S0, 6, 6);
	r.b.now_ns += 1000000;
	arrive_and_read(&r);
	c = rig_at(&r, 0);
	assert_int_equal(caught_step(c, CRUMB_PT_SOCK_SEND_RETURN, "a"), -1);
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_QUEUE, "a"), "tx.queue");
	rig_close(&r);
}

/* More changes than a journey has room for: the rest has no reason, the sum stays exact. */
static void very_many_changes(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	open_flow(&r);
	send_waiting(&r, CRUMB_HELD_TSQ | CRUMB_HELD_UNSENT);
	for (int i = 0; i < 1000; i++) {
		r.b.now_ns += 1000;
		held(&r, false, (i & 1 ? CRUMB_HELD_TSQ : CRUMB_HELD_CWND) | CRUMB_HELD_UNSENT, 0);
	}
	arrive_and_read(&r);
	c = rig_at(&r, 0);
	assert_int_equal(c->unexplained_ns, 0);
	assert_true(caught_step(c, CRUMB_PT_TCP_HELD, "a") > 0);
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_QUEUE, "a"), "tx.queue");
	rig_close(&r);
}

/* After 1 ms an acknowledgement opens the window; 2 us later all of it is used. */
static void window_opens(struct rig *r)
{
	r->b.now_ns += 1000000 - r->b.step_ns;
	held(r, false, CRUMB_HELD_UNSENT, 0);
	r->b.now_ns += 2000 - r->b.step_ns;
}

/* Each acknowledgement opens the window for a microsecond: a hundred times in a tenth of a second. The window has the wait. */
static void many_short_changes(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	open_flow(&r);
	send_waiting(&r, CRUMB_HELD_CWND | CRUMB_HELD_UNSENT);
	for (int i = 0; i < 100; i++) {
		window_opens(&r);
		held(&r, false, CRUMB_HELD_CWND | CRUMB_HELD_UNSENT, 0);
	}
	arrive_and_read(&r);
	c = rig_at(&r, 0);
	assert_int_equal(c->unexplained_ns, 0);
	assert_int_equal(caught_step(c, CRUMB_PT_TCP_HELD, "a"), -1);
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_QUEUE, "a"), "tx.cwnd");
	rig_close(&r);
}

/* A reason told by two kinds of records in turn, each of a few microseconds, lasts as long as all of them: 0.3 ms are no short reason. */
static void one_reason_of_short_records(void **state)
{
	const struct caught *c;
	struct rig r;
	int at;

	(void)state;
	open_flow(&r);
	send_waiting(&r, CRUMB_HELD_CWND | CRUMB_HELD_UNSENT);
	for (int i = 0; i < 100; i++) {
		window_opens(&r);
		for (int k = 0; i == 50 && k < 100; k++) {
			held(&r, false, k & 1 ? 0 : CRUMB_HELD_PARTIAL | CRUMB_HELD_UNSENT, 0);
			r.b.now_ns += 3000 - r.b.step_ns;
		}
		held(&r, false, CRUMB_HELD_CWND | CRUMB_HELD_UNSENT, 0);
	}
	arrive_and_read(&r);
	c = rig_at(&r, 0);
	at = caught_step(c, CRUMB_PT_TCP_HELD, "a");
	assert_true(at > 0);
	assert_string_equal(c->code[at], "tx.cwnd");
	assert_int_equal(c->point[at + 1], CRUMB_PT_TCP_HELD);
	assert_string_equal(c->code[at + 1], "tx.queue");
	assert_in_range(c->t_ns[at + 1] - c->t_ns[at], 299000, 301000);
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_QUEUE, "a"), "tx.cwnd");
	assert_int_equal(c->unexplained_ns, 0);
	rig_close(&r);
}

/* The call came before its socket's SYN was answered: up to the answer it is tx.connect, and the call's way to the stream behind it. */
static void not_connected(void **state)
{
	struct sender s = sender(), late = sender();
	const struct caught *c;
	struct rig r;
	int at;

	(void)state;
	open_flow(&r);
	s.enter_ns = r.b.now_ns + r.b.step_ns;
	r.b.now_ns += 50000000;
	build_state(&r.b, FLOW, OUT, 2, 1);
	build_send_begin(&r.b, &s, S0, 6);
	build_send_end(&r.b, &s, S0, 6, 6);
	arrive_and_read(&r);
	c = rig_at(&r, 0);
	at = caught_step(c, CRUMB_PT_SOCK_CONNECTED, "a");
	assert_true(at > 0);
	assert_string_equal(c->code[at], "tx.connect");
	assert_in_range(c->t_ns[at], 49000000, 51000000);
	assert_string_equal(caught_code(c, CRUMB_PT_TCP_APPEND, "a"), "tx.wakeup");
	assert_int_equal(c->unexplained_ns, 0);
	rig_close(&r);

	open_flow(&r);
	build_state(&r.b, FLOW, OUT, 2, 1);
	r.b.now_ns += 50000000;
	build_send_begin(&r.b, &late, S0, 6);
	build_send_end(&r.b, &late, S0, 6, 6);
	arrive_and_read(&r);
	assert_int_equal(caught_step(rig_at(&r, 0), CRUMB_PT_SOCK_CONNECTED, "a"), -1);
	rig_close(&r);
}

/* tcp.xmit of the byte at @from, with what --deep adds above and below; @write_ns 0: it was not tcp_write_xmit() that sent it. */
static void transmits_from(struct rig *r, uint32_t from, uint32_t bytes, uint32_t write_ns)
{
	struct build_skb k = { .flow = FLOW, .dir = OUT, .seq = S0 + from, .payload = bytes };
	struct crumb_ev_sock ev = {
		.flow = FLOW,
		.dir = OUT,
		.point = CRUMB_PT_TCP_XMIT,
		.state = 1,
		.netns = NETNS_A,
		.seq = S0 + from,
		.bytes = bytes,
		.skb = 0x7000 + from,
		.write_ns = write_ns,
	};

	r->b.now_ns += 5000;
	build_put(&r->b, &ev, CRUMB_EV_SOCK, sizeof(ev));
	build_sock(&r->b, &k, CRUMB_PT_IP_QUEUE, 0, NETNS_A);
	build_skb_at(&r->b, &k, CRUMB_PT_IP_OUTPUT, NETNS_A, IF_A);
}

static void transmits(struct rig *r, uint32_t write_ns)
{
	transmits_from(r, 0, 6, write_ns);
}

/* The function that goes through the send queue is a step where it is known, behind the wait that it ends. */
static void written(void **state)
{
	static const struct {
		uint16_t held; /* the call returned before */
		uint32_t write_ns;
		const char *to_write, *to_xmit;
	} rows[] = {
		{ 0, 3000, "tx.tcp", "tx.tcp" },
		{ CRUMB_HELD_CWND | CRUMB_HELD_UNSENT, 3000, "tx.cwnd", "tx.tcp" },
		{ CRUMB_HELD_CWND | CRUMB_HELD_UNSENT, 0, NULL, "tx.cwnd" },
		{ 0, 900000, NULL,
		  "tx.tcp" }, /* before the message was there: what is known is of another call */
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sender s = sender();
		const struct caught *c;
		struct rig r;

		open_flow(&r);
		if (rows[i].held) {
			send_waiting(&r, rows[i].held);
			transmits(&r, rows[i].write_ns);
		} else {
			build_send_begin(&r.b, &s, S0, 6);
			transmits(&r, rows[i].write_ns);
		}
		arrive_and_read(&r);
		c = rig_at(&r, 0);
		assert_int_equal(c->unexplained_ns, 0);
		assert_string_equal(caught_code(c, CRUMB_PT_TCP_XMIT, "a"), rows[i].to_xmit);
		assert_string_equal(caught_code(c, CRUMB_PT_IP_QUEUE, "a"), "tx.ip");
		assert_string_equal(caught_code(c, CRUMB_PT_IP_OUTPUT, "a"), "tx.ip");
		if (rows[i].to_write)
			assert_string_equal(caught_code(c, CRUMB_PT_TCP_WRITE, "a"),
					    rows[i].to_write);
		else
			assert_int_equal(caught_step(c, CRUMB_PT_TCP_WRITE, "a"), -1);
		rig_close(&r);
	}
}

/* Skbs of one message: what lies behind the first one's is the rest of the message, in one call of that function or in several. */
static void written_in_parts(void **state)
{
	static const struct {
		uint32_t write_ns; /* of the second skb */
		const char *to_write, *to_xmit;
	} rows[] = {
		{ 3000, "tx.stream", "tx.stream" }, /* its own call */
		{ 9000, "tx.tcp", "tx.stream" },    /* the first one's */
		{ 0, NULL, "tx.stream" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sender s = sender();
		const struct caught *c;
		struct rig r;

		open_flow(&r);
		build_send_begin(&r.b, &s, S0, 6);
		transmits_from(&r, 0, 2, 1000);
		transmits_from(&r, 2, 4, rows[i].write_ns);
		arrive_and_read(&r);
		c = rig_at(&r, 0);
		assert_int_equal(c->unexplained_ns, 0);
		assert_string_equal(caught_code(c, CRUMB_PT_TCP_XMIT, "a"), rows[i].to_xmit);
		if (rows[i].to_write)
			assert_string_equal(caught_code(c, CRUMB_PT_TCP_WRITE, "a"),
					    rows[i].to_write);
		rig_close(&r);
	}
}

/* Another CPU sends them while the call still returns: nothing held them. */
static void sent_before_the_return(void **state)
{
	(void)state;
	for (uint32_t write_ns = 0; write_ns <= 3000; write_ns += 3000) {
		struct sender s = sender();
		struct build_skb k = { .flow = FLOW, .dir = OUT, .seq = S0, .payload = 6 };
		const struct caught *c;
		struct rig r;

		open_flow(&r);
		build_send_begin(&r.b, &s, S0, 6);
		transmits(&r, write_ns);
		held(&r, true, CRUMB_HELD_TSQ | CRUMB_HELD_UNSENT, 0);
		build_send_end(&r.b, &s, S0, 6, 6);
		build_skb_at(&r.b, &k, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
		arrive_and_read(&r);
		c = rig_at(&r, 0);
		assert_int_equal(c->unexplained_ns, 0);
		assert_int_equal(caught_step(c, CRUMB_PT_SOCK_SEND_RETURN, "a"), -1);
		rig_close(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_reason),	      cmocka_unit_test(the_reason_changes),
		cmocka_unit_test(an_old_reason),      cmocka_unit_test(very_many_changes),
		cmocka_unit_test(many_short_changes), cmocka_unit_test(one_reason_of_short_records),
		cmocka_unit_test(not_connected),      cmocka_unit_test(written),
		cmocka_unit_test(written_in_parts),   cmocka_unit_test(sent_before_the_return),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

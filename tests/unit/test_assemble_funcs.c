// SPDX-License-Identifier: GPL-2.0-only
/* --functions: which calls are a message's, how they nest, to which step they lead; what is missed touches no verdict. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../lib/assemble_rig.h"

enum { FLOW = 1, OUT = 1, ISN = 1000, S0 = ISN + 1, SENDER = 100, READER = 200, OTHER = 300 };
enum { SENDMSG = 0x1000, PUSH, OUTPUT, RCV, READABLE, RECVMSG, STRANGE };

static void open_flow(struct rig *r)
{
	static const char *const names[] = { "sendmsg",	 "push",    "output", "rcv",
					     "readable", "recvmsg", "strange" };
	struct build_skb syn = { .flow = FLOW, .dir = OUT, .seq = ISN, .tcp_flags = 2 };

	rig_open(r, CRUMB_TRACE_FUNCTIONS);
	build_flow(&r->b, FLOW);
	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		build_symbol(&r->b, SENDMSG + i, names[i]);
	build_pass(&r->b, &syn);
}

/* It returns now. @bytes 0: it got the socket of @dir's sender alone. */
static void called(struct rig *r, uint64_t func, uint64_t enter_ns, uint32_t pid, uint8_t dir,
		   uint32_t seq, uint32_t bytes, uint32_t netns)
{
	struct crumb_ev_func ev = {
		.flow = FLOW,
		.dir = dir,
		.enter_ns = enter_ns,
		.func = func,
		.seq = seq,
		.bytes = bytes,
		.netns = netns,
		.enter_cpu = r->b.cpu,
		.tgid = pid,
		.pid = pid,
	};

	build_put(&r->b, &ev, CRUMB_EV_FUNC, sizeof(ev));
}

static const char *functions_at(const struct caught *c, uint16_t point, const char *host)
{
	int i = caught_step(c, point, host);

	assert_true(i >= 0);
	return c->functions[i];
}

/* One message, from the call to the other call, with @more called somewhere on the way. */
static void journey(struct rig *r, void (*more)(struct rig *r))
{
	struct sender s = { .flow = FLOW, .dir = OUT, .pid = SENDER };
	struct build_skb k = { .flow = FLOW, .dir = OUT, .seq = S0, .payload = 6 };
	struct build_recv v = {
		.flow = FLOW, .dir = OUT, .pid = READER, .netns = NETNS_B, .seq = S0, .bytes = 6
	};
	uint64_t enter, push, output, rcv, readable, recvmsg;

	enter = r->b.now_ns +
		r->b.step_ns * 3 / 4; /* after the system call's entry, before the append */
	build_send_begin(&r->b, &s, S0, 6);
	push = r->b.now_ns + 1;
	output = r->b.now_ns + 2;
	build_skb_at(&r->b, &k, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
	called(r, OUTPUT, output, SENDER, OUT, S0, 6, NETNS_A);
	called(r, PUSH, push, SENDER, OUT, 0, 0, NETNS_A);
	called(r, SENDMSG, enter, SENDER, OUT, 0, 0, NETNS_A);
	build_send_end(&r->b, &s, S0, 6, 6);
	build_pass(&r->b, &k);
	if (more)
		more(r);
	rcv = r->b.now_ns + 1;
	build_sock(&r->b, &k, CRUMB_PT_TCP_RECEIVE, S0, NETNS_B);
	readable = r->b.now_ns + 1;
	build_sock(&r->b, &k, CRUMB_PT_SOCK_READY, S0 + 6, NETNS_B);
	called(r, READABLE, readable, 0, !OUT, 0, 0, NETNS_B);
	called(r, RCV, rcv, 0, OUT, S0, 6, NETNS_B);
	v.enter_ns = r->b.now_ns + 1;
	recvmsg = r->b.now_ns + 2;
	called(r, RECVMSG, recvmsg, READER, !OUT, 0, 0, NETNS_B);
	v.copy_ns = r->b.now_ns + 1;
	build_recv(&r->b, &v);
	rig_finish(r);
}

static void each_to_its_step(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	open_flow(&r);
	journey(&r, NULL);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	assert_string_equal(functions_at(c, CRUMB_PT_TCP_APPEND, "a"), "0sendmsg");
	assert_string_equal(functions_at(c, CRUMB_PT_DEV_QUEUE, "a"), "0push 1output");
	assert_string_equal(functions_at(c, CRUMB_PT_TCP_RECEIVE, "b"), "0rcv");
	assert_string_equal(functions_at(c, CRUMB_PT_SOCK_READY, "b"), "0readable");
	assert_string_equal(functions_at(c, CRUMB_PT_SOCK_COPY, "b"), "0recvmsg");
	assert_int_equal(c->function_calls, 6);
	assert_int_equal(c->functions_missed, 0);
	rig_close(&r);
}

/* Other bytes, another thread with the socket, what an acknowledgement's processing called. */
static void strangers(struct rig *r)
{
	uint64_t from = r->b.now_ns + 1;

	called(r, STRANGE, from, SENDER, OUT, S0 + 6, 100, NETNS_A);
	called(r, STRANGE, from, SENDER, !OUT, S0, 6, NETNS_A);
	called(r, STRANGE, from, OTHER, OUT, 0, 0, NETNS_A);
	/* within a call that has other bytes, in the sender's own thread */
	called(r, STRANGE, r->b.now_ns + 1, 0, OUT, 0, 0, NETNS_B);
	called(r, STRANGE, from, 0, OUT, S0 + 6, 100, NETNS_B);
	build_loss(&r->b, from, 7, CRUMB_LOSS_FUNCS);
}

static void others_are_left_out(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	open_flow(&r);
	journey(&r, strangers);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	assert_int_equal(c->lost_events, 0);
	assert_int_equal(c->functions_missed, 7);
	assert_int_equal(c->function_calls, 6);
	assert_int_equal(r.sum.lost_events, 7);
	for (uint32_t i = 0; i < c->steps; i++)
		assert_null(strstr(c->functions[i], "strange"));
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_to_its_step),
		cmocka_unit_test(others_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Datagrams of the same bytes, one behind the other: each is one journey, whatever order its socket and its reader are told in. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <asm/unistd.h>
#include <netinet/in.h>
#include <string.h>

#include "../lib/assemble_rig.h"

enum { FLOW = 1, OUT = 1, SENDER = 100, READER = 200, BYTES = 8 };

#define SK     0xffff888000001000ull
#define SKB(i) (0xffff888000100000ull + 256ull * (i))
#define SAME_BYTES                                      \
	{                                               \
		.whole = 0x12345678, .head = 0x9abcdef0 \
	}

static void open_flow(struct rig *r)
{
	struct crumb_ev_flow ev = {
		.flow = FLOW,
		.proto = IPPROTO_UDP,
		.family = 2,
		.why = CRUMB_WHY_FILTER,
		.port = { 4747, 50001 },
		.netns = NETNS_A,
	};

	memcpy(ev.addr[0], (uint8_t[16]){ [10] = 0xff, 0xff, 10, 47, 0, 2 }, 16);
	memcpy(ev.addr[1], (uint8_t[16]){ [10] = 0xff, 0xff, 10, 47, 0, 1 }, 16);
	rig_open(r, 0);
	build_put(&r->b, &ev, CRUMB_EV_FLOW, sizeof(ev));
}

static void seen(struct rig *r, int i, uint8_t point, uint32_t netns, uint32_t ifindex)
{
	const struct crumb_digest d = SAME_BYTES;
	struct crumb_ev_skb ev = {
		.flow = FLOW,
		.dir = OUT,
		.point = point,
		.netns = netns,
		.ifindex = ifindex,
		.seq = d.whole,
		.ack = d.head,
		.payload = BYTES,
		.skb = SKB(i),
	};

	build_put(&r->b, &ev, CRUMB_EV_SKB, sizeof(ev));
}

/* A call sends the i-th, and it comes up at b. */
static void sent(struct rig *r, int i)
{
	struct crumb_ev_dgram ev = {
		.flow = FLOW,
		.dir = OUT,
		.nr = __NR_sendto,
		.tgid = SENDER,
		.pid = SENDER,
		.ret = BYTES,
		.skb = SKB(i),
		.bytes = BYTES,
		.netns = NETNS_A,
		.digest = SAME_BYTES,
		.port = 50001,
	};

	ev.enter_ns = r->b.now_ns + 1;
	seen(r, i, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
	seen(r, i, CRUMB_PT_DEV_XMIT, NETNS_A, IF_A);
	seen(r, i, CRUMB_PT_DEV_RECEIVE, NETNS_B, IF_B);
	build_put(&r->b, &ev, CRUMB_EV_DGRAM_SEND, sizeof(ev));
}

/* The socket tells of it: @i is its newest. */
static void told(struct rig *r, int i)
{
	const struct crumb_digest d = SAME_BYTES;
	struct crumb_ev_sock ev = {
		.flow = FLOW,
		.dir = OUT,
		.point = CRUMB_PT_SOCK_READY,
		.netns = NETNS_B,
		.seq = d.whole,
		.rcv_nxt = d.head,
		.bytes = BYTES,
		.skb = SKB(i),
		.sk = SK,
	};

	build_put(&r->b, &ev, CRUMB_EV_SOCK, sizeof(ev));
}

static void read_one(struct rig *r)
{
	struct crumb_ev_dgram ev = {
		.flow = 0, /* the socket is not connected */
		.nr = __NR_recvfrom,
		.tgid = READER,
		.pid = READER,
		.args = { 3, 0, 65536 },
		.ret = BYTES,
		.sk = SK,
		.bytes = BYTES,
		.netns = NETNS_B,
		.digest = SAME_BYTES,
		.port = 4747,
	};

	ev.enter_ns = r->b.now_ns + 1;
	build_put(&r->b, &ev, CRUMB_EV_DGRAM_RECV, sizeof(ev));
}

static void all_delivered(struct rig *r, uint32_t n)
{
	rig_finish(r);
	assert_int_equal(r->count, n);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(r->all[i].verdict, VERDICT_DELIVERED);
		assert_true(r->all[i].sender_known && r->all[i].receiver_known);
		assert_int_equal(r->all[i].unexplained_ns, 0);
	}
	rig_close(r);
}

static void in_order(void **state)
{
	struct rig r;

	(void)state;
	open_flow(&r);
	for (int i = 1; i <= 3; i++) {
		sent(&r, i);
		told(&r, i);
		read_one(&r);
	}
	all_delivered(&r, 3);
}

/* The reader is quicker than what the socket's program has to say, each time or once. */
static void read_before_it_is_told(void **state)
{
	(void)state;
	for (int late = 2; late <= 4; late++) {
		struct rig r;

		open_flow(&r);
		for (int i = 1; i <= 4; i++) {
			bool first = i == late || late == 4;

			sent(&r, i);
			if (i > 1 && first)
				read_one(&r);
			told(&r, i);
			if (i == 1 || !first)
				read_one(&r);
		}
		all_delivered(&r, 4);
	}
}

/* The next ones wait in the queue when the late word of the first comes. */
static void told_behind_the_next(void **state)
{
	struct rig r;

	(void)state;
	open_flow(&r);
	sent(&r, 1);
	told(&r, 1);
	read_one(&r);
	sent(&r, 2);
	sent(&r, 3);
	read_one(&r); /* the second */
	told(&r, 3);
	told(&r, 2);
	read_one(&r);
	sent(&r, 4);
	told(&r, 4);
	read_one(&r);
	all_delivered(&r, 4);
}

/* Several joined the queue at once, and only the last was told of (Linux 6.18). */
static void only_the_last_is_told(void **state)
{
	struct rig r;

	(void)state;
	open_flow(&r);
	for (int i = 1; i <= 3; i++)
		sent(&r, i);
	told(&r, 3);
	for (int i = 1; i <= 3; i++)
		read_one(&r);
	sent(&r, 4);
	told(&r, 4);
	read_one(&r);
	all_delivered(&r, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(read_before_it_is_told),
		cmocka_unit_test(told_behind_the_next),
		cmocka_unit_test(only_the_last_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

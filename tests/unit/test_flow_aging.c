// SPDX-License-Identifier: GPL-2.0-only
/* When a connection leaves the kernel's table. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow_aging.h"

#define SECOND 1000000000ull

static unsigned int forgotten;

static void forget(void *ctx, const struct crumb_ev_flow *flow)
{
	(void)ctx;
	assert_int_equal(flow->flow, 1);
	forgotten++;
}

static struct flow_aging *fresh(void)
{
	struct flow_aging *a;

	forgotten = 0;
	assert_int_equal(flow_aging_new(forget, NULL, &a), 0);
	return a;
}

static void give(struct flow_aging *a, void *event, uint16_t type, uint64_t second)
{
	struct crumb_event *ev = event;

	ev->type = type;
	ev->time_ns = second * SECOND;
	assert_int_equal(flow_aging_event(a, ev), 0);
}

static void flow(struct flow_aging *a, uint8_t proto, uint8_t why, uint64_t second)
{
	struct crumb_ev_flow ev = { .flow = 1, .proto = proto, .why = why };

	give(a, &ev, CRUMB_EV_FLOW, second);
}

static void state(struct flow_aging *a, uint8_t end, uint8_t new_state, uint64_t second)
{
	struct crumb_ev_state ev = { .flow = 1, .end = end, .new_state = new_state };

	give(a, &ev, CRUMB_EV_STATE, second);
}

static void sample(struct flow_aging *a, uint64_t second)
{
	struct crumb_ev_sample ev = { .s = { .flow = 1 } };

	give(a, &ev, CRUMB_EV_SAMPLE, second);
}

static void packet(struct flow_aging *a, uint64_t second)
{
	struct crumb_ev_skb ev = { .flow = 1 };

	give(a, &ev, CRUMB_EV_SKB, second);
}

static unsigned int at(struct flow_aging *a, uint64_t second)
{
	flow_aging_tick(a, second * SECOND);
	return forgotten;
}

static void sockets(void **unused)
{
	struct flow_aging *a = fresh();

	(void)unused;
	flow(a, IPPROTO_TCP, CRUMB_WHY_FILTER, 0);
	state(a, 0, 1, 0);
	state(a, 1, 1, 0);
	assert_int_equal(at(a, 1000), 0);
	state(a, 0, 7, 1000);
	assert_int_equal(at(a, 2000), 0);
	state(a, 1, 7, 2000);
	assert_int_equal(at(a, 2001), 0);
	assert_int_equal(at(a, 2003), 1);
	flow_aging_free(a);
}

static void datagrams(void **unused)
{
	struct flow_aging *a = fresh();

	(void)unused;
	flow(a, IPPROTO_UDP, CRUMB_WHY_FILTER, 0);
	packet(a, 20);
	assert_int_equal(at(a, 31), 0);
	sample(a, 45);
	assert_int_equal(at(a, 51), 0);
	assert_int_equal(at(a, 74), 0);
	assert_int_equal(at(a, 76), 1);
	flow_aging_free(a);
}

static void samples_only(void **unused)
{
	struct flow_aging *a = fresh();

	(void)unused;
	flow(a, IPPROTO_TCP, CRUMB_WHY_SAMPLE, 0);
	sample(a, 50);
	assert_int_equal(at(a, 61), 0);
	assert_int_equal(at(a, 109), 0);
	assert_int_equal(at(a, 111), 1);
	assert_int_equal(at(a, 1000), 1);
	flow(a, IPPROTO_TCP, CRUMB_WHY_SAMPLE, 1000); /* and again */
	assert_int_equal(at(a, 1061), 2);
	flow_aging_free(a);
}

/* A hook's packet, a socket, or the record that was on its way when the sample came: no longer by its samples. */
static void seen_by_hooks(void **unused)
{
	(void)unused;
	for (int i = 0; i < 3; i++) {
		struct flow_aging *a = fresh();

		flow(a, IPPROTO_TCP, CRUMB_WHY_SAMPLE, 0);
		if (i == 0)
			packet(a, 1);
		else if (i == 1)
			state(a, 0, 1, 1);
		else
			flow(a, IPPROTO_TCP, CRUMB_WHY_FILTER, 1);
		assert_int_equal(at(a, 1000), 0);
		state(a, 0, 7, 1001);
		assert_int_equal(at(a, 1100), 1);
		flow_aging_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets),
		cmocka_unit_test(datagrams),
		cmocka_unit_test(samples_only),
		cmocka_unit_test(seen_by_hooks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

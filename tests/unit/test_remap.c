// SPDX-License-Identifier: GPL-2.0-only
/* One host's numbers among those of all hosts: of what a record says of another connection, and of a namespace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event.h"
#include "remap.h"

enum { NETNS = 4026532001 };

struct fixture {
	struct clocks *clocks;
	struct remap *r;
	union {
		uint64_t align;
		uint8_t bytes[EVENT_SCRATCH_BYTES];
	} buf;
	uint32_t introduced; /* namespaces that were told of first */
};

static int introduced(void *ctx, const struct crumb_event *ev)
{
	((struct fixture *)ctx)->introduced += ev->type == CRUMB_EV_NETNS;
	return 0;
}

static int set_up(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.clocks = clocks_new();
	clocks_add(f.clocks, 0);
	clocks_add(f.clocks, 0);
	f.r = remap_new(f.clocks, NULL);
	*state = &f;
	return f.r ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	remap_free(f->r);
	clocks_free(f->clocks);
	return 0;
}

static const void *pass(struct fixture *f, unsigned int host, void *ev, uint16_t type, uint16_t size)
{
	struct remap_from from = { .source = host, .host = host };
	struct remap_out out = { introduced, f };
	struct crumb_event *h = ev;

	h->time_ns = 1000;
	h->type = type;
	h->size = size;
	return remap_event(f->r, &from, h, f->buf.bytes, &out) == 1 ? f->buf.bytes : NULL;
}

static uint32_t announce(struct fixture *f, unsigned int host, uint32_t flow, uint16_t port)
{
	struct crumb_ev_flow ev = {
		.flow = flow, .proto = 6, .family = 2, .port = { 80, port }, .netns = NETNS
	};
	const struct crumb_ev_flow *to = pass(f, host, &ev, CRUMB_EV_FLOW, sizeof(ev));

	assert_non_null(to);
	return to->flow;
}

static void names_of_a_translated_connection(void **state)
{
	struct fixture *f = *state;
	uint32_t first, second, elsewhere;
	struct crumb_ev_nat ev = { .flow = 1,
				   .dir = 1,
				   .how = CRUMB_NAT_SRC,
				   .netns = NETNS,
				   .other = { 2, 77 },
				   .port_before = { 5000, 80 } };
	const struct crumb_ev_nat *to;

	/* The other host has been here first, with numbers of its own. */
	elsewhere = announce(f, 1, 2, 6000);
	first = announce(f, 0, 1, 5000);
	second = announce(f, 0, 2, 5001);
	assert_true(first != second && first != elsewhere && second != elsewhere);
	to = pass(f, 0, &ev, CRUMB_EV_NAT, sizeof(ev));
	assert_non_null(to);
	assert_int_equal(to->flow, first);
	assert_int_equal(to->other[0], second);
	assert_int_equal(to->other[1], 0); /* never announced: nobody's number */
	assert_int_equal(to->port_before[0], 5000);
	assert_int_equal(to->how, CRUMB_NAT_SRC);
	/* Of a connection that this host did not announce nothing is passed on. */
	ev.flow = 9;
	assert_null(pass(f, 0, &ev, CRUMB_EV_NAT, sizeof(ev)));
}

/* What a switch's hardware told of a connection: whose it is, from which end, in which namespace. */
static void what_hardware_tells(void **state)
{
	struct fixture *f = *state;
	struct crumb_ev_trap trap = { .s = { .flow = 3, .dir = 1, .netns = NETNS },
				      .kind = CRUMB_TRAP_DROP,
				      .name = "tail_drop" };
	struct crumb_ev_sample sample = { .s = { .flow = 3, .dir = 0, .netns = NETNS },
					  .seen_ns = 900 };
	uint32_t first = announce(f, 0, 1, 5000), other, netns;
	const struct crumb_ev_sample *s;
	const struct crumb_ev_trap *t;

	other = announce(f, 1, 3, 5000);
	assert_int_equal(first, other);
	t = pass(f, 1, &trap, CRUMB_EV_TRAP, sizeof(trap));
	assert_non_null(t);
	assert_int_equal(t->s.flow, first);
	assert_int_equal(t->s.dir, 1);
	assert_string_equal(t->name, "tail_drop");
	netns = t->s.netns;
	s = pass(f, 1, &sample, CRUMB_EV_SAMPLE, sizeof(sample));
	assert_non_null(s);
	assert_int_equal(s->s.flow, first);
	assert_int_equal(s->s.netns, netns);
	assert_int_equal(s->s.h.time_ns - s->seen_ns, 100); /* both on one axis */
	sample.s.flow = 99;				    /* never announced */
	assert_null(pass(f, 1, &sample, CRUMB_EV_SAMPLE, sizeof(sample)));
}

static void one_connection_on_two_hosts(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(announce(f, 0, 1, 5000), announce(f, 1, 7, 5000));
	assert_true(announce(f, 0, 2, 5000) != announce(f, 0, 1, 5000)); /* the port again */
}

static void namespaces_of_two_hosts(void **state)
{
	struct fixture *f = *state;
	struct crumb_ev_tunnel ev = { .flow = 1,
				      .dir = 1,
				      .kind = CRUMB_TUNNEL_VXLAN,
				      .number = 0x4321,
				      .netns = NETNS,
				      .key = 42 };
	const struct crumb_ev_tunnel *to;
	uint32_t flow = announce(f, 0, 1, 5000);

	assert_int_equal(announce(f, 1, 1, 5000), flow);
	to = pass(f, 0, &ev, CRUMB_EV_TUNNEL, sizeof(ev));
	assert_non_null(to);
	assert_int_equal(to->netns, NETNS);
	assert_int_equal(to->flow, flow);
	to = pass(f, 1, &ev, CRUMB_EV_TUNNEL, sizeof(ev));
	assert_non_null(to);
	assert_true(to->netns && to->netns != NETNS); /* the same inode number, on another kernel */
	assert_int_equal(to->flow, flow);
	assert_int_equal(to->number, 0x4321);
	assert_int_equal(to->key, 42);
	assert_int_equal(f->introduced, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_of_a_translated_connection, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_hardware_tells, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_connection_on_two_hosts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(namespaces_of_two_hosts, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

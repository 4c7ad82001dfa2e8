// SPDX-License-Identifier: GPL-2.0-only
/* What is read out of rtnetlink's messages about a switch's hardware: messages as fib_dump_info(), neigh_fill_info() and rtnl_stats_fill() write them. */
#include <arpa/inet.h>
#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>

#include "devlink_look.h"
#include "hw_look.h"
#include "netns_look.h"

static _Alignas(8) char buf[4096];

static struct nlmsghdr *message(uint16_t type, const void *head, size_t size)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	memcpy(mnl_nlmsg_put_extra_header(nlh, size), head, size);
	return nlh;
}

static struct nlmsghdr *route(unsigned int flags, unsigned char type, uint32_t table)
{
	const struct rtmsg m = {
		.rtm_family = AF_INET, .rtm_dst_len = 24, .rtm_type = type, .rtm_flags = flags
	};
	struct nlmsghdr *nlh = message(RTM_NEWROUTE, &m, sizeof(m));

	mnl_attr_put_u32(nlh, RTA_TABLE, table);
	mnl_attr_put_u32(nlh, RTA_DST, inet_addr("10.2.0.0"));
	mnl_attr_put_u32(nlh, RTA_PRIORITY, 20);
	return nlh;
}

static void routes(void **state)
{
	static const uint8_t dst[16] = { [10] = 0xff, 0xff, 10, 2, 0, 0 },
			     via[16] = { [10] = 0xff, 0xff, 10, 1, 0, 9 };
	static const struct {
		unsigned int flags;
		uint8_t told;
	} all[] = {
		{ 0, 0 },
		{ RTM_F_OFFLOAD, CRUMB_OFFLOAD_DONE },
		{ RTNH_F_OFFLOAD, CRUMB_OFFLOAD_DONE }, /* all that drivers of before 5.6 say */
		{ RTM_F_TRAP, CRUMB_OFFLOAD_TRAP },
		{ RTM_F_OFFLOAD | RTNH_F_TRAP, CRUMB_OFFLOAD_DONE | CRUMB_OFFLOAD_TRAP },
		{ RTM_F_OFFLOAD_FAILED, CRUMB_OFFLOAD_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct nlmsghdr *nlh = route(all[i].flags, RTN_UNICAST, RT_TABLE_MAIN);
		struct crumb_ev_offload e = { 0 };

		mnl_attr_put_u32(nlh, RTA_OIF, 7);
		mnl_attr_put_u32(nlh, RTA_GATEWAY, inet_addr("10.1.0.9"));
		assert_true(hw_parse_route(nlh, &e));
		assert_int_equal(e.kind, CRUMB_OFFLOAD_ROUTE);
		assert_int_equal(e.family, AF_INET);
		assert_int_equal(e.prefix, 24);
		assert_int_equal(e.metric, 20);
		assert_int_equal(e.ifindex, 7);
		assert_int_equal(e.flags, all[i].told);
		assert_memory_equal(e.addr, dst, 16);
		assert_memory_equal(e.via, via, 16);
	}
}

static void several_next_hops(void **state)
{
	struct nlmsghdr *nlh = route(RTM_F_OFFLOAD, RTN_UNICAST, RT_TABLE_MAIN);
	struct rtnexthop hops[2] = { { .rtnh_len = sizeof(hops[0]), .rtnh_ifindex = 7 },
				     { .rtnh_len = sizeof(hops[0]), .rtnh_ifindex = 8 } };
	struct crumb_ev_offload e = { 0 };

	(void)state;
	mnl_attr_put(nlh, RTA_MULTIPATH, sizeof(hops), hops);
	assert_true(hw_parse_route(nlh, &e));
	assert_int_equal(e.flags, CRUMB_OFFLOAD_DONE | CRUMB_OFFLOAD_MANY);
	assert_int_equal(e.ifindex, 0);
	/* Of a VRF; of the machine's own addresses; and what leads to no next hop. */
	assert_true(hw_parse_route(route(RTM_F_OFFLOAD, RTN_UNICAST, 1001), &e));
	assert_int_equal(e.table, 1001);
	assert_false(hw_parse_route(route(RTM_F_OFFLOAD, RTN_UNICAST, RT_TABLE_LOCAL), &e));
	assert_false(hw_parse_route(route(RTM_F_OFFLOAD, RTN_LOCAL, RT_TABLE_MAIN), &e));
}

static void neighbours(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	struct ndmsg m = { .ndm_family = AF_INET,
			   .ndm_ifindex = 7,
			   .ndm_state = NUD_STALE,
			   .ndm_flags = NTF_OFFLOADED };
	struct crumb_ev_offload e = { 0 };
	struct nlmsghdr *nlh;

	(void)state;
	nlh = message(RTM_NEWNEIGH, &m, sizeof(m));
	mnl_attr_put_u32(nlh, NDA_DST, inet_addr("10.1.0.9"));
	mnl_attr_put(nlh, NDA_LLADDR, sizeof(mac), mac);
	assert_true(hw_parse_neigh(nlh, &e));
	assert_int_equal(e.kind, CRUMB_OFFLOAD_NEIGH);
	assert_int_equal(e.ifindex, 7);
	assert_int_equal(e.flags, CRUMB_OFFLOAD_DONE);
	assert_memory_equal(e.lladdr, mac, 6);
	m.ndm_state = NUD_FAILED;
	nlh = message(RTM_NEWNEIGH, &m, sizeof(m));
	mnl_attr_put_u32(nlh, NDA_DST, inet_addr("10.1.0.9"));
	mnl_attr_put(nlh, NDA_LLADDR, sizeof(mac), mac);
	assert_false(hw_parse_neigh(nlh, &e));
}

static void counters(void **state)
{
	const struct if_stats_msg m = { .ifindex = 7 };
	struct rtnl_link_stats64 all = {
		.rx_packets = 100, .tx_packets = 200, .rx_bytes = 3000, .tx_bytes = 4000
	};
	struct rtnl_link_stats64 cpu = { .rx_packets = 1, .tx_packets = 2 };
	struct crumb_ev_count e = { 0 };
	struct nlmsghdr *nlh = message(RTM_NEWSTATS, &m, sizeof(m));
	struct nlattr *nest;

	(void)state;
	mnl_attr_put(nlh, IFLA_STATS_LINK_64, sizeof(all), &all);
	assert_true(hw_parse_count(nlh, &e));
	assert_int_equal(e.ifindex, 7);
	assert_int_equal(e.rx_packets, 100);
	assert_int_equal(e.tx_packets, 200);
	assert_int_equal(e.rx_bytes, 3000);
	assert_int_equal(e.tx_bytes, 4000);
	assert_true(e.cpu_rx_packets == CRUMB_COUNT_UNKNOWN);
	nest = mnl_attr_nest_start(nlh, IFLA_STATS_LINK_OFFLOAD_XSTATS);
	mnl_attr_put(nlh, IFLA_OFFLOAD_XSTATS_CPU_HIT, sizeof(cpu), &cpu);
	mnl_attr_nest_end(nlh, nest);
	assert_true(hw_parse_count(nlh, &e));
	assert_int_equal(e.cpu_rx_packets, 1);
	assert_int_equal(e.cpu_tx_packets, 2);
	assert_false(hw_parse_count(message(RTM_NEWSTATS, &m, sizeof(m)), &e));
}

/* As devlink_nl_trap_fill() writes it. */
static struct nlmsghdr *trap(const char *name, uint8_t action)
{
	const struct genlmsghdr g = { .cmd = DEVLINK_CMD_TRAP_NEW };
	struct nlmsghdr *nlh = message(30, &g, sizeof(g));

	mnl_attr_put_strz(nlh, DEVLINK_ATTR_BUS_NAME, "pci");
	mnl_attr_put_strz(nlh, DEVLINK_ATTR_TRAP_NAME, name);
	mnl_attr_put_u8(nlh, DEVLINK_ATTR_TRAP_TYPE, DEVLINK_TRAP_TYPE_DROP);
	mnl_attr_put_u8(nlh, DEVLINK_ATTR_TRAP_ACTION, action);
	return nlh;
}

static void trap_actions(void **state)
{
	struct crumb_ev_trap_set e = { .name = "tail_drop" };

	(void)state;
	devlink_parse_trap(trap("early_drop", DEVLINK_TRAP_ACTION_TRAP), &e);
	assert_int_equal(e.action, 0);
	devlink_parse_trap(trap("tail_drop", DEVLINK_TRAP_ACTION_MIRROR), &e);
	assert_int_equal(e.action, CRUMB_TRAP_MIRRORS);
	devlink_parse_trap(trap("tail_drop", DEVLINK_TRAP_ACTION_MIRROR), &e);
	assert_int_equal(e.action, CRUMB_TRAP_MIRRORS);
	devlink_parse_trap(trap("tail_drop", 9), &e);
	assert_int_equal(e.action, CRUMB_TRAP_MIRRORS);
	devlink_parse_trap(trap("tail_drop", DEVLINK_TRAP_ACTION_DROP), &e);
	assert_int_equal(e.action, CRUMB_TRAP_DIFFERS);
}

/* ------------------------------------------------------------------------------------------ of this kernel */

struct seen {
	uint32_t counts, loopback, others;
};

static int note(void *ctx, const struct crumb_event *ev)
{
	struct seen *s = ctx;

	assert_int_equal(ev->time_ns, 77);
	s->counts += ev->type == CRUMB_EV_COUNT;
	s->loopback += ev->type == CRUMB_EV_COUNT &&
		       ((const struct crumb_ev_count *)ev)->ifindex == 1;
	s->others += ev->type != CRUMB_EV_COUNT && ev->type != CRUMB_EV_FDB &&
		     ev->type != CRUMB_EV_OFFLOAD && ev->type != CRUMB_EV_FILTER;
	return 0;
}

/* The kernel takes the requests; that something here is offloaded is nothing that a test could bring about. */
static void this_kernel(void **state)
{
	struct seen s = { 0 };

	(void)state;
	assert_int_equal(hw_look(netns_of_process(0), 77, note, &s), 0);
	assert_true(s.counts > 0);
	assert_int_equal(s.loopback, 1);
	assert_int_equal(s.others, 0);
	hw_look_any(netns_of_process(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes),	cmocka_unit_test(several_next_hops),
		cmocka_unit_test(neighbours),	cmocka_unit_test(counters),
		cmocka_unit_test(trap_actions), cmocka_unit_test(this_kernel),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

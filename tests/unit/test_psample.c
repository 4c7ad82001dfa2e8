// SPDX-License-Identifier: GPL-2.0-only
/* Samples as psample_sample_packet() writes them (net/psample/psample.c): what is read of them, and that nothing is of what is damaged. */
#include <linux/genetlink.h>
#include <linux/psample.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>

#include "psample.h"

#define FAMILY	 33
#define V4	 [10] = 0xff, 0xff
#define ETHERNET 2, 0x47, 0, 0, 0, 2, 2, 0x47, 0, 0, 0, 1

static _Alignas(8) char buf[4096];

/* 10.47.0.1:50312 > 10.47.0.2:4747, sequence number 5001, 6 bytes, of which none is here: cut off behind the header */
static const uint8_t tcp4[] = { ETHERNET, 8,	0,    0x45, 0,	  0,  46, 0x12, 0x34, 0x40, 0,
				64,	  6,	0,    0,    10,	  47, 0,  1,	10,   47,   0,
				2,	  0xc4, 0x88, 0x12, 0x8b, 0,  0,  0x13, 0x89, 0,    0,
				0,	  9,	0x50, 0x18, 1,	  0,  0,  0,	0,    0 };

/* In VLAN 100, from a lesser port to a greater one: "muffin" */
static const uint8_t udp6[] = { ETHERNET, 0x81, 0,   0x20, 100,	 0x86, 0xdd, 0x60, 0,  0,    0,
				0,	  14,	17,  63,   0xfd, 0x47, 0,    0,	   0,  0,    0,
				0,	  0,	0,   0,	   0,	 0,    0,    0,	   1,  0xfd, 0x47,
				0,	  0,	0,   0,	   0,	 0,    0,    0,	   0,  0,    0,
				0,	  0,	2,   0,	   53,	 0x12, 0x8b, 0,	   14, 0,    0,
				'm',	  'u',	'f', 'f',  'i',	 'n' };

static struct nlmsghdr *message(const void *frame, size_t n)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *g;

	nlh->nlmsg_type = FAMILY;
	g = mnl_nlmsg_put_extra_header(nlh, sizeof(*g));
	g->cmd = PSAMPLE_CMD_SAMPLE;
	mnl_attr_put_u16(nlh, PSAMPLE_ATTR_IIFINDEX, 3);
	mnl_attr_put_u16(nlh, PSAMPLE_ATTR_OIFINDEX, 4);
	mnl_attr_put_u32(nlh, PSAMPLE_ATTR_SAMPLE_RATE, 100);
	mnl_attr_put_u32(nlh, PSAMPLE_ATTR_ORIGSIZE, 60);
	mnl_attr_put_u32(nlh, PSAMPLE_ATTR_SAMPLE_GROUP, 1);
	mnl_attr_put_u32(nlh, PSAMPLE_ATTR_GROUP_SEQ, 77);
	if (frame)
		mnl_attr_put(nlh, PSAMPLE_ATTR_DATA, n, frame);
	return nlh;
}

static void of_tcp(void **state)
{
	static const uint8_t lesser[16] = { V4, 10, 47, 0, 2 }, greater[16] = { V4, 10, 47, 0, 1 };
	struct nlmsghdr *nlh = message(tcp4, sizeof(tcp4));
	struct sampled s;

	(void)state;
	mnl_attr_put_u16(nlh, PSAMPLE_ATTR_OUT_TC, 3);
	mnl_attr_put_u64(nlh, PSAMPLE_ATTR_OUT_TC_OCC, 4096);
	mnl_attr_put_u64(nlh, PSAMPLE_ATTR_LATENCY, 1500);
	mnl_attr_put_u64(nlh, PSAMPLE_ATTR_TIMESTAMP, 123456789);
	assert_true(psample_parse(nlh, &s));
	assert_int_equal(s.ev.s.h.type, CRUMB_EV_SAMPLE);
	assert_int_equal(s.ev.s.ifindex, 3);
	assert_int_equal(s.ev.out, 4);
	assert_int_equal(s.ev.rate, 100);
	assert_int_equal(s.ev.group, 1);
	assert_int_equal(s.ev.group_seq, 77);
	assert_int_equal(s.ev.s.wire_len, 60);
	assert_int_equal(s.ev.out_tc, 3);
	assert_int_equal(s.ev.queue_bytes, 4096);
	assert_int_equal(s.ev.latency_ns, 1500);
	assert_int_equal(s.ev.seen_ns, 123456789);
	assert_int_equal(s.ev.s.seq, 5001);
	assert_int_equal(s.ev.s.payload, 6);
	assert_int_equal(s.ev.s.ip_version, 4);
	assert_int_equal(s.ev.s.ip_id, 0x1234);
	assert_int_equal(s.ev.s.dir, 1); /* from the greater port to the lesser */
	assert_int_equal(s.flow.proto, 6);
	assert_int_equal(s.flow.port[0], 4747);
	assert_int_equal(s.flow.port[1], 50312);
	assert_memory_equal(s.flow.addr[0], lesser, 16);
	assert_memory_equal(s.flow.addr[1], greater, 16);
	assert_int_equal(s.l3_len, 46);
	assert_memory_equal(s.l3, tcp4 + 14, 20);
}

/* What hardware does not tell is not known; and the digest is that which the kernel side makes of the same bytes. */
static void of_udp(void **state)
{
	struct sampled s;

	(void)state;
	assert_true(psample_parse(message(udp6, sizeof(udp6)), &s));
	assert_true(s.ev.latency_ns == CRUMB_SAMPLE_UNKNOWN);
	assert_true(s.ev.queue_bytes == CRUMB_SAMPLE_UNKNOWN);
	assert_int_equal(s.ev.out_tc, CRUMB_SAMPLE_NO_TC);
	assert_int_equal(s.ev.s.vlan, 0x2064);
	assert_int_equal(s.ev.s.ip_version, 6);
	assert_int_equal(s.ev.s.payload, 6);
	assert_int_equal(s.ev.s.dir, 0);
	assert_int_equal(s.flow.port[0], 53);
	/* worked out by hand, in Python */
	assert_int_equal(s.ev.s.seq, 0x605f965bu);
	assert_int_equal(s.ev.s.ack, 0xa43c5a17u);
}

/* A datagram that was cut off has no digest of its whole beginning; its first 8 bytes may be there. */
static void cut_off(void **state)
{
	struct sampled s;

	(void)state;
	assert_true(psample_parse(message(udp6, sizeof(udp6) - 1), &s));
	assert_int_equal(s.ev.s.seq, 0);
	assert_int_equal(s.ev.s.ack, 0);
	assert_false(psample_parse(message(tcp4, sizeof(tcp4) - 1), &s));
	assert_false(psample_parse(message(NULL, 0), &s));
	assert_false(psample_parse(message(tcp4, 0), &s));
}

static void not_followed(void **state)
{
	uint8_t frame[sizeof(tcp4)];
	struct sampled s;

	(void)state;
	memcpy(frame, tcp4, sizeof(frame));
	frame[14 + 9] = 1; /* ICMP */
	assert_false(psample_parse(message(frame, sizeof(frame)), &s));
	memcpy(frame, tcp4, sizeof(frame));
	frame[14 + 7] = 8; /* a later fragment */
	assert_false(psample_parse(message(frame, sizeof(frame)), &s));
	memcpy(frame, tcp4, sizeof(frame));
	frame[14 + 3] = 40; /* without bytes */
	assert_false(psample_parse(message(frame, sizeof(frame)), &s));
	memcpy(frame, tcp4, sizeof(frame));
	frame[13] = 6; /* ARP */
	assert_false(psample_parse(message(frame, sizeof(frame)), &s));
}

/* Attributes of another length than theirs, and each byte of a message changed: nothing is read beyond it. */
static void damaged(void **state)
{
	struct nlmsghdr *nlh = message(tcp4, sizeof(tcp4));
	struct sampled s;
	char whole[sizeof(buf)];
	uint32_t len;

	(void)state;
	mnl_attr_put_u16(nlh, PSAMPLE_ATTR_LATENCY, 7);
	mnl_attr_put(nlh, PSAMPLE_ATTR_OUT_TC, 0, NULL);
	mnl_attr_put(nlh, PSAMPLE_ATTR_TIMESTAMP, 0, NULL);
	assert_true(psample_parse(nlh, &s));
	assert_true(s.ev.latency_ns == CRUMB_SAMPLE_UNKNOWN);
	assert_int_equal(s.ev.out_tc, CRUMB_SAMPLE_NO_TC);
	assert_true(s.ev.seen_ns == CRUMB_SAMPLE_UNKNOWN);
	len = nlh->nlmsg_len;
	memcpy(whole, buf, len);
	for (uint32_t at = sizeof(*nlh); at < len; at++) {
		static const uint8_t values[] = { 0, 1, 0x7f, 0xff };

		for (size_t v = 0; v < sizeof(values); v++) {
			memcpy(buf, whole, len);
			buf[at] = (char)values[v];
			if (psample_parse(nlh, &s))
				assert_true(s.ev.s.payload > 0 && s.ev.s.dir <= 1);
		}
	}
	for (uint32_t n = 0; n <= len; n++) {
		memcpy(buf, whole, len);
		nlh->nlmsg_len = n;
		psample_parse(nlh, &s);
	}
}

/* A kernel without the family: nothing is there to listen to. With it: there is, and reading finds nothing. */
static int nothing(void *ctx, const struct crumb_event *ev)
{
	(void)ctx;
	(void)ev;
	return 0;
}

static void this_kernel(void **state)
{
	struct psample *p = NULL;
	int err = psample_new(&p);

	(void)state;
	if (err) {
		assert_int_equal(err, -2); /* ENOENT */
		return;
	}
	assert_int_equal(psample_read(p, 1, nothing, NULL), 0);
	psample_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_tcp),  cmocka_unit_test(of_udp),
		cmocka_unit_test(cut_off), cmocka_unit_test(not_followed),
		cmocka_unit_test(damaged), cmocka_unit_test(this_kernel),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Journeys made by hand for test_render.c: one of each kind that a renderer must show. */
#ifndef CRUMB_TESTS_RENDER_FIXTURE_H
#define CRUMB_TESTS_RENDER_FIXTURE_H

#include <netinet/in.h>
#include <string.h>

#include "journey.h"

#define FIXTURE_STEPS 64

struct fixture {
	struct journey j;
	struct journey_step steps[FIXTURE_STEPS], side[4];
	struct journey_segment segments[FIXTURE_STEPS];
	struct journey_call calls[8];
};

static const struct cause cause_libc = { "tx.libc", "in the C library" },
			  cause_syscall = { "tx.syscall", "kernel entry, file look-up, socket lock" },
			  cause_copy = { "tx.copy",
					 "copy into the kernel, TCP and IP on the way out" },
			  cause_queue = { "tx.cwnd", "waiting for the congestion window" },
			  cause_qdisc = { "net.qdisc", "waiting in the queueing discipline" },
			  cause_driver = { "net.driver", "hand over to the driver" },
			  cause_wire = { "net.wire", "virtual wire and receive softirq" },
			  cause_bridge = { "net.bridge", "bridge: look up, decide, forward" },
			  cause_ip = { "rx.stack", "IP and TCP on the way in" },
			  cause_ready = { "rx.queue", "into the receive queue" },
			  cause_wake = { "rx.wakeup", "reader woken, waiting for a CPU" },
			  cause_busy = { "rx.app_busy", "the application was busy elsewhere" },
			  cause_read = { "rx.copy", "copy to user memory" },
			  cause_back = { "rx.return", "return from the kernel" };

/* Appends a step @ns after the one before it, and the segment between the two. */
static struct journey_step *add(struct fixture *f, uint64_t ns, const struct cause *cause,
				const char *host, enum crumb_point pt)
{
	uint32_t i = f->j.step_count++;
	struct journey_step *s = &f->steps[i];

	*s = (struct journey_step){ .point = pt,
				    .host = host,
				    .netns = 4026532200,
				    .cpu = 1,
				    .via = point_get(pt)->via[0].kind,
				    .func = point_get(pt)->func,
				    .exact = true,
				    .count = 1 };
	if (i > 0) {
		s->t_ns = f->steps[i - 1].t_ns + ns;
		f->segments[f->j.segment_count++] =
			(struct journey_segment){ .from = i - 1, .to = i, .ns = ns, .cause = cause };
		f->j.total_ns += ns;
		if (!cause)
			f->j.unexplained_ns += ns;
	}
	s->first_ns = s->t_ns;
	return s;
}

static struct journey_step *on_dev(struct journey_step *s, const char *dev)
{
	s->dev = dev;
	return s;
}

static void start(struct fixture *f, uint64_t bytes)
{
	static const uint8_t a[16] = { [10] = 0xff, 0xff, 10, 47, 0, 1 };
	static const uint8_t b[16] = { [10] = 0xff, 0xff, 10, 47, 0, 2 };

	memset(f, 0, sizeof(*f));
	for (int i = 0; i < 16; i++)
		f->j.id[i] = 0x3f + 11 * i;
	memcpy(f->j.src.addr, a, 16);
	memcpy(f->j.dst.addr, b, 16);
	f->j.src.port = 50312;
	f->j.dst.port = 4747;
	f->j.proto = IPPROTO_TCP;
	f->j.bytes = bytes;
	f->j.offset_known = true;
	f->j.start_ns = 1234567;
	f->j.clock_state = "exact";
	f->j.steps = f->steps;
	f->j.segments = f->segments;
	f->j.side_steps = f->side;
	f->j.calls = f->calls;
	f->j.sender =
		(struct journey_end){ true,	     "a",  812,	    812,
				      "muffin-send", 3,	   "write", { 3, 0x55d0c8a2b2a0, bytes },
				      bytes,	     true, NULL,    0 };
	f->j.receiver =
		(struct journey_end){ true,	     "b",  790,	   790,
				      "muffin-recv", 4,	   "read", { 4, 0x7ffc9a315e40, 65536 },
				      bytes,	     true, NULL,   0 };
	f->j.reads = 1;
}

static void make_muffin_sender(struct fixture *f)
{
	static const char *const to_tcp[] = { "__x64_sys_write", "ksys_write", "vfs_write",
					      "sock_write_iter", "tcp_sendmsg" };
	static const char *const to_dev[] = { "tcp_push",	 "__tcp_push_pending_frames",
					      "tcp_write_xmit",	 "__tcp_transmit_skb",
					      "__ip_queue_xmit", "ip_local_out",
					      "ip_output",	 "ip_finish_output2" };
	struct journey_step *s;

	add(f, 0, NULL, "a", CRUMB_PT_LIBC_SEND)->func = "write";
	add(f, 610, &cause_libc, "a", CRUMB_PT_SYS_SEND)->func = "__x64_sys_write";
	s = add(f, 2211, &cause_syscall, "a", CRUMB_PT_TCP_APPEND);
	s->detail = "cwnd 10, 0 in flight, 0 of 87040 bytes of send buffer used";
	s->path = to_tcp;
	s->path_len = 5;
	s = on_dev(add(f, 4120, &cause_copy, "a", CRUMB_PT_DEV_QUEUE), "eth0");
	s->path = to_dev;
	s->path_len = 8;
	s->path_borrowed = true;
	on_dev(add(f, 402, &cause_driver, "a", CRUMB_PT_DEV_XMIT), "eth0");
}

static void make_muffin_receiver(struct fixture *f)
{
	on_dev(add(f, 1530, &cause_wire, "b", CRUMB_PT_DEV_RECEIVE), "eth0");
	add(f, 1871, &cause_ip, "b", CRUMB_PT_TCP_RECEIVE);
	add(f, 950, &cause_ready, "b", CRUMB_PT_SOCK_READY);
	add(f, 1204, &cause_ready, "b", CRUMB_PT_SCHED_WAKE)->detail = "muffin-recv[790]";
	add(f, 52310, &cause_wake, "b", CRUMB_PT_SCHED_RUN)->detail = "on CPU 1, after swapper/1";
	f->segments[f->j.segment_count - 1].note = "idle CPU 1";
	add(f, 3050, &cause_read, "b", CRUMB_PT_SOCK_COPY);
	add(f, 811, &cause_read, "b", CRUMB_PT_SOCK_RECV_RETURN);
	add(f, 402, &cause_back, "b", CRUMB_PT_SYS_RECV_RETURN)->func = "__x64_sys_read";
	add(f, 733, &cause_back, "b", CRUMB_PT_LIBC_RECV_RETURN)->func = "read";
}

/* The journey of the demo: delivered through the switch, with all that -v can show. */
static void make_muffin(struct fixture *f)
{
	start(f, 6);
	make_muffin_sender(f);
	on_dev(add(f, 6204, &cause_wire, "sw", CRUMB_PT_BRIDGE_IN), "swp1")->detail =
		"port forwarding, source 02:47:0a:2f:00:01 known here";
	on_dev(add(f, 2704, &cause_bridge, "sw", CRUMB_PT_BRIDGE_FORWARD), "swp2")->detail =
		"FDB 02:47:0a:2f:00:02: swp2, learned, 3 ms old";
	on_dev(add(f, 333, &cause_driver, "sw", CRUMB_PT_DEV_XMIT), "swp2");
	make_muffin_receiver(f);
	f->side[0] = (struct journey_step){ .point = CRUMB_PT_SYS_SEND_RETURN,
					    .host = "a",
					    .netns = 4026532200,
					    .t_ns = 15920,
					    .cpu = 0,
					    .via = HOOK_TP_BTF,
					    .func = "__x64_sys_write",
					    .exact = true,
					    .count = 1,
					    .first_ns = 15920,
					    .detail = "6 bytes accepted" };
	f->j.side_step_count = 1;
	f->calls[0] = (struct journey_call){ .host = "a",
					     .layer = CRUMB_CALLED_LIBC,
					     .name = "getaddrinfo",
					     .text = "b\t4747",
					     .t_ns = -1312400,
					     .ns = 812300,
					     .pid = 812 };
	f->calls[1] = (struct journey_call){ .host = "a",
					     .layer = CRUMB_CALLED_SYSCALL,
					     .name = "socket",
					     .t_ns = -498000,
					     .ns = 8912,
					     .ret = 3,
					     .pid = 812 };
	f->calls[2] = (struct journey_call){ .host = "a",
					     .layer = CRUMB_CALLED_SYSCALL,
					     .name = "connect",
					     .t_ns = -488000,
					     .ns = 104200,
					     .ret = -111,
					     .pid = 812 };
	f->calls[3] = (struct journey_call){ .host = "a",
					     .layer = CRUMB_CALLED_SYSCALL,
					     .name = "connect",
					     .t_ns = -381000,
					     .ns = 371210,
					     .pid = 812,
					     .has_to = true,
					     .to = f->j.dst };
	f->j.call_count = 4;
	f->j.observer_ns = 1800;
}

/* A megabyte at 3 GB of its stream: many skbs, one of them lost and sent again, a busy reader. */
static void make_bulk(struct fixture *f)
{
	static const struct journey_loss lost = { "b", "eth0", "NETFILTER_DROP", "nft_do_chain",
						  15230 };
	static const struct journey_transmission sent[] = {
		{ 1, 0, 9120, 3221225472, 3222274048, 18, SENT_DROPPED, &lost, 0, SENT_UNSEEN, NULL,
		  0 },
		{ 2, CRUMB_RESENT_RTO, 210401000, 3221242848, 3221244296, 1, SENT_UNSEEN, NULL, 1,
		  SENT_DROPPED, &lost, 210391880 },
		{ 3, CRUMB_RESENT_REPAIR, 212408423, 3221242848, 3221244296, 1, SENT_ARRIVED, NULL,
		  2, SENT_UNSEEN, NULL, 2007423 },
		{ 4, CRUMB_RESENT_TLP, 214008423, 3221242848, 3221244296, 1, SENT_NOT_NEEDED, NULL,
		  3, SENT_ARRIVED, NULL, 0 },
	};

	struct journey_step *s;

	start(f, 1048576);
	f->j.offset = 3221225472;
	f->j.retransmits = 3;
	f->j.transmissions = sent;
	f->j.transmission_count = sizeof(sent) / sizeof(sent[0]);
	f->j.transmissions_more = 2;
	f->j.repair_ns = 212399303;
	f->j.reads = 17;
	add(f, 0, NULL, "a", CRUMB_PT_SYS_SEND)->func = "__x64_sys_write";
	add(f, 3100, &cause_syscall, "a", CRUMB_PT_TCP_APPEND);
	s = add(f, 212400123, &cause_queue, "a", CRUMB_PT_TCP_RETRANSMIT);
	s->detail = "bytes 3221242848..3221244296 again";
	s = on_dev(add(f, 5200, &cause_copy, "a", CRUMB_PT_DEV_QUEUE), "eth0");
	s->count = 18;
	s->first_ns = 9120;
	s = on_dev(add(f, 1840220, &cause_qdisc, "a", CRUMB_PT_DEV_XMIT), "eth0");
	s->count = 18;
	s->first_ns = 9870;
	s = on_dev(add(f, 8120, &cause_wire, "b", CRUMB_PT_DEV_RECEIVE), "eth0");
	s->count = 19;
	s->first_ns = 15200;
	add(f, 2480, &cause_ip, "b", CRUMB_PT_TCP_RECEIVE)->count = 19;
	add(f, 900, &cause_ready, "b", CRUMB_PT_SOCK_READY);
	add(f, 41200300, &cause_busy, "b", CRUMB_PT_SYS_RECV)->func = "__x64_sys_read";
	s = add(f, 402100, &cause_read, "b", CRUMB_PT_SOCK_COPY);
	s->count = 17;
	s->first_ns = 1200000;
	add(f, 640, &cause_back, "b", CRUMB_PT_SYS_RECV_RETURN)->func = "__x64_sys_read";
}

/* Up to the switch, or to @b's device. */
static void make_half(struct fixture *f, bool to_b)
{
	start(f, 6);
	make_muffin_sender(f);
	f->j.receiver = (struct journey_end){ .fd = -1 };
	f->j.reads = 0;
	if (to_b)
		on_dev(add(f, 9120, &cause_wire, "b", CRUMB_PT_DEV_RECEIVE), "eth0");
}

static void make_dropped(struct fixture *f)
{
	make_half(f, true);
	f->j.verdict = VERDICT_DROPPED;
	f->j.reason = "NETFILTER_DROP";
	f->j.where = "b nf_hook_slow eth0";
	on_dev(add(f, 1820, &cause_ip, "b", CRUMB_PT_SKB_DROP), "eth0")->detail =
		"NETFILTER_DROP in nf_hook_slow+0xa1";
}

static void make_waiting(struct fixture *f)
{
	make_half(f, true);
	f->j.verdict = VERDICT_WAITING;
	f->j.where = "b sock.ready";
	f->j.reason = "no recv call has asked for the bytes";
	add(f, 1100, &cause_ip, "b", CRUMB_PT_TCP_RECEIVE);
	add(f, 300, &cause_ready, "b", CRUMB_PT_SOCK_READY);
}

static void make_left(struct fixture *f)
{
	make_half(f, false);
	f->j.verdict = VERDICT_LEFT;
	f->j.where = "a dev.xmit eth0";
}

static void make_incomplete(struct fixture *f)
{
	make_half(f, false);
	f->j.verdict = VERDICT_INCOMPLETE;
	f->j.where = "a dev.xmit eth0";
	f->j.lost_events = 12;
}

/*
 * IPv6, an older connection, a sender nobody saw, steps joined by inference, time without a cause;
 * and a process that named itself to spoil a terminal.
 */
static void make_odd(struct fixture *f)
{
	static const uint8_t a[16] = { 0xfd, 0x47, 0xc0, 0xde, [15] = 1 };
	static const uint8_t b[16] = { 0xfd, 0x47, 0xc0, 0xde, [15] = 2 };

	start(f, 1);
	memcpy(f->j.src.addr, a, 16);
	memcpy(f->j.dst.addr, b, 16);
	f->j.offset = 18446744073;
	f->j.offset_known = false;
	f->j.sender = (struct journey_end){ .fd = -1 };
	f->j.receiver.host = "web-frontend-7f9c";
	f->j.receiver.comm = "\033[31m\"q\\\xff\n\xc3\xa9\xe2\x80\xae";
	f->j.receiver.pid = 791;
	f->j.receiver.ret = -104;
	on_dev(add(f, 0, NULL, "a", CRUMB_PT_DEV_QUEUE), "enp130s0f0np0.47");
	on_dev(add(f, 700, NULL, "a", CRUMB_PT_DEV_XMIT), "enp130s0f0np0.47");
	on_dev(add(f, 15000, &cause_wire, "web-frontend-7f9c", CRUMB_PT_DEV_RECEIVE), "veth9");
	add(f, 800, NULL, "web-frontend-7f9c", CRUMB_PT_SOCK_READY)->exact = false;
	add(f, 0, &cause_back, "web-frontend-7f9c", CRUMB_PT_SYS_RECV_RETURN)->exact = false;
	f->j.clock_state = "aligned";
	f->j.clock_bound_ns = 2300;
}

/* Nothing but a message: no step, nobody seen. */
static void make_empty(struct fixture *f)
{
	start(f, 0);
	f->j.sender = f->j.receiver = (struct journey_end){ .fd = -1 };
	f->j.verdict = VERDICT_WAITING;
	f->j.reads = 0;
}

#endif

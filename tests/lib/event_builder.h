/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event streams made by hand, for tests of what reads them. Time stands still but for `step_ns`
 * before each event, and what the test adds to `now_ns` itself. One function an event; a few that
 * do the usual row of them.
 *
 * The practice network: a (eth0) - (swp1) sw (swp2) - b (eth0), as `crumb lab` builds it.
 */
#ifndef CRUMB_TESTS_EVENT_BUILDER_H
#define CRUMB_TESTS_EVENT_BUILDER_H

#include <stdbool.h>
#include <stdint.h>

#include "stream.h"

enum { NETNS_A = 4026532001, NETNS_SW, NETNS_B, NETNS_C };
enum { IF_A = 2, IF_SWP1 = 3, IF_SWP2 = 4, IF_BRIDGE = 5, IF_SWP3 = 6, IF_B = 7, IF_C = 8 };

struct builder {
	event_fn fn;
	void *ctx;
	uint64_t now_ns, step_ns;
	uint32_t cpu;
	int err; /* the first that `fn` returned */
	uint64_t events;
	uint8_t call_flags; /* CRUMB_CALL_* of the calls made */
};

/* One thread's call under way, so that its end can tell of its beginning. */
struct sender {
	uint32_t flow, pid, netns;
	uint8_t dir;
	uint64_t enter_ns, libc_ns;
};

void build_start(struct builder *b, event_fn fn, void *ctx);
void build_put(struct builder *b, void *ev, uint16_t type, uint16_t size); /* fills in the header */

void build_facts(struct builder *b, uint32_t trace_flags); /* trace, host, the practice network */
void build_end(struct builder *b);
void build_loss(struct builder *b, uint64_t from_ns, uint64_t count, uint16_t cause);
void build_reason(struct builder *b, uint32_t value, const char *name);
void build_symbol(struct builder *b, uint64_t addr, const char *name);

void build_flow(struct builder *b, uint32_t flow); /* 10.47.0.1:50000+flow -> 10.47.0.2:4747 is dir 1 */
void build_state(struct builder *b, uint32_t flow, uint8_t end, uint8_t from, uint8_t to);
void build_reset(struct builder *b, uint32_t flow, uint8_t end, uint8_t what); /* enum crumb_reset */

/*
 * A send call of @left bytes that go to @seq; then its end, which took @bytes at @seq as its last
 * extent.
 */
void build_send_begin(struct builder *b, struct sender *s, uint32_t seq, uint32_t left);
void build_send_extent(struct builder *b, const struct sender *s, uint32_t seq, uint32_t bytes);
void build_send_end(struct builder *b, const struct sender *s, uint32_t seq, uint32_t bytes,
		    int64_t ret);
void build_send(struct builder *b, struct sender *s, uint32_t seq, uint32_t bytes); /* both */

struct build_skb {
	uint32_t flow, seq, payload;
	uint8_t dir, flags, tcp_flags;
	uint16_t gso_segs, tunnel; /* tunnel: crumb_ev_tunnel.number, 0 none */
	uint64_t skb;		   /* address; 0: made from seq */
	uint64_t location;	   /* of its drop: an address that build_symbol() names */
};

void build_skb_at(struct builder *b, const struct build_skb *s, uint8_t point, uint32_t netns,
		  uint32_t ifindex);
void build_drop_at(struct builder *b, const struct build_skb *s, uint32_t reason, uint32_t netns,
		   uint32_t ifindex);

/* The hardware behind that port gives it to the CPU: @kind enum crumb_trap, @flags CRUMB_TRAP_*. */
void build_trap_at(struct builder *b, const struct build_skb *s, uint8_t kind, uint8_t flags,
		   const char *name, uint32_t ifindex);

/* From dev.queue on a to dev.receive on b through the switch, or the other way for dir 0. */
void build_pass(struct builder *b, const struct build_skb *s);
/* Only as far as the switch's bridge.in; and from there on. */
void build_pass_out(struct builder *b, const struct build_skb *s);
void build_pass_in(struct builder *b, const struct build_skb *s);

void build_sock(struct builder *b, const struct build_skb *s, uint8_t point, uint32_t rcv_nxt,
		uint32_t netns);
/* tcp.receive, then sock.ready if @rcv_nxt moved on to the end of it */
void build_arrive(struct builder *b, const struct build_skb *s, uint32_t rcv_nxt);

void build_wake(struct builder *b, uint32_t flow, uint8_t dir, uint32_t pid);
void build_run(struct builder *b, uint32_t flow, uint8_t dir, uint32_t pid);

struct build_recv {
	uint32_t flow, pid, seq, bytes, netns;
	uint8_t dir, flags;
	uint64_t enter_ns, copy_ns, libc_ns; /* 0: enter just now, copy just now, none */
	uint32_t first_copy_bytes;	     /* 0: all */
};

void build_copy(struct builder *b, uint32_t flow, uint8_t dir, uint32_t pid, uint32_t seq,
		uint32_t bytes);
void build_recv_extent(struct builder *b, const struct build_recv *r, uint32_t seq, uint32_t bytes);
void build_recv(struct builder *b, const struct build_recv *r);

void build_call(struct builder *b, uint32_t pid, uint8_t layer, uint16_t nr, uint64_t enter_ns,
		uint32_t flow);

#endif

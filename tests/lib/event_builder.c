// SPDX-License-Identifier: GPL-2.0-only
/* Event streams made by hand: see event_builder.h. */
#include "event_builder.h"

#include <asm/unistd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mac_a[6] = { 2, 0x47, 0, 0, 0, 1 }, mac_b[6] = { 2, 0x47, 0, 0, 0, 2 };

void build_start(struct builder *b, event_fn fn, void *ctx)
{
	*b = (struct builder){
		.fn = fn,
		.ctx = ctx,
		.now_ns = 1000000000,
		.step_ns = 1000,
		.call_flags = CRUMB_CALL_SELECTED,
	};
}

void build_put(struct builder *b, void *ev, uint16_t type, uint16_t size)
{
	struct crumb_event *h = ev;
	int err;

	b->now_ns += b->step_ns;
	h->time_ns = b->now_ns;
	h->type = type;
	h->size = size;
	h->cpu = b->cpu;
	b->events++;
	err = b->fn(b->ctx, ev);
	if (!b->err)
		b->err = err;
}

static void put_netns(struct builder *b, uint32_t netns, const char *host)
{
	struct crumb_ev_netns ev = { .netns = netns };

	snprintf(ev.host, sizeof(ev.host), "%s", host);
	build_put(b, &ev, CRUMB_EV_NETNS, sizeof(ev));
}

static void put_dev(struct builder *b, struct crumb_ev_dev ev, const char *name)
{
	snprintf(ev.name, sizeof(ev.name), "%s", name);
	snprintf(ev.kind, sizeof(ev.kind), "veth");
	ev.port_state = ev.master ? 3 : 0xff;
	build_put(b, &ev, CRUMB_EV_DEV, sizeof(ev));
}

static void put_fdb(struct builder *b, const uint8_t mac[6], uint32_t port)
{
	struct crumb_ev_fdb ev = {
		.netns = NETNS_SW,
		.bridge = IF_BRIDGE,
		.port = port,
		.state = 2,
		.updated_ms = 200,
	};

	memcpy(ev.mac, mac, sizeof(ev.mac));
	build_put(b, &ev, CRUMB_EV_FDB, sizeof(ev));
}

void build_facts(struct builder *b, uint32_t trace_flags)
{
	struct crumb_ev_trace trace = { .version = CRUMB_EVENT_VERSION, .flags = trace_flags };
	struct crumb_ev_host host = {
		.netns = 4026531840, .ncpu = 2, .name = "lab", .machine = "x86_64"
	};

	build_put(b, &trace, CRUMB_EV_TRACE, sizeof(trace));
	build_put(b, &host, CRUMB_EV_HOST, sizeof(host));
	put_netns(b, NETNS_A, "a");
	put_netns(b, NETNS_SW, "sw");
	put_netns(b, NETNS_B, "b");
	put_netns(b, NETNS_C, "c");
	put_dev(b,
		(struct crumb_ev_dev){
			.netns = NETNS_A, .ifindex = IF_A, .peer = IF_SWP1, .peer_netns = NETNS_SW },
		"eth0");
	put_dev(b,
		(struct crumb_ev_dev){ .netns = NETNS_SW,
				       .ifindex = IF_SWP1,
				       .master = IF_BRIDGE,
				       .peer = IF_A,
				       .peer_netns = NETNS_A },
		"swp1");
	put_dev(b,
		(struct crumb_ev_dev){ .netns = NETNS_SW,
				       .ifindex = IF_SWP2,
				       .master = IF_BRIDGE,
				       .peer = IF_B,
				       .peer_netns = NETNS_B },
		"swp2");
	put_dev(b,
		(struct crumb_ev_dev){ .netns = NETNS_SW,
				       .ifindex = IF_SWP3,
				       .master = IF_BRIDGE,
				       .peer = IF_C,
				       .peer_netns = NETNS_C },
		"swp3");
	put_dev(b,
		(struct crumb_ev_dev){
			.netns = NETNS_B, .ifindex = IF_B, .peer = IF_SWP2, .peer_netns = NETNS_SW },
		"eth0");
	put_dev(b,
		(struct crumb_ev_dev){
			.netns = NETNS_C, .ifindex = IF_C, .peer = IF_SWP3, .peer_netns = NETNS_SW },
		"eth0");
	put_fdb(b, mac_a, IF_SWP1);
	put_fdb(b, mac_b, IF_SWP2);
}

void build_end(struct builder *b)
{
	struct crumb_ev_end ev = { .kernel_events = b->events };

	build_put(b, &ev, CRUMB_EV_END, sizeof(ev));
}

void build_loss(struct builder *b, uint64_t from_ns, uint64_t count, uint16_t cause)
{
	struct crumb_ev_loss ev = { .from_ns = from_ns, .count = count, .cause = cause, .on_cpu = 0 };

	build_put(b, &ev, CRUMB_EV_LOSS, sizeof(ev));
}

void build_reason(struct builder *b, uint32_t value, const char *name)
{
	struct crumb_ev_reason ev = { .value = value };

	snprintf(ev.name, sizeof(ev.name), "%s", name);
	build_put(b, &ev, CRUMB_EV_REASON, sizeof(ev));
}

void build_symbol(struct builder *b, uint64_t addr, const char *name)
{
	struct crumb_ev_symbol ev = { .addr = addr };

	snprintf(ev.name, sizeof(ev.name), "%s", name);
	build_put(b, &ev, CRUMB_EV_SYMBOL, sizeof(ev));
}

static void put_address(uint8_t addr[16], uint8_t host)
{
	static const uint8_t v4[16] = { [10] = 0xff, [11] = 0xff, [12] = 10, [13] = 47 };

	memcpy(addr, v4, sizeof(v4));
	addr[15] = host;
}

void build_flow(struct builder *b, uint32_t flow)
{
	struct crumb_ev_flow ev = {
		.flow = flow,
		.proto = IPPROTO_TCP,
		.family = 2,
		.why = CRUMB_WHY_FILTER,
		.netns = NETNS_A,
	};

	put_address(ev.addr[0], 2);
	put_address(ev.addr[1], 1);
	ev.port[0] = 4747;
	ev.port[1] = 50000 + flow % 15000;
	build_put(b, &ev, CRUMB_EV_FLOW, sizeof(ev));
}

void build_state(struct builder *b, uint32_t flow, uint8_t end, uint8_t from, uint8_t to)
{
	struct crumb_ev_state ev = {
		.flow = flow,
		.end = end,
		.old_state = from,
		.new_state = to,
		.netns = end ? NETNS_A : NETNS_B,
	};

	build_put(b, &ev, CRUMB_EV_STATE, sizeof(ev));
}

void build_reset(struct builder *b, uint32_t flow, uint8_t end, uint8_t what)
{
	struct crumb_ev_reset ev = {
		.flow = flow,
		.end = end,
		.what = what,
		.reason = CRUMB_REASON_NONE,
		.netns = end ? NETNS_A : NETNS_B,
	};

	build_put(b, &ev, CRUMB_EV_RESET, sizeof(ev));
}

void build_send_begin(struct builder *b, struct sender *s, uint32_t seq, uint32_t left)
{
	struct crumb_ev_send_begin ev = {
		.flow = s->flow,
		.dir = s->dir,
		.flags = b->call_flags,
		.nr = __NR_write,
		.tgid = s->pid,
		.pid = s->pid,
		.seq = seq,
		.left = left,
		.netns = s->netns ? s->netns :
			 s->dir	  ? NETNS_A :
				    NETNS_B,
		.snd_cwnd = 10,
		.snd_wnd = 65536,
		.wmem_queued = 2304,
		.sndbuf = 87380,
		.comm = "send",
		.args = { 3, 0x7ffe0000, left },
	};

	if (!s->enter_ns)
		s->enter_ns = b->now_ns + b->step_ns / 2;
	if (s->libc_ns)
		ev.flags |= CRUMB_CALL_LIBC;
	ev.enter_ns = s->enter_ns;
	ev.libc_ns = s->libc_ns;
	build_put(b, &ev, CRUMB_EV_SEND_BEGIN, sizeof(ev));
}

void build_send_extent(struct builder *b, const struct sender *s, uint32_t seq, uint32_t bytes)
{
	struct crumb_ev_extent ev = {
		.flow = s->flow,
		.dir = s->dir,
		.tgid = s->pid,
		.pid = s->pid,
		.seq = seq,
		.bytes = bytes,
	};

	build_put(b, &ev, CRUMB_EV_SEND_EXTENT, sizeof(ev));
}

void build_send_end(struct builder *b, const struct sender *s, uint32_t seq, uint32_t bytes,
		    int64_t ret)
{
	struct crumb_ev_send_end ev = {
		.flow = s->flow,
		.dir = s->dir,
		.flags = b->call_flags,
		.nr = __NR_write,
		.tgid = s->pid,
		.pid = s->pid,
		.sock_ns = b->now_ns + b->step_ns / 2,
		.ret = ret,
		.seq = seq,
		.bytes = bytes,
	};

	build_put(b, &ev, CRUMB_EV_SEND_END, sizeof(ev));
}

void build_send(struct builder *b, struct sender *s, uint32_t seq, uint32_t bytes)
{
	s->enter_ns = 0;
	build_send_begin(b, s, seq, bytes);
	build_send_end(b, s, seq, bytes, bytes);
}

static uint64_t skb_address(const struct build_skb *s)
{
	return s->skb ? s->skb : 0xffff888000001000 + s->seq % 4096;
}

static struct crumb_ev_skb skb_event(const struct build_skb *s, uint8_t point, uint32_t netns,
				     uint32_t ifindex)
{
	struct crumb_ev_skb ev = {
		.flow = s->flow,
		.dir = s->dir,
		.point = point,
		.netns = netns,
		.ifindex = ifindex,
		.seq = s->seq,
		.payload = s->payload,
		.skb_len = s->payload + 66,
		.wire_len = s->payload + 66,
		.gso_segs = s->gso_segs,
		.flags = s->flags | (s->tunnel ? CRUMB_SKB_TUNNEL : 0),
		.ip_id = s->tunnel,
		.skb = skb_address(s),
		.tcp_flags = s->tcp_flags ? s->tcp_flags : 0x10,
		.ip_version = 4,
		.ttl = 64,
	};

	memcpy(ev.dst_mac, s->dir ? mac_b : mac_a, sizeof(ev.dst_mac));
	memcpy(ev.src_mac, s->dir ? mac_a : mac_b, sizeof(ev.src_mac));
	return ev;
}

void build_skb_at(struct builder *b, const struct build_skb *s, uint8_t point, uint32_t netns,
		  uint32_t ifindex)
{
	struct crumb_ev_skb ev = skb_event(s, point, netns, ifindex);

	build_put(b, &ev, CRUMB_EV_SKB, sizeof(ev));
}

void build_drop_at(struct builder *b, const struct build_skb *s, uint32_t reason, uint32_t netns,
		   uint32_t ifindex)
{
	struct crumb_ev_drop ev = { .s = skb_event(s, CRUMB_PT_SKB_DROP, netns, ifindex),
				    .reason = reason,
				    .location = s->location };

	build_put(b, &ev, CRUMB_EV_DROP, sizeof(ev));
}

void build_trap_at(struct builder *b, const struct build_skb *s, uint8_t kind, uint8_t flags,
		   const char *name, uint32_t ifindex)
{
	uint8_t point = kind == CRUMB_TRAP_DROP ? CRUMB_PT_HW_DROP : CRUMB_PT_HW_TRAP;
	struct crumb_ev_trap ev = { .s = skb_event(s, point, NETNS_SW, ifindex),
				    .kind = kind,
				    .flags = flags,
				    .group = "l2_drops" };

	strncpy(ev.name, name, sizeof(ev.name) - 1);
	build_put(b, &ev, CRUMB_EV_TRAP, sizeof(ev));
}

void build_pass_out(struct builder *b, const struct build_skb *s)
{
	uint32_t netns = s->dir ? NETNS_A : NETNS_B, dev = s->dir ? IF_A : IF_B;
	uint32_t port = s->dir ? IF_SWP1 : IF_SWP2;
	struct build_skb at_port = *s;

	at_port.flags |= CRUMB_SKB_PORT;
	build_skb_at(b, s, CRUMB_PT_DEV_QUEUE, netns, dev);
	build_skb_at(b, s, CRUMB_PT_DEV_XMIT, netns, dev);
	build_skb_at(b, &at_port, CRUMB_PT_DEV_BACKLOG, NETNS_SW, port);
	build_skb_at(b, &at_port, CRUMB_PT_BRIDGE_IN, NETNS_SW, port);
}

void build_pass_in(struct builder *b, const struct build_skb *s)
{
	uint32_t netns = s->dir ? NETNS_B : NETNS_A, dev = s->dir ? IF_B : IF_A;
	uint32_t port = s->dir ? IF_SWP2 : IF_SWP1;
	struct build_skb at_port = *s;

	at_port.flags |= CRUMB_SKB_PORT | CRUMB_SKB_FORWARDED;
	build_skb_at(b, &at_port, CRUMB_PT_BRIDGE_FORWARD, NETNS_SW, port);
	build_skb_at(b, &at_port, CRUMB_PT_DEV_XMIT, NETNS_SW, port);
	build_skb_at(b, s, CRUMB_PT_DEV_BACKLOG, netns, dev);
	build_skb_at(b, s, CRUMB_PT_DEV_RECEIVE, netns, dev);
}

void build_pass(struct builder *b, const struct build_skb *s)
{
	build_pass_out(b, s);
	build_pass_in(b, s);
}

void build_sock(struct builder *b, const struct build_skb *s, uint8_t point, uint32_t rcv_nxt,
		uint32_t netns)
{
	struct crumb_ev_sock ev = {
		.flow = s->flow,
		.dir = s->dir,
		.point = point,
		.state = 1,
		.netns = netns,
		.seq = s->seq,
		.bytes = point == CRUMB_PT_SOCK_READY ? 0 : s->payload,
		.rcv_nxt = rcv_nxt,
		.rmem_alloc = 1280,
		.skb = skb_address(s),
		.rcvbuf = 131072,
		.segs = s->gso_segs,
		.mss = s->gso_segs > 1 ? (s->payload + s->gso_segs - 1) / s->gso_segs : 0,
	};

	build_put(b, &ev, CRUMB_EV_SOCK, sizeof(ev));
}

void build_arrive(struct builder *b, const struct build_skb *s, uint32_t rcv_nxt)
{
	uint32_t netns = s->dir ? NETNS_B : NETNS_A;

	build_sock(b, s, CRUMB_PT_TCP_RECEIVE, rcv_nxt, netns);
	if ((int32_t)(s->seq - rcv_nxt) <= 0 && (int32_t)(s->seq + s->payload - rcv_nxt) > 0)
		build_sock(b, s, CRUMB_PT_SOCK_READY, s->seq + s->payload, netns);
}

void build_wake(struct builder *b, uint32_t flow, uint8_t dir, uint32_t pid)
{
	struct crumb_ev_wake ev = { .flow = flow, .dir = dir, .tgid = pid, .pid = pid, .comm = "recv" };

	build_put(b, &ev, CRUMB_EV_WAKE, sizeof(ev));
}

void build_run(struct builder *b, uint32_t flow, uint8_t dir, uint32_t pid)
{
	struct crumb_ev_run ev = {
		.flow = flow,
		.dir = dir,
		.tgid = pid,
		.pid = pid,
		.woken_ns = b->now_ns,
		.prev_comm = "swapper/0",
	};

	build_put(b, &ev, CRUMB_EV_RUN, sizeof(ev));
}

void build_copy(struct builder *b, uint32_t flow, uint8_t dir, uint32_t pid, uint32_t seq,
		uint32_t bytes)
{
	struct crumb_ev_copy ev = {
		.flow = flow, .dir = dir, .tgid = pid, .pid = pid, .seq = seq, .bytes = bytes
	};

	build_put(b, &ev, CRUMB_EV_COPY, sizeof(ev));
}

void build_recv_extent(struct builder *b, const struct build_recv *r, uint32_t seq, uint32_t bytes)
{
	struct crumb_ev_extent ev = {
		.flow = r->flow,
		.dir = r->dir,
		.tgid = r->pid,
		.pid = r->pid,
		.seq = seq,
		.bytes = bytes,
	};

	build_put(b, &ev, CRUMB_EV_RECV_EXTENT, sizeof(ev));
}

void build_recv(struct builder *b, const struct build_recv *r)
{
	struct crumb_ev_recv ev = {
		.flow = r->flow,
		.dir = r->dir,
		.flags = b->call_flags | r->flags,
		.nr = __NR_read,
		.tgid = r->pid,
		.pid = r->pid,
		.seq = r->seq,
		.bytes = r->bytes,
		.ret = r->bytes,
		.libc_ns = r->libc_ns,
		.netns = r->netns ? r->netns :
			 r->dir	  ? NETNS_B :
				    NETNS_A,
		.comm = "recv",
		.args = { 4, 0x7ffd0000, 65536 },
	};

	ev.enter_ns = r->enter_ns ? r->enter_ns : b->now_ns + b->step_ns / 4;
	ev.copy_ns = r->copy_ns ? r->copy_ns : b->now_ns + b->step_ns / 2;
	ev.sock_ns = b->now_ns + b->step_ns * 3 / 4;
	ev.first_copy_bytes = r->first_copy_bytes ? r->first_copy_bytes : r->bytes;
	if (r->libc_ns)
		ev.flags |= CRUMB_CALL_LIBC;
	build_put(b, &ev, CRUMB_EV_RECV, sizeof(ev));
}

void build_call(struct builder *b, uint32_t pid, uint8_t layer, uint16_t nr, uint64_t enter_ns,
		uint32_t flow)
{
	struct crumb_ev_call ev = {
		.tgid = pid,
		.pid = pid,
		.enter_ns = enter_ns,
		.nr = nr,
		.layer = layer,
		.flow = flow,
		.args = { 3 }, /* the sender's descriptor */
		.comm = "send",
	};

	if (layer == CRUMB_CALLED_LIBC && nr == CRUMB_LIBC_GETADDRINFO)
		strcpy(ev.text, "b\t4747");
	build_put(b, &ev, CRUMB_EV_CALL, sizeof(ev));
}

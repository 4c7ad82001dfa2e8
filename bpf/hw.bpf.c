// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that the hardware of a switch gives to its CPU, and why (net/devlink/trap.c; Documentation/networking/devlink/devlink-trap.rst). The tracepoint comes
 * whether anybody asked for drop alerts or not, and changes nothing; what the hardware does with a trap's packets (drop, trap, mirror) is the administrator's.
 */
#include "body/packet.h"

/* Drivers differ in what they have done to the skb by then; the frame stands where the link-layer header begins. @ret_tci: of its tag. */
static __always_inline bool frame_at(struct sighting *s, __u16 *ret_tci)
{
	__u32 mac_at = K(s->skb, mac_header);
	__u8 b[ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES];
	__u16 type;

	if (mac_at == 0xffff || bpf_probe_read_kernel(b, sizeof(b), s->head + mac_at))
		return false;
	type = (__u16)b[12] << 8 | b[13];
	s->l3_at = mac_at + ETHERNET_HEADER_BYTES;
	*ret_tci = 0;
	if (type == ETH_P_8021Q || type == ETH_P_8021AD) {
		*ret_tci = (__u16)b[14] << 8 | b[15];
		type = (__u16)b[16] << 8 | b[17];
		s->l3_at += VLAN_TAG_BYTES;
	}
	return type == ETH_P_IP || type == ETH_P_IPV6;
}

static __always_inline __u8 marks(const struct sk_buff *skb)
{
	const struct sk_buff___switchdev *s = (const void *)skb;

	if (!bpf_core_field_exists(s->offload_fwd_mark))
		return 0;
	return BPF_CORE_READ_BITFIELD_PROBED(s, offload_fwd_mark) ||
			       BPF_CORE_READ_BITFIELD_PROBED(s, offload_l3_fwd_mark) ?
		       CRUMB_TRAP_MARKED :
		       0;
}

static __always_inline void fill_cookie(struct crumb_ev_trap *e,
					const struct devlink_trap_metadata *md)
{
	const struct flow_action_cookie *c = BPF_CORE_READ(md, fa_cookie);
	__u32 n;

	__builtin_memset(e->cookie, 0, sizeof(e->cookie));
	e->cookie_len = 0;
	if (!c)
		return;
	n = BPF_CORE_READ(c, cookie_len);
	if (n > sizeof(e->cookie)) /* tc lets nobody have a longer one */
		return;
	asm volatile("" : "+r"(n)); /* or older verifiers lose sight of the bound */
	if (!n || n > sizeof(e->cookie) || bpf_probe_read_kernel(e->cookie, n, c->cookie))
		return;
	e->cookie_len = n;
}

static __always_inline void trapped(struct sk_buff *skb, const struct devlink_trap_metadata *md,
				    struct packet_head *h)
{
	enum devlink_trap_type type = K(md, trap_type);
	struct sighting s = {
		.skb = skb,
		.dev = K(md, input_dev),
		.point = type == DEVLINK_TRAP_TYPE_DROP ? CRUMB_PT_HW_DROP : CRUMB_PT_HW_TRAP,
	};
	struct packet *p = &h->p;
	struct crumb_ev_trap *e;
	struct crumb_flow *f;
	__u16 tci;
	__u8 dir;

	if (!s.dev)
		s.dev = K(skb, dev);
	if (!s.dev)
		return;
	s.head = K(skb, head);
	s.data_at = skb_data_at(skb);
	if (!frame_at(&s, &tci))
		return;
	f = packet_flow(&s, h, &dir, 0);
	if (!f || (p->t.proto == IPPROTO_TCP && !p->payload && !(p->tcp_flags & TCP_SYN)))
		return;
	if (!packet_tells(&s, h, f, dir))
		return;
	if (!s.netns)
		s.netns = device_netns(s.dev);
	if (p->tunnel)
		tunnel_tell(h, f->id, dir, s.netns);
	e = ring_reserve(sizeof(*e), s.point);
	if (!e)
		return;
	event_head(&e->s.h, CRUMB_EV_TRAP, sizeof(*e), bpf_ktime_get_ns());
	fill_sighting(&e->s, &s, p, f, dir);
	read_macs(&e->s, &s);
	if (tci)
		e->s.vlan = tci;
	e->kind = type == DEVLINK_TRAP_TYPE_DROP      ? CRUMB_TRAP_DROP :
		  type == DEVLINK_TRAP_TYPE_EXCEPTION ? CRUMB_TRAP_EXCEPTION :
							CRUMB_TRAP_CONTROL;
	e->flags = marks(skb);
	__builtin_memset(e->pad0, 0, sizeof(e->pad0));
	fill_cookie(e, md);
	__builtin_memset(e->name, 0, sizeof(e->name) + sizeof(e->group));
	bpf_probe_read_kernel_str(e->name, sizeof(e->name), BPF_CORE_READ(md, trap_name));
	bpf_probe_read_kernel_str(e->group, sizeof(e->group), BPF_CORE_READ(md, trap_group_name));
	ring_submit(e);
}

TRACEPOINT(devlink_trap_report, const void *devlink, struct sk_buff *skb,
	   const struct devlink_trap_metadata *md)
{
	struct crumb_cpu *cpu = this_cpu();
	struct packet_head *h = room_enter(&head_room, cpu);

	if (!h) {
		count_lost(CRUMB_PT_HW_TRAP);
		return 0;
	}
	trapped(skb, md, h);
	room_leave(cpu);
	return 0;
}

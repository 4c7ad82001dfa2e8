/* SPDX-License-Identifier: GPL-2.0-only */
/* A part of event.h, which includes it: a packet at a device-level point, with or without its head. */
#ifndef CRUMB_EVENT_PACKET_H
#define CRUMB_EVENT_PACKET_H

#define CRUMB_SKB_PORT	      0x01 /* the device is a bridge port */
#define CRUMB_SKB_FORWARDED   0x02 /* the skb was received by this kernel, it is being forwarded */
#define CRUMB_SKB_DRIVER_XOFF 0x10 /* qdisc.enqueue: the driver had stopped the device's queue */
#define CRUMB_SKB_STACK_XOFF  0x20 /* ... its limit of bytes (BQL) had */
#define CRUMB_SKB_PACED	      0x40 /* ... fq keeps it until its time */
#define CRUMB_SKB_STAG	      0x80 /* its tag in `vlan` is 802.1ad's */
#define CRUMB_SKB_SYNTHETIC   0x04
#define CRUMB_SKB_TUNNEL \
	0x08 /* it carries the packet with these bytes inside: ip_id is crumb_ev_tunnel.number, ttl and ip_version are its own */

struct crumb_ev_skb {
	struct crumb_event h;
	__u32 flow;
	__u8 dir;
	__u8 point;	      /* enum crumb_point */
	__u8 tcp_flags;	      /* FIN 1 SYN 2 RST 4 PSH 8 ACK 16 URG 32 */
	__u8 flags;	      /* CRUMB_SKB_* */
	__u32 netns, ifindex; /* of skb->dev */
	__u32 seq, payload; /* TCP payload [seq, seq + payload); GSO and GRO skbs carry many TCP segments */
	__u32 ack; /* UDP: payload is the datagram's length, seq and ack its digest (crumb_digest) */
	__u32 skb_len;	    /* bytes of the skb, from skb->data */
	__u64 skb;	    /* kernel address: a short-lived hint, never an identity */
	__u32 wire_len;	    /* bytes from the link layer on (original length of the packet) */
	__u16 gso_segs;	    /* TCP segments in it, 0 or 1 = one */
	__u16 queue;	    /* tx queue */
	__u32 qdisc_handle; /* major:minor as in tc; qdisc points only */
	__u32 qlen;	    /* packets in that qdisc, this one included on enqueue */
	__u16 ip_id;
	__u8 ttl;
	__u8 ip_version;	     /* 4, 6 */
	__u16 vlan;		     /* TCI of the skb or the frame, 0 none; see CRUMB_SKB_STAG */
	__u16 snap_len;		     /* bytes that follow in `crumb_ev_packet` */
	__u8 src_mac[6], dst_mac[6]; /* zero before the link-layer header is there */
	__u32 iif;		     /* skb->skb_iif: where it came in, 0 if made here */
};

struct crumb_ev_packet { /* a CRUMB_EV_SKB with the head of the packet, told by its size */
	struct crumb_ev_skb s;
	__u8 bytes[CRUMB_SNAP_BYTES]; /* from the Ethernet header on if snap_l2, else from the IP header on */
	__u8 snap_l2;
	__u8 pad0[7];
};

/*
 * The same as the kernel side writes it when the head is short, as it is of nearly all that this machine sends: only
 * in the ring buffers, event_check() makes the above of it.
 */
struct crumb_ev_packet_short {
	struct crumb_ev_skb s;
	__u8 bytes[CRUMB_SNAP_SHORT];
	__u8 snap_l2;
	__u8 kept; /* crumb_ev_packet_again may follow on this CPU */
	__u8 pad0[6];
};

/* ... and when the head is, byte for byte, that of the last one with `kept` on this CPU, which was the same skb's: merge.c makes it whole. */
struct crumb_ev_packet_again {
	struct crumb_ev_skb s; /* without snap_len and the link layer's addresses: they are that one's, too */
	__u64 again;	       /* 1 */
};

_Static_assert(sizeof(struct crumb_ev_packet_again) % 8 == 0 &&
		       sizeof(struct crumb_ev_packet_again) < sizeof(struct crumb_ev_packet_short) &&
		       sizeof(struct crumb_ev_packet_again) > sizeof(struct crumb_ev_skb),
	       "told apart by their sizes");

#endif

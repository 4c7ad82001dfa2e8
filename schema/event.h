/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * THE event stream: every record that the kernel side writes into the ring buffers, and every fact that user
 * space adds to them (host, namespaces, devices, symbols, losses). The same bytes go to the live analysis and
 * into a trace file, so analysis is a pure function of them.
 *
 * Fixed width, little endian, 8-byte aligned, padding written out and zeroed; append only. A reader accepts
 * a shorter struct (the missing tail is zero) and ignores a longer one's tail.
 *
 * Units: _ns is CLOCK_MONOTONIC of the host; _seq is a 32-bit TCP sequence number as on the wire (RFC 9293);
 * netns is the inode number of the network namespace; addresses are 16 bytes, IPv4 as ::ffff:a.b.c.d.
 */
#ifndef CRUMB_EVENT_H
#define CRUMB_EVENT_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#include "crumb_limits.h"
#include "event_kinds.h"

#define CRUMB_EVENT_VERSION 1
#define CRUMB_COMM_BYTES    16

struct crumb_event {
	__u64 time_ns;
	__u16 type; /* enum crumb_event_type */
	__u16 size; /* bytes of the whole record, a multiple of 8 */
	__u32 cpu;
};

/* Why a flow was taken. */
enum crumb_flow_why {
	CRUMB_WHY_FILTER = 1, /* its addresses match the expression and no task was asked for */
	CRUMB_WHY_TASK,	      /* a selected task used it */
	CRUMB_WHY_LISTEN,     /* it was opened towards a socket on which a selected task listens */
	CRUMB_WHY_SAMPLE, /* ... FILTER, of a packet that a switch's hardware sampled: no hook has seen one */
};

struct crumb_ev_flow {
	struct crumb_event h;
	__u32 flow;  /* number of the connection in this trace, from 1; never reused */
	__u8 proto;  /* IPPROTO_TCP, IPPROTO_UDP */
	__u8 family; /* AF_INET, AF_INET6 */
	__u8 why;    /* enum crumb_flow_why */
	__u8 pad0;
	__u8 addr[2][16]; /* the two ends; end 0 is the lesser by (port, address) */
	__u16 port[2];	  /* host order */
	__u32 netns;	  /* where it was first seen */
};

#define CRUMB_NAT_SRC 0x01 /* the initiator's address or port: SNAT, masquerade */
#define CRUMB_NAT_DST 0x02 /* the responder's: DNAT, redirection */

/* Told when a packet of the connection first passes a translation, with its conntrack entry (net/netfilter/nf_nat_core.c). */
struct crumb_ev_nat {
	struct crumb_event h;
	__u32 flow;
	__u8 dir; /* of the bytes that the initiator sends */
	__u8 how; /* CRUMB_NAT_* */
	__u16 pad0;
	__u32 netns;	/* where it is translated */
	__u32 other[2]; /* flows that were taken for other connections, and are this one; 0 none */
	__u8 before[2][16],
		after[2][16]; /* initiator, responder: as the initiator's side and the responder's call them */
	__u16 port_before[2], port_after[2]; /* host order */
	__u32 pad1;
};

enum crumb_tunnel_kind {
	CRUMB_TUNNEL_VXLAN = 1,
	CRUMB_TUNNEL_GENEVE,
	CRUMB_TUNNEL_GRE,
	CRUMB_TUNNEL_IP, /* IP in IP, either version in either */
	CRUMB_TUNNEL_WIREGUARD,
	CRUMB_TUNNEL_MAX,
};

/* Told before the first sighting of bytes of the connection's direction in such a packet in that namespace. */
struct crumb_ev_tunnel {
	struct crumb_event h;
	__u32 flow;
	__u8 dir;
	__u8 kind;    /* enum crumb_tunnel_kind */
	__u16 number; /* ip_id of the sightings in it (CRUMB_SKB_TUNNEL): a digest of what follows */
	__u32 netns;
	__u32 key;    /* VXLAN, Geneve: the VNI; GRE: the key */
	__u8 has_key; /* 0: GRE without one, IP in IP */
	__u8 pad0[3];
	__u32 pad1;
	__u8 from[16], to[16]; /* of the outer packets */
};

/* Told when it is found, for both directions. What is on its way and was not read by then is not followed either. */
struct crumb_ev_unfollowed {
	struct crumb_event h;
	__u32 flow;
	__u8 dir;
	__u8 what; /* enum crumb_aside */
	__u16 pad0;
	__u32 seq; /* the first of these bytes */
	__u32 pad1;
};

/* `dir`, everywhere: the direction of the BYTES, 0 = from end 0 to end 1, 1 = from end 1 to end 0. */

struct crumb_ev_state {
	struct crumb_event h;
	__u32 flow;
	__u8 end;	/* which end's socket: 0 or 1 */
	__u8 old_state; /* TCP_ESTABLISHED ... as in net/tcp_states.h */
	__u8 new_state;
	__u8 pad0;
	__u32 netns;
	__u32 tgid; /* of the task running then; not the owner in softirq */
};

enum crumb_reset {
	CRUMB_RESET_ABORTED = 1, /* its socket gave the connection up, and told the other end by an RST */
	CRUMB_RESET_ANSWERED, /* an RST is the answer to a packet that no socket, or not this one, wants */
	CRUMB_RESET_RECEIVED, /* its socket has got an RST */
	CRUMB_RESET_GONE,     /* no RST: its socket is destroyed, nobody can read what lies in it */
};

#define CRUMB_RESET_TASK       0x01 /* the running task did it: close(), its end, connect(AF_UNSPEC) */
#define CRUMB_RESET_EXITING    0x02 /* ... while it ended, see exit_code */
#define CRUMB_RESET_LINGER0    0x04 /* the socket has SO_LINGER with 0 */
#define CRUMB_RESET_UNACCEPTED 0x10 /* no program had accepted the connection: its listener went */
#define CRUMB_RESET_FULL       0x08 /* it is a socket with numbers: rcv_nxt and what follows are read */

#define CRUMB_REASON_NONE 0xffffffffu /* of a reset: the kernel does not tell them (before 6.10) */
#define CRUMB_REASON_RST  0x400000u   /* CRUMB_EV_REASON names enum sk_rst_reason above this */

struct crumb_ev_reset {
	struct crumb_event h;
	__u32 flow;
	__u8 end;   /* whose socket, or whose address: 0 or 1 */
	__u8 what;  /* enum crumb_reset */
	__u8 state; /* TCP state of the socket then; 0 no socket */
	__u8 flags; /* CRUMB_RESET_* */
	__u32 netns;
	__u32 reason; /* enum sk_rst_reason of this kernel, with CRUMB_REASON_RST; CRUMB_REASON_NONE */
	__u32 tgid, pid;	   /* of the task; 0 none */
	__u32 rcv_nxt, copied_seq; /* what lies between was not read; a FIN counts as a byte */
	__u32 snd_una, snd_nxt,
		write_seq; /* not acknowledged from the first on, not sent from the second on */
	__u32 exit_code;   /* as wait(2) tells it: signal in the low 7 bits */
	char comm[CRUMB_COMM_BYTES]; /* of the task */
};

#define CRUMB_CALL_NO_NR \
	0xffffu /* not within a syscall we saw entered (io_uring, kernel thread, began before us) */
#define CRUMB_CALL_SELECTED 0x01 /* the task is one of those asked for */
#define CRUMB_CALL_LIBC \
	0x02 /* within a libc function that we saw entered: a CRUMB_EV_CALL follows */
#define CRUMB_CALL_PEEK	    0x04 /* MSG_PEEK: the bytes stay in the queue */
#define CRUMB_CALL_INFERRED 0x08 /* the byte range was not read under the socket lock */
#define CRUMB_CALL_NO_COPY  0x10 /* bytes left the queue without a copy (MSG_TRUNC, splice, mmap) */
#define CRUMB_CALL_URGENT   0x20 /* recv(MSG_OOB): one byte, ahead of those before it */

struct crumb_ev_send_begin {
	struct crumb_event h; /* time: tcp.append, the first byte enters the stream */
	__u32 flow;
	__u8 dir;
	__u8 flags; /* CRUMB_CALL_* */
	__u16 nr;   /* syscall number of this architecture or CRUMB_CALL_NO_NR */
	__u32 tgid, pid;
	__u64 enter_ns; /* sys.send; 0 unknown */
	__u64 libc_ns;	/* libc.send; 0 unknown */
	__u64 args[6];	/* argument registers at entry */
	__u32 seq;	/* write_seq: where the first byte goes */
	__u32 left;	/* bytes the caller still offers */
	__u32 netns;
	__u32 snd_una, snd_nxt;	     /* state of the socket at that moment */
	__u32 snd_cwnd, packets_out; /* TCP segments */
	__u32 snd_wnd;		     /* bytes */
	__u32 wmem_queued, sndbuf;   /* bytes */
	char comm[CRUMB_COMM_BYTES];
	__u64 sock_ns;	     /* --deep: sock.send; 0 unknown */
	__u64 lock_ns;	     /* sock.lock: since then it waited for the socket's lock; 0 not */
	__u64 lock_until_ns; /* ... and was woken for the last time; 0 not seen */
};

struct crumb_ev_extent { /* CRUMB_EV_SEND_EXTENT, CRUMB_EV_RECV_EXTENT */
	struct crumb_event h;
	__u32 flow;
	__u8 dir;
	__u8 flags;
	__u16 pad0;
	__u32 tgid, pid;
	__u32 seq, bytes;
};

struct crumb_ev_send_end {
	struct crumb_event h; /* time: sys.send.return, or the socket layer's return if nr is unknown */
	__u32 flow;
	__u8 dir;
	__u8 flags;
	__u16 nr;
	__u32 tgid, pid;
	__u64 sock_ns;	  /* sock.send.return of the last part */
	__s64 ret;	  /* of the syscall: bytes accepted or -errno */
	__u32 seq, bytes; /* the last extent; earlier ones came as CRUMB_EV_SEND_EXTENT */
	__u64 append_ns;  /* when the last of them entered the stream (the copy loop's last turn) */
	__u64 slept_ns; /* of that, asleep for buffer space (sk_stream_wait_memory), copying of some pages included */
	__u32 sleeps, pad0;
};

#include "event_packet.h"

struct crumb_ev_drop {
	struct crumb_ev_skb s; /* point CRUMB_PT_SKB_DROP */
	__u64 location;	       /* kernel address of the caller of kfree_skb */
	__u32 reason;	       /* enum skb_drop_reason of this kernel: CRUMB_EV_REASON names it */
	__u32 rp_filter;       /* net.ipv4.conf of skb->dev, 1 more than it says; 0 unknown */
	/* what may prove it, as it was then; 0 unknown */
	__u32 rmem_alloc, rcvbuf; /* of the socket that should have it, bytes */
	__u32 mtu;		  /* of the device that it was to leave by, else skb->dev's */
	__u32 qlen, qlimit; /* packets in the root queueing discipline of skb->dev, and its limit */
	__u32 qbacklog;	    /* ... bytes */
	char qdisc[16];	    /* ... "pfifo" */
};

enum crumb_trap {
	CRUMB_TRAP_DROP = 1, /* the hardware dropped the packet */
	CRUMB_TRAP_EXCEPTION, /* it could not forward the packet as it should: the CPU does, or answers */
	CRUMB_TRAP_CONTROL, /* the CPU asked for it: a protocol of the switch's own */
};

#define CRUMB_TRAP_MARKED \
	0x01 /* offload_fwd_mark: but of an exception, a copy of what the hardware has forwarded */

/* As the switch's driver tells it (devlink_trap_report(), net/devlink/trap.c). */
struct crumb_ev_trap {
	struct crumb_ev_skb s; /* point hw.trap or hw.drop; ifindex: the port by which it came in */
	__u8 kind;	       /* enum crumb_trap */
	__u8 flags;	       /* CRUMB_TRAP_* */
	__u8 cookie_len; /* of `cookie`: what the tc filter that dropped it was given by who made it */
	__u8 pad0[5];
	__u8 cookie[16];
	char name[48]; /* "ingress_vlan_filter" */
	char group[32];
};

/*
 * Why TCP keeps the first unsent byte, in terms of what tcp_write_xmit() asks (net/ipv4/tcp_output.c). Several can hold
 * at once; it stops at the first, in this order.
 */
#define CRUMB_HELD_UNSENT  0x01 /* there are such bytes at all */
#define CRUMB_HELD_PARTIAL 0x02 /* less than one TCP segment of them */
#define CRUMB_HELD_PACING  0x04 /* tcp_pacing_check(): its own clock says later */
#define CRUMB_HELD_CWND \
	0x08 /* tcp_cwnd_test(): as many TCP segments in flight as the window allows */
#define CRUMB_HELD_RWND	 0x10 /* tcp_snd_wnd_test(): beyond what the receiver offered */
#define CRUMB_HELD_CORK	 0x20 /* tcp_nagle_test(): less than a TCP segment, and corked */
#define CRUMB_HELD_NAGLE 0x40 /* ... and a small one is not acknowledged yet */
#define CRUMB_HELD_TSQ \
	0x80 /* tcp_small_queue_check(), or autocorking: own bytes still in qdisc or driver */
#define CRUMB_HELD_RECOVERY 0x100 /* a loss is being repaired: lost bytes come first */

struct crumb_ev_held {
	struct crumb_event h;
	__u32 flow;
	__u8 dir;
	__u8 after;	/* 1: seen after a send call; 0: before an ACK is processed */
	__u16 why;	/* CRUMB_HELD_* */
	__u64 since_ns; /* it holds since then; until then the record before */
	__u32 netns;
	__u32 snd_una, snd_nxt, write_seq; /* write_seq - snd_nxt bytes are unsent */
	__u32 snd_wnd;			   /* bytes from snd_una on */
	__u32 snd_cwnd, in_flight;	   /* TCP segments */
	__u32 mss;			   /* bytes */
};

enum crumb_decision {			       /* ip.route, bridge.fdb */
		      CRUMB_DECIDED_LOCAL = 1, /* for this machine */
		      CRUMB_DECIDED_OUT,       /* out of one device */
		      CRUMB_DECIDED_FLOOD,     /* out of all ports but the one it came by */
};

#define CRUMB_NETFILTER_NAME 32 /* of a table, of a chain; longer ones are cut */

struct crumb_ev_decision { /* --deep */
	struct crumb_ev_skb s; /* point: netfilter, ip.route, neigh.wait, bridge.fdb; time: of the verdict */
	__u64 enter_ns; /* netfilter: when it was asked; else 0 */
	__u32 out;	/* ifindex of the device that was chosen; 0 none, or unknown */
	__u8 what; /* enum crumb_decision; netfilter: the verdict, NF_DROP ... of linux/netfilter.h */
	__u8 hook;	/* netfilter: NF_INET_* and the like */
	__u8 family;	/* netfilter: NFPROTO_*; of addr: AF_INET, AF_INET6; 0 none */
	__u8 nud_state; /* neigh.wait: NUD_* */
	__u8 addr[16];	/* the gateway, or the neighbour */
	char table[CRUMB_NETFILTER_NAME];
	char chain[CRUMB_NETFILTER_NAME]; /* "": a table of the old iptables; both "": only the whole hook was seen */
};

#define CRUMB_SOCK_BACKLOG \
	0x01 /* tcp.receive: a thread had the socket, the packet waited in its backlog */

/* What made TCP send bytes again. */
enum crumb_resent {
	CRUMB_RESENT_UNKNOWN,
	CRUMB_RESENT_TLP,    /* tail loss probe: no ACK for about two round trips */
	CRUMB_RESENT_FAST,   /* fast retransmit: ACKs told of it (RACK, SACK, duplicates) */
	CRUMB_RESENT_RTO,    /* the retransmission timer ran out */
	CRUMB_RESENT_REPAIR, /* after such a time-out, as ACKs come */
};

struct crumb_ev_sock {
	struct crumb_event h;
	__u32 flow;
	__u8 dir;
	__u8 point; /* tcp.receive, sock.ready, tcp.xmit, tcp.retransmit; of --deep ip.queue, tcp.backlog, tcp.ofo, tcp.queue */
	__u8 state; /* TCP state of the socket */
	__u8 flags; /* CRUMB_SOCK_*; tcp.retransmit: enum crumb_resent */
	__u32 netns;
	__u32 seq, bytes;	   /* of the skb; sock.ready has none: bytes = 0 */
	__u32 rcv_nxt, copied_seq; /* receiver points: next in order; next to be read */
	__u32 rmem_alloc, rcvbuf;
	__u32 tgid; /* running then: the owner only outside softirq */
	__u64 skb;
	/* UDP at sock.ready: seq and rcv_nxt are the digest of the datagram that joined the queue, bytes its length */
	__u64 sk; /* kernel address of the socket, UDP only: a hint */
	__u16 segs; /* tcp.retransmit: TCP segments in the skb, as the kernel counts them; 0 unknown */
	__u16 mss;	/* ... of so many bytes each, but for the last; 0: there is only one */
	__u32 write_ns; /* tcp.xmit: for how long tcp_write_xmit(), which sends it, had run; 0: not known, or another function does */
};

/*
 * What tells one datagram of a flow from others, besides its length: of its first bytes, as they are in every packet and
 * in the memory of both programs. 0: could not be read there.
 */
#define CRUMB_DIGEST_BYTES 64

struct crumb_digest {
	__u32 whole; /* hash of the first CRUMB_DIGEST_BYTES, or all, filled up with zeroes */
	__u32 head;  /* likewise of the first 8 */
};

struct crumb_ev_dgram { /* CRUMB_EV_DGRAM_SEND, CRUMB_EV_DGRAM_RECV */
	struct crumb_event h; /* time: the syscall's return; the socket layer's if one call has many, or nr is unknown */
	__u32 flow; /* 0: what is known here does not tell: the socket and the digest do */
	__u8 dir;
	__u8 flags; /* CRUMB_CALL_* */
	__u16 nr;
	__u32 tgid, pid;
	__u64 enter_ns; /* sys.send, sys.recv; 0 unknown */
	__u64 libc_ns;
	__u64 sock_ns; /* the socket layer's return */
	__u64 args[6];
	__s64 ret; /* of the syscall; of the socket layer where one call has many */
	__u64 sk;  /* kernel address of the socket: a hint */
	__u64 skb; /* sent: of the skb that the call made; 0: none was seen */
	__u32 bytes; /* sent; or taken: less than the datagram has if the reader's buffer was too small */
	__u32 netns;
	struct crumb_digest digest;
	__u16 port;  /* the socket's own */
	__u16 index; /* of the datagram in its call, from 0 (sendmmsg, recvmmsg) */
	__u32 pad0;
	char comm[CRUMB_COMM_BYTES];
};

struct crumb_ev_wake {
	struct crumb_event h;
	__u32 flow;
	__u8 dir;
	__u8 pad0[3];
	__u32 tgid, pid; /* the woken task */
	__u32 by_pid;	 /* the task in whose time it happened (softirq runs on anyone's) */
	__u32 pad1;
	char comm[CRUMB_COMM_BYTES];
};

struct crumb_ev_run {
	struct crumb_event h; /* cpu: where it runs */
	__u32 flow;
	__u8 dir;
	__u8 pad0[3];
	__u32 tgid, pid;
	__u32 prev_pid; /* who left the CPU for it */
	__u32 by_pid;	/* who had the CPU when it was woken; 0 unknown, or nobody */
	__u64 woken_ns;
	char prev_comm[CRUMB_COMM_BYTES];
	char by_comm[CRUMB_COMM_BYTES];
};

/*
 * Told when the thread reads bytes that were ready before it asked: its absences since the last time. One with times = 0 says
 * that none is missing between off_ns and on_ns.
 */
#define CRUMB_AWAY_STOPPED \
	0x01 /* asleep because a signal (SIGSTOP, SIGTSTP) or a tracer stopped it */
#define CRUMB_AWAY_FROZEN 0x02 /* ... because its cgroup is frozen */

struct crumb_ev_away {
	struct crumb_event h; /* time: when it read */
	__u32 flow;
	__u8 dir;
	__u8 flags; /* CRUMB_AWAY_* */
	__u16 nr;   /* the syscall that it was in, CRUMB_CALL_NO_NR none: put off in user mode */
	__u32 tgid, pid;
	__u64 off_ns, on_ns;
	__u64 slept_ns; /* asleep, from off_ns on */
	__u64 waited_ns; /* after that: runnable, without a CPU. The rest is on a CPU: several absences in one */
	__u64 arg0;   /* first argument of that syscall */
	__u32 times;  /* absences in this record */
	__u32 by_pid; /* who had the CPU: when it was put off, or when it came back after a sleep */
	char by_comm[CRUMB_COMM_BYTES];
};

#include "event_poll.h"
#include "event_qdisc.h"

#define CRUMB_CGROUP_LEVELS    4
#define CRUMB_CGROUP_NAME      80 /* Docker's is longest: "docker-", 64 digits, ".scope" */
#define CRUMB_PROCESS_AGAIN_NS 10000000000ull

/* Told by each thread before its first event, and every CRUMB_PROCESS_AGAIN_NS while it is active. */
struct crumb_ev_process {
	struct crumb_event h;
	__u32 tgid, pid;
	__u32 pid_inside; /* the process's number in its own PID namespace */
	__u16 pid_level; /* how deep that is below the first one: 0 is not in a container of its own */
	__u8 levels;	 /* of name[] */
	__u8 cut;	 /* there are more above */
	__u64 cgroup;	 /* of version 2: its number, the inode of its directory */
	char name[CRUMB_CGROUP_LEVELS][CRUMB_CGROUP_NAME]; /* of its directories, the innermost first; longer ones are cut */
};

struct crumb_ev_recv {
	struct crumb_event h; /* time: sys.recv.return, or the socket layer's return if nr is unknown */
	__u32 flow;
	__u8 dir;
	__u8 flags; /* CRUMB_CALL_* */
	__u16 nr;
	__u32 tgid, pid;
	__u64 enter_ns; /* sys.recv; 0 unknown */
	__u64 libc_ns;	/* libc.recv; 0 unknown */
	__u64 copy_ns;	/* sock.copy of the first bytes; 0 if there was no copy */
	__u64 sock_ns;	/* sock.recv.return */
	__u64 args[6];
	__s64 ret;
	__u32 seq, bytes;	/* the last extent; earlier ones came as CRUMB_EV_RECV_EXTENT */
	__u32 first_copy_bytes; /* of the copy at copy_ns */
	__u32 netns;
	char comm[CRUMB_COMM_BYTES];
	__u64 tcp_ns; /* --deep: tcp.recv; 0 unknown */
	__u64 lock_ns; /* sock.lock: it waited for the socket's lock since then, before the first copy; 0 not */
	__u64 lock_until_ns; /* ... and was woken for the last time; 0 not seen */
};

struct crumb_ev_copy {
	struct crumb_event h; /* time: just before the copy */
	__u32 flow;
	__u8 dir;
	__u8 pad0[3];
	__u32 tgid, pid;
	__u32 seq, bytes;
};

enum crumb_layer_of_call {
	CRUMB_CALLED_LIBC = 1,
	CRUMB_CALLED_SYSCALL,
	CRUMB_CALLED_SOCKET, /* no call returned it: a send of io_uring (nr: io_uring_enter); a connect() that need not have waited, since enter_ns */
};

#define CRUMB_CALL_TEXT_BYTES 64

#define CRUMB_FLOW_ANY \
	0xffffffffu /* the bytes were a datagram of a flow that the socket does not tell */

struct crumb_ev_call {
	struct crumb_event h; /* time: return */
	__u32 tgid, pid;
	__u64 enter_ns;
	__s64 ret;
	__u64 args[6];
	__u16 nr;   /* syscall number; or enum crumb_libc_func */
	__u8 layer; /* enum crumb_layer_of_call */
	__u8 dir;   /* with flow: direction of the bytes it carried */
	__u32 flow; /* the flow whose bytes it carried; 0 none */
	__u32 netns;
	__u32 pad0;
	char comm[CRUMB_COMM_BYTES];
	/*
	 * getaddrinfo: "node\tservice"; connect, bind, sendto, sendmsg: the first bytes of a struct sockaddr_in or sockaddr_in6; a send that
	 * failed and names none: likewise the socket's other end
	 */
	char text[CRUMB_CALL_TEXT_BYTES];
};

/* libc functions with a uprobe; names in src/event/point.c. Append only. */
enum crumb_libc_func {
	CRUMB_LIBC_GETADDRINFO = 1,
	CRUMB_LIBC_SOCKET,
	CRUMB_LIBC_CONNECT,
	CRUMB_LIBC_ACCEPT,
	CRUMB_LIBC_ACCEPT4,
	CRUMB_LIBC_SEND,
	CRUMB_LIBC_SENDTO,
	CRUMB_LIBC_SENDMSG,
	CRUMB_LIBC_SENDMMSG,
	CRUMB_LIBC_WRITE,
	CRUMB_LIBC_WRITEV,
	CRUMB_LIBC_SENDFILE,
	CRUMB_LIBC_RECV,
	CRUMB_LIBC_RECVFROM,
	CRUMB_LIBC_RECVMSG,
	CRUMB_LIBC_RECVMMSG,
	CRUMB_LIBC_READ,
	CRUMB_LIBC_READV,
	CRUMB_LIBC_CLOSE,
	CRUMB_LIBC_MAX,
};

struct crumb_ev_neigh {
	struct crumb_event h;
	__u32 netns, ifindex;
	__u8 point; /* neigh.resolve, neigh.update */
	__u8 family;
	__u8 nud_state; /* NUD_* of linux/neighbour.h */
	__u8 created;
	__u32 pad0;
	__u8 addr[16];
	__u8 lladdr[8]; /* first 6 used on Ethernet; zero while unknown */
};

#define CRUMB_STACK_CONTROL \
	0x01 /* taken from a TCP segment without payload: no journey paid for it */

struct crumb_ev_stack {
	struct crumb_event h; /* time of the sighting that it belongs to */
	__u32 flow;
	__u8 dir;
	__u8 point;
	__u8 flags; /* CRUMB_STACK_* */
	__u8 depth; /* frames in ip[] */
	__u32 netns, ifindex;
	__u32 seq, payload; /* the bytes that paid for it */
	__u32 cost_ns;	    /* time spent in taking it */
	__u32 pad0;
	__u64 ip[CRUMB_STACK_DEPTH]; /* innermost first; the record is cut after ip[depth - 1] */
};

/* --functions: one call of a kernel function, told when it returned. */
struct crumb_ev_func {
	struct crumb_event h; /* time and cpu: of the return */
	__u32 flow;
	__u8 dir; /* of the bytes; with bytes 0 that in which the socket sends */
	__u8 flags;
	__u16 pad0;
	__u64 enter_ns;
	__u64 func; /* kernel address */
	__u64 skb;
	__u32 seq, bytes; /* bytes 0: it got the socket, and no skb with bytes */
	__u32 netns;
	__u32 enter_cpu;
	__u32 tgid, pid; /* the running task: in softirq whoever was interrupted */
};

/* ------------------------------------------------------------------ facts written by user space */

#define CRUMB_TRACE_TASKS \
	0x01 /* tasks were asked for: only journeys with CRUMB_CALL_SELECTED at an end count */
#define CRUMB_TRACE_STACKS     0x02 /* stacks were sampled */
#define CRUMB_TRACE_STACKS_ALL 0x04
#define CRUMB_TRACE_LIBC       0x08 /* libc functions of the traced processes were hooked */
#define CRUMB_TRACE_PACKETS    0x10 /* CRUMB_EV_SKB come with packet bytes */
#define CRUMB_TRACE_PAYLOAD    0x20 /* only messages with a given text were recorded */
#define CRUMB_TRACE_REHEARSAL \
	0x40 /* the first connection paid for all stacks: its journeys are not shown */
#define CRUMB_TRACE_FUNCTIONS 0x80 /* kernel functions were hooked one by one */

struct crumb_ev_trace {
	struct crumb_event h;
	__u32 version;	     /* CRUMB_EVENT_VERSION */
	__u32 flags;	     /* CRUMB_TRACE_* */
	char crumb[32];	     /* version of the program */
	char selection[256]; /* what was asked for, as typed */
};

struct crumb_ev_host {
	struct crumb_event h;
	__u8 boot_id[16];
	__s64 realtime_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC at h.time_ns */
	__u32 netns;	   /* of the first process (the host's own) */
	__u32 ncpu;
	char name[64]; /* host name of the kernel */
	char release[64];
	char machine[16];
};

/* adjtimex(2): what a daemon that keeps the machine's clock (NTP, PTP) has told the kernel of it. */
struct crumb_ev_sync {
	struct crumb_event h;
	__s64 realtime_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	__u64 maxerror_ns; /* CLOCK_REALTIME is off by that at most, as they say; the kernel adds 500 us each second */
	__u64 esterror_ns; /* ... probably */
	__u32 status;	   /* STA_* of linux/timex.h */
	__u32 synchronised; /* it is kept by one, and that one's last word is not too old for the kernel */
};

struct crumb_ev_netns {
	struct crumb_event h;
	__u32 netns;
	__u32 pad0;
	char host[64]; /* name to show: the lab's host, else the kernel's host name */
	char name[64]; /* of the namespace (/run/netns), "" if it has none */
	char lab[32];  /* "" outside of a lab */
};

struct crumb_ev_dev {
	struct crumb_event h;
	__u32 netns, ifindex;
	__u32 master; /* ifindex of its bridge or bond, 0 none */
	__u32 peer;   /* veth: ifindex at the other side, in peer_netns if that is known */
	__u32 peer_netns;
	__u32 mtu;
	__u8 mac[6];
	__u8 port_state; /* BR_STATE_*; 0xff if it is not a bridge port */
	__u8 removed;	 /* 1: it is gone */
	char name[16];
	char kind[16]; /* "veth", "bridge", "" for a physical device */
	char qdisc[16];
	__u64 switch_id; /* digest of IFLA_PHYS_SWITCH_ID: ports of one switch ASIC have the same; 0 none */
	__u32 table; /* of a VRF: its routing table; 0 none */
	__u32 pad0;
};

#include "event_switch.h"

#define CRUMB_RULE_UNCOUNTED (~0ull)

struct crumb_ev_hook {
	struct crumb_event h;
	__u16 point;
	__u8 visible; /* 1: attached through `via`; 2: could be, but was not asked for; 0: cannot be seen here */
	__u8 pad0;
	__u32 cost_ns; /* libc: what the hooks add to one call here, measured; 0 unknown */
	char via[16];  /* "tp_btf", "uprobe" */
	char target[48];
	char why[120]; /* why it cannot be seen here */
};

struct crumb_ev_symbol {
	struct crumb_event h;
	__u64 addr;   /* as it occurs in a stack or a drop location */
	__u32 offset; /* of addr in the function */
	__u32 pad0;
	char name[64];
};

struct crumb_ev_reason {
	struct crumb_event h;
	__u32 value;
	__u32 pad0;
	char name[48]; /* "NETFILTER_DROP" */
};

enum crumb_loss_cause {
	CRUMB_LOSS_RING = 1, /* a ring buffer was full */
	CRUMB_LOSS_FLOWS,    /* the flow table was full: a connection is not followed */
	CRUMB_LOSS_TASKS,    /* per-task state could not be had */
	CRUMB_LOSS_MISSED,   /* the kernel skipped a program (recursion) */
	CRUMB_LOSS_SPOOL,    /* user space could not store it (disk full) */
	CRUMB_LOSS_FUNCS,    /* calls of --functions: the journeys themselves lack nothing */
	CRUMB_LOSS_JOIN, /* left out where hosts are joined: a time that cannot be, or no room */
	CRUMB_LOSS_SAMPLES, /* samples of a switch's hardware: likewise the journeys lack nothing else */
	CRUMB_LOSS_MAX,
};

struct crumb_ev_loss {
	struct crumb_event h; /* time: where it stands in the stream, before all that it may have touched is handed out */
	__u64 from_ns; /* it happened after this ... */
	__u64 count;
	__u16 cause;  /* enum crumb_loss_cause */
	__u16 point;  /* enum crumb_point, 0 unknown */
	__u32 on_cpu; /* 0xffffffff unknown */
	__u64 to_ns;  /* ... and before this; 0: before h.time_ns */
};

enum crumb_aside {
	CRUMB_ASIDE_MPTCP = 1, /* connections: their bytes go into the subflows by ways of their own */
	CRUMB_ASIDE_FASTOPEN, /* messages that went out with the SYN */
	CRUMB_ASIDE_UNIX,     /* messages on Unix sockets, of selected tasks */
	CRUMB_ASIDE_KTLS, /* connections: the kernel encrypts, what a program writes is not what TCP sends */
	CRUMB_ASIDE_MAX,
};

struct crumb_ev_aside {
	struct crumb_event h;
	__u64 count;
	__u32 what; /* enum crumb_aside */
	__u32 pad0;
};

struct crumb_ev_end {
	struct crumb_event h;
	__u64 kernel_events; /* records that came out of the ring buffers */
	__u64 lost;
};

#ifndef __bpf__
/* A layout change must be visible in review. */
_Static_assert(sizeof(struct crumb_event) == 16, "event header");
_Static_assert(sizeof(struct crumb_ev_flow) == 64, "flow");
_Static_assert(sizeof(struct crumb_ev_nat) == 112, "nat");
_Static_assert(sizeof(struct crumb_ev_tunnel) == 72, "tunnel");
_Static_assert(sizeof(struct crumb_ev_unfollowed) == 32, "unfollowed");
_Static_assert(sizeof(struct crumb_ev_qdisc) == 56, "qdisc");
_Static_assert(sizeof(struct crumb_ev_skb) == 96, "skb");
_Static_assert(sizeof(struct crumb_ev_packet) % 8 == 0, "packet");
_Static_assert(sizeof(struct crumb_ev_packet_short) % 8 == 0, "short packet");
_Static_assert(sizeof(struct crumb_ev_drop) == 152, "drop"); /* 112 before rmem_alloc */
_Static_assert(sizeof(struct crumb_ev_trap) == 200, "trap");
_Static_assert(sizeof(struct crumb_ev_held) == 64, "held");
_Static_assert(sizeof(struct crumb_ev_send_begin) % 8 == 0, "send_begin");
_Static_assert(sizeof(struct crumb_ev_send_end) == 80, "send_end"); /* 56 before append_ns */
_Static_assert(sizeof(struct crumb_ev_sock) == 80, "sock");	    /* 72 before segs */
_Static_assert(sizeof(struct crumb_ev_recv) % 8 == 0, "recv");
_Static_assert(sizeof(struct crumb_ev_dgram) == 168, "dgram");
_Static_assert(sizeof(struct crumb_ev_process) == 360, "process");
_Static_assert(sizeof(struct crumb_ev_away) == 96, "away");
_Static_assert(sizeof(struct crumb_ev_reset) == 80, "reset");
_Static_assert(sizeof(struct crumb_ev_poll) == 88, "poll");
_Static_assert(sizeof(struct crumb_ev_decision) == 192, "decision");
_Static_assert(sizeof(struct crumb_ev_call) % 8 == 0, "call");
_Static_assert(sizeof(struct crumb_ev_stack) % 8 == 0, "stack");
_Static_assert(sizeof(struct crumb_ev_func) == 72, "func");
_Static_assert(sizeof(struct crumb_ev_dev) % 8 == 0, "dev");
_Static_assert(sizeof(struct crumb_ev_fdb) % 8 == 0, "fdb");
_Static_assert(sizeof(struct crumb_ev_port) == 176, "port");
_Static_assert(sizeof(struct crumb_ev_rule) == 136, "rule");
_Static_assert(sizeof(struct crumb_ev_offload) == 88, "offload");
_Static_assert(sizeof(struct crumb_ev_count) == 80, "count");
_Static_assert(sizeof(struct crumb_ev_sample) == 144, "sample");
_Static_assert(sizeof(struct crumb_ev_filter) == 200, "filter");
_Static_assert(sizeof(struct crumb_ev_trap_set) == 80, "trap_set");
_Static_assert(sizeof(struct crumb_ev_hook) % 8 == 0, "hook");
#endif

#endif

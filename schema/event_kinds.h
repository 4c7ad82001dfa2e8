/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be told, and where on the path: the numbers in every record of event.h. Append only, none is used twice. */
#ifndef CRUMB_EVENT_KINDS_H
#define CRUMB_EVENT_KINDS_H

enum crumb_event_type {
	/* from the kernel side */
	CRUMB_EV_FLOW = 1,    /* a connection is followed from now on: its number and addresses */
	CRUMB_EV_STATE,	      /* one of its sockets changed TCP state */
	CRUMB_EV_SEND_BEGIN,  /* a send call begins to append bytes to the stream */
	CRUMB_EV_SEND_EXTENT, /* ... another writer came between: one finished extent of that call */
	CRUMB_EV_SEND_END,    /* ... the call returned: its last (mostly only) extent */
	CRUMB_EV_SKB,	      /* an skb with bytes of a flow was seen at a device-level point */
	CRUMB_EV_SOCK,	      /* bytes of a flow were seen at a socket-level point */
	CRUMB_EV_WAKE,	      /* data became ready and this task was woken for it */
	CRUMB_EV_RUN,	      /* a task so woken got a CPU */
	CRUMB_EV_COPY,	      /* a further copy to user memory within one recv call */
	CRUMB_EV_RECV_EXTENT, /* another reader came between: one finished extent of a recv call */
	CRUMB_EV_RECV,	      /* a recv call returned */
	CRUMB_EV_CALL,	      /* a libc function or another network syscall returned */
	CRUMB_EV_DROP,	      /* an skb with bytes of a flow was freed as a drop */
	CRUMB_EV_NEIGH,	      /* neighbour (ARP, ND) entry created, asked for, or changed */
	CRUMB_EV_STACK,	      /* the kernel functions above one sighting (sampled) */
	CRUMB_EV_HELD,	      /* bytes wait in the send queue, and for another reason than before */
	CRUMB_EV_FUNC,	      /* a kernel function that got the skb or the socket returned */
	CRUMB_EV_DGRAM_SEND,  /* a send call has handed a datagram to UDP */
	CRUMB_EV_DGRAM_RECV,  /* a recv call has taken a datagram, or its beginning */
	CRUMB_EV_AWAY,	      /* a reader was off its CPU while bytes may have waited for it */
	CRUMB_EV_DECISION, /* an skb with bytes of a flow, and what netfilter, IP or a bridge decided for it */
	CRUMB_EV_PROCESS, /* a process that sends or receives: its cgroup, its number in its PID namespace */
	CRUMB_EV_RESET, /* a connection was reset: by whom and why; or one of its sockets is gone */
	CRUMB_EV_NAT,	/* a connection's addresses are translated here */
	CRUMB_EV_TUNNEL,     /* bytes of a connection pass here in packets of a tunnel */
	CRUMB_EV_UNFOLLOWED, /* from here on the bytes of a direction are not followed */
	CRUMB_EV_TRAP, /* the hardware of a switch gave the CPU a packet with bytes of a flow, and why */
	CRUMB_EV_POLL, /* the receive softirq that takes the next packet had been due for a while */
	CRUMB_EV_QDISC, /* bytes of a connection come to a queueing discipline: what kind it is */

	/* from user space */
	CRUMB_EV_TRACE = 64, /* first: version, settings */
	CRUMB_EV_HOST,
	CRUMB_EV_NETNS,
	CRUMB_EV_DEV,
	CRUMB_EV_FDB,
	CRUMB_EV_HOOK, /* a point's hook: chosen, or why none */
	CRUMB_EV_SYMBOL,
	CRUMB_EV_REASON, /* the name of a drop reason on this kernel */
	CRUMB_EV_LOSS,
	CRUMB_EV_END,	  /* last: the trace was closed in order */
	CRUMB_EV_TICK,	  /* only a header: time passed and nothing happened */
	CRUMB_EV_ASIDE,	  /* what was seen and cannot be followed; before the end */
	CRUMB_EV_PORT,	  /* a bridge's port as it was read: its state, its VLANs */
	CRUMB_EV_RULE,	  /* the only rule of nftables that can drop there, or that none is known */
	CRUMB_EV_OFFLOAD, /* a route or a neighbour, and whether the switch's hardware has it */
	CRUMB_EV_COUNT,	  /* what a port of such a switch had counted when it was read */
	CRUMB_EV_SAMPLE, /* a packet with bytes of a flow that such hardware forwarded, and told of: one in so many */
	CRUMB_EV_FILTER,   /* a tc filter of a device, and what it had counted when it was read */
	CRUMB_EV_TRAP_SET, /* what a trap of a switch's hardware is set to do, as it was read */
	CRUMB_EV_SYNC,	   /* what NTP or PTP say of the machine's clock, as it was read */
	CRUMB_EV_ROUTE, /* by which entry, next hop and neighbour a router forwarded bytes of a flow */
};

/* The points of the path; one row each in src/event/point.c. Append only: trace files carry the numbers. */
enum crumb_point {
	CRUMB_PT_NONE = 0,
	CRUMB_PT_LIBC_SEND,	   /* libc send-family function entered */
	CRUMB_PT_SYS_SEND,	   /* the syscall entered */
	CRUMB_PT_SOCK_SEND,	   /* socket layer entered */
	CRUMB_PT_TCP_APPEND,	   /* bytes enter the TCP stream */
	CRUMB_PT_SOCK_SEND_RETURN, /* socket layer left */
	CRUMB_PT_SYS_SEND_RETURN,
	CRUMB_PT_LIBC_SEND_RETURN,
	CRUMB_PT_TCP_XMIT,
	CRUMB_PT_TCP_RETRANSMIT,
	CRUMB_PT_IP_OUTPUT,
	CRUMB_PT_NEIGH_RESOLVE,
	CRUMB_PT_NEIGH_UPDATE,
	CRUMB_PT_DEV_QUEUE,
	CRUMB_PT_QDISC_ENQUEUE,
	CRUMB_PT_QDISC_DEQUEUE,
	CRUMB_PT_DEV_XMIT,
	CRUMB_PT_DEV_BACKLOG,
	CRUMB_PT_DEV_GRO,
	CRUMB_PT_DEV_RECEIVE,
	CRUMB_PT_BRIDGE_IN,
	CRUMB_PT_BRIDGE_FORWARD,
	CRUMB_PT_IP_RECEIVE,
	CRUMB_PT_TCP_RECEIVE,
	CRUMB_PT_TCP_QUEUE,
	CRUMB_PT_SOCK_READY,
	CRUMB_PT_SCHED_WAKE,
	CRUMB_PT_SCHED_RUN,
	CRUMB_PT_SYS_RECV,
	CRUMB_PT_SOCK_COPY,
	CRUMB_PT_SOCK_RECV_RETURN,
	CRUMB_PT_SYS_RECV_RETURN,
	CRUMB_PT_LIBC_RECV,
	CRUMB_PT_LIBC_RECV_RETURN,
	CRUMB_PT_SKB_DROP,
	CRUMB_PT_CALL, /* calls that carry no bytes: getaddrinfo, socket, connect, close ... */
	CRUMB_PT_STATE,
	CRUMB_PT_FLOW,
	CRUMB_PT_TASK,		 /* fork, exec, exit of selected processes */
	CRUMB_PT_TCP_HELD,	 /* TCP keeps bytes in the send queue */
	CRUMB_PT_SCHED_OFF,	 /* the reader leaves its CPU while bytes wait for it */
	CRUMB_PT_SOCK_LOCK,	 /* a call waits for the socket's lock */
	CRUMB_PT_NETFILTER,	 /* a chain of netfilter has its verdict */
	CRUMB_PT_NEIGH_WAIT,	 /* the packet waits for the next hop's link-layer address */
	CRUMB_PT_IP_ROUTE,	 /* where IP sends what came in */
	CRUMB_PT_BRIDGE_FDB,	 /* where a bridge sends a frame */
	CRUMB_PT_TCP_BACKLOG,	 /* the socket is in use: the packet goes to its backlog */
	CRUMB_PT_TCP_OFO,	 /* bytes before it are missing: the out-of-order queue */
	CRUMB_PT_TCP_RECV,	 /* the reader's call has come to TCP */
	CRUMB_PT_RESET_SEND,	 /* TCP sends an RST */
	CRUMB_PT_RESET_RECV,	 /* a socket gets one */
	CRUMB_PT_SOCK_GONE,	 /* a socket is destroyed */
	CRUMB_PT_HW_TRAP,	 /* the hardware of a switch gives a packet to the CPU */
	CRUMB_PT_HW_DROP,	 /* ... which it dropped */
	CRUMB_PT_DEV_IRQ,	 /* the interrupt of a device asks for its poll */
	CRUMB_PT_SOFTIRQ_RUN,	 /* the receive softirq begins, which polls */
	CRUMB_PT_TCP_WRITE,	 /* TCP looks at its send queue, and sends the bytes */
	CRUMB_PT_IP_QUEUE,	 /* IP gets an skb of TCP's */
	CRUMB_PT_SOCK_CONNECTED, /* the connection is made: a send call that waited for it can go on */
	CRUMB_PT_MAX,
};

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* The causes and where they apply: see cause.h. Codes are a contract (JSON): none is renamed. */
#include "cause.h"

#include <stddef.h>
#include <string.h>

enum cause_id {
	TX_LIBC,
	TX_ENTER,
	TX_LOCK,
	TX_CONNECT,
	TX_WAKEUP,
	TX_NETFILTER,
	TX_STACK,
	TX_DATAGRAM,
	TX_TCP,
	TX_IP,
	TX_OUT,
	TX_NEIGH,
	TX_STREAM,
	TX_SNDBUF,
	TX_COPY,
	TX_RECOVERY,
	TX_PACING,
	TX_CWND,
	TX_RWND,
	TX_CORK,
	TX_NAGLE,
	TX_AUTOCORK,
	TX_TSQ,
	TX_TSO_DEFER,
	TX_QUEUE,
	TX_RETRANSMIT,
	TX_DEV,
	TX_TUNNEL,
	TX_QDISC,
	TX_FQ,
	TX_DRIVER_BUSY,
	TX_BQL,
	NET_WIRE,
	NET_BETWEEN,
	NET_HARDWARE,
	NET_TRAP,
	NET_RPS,
	NET_SOFTIRQ,
	NET_GRO,
	NET_BRIDGE,
	NET_ROUTE,
	NET_NETFILTER,
	NET_NEIGH,
	NET_TUNNEL,
	NET_OUT,
	NET_QDISC,
	NET_DRIVER_BUSY,
	NET_BQL,
	NET_NAPI,
	RX_TRAP,
	NET_IRQ,
	RX_RPS,
	RX_SOFTIRQ,
	RX_NAPI,
	RX_IRQ,
	RX_GRO,
	RX_TUNNEL,
	RX_STACK,
	RX_NETFILTER,
	RX_ROUTE,
	RX_DATAGRAM,
	RX_BACKLOG,
	RX_TCP,
	RX_HOL,
	RX_WAKE,
	RX_WAKEUP,
	RX_APP,
	RX_APP_BUSY,
	RX_APP_BLOCKED,
	RX_APP_STOPPED,
	RX_APP_LATE,
	RX_PREEMPTED,
	RX_CALL,
	RX_ENTER,
	RX_LOCK,
	RX_TAKE,
	RX_RESUME,
	RX_COPY,
	RX_MORE,
	RX_EXIT,
	RX_LIBC,
	DROP_HERE,
	DROP_HARDWARE,
	CAUSES
};

static const struct cause_row rows[CAUSES] = {
	[TX_LIBC] = { { "tx.libc", "C library, syscall instruction" },
		      "From the call of the C library's function to the kernel's entry: the"
		      " library's own work and the change of privilege." },
	[TX_ENTER] = { { "tx.enter", "kernel entry, file look-up, socket lock" },
		       "From the kernel's entry to the first byte in the TCP stream: the "
		       "descriptor is looked up, security hooks run, the socket is locked "
		       "(long if a softirq or another thread holds it)." },
	[TX_LOCK] = { { "tx.lock", "the socket was locked by somebody else" },
		      "A softirq that works off packets for this socket, or another thread that sends "
		      "or receives on it, had its lock: the send call slept (__lock_sock()) until it "
		      "was given back." },
	[TX_CONNECT] = { { "tx.connect", "the connection was not made yet" },
			 "The program sends on a socket whose connect() has not ended (one that does not wait, Fast Open "
			 "without a cookie): the send call slept until the answer to the SYN was here. A SYN that is lost is sent "
			 "again after 1 s, 2 s, 4 s ..." },
	[TX_WAKEUP] = { { "tx.wakeup", "the sender is woken and waits for a CPU" },
			"The send call had slept for the socket's lock, or for its connection, and was woken: "
			"from then on until its first byte entered the stream, the wait for a CPU above all." },
	[TX_NETFILTER] = { { "tx.netfilter", "netfilter's rules up to the verdict" },
			   "On the way out of the sender: the rules of a hook of netfilter, all its chains. "
			   "With --deep, up to the verdict of a chain: its rules, and what lies between "
			   "the last step and them; the step names the chain and how long its rules took. "
			   "`nft list ruleset` shows them, with counters." },
	[TX_STACK] = { { "tx.stack", "copy, TCP, IP, netfilter, neighbour" },
		       "Within the send call: bytes are copied into an skb, TCP cuts and "
		       "sends it, IP routes it, netfilter and the neighbour pass it, until "
		       "it stands at the device." },
	[TX_DATAGRAM] = { { "tx.datagram", "kernel entry, copy, UDP, IP, netfilter, neighbour" },
			  "Within the send call: the descriptor is looked up, the bytes are copied "
			  "into an skb, UDP writes its header, IP routes it, netfilter and the "
			  "neighbour pass it, until it stands at the device. UDP keeps no queue: "
			  "there is no window to wait for." },
	[TX_TCP] = { { "tx.tcp", "copy into an skb, TCP" },
		     "Bytes are copied into an skb, and TCP decides to send it: within the send "
		     "call, and behind tcp.write also for an ACK, a timer, the small-queue tasklet." },
	[TX_IP] = { { "tx.ip", "TCP header, route, netfilter" },
		    "TCP writes its header, IP its own with the route of the socket, and "
		    "netfilter's OUTPUT hooks look at the packet." },
	[TX_OUT] = { { "tx.out", "netfilter, neighbour" },
		     "From IP's output function to the device: netfilter's POSTROUTING "
		     "hooks, and the link-layer header of the neighbour." },
	[TX_NEIGH] = { { "tx.neigh", "waits for the neighbour's address (ARP, ND)" },
		       "The next hop's link-layer address was not known: the skb waited in the "
		       "neighbour's queue until the answer came. `ip neigh` shows the table." },
	[TX_STREAM] = { { "tx.stream", "the rest of the message: copied and sent skb by skb" },
			"The message took several skbs: from its first byte in the stream "
			"until the skb with its last byte stood at the device, within the "
			"send call. Includes waiting for the window." },
	[TX_SNDBUF] = { { "tx.sndbuf", "send buffer full: slept in the call" },
			"The socket's send buffer had no room for the rest of the message: the "
			"send call slept (sk_stream_wait_memory()) until acknowledgements made "
			"some. What kept the queue from draining is named beside it. `ss -tm` "
			"shows the buffer, SO_SNDBUF and net.ipv4.tcp_wmem set it." },
	[TX_COPY] = { { "tx.copy", "copy into the kernel" },
		      "Within the send call: the bytes are copied into skbs of the socket's "
		      "send queue, and TCP, asked to send, keeps them." },
	[TX_RECOVERY] = { { "tx.recovery", "a loss is repaired first" },
			  "TCP found that earlier bytes were lost: what it may send goes to "
			  "them, and the congestion window is full. `ss -ti` shows retrans, lost "
			  "and the state." },
	[TX_PACING] = { { "tx.pacing", "paced: TCP's own clock says later" },
			"TCP spreads its packets over time (SO_MAX_PACING_RATE, BBR): the next may leave "
			"only when its timer says so or, with the fq qdisc, when that has let the ones "
			"before it go. `ss -ti` shows pacing_rate." },
	[TX_CWND] = { { "tx.cwnd", "congestion window full" },
		      "As many TCP segments were in flight as the congestion window allows: "
		      "an acknowledgement has to come first. Small after a start, an idle "
		      "time or a loss. `ss -ti` shows cwnd, ssthresh and unacked." },
	[TX_RWND] = { { "tx.rwnd", "receiver's window full" },
		      "The receiver's offered window was used up: its program reads too "
		      "slowly or its buffer is small. `ss -ti` at the sender shows "
		      "rwnd_limited, `ss -tm` at the receiver its buffer." },
	[TX_CORK] = { { "tx.cork", "corked: waits for more bytes" },
		      "TCP_CORK or MSG_MORE: less than a full TCP segment waits for more "
		      "bytes, for the cork to be pulled, or 200 ms." },
	[TX_NAGLE] = { { "tx.nagle", "Nagle: waits for an acknowledgement" },
		       "Less than a full TCP segment, while an earlier small one is not "
		       "acknowledged (RFC 896, Minshall's variant). With a receiver that "
		       "delays its acknowledgement this costs 40 ms and more. TCP_NODELAY "
		       "ends it, so does writing all in one call." },
	[TX_AUTOCORK] = { { "tx.autocork", "autocorked: own bytes still on their way out" },
			  "Less than a full TCP segment, while an earlier skb of this socket is "
			  "still in the queueing discipline or driver: sent when that one has "
			  "left (net.ipv4.tcp_autocorking). `nstat` counts TCPAutoCorking." },
	[TX_TSQ] = { { "tx.tsq", "small-queue limit: own bytes still on their way out" },
		     "This socket has enough bytes in the queueing discipline and driver "
		     "(TCP small queues): more when they have left. A slow or shaped "
		     "device, `tc -s qdisc` shows its backlog." },
	[TX_TSO_DEFER] = { { "tx.tso_defer", "TSO deferral: waits for a larger burst" },
			   "The windows had room for a TCP segment and no other limit was hit, "
			   "but not for a burst worth sending: TCP waits for the next "
			   "acknowledgement to send more at once (tcp_tso_should_defer()). Told by "
			   "exclusion." },
	[TX_QUEUE] = { { "tx.queue", "held in the send queue" },
		       "The send call had returned and the bytes were still in the socket's "
		       "send queue, and none of the known reasons was seen: a locked "
		       "socket, a local drop, or a trace that does not tell." },
	[TX_RETRANSMIT] = { { "tx.retransmit", "an earlier transmission was lost: sent again" },
			    "The first transmission did not arrive, or not in time: from it to "
			    "the one that made it, loss detection and timers included." },
	[TX_DEV] = { { "tx.dev", "handed to the driver" },
		     "From the device's queue function to the driver's transmit function, "
		     "without a queue in between." },
	[TX_TUNNEL] = { { "tx.tunnel", "into the tunnel: outer headers, route" },
			"The tunnel's device (VXLAN, Geneve, GRE, IP in IP) has the packet: it looks up the other end, "
			"puts its own and an outer IP header before it, and sends that through IP as a packet of "
			"its own: route, netfilter's OUTPUT hooks, and the neighbour's address where it was not known." },
	[TX_QDISC] = { { "tx.qdisc", "queueing discipline" },
		       "In the sender's queueing discipline: behind other packets, shaped, "
		       "paced (fq), or waiting for the driver to take more." },
	[TX_FQ] = { { "tx.fq", "paced: fq keeps it until its time" },
		    "In the sender's queueing discipline fq, which lets a packet go at the time that TCP has "
		    "given it, or at the socket's rate (SO_MAX_PACING_RATE, BBR). `ss -ti` shows "
		    "pacing_rate, `tc -s qdisc` throttled flows." },
	[TX_DRIVER_BUSY] = { { "tx.driver_busy", "the driver has stopped the device's queue" },
			     "In the sender's queueing discipline, since the driver had no room for more packets when "
			     "this one came: its ring was full." },
	[TX_BQL] = { { "tx.bql", "the device has bytes enough (BQL)" },
		     "In the sender's queueing discipline, since as many bytes were with the device as its limit "
		     "allows (byte queue limits) when this one came: it lets more come when it has sent "
		     "some." },
	[NET_WIRE] = { { "net.wire", "over the link" },
		       "From one device's transmit function until the device at the other "
		       "end shows the packet: on a veth a function call, on a cable the "
		       "NIC's queue, the wire and the receiver's interrupt." },
	[NET_BETWEEN] = { { "net.between", "the wire, and whatever is not recorded between" },
			  "From the last sighting on one machine to the first on the next one "
			  "that was recorded: driver and NIC, the link, machines on the way that "
			  "nobody recorded, the other NIC and its interrupt. Two clocks: the "
			  "time is good to the bound beside it." },
	[NET_HARDWARE] = { { "net.hardware", "forwarded in hardware; the wires" },
			   "From the last sighting on one machine to the first on the next one, by way "
			   "of a switch whose CPU does not see what its hardware forwards. The switch's "
			   "tables tell that it went there: an FDB entry or a route to the receiver "
			   "with the flag offload. What both ports counted meanwhile stands beside it. "
			   "The time is both wires, the hardware with its queues, the network cards and "
			   "their interrupts; of two clocks it is good to the bound beside it." },
	[NET_TRAP] = { { "net.trap", "from the hardware of a switch into its CPU's stack" },
		       "On a switch or router whose hardware gave the packet to the CPU (a devlink trap): from the "
		       "driver's report of it until the stack takes it." },
	[NET_RPS] = { { "net.rps", "given to another CPU (RPS) on a host on the way" },
		      "On a switch or router: as rx.rps." },
	[NET_SOFTIRQ] = { { "net.softirq", "waits for the softirq of a host on the way" },
			  "On a switch or router: the packet is in a CPU's backlog until that "
			  "CPU's receive softirq runs." },
	[NET_GRO] = { { "net.gro", "merging (GRO) on a host on the way" },
		      "On a switch or router: the driver's poll offered the packet for "
		      "merging until the stack took it." },
	[NET_BRIDGE] = { { "net.bridge", "bridge: learn, look up, decide" },
			 "From the bridge's port in to its port out: VLAN and state checks, "
			 "learning of the source address, look-up of the destination in the "
			 "FDB, bridge netfilter." },
	[NET_ROUTE] = { { "net.route", "IP forwarding" },
			"On a router: header checks, netfilter, route look-up and neighbour, "
			"from device in to device out." },
	[NET_NETFILTER] = { { "net.netfilter", "netfilter's rules on a host on the way" },
			    "On a switch or router: the rules of a hook of netfilter (PREROUTING, "
			    "FORWARD, POSTROUTING). With --deep, up to the verdict of a chain: the step "
			    "names it and how long its rules took." },
	[NET_NEIGH] = { { "net.neigh", "a router waits for the next hop's address" },
			"On a router: the next hop's link-layer address was not known, and the packet "
			"waited in the neighbour's queue until the answer to ARP or neighbour discovery "
			"came. `ip neigh` there shows the table. Told with --deep; else part of "
			"net.route." },
	[NET_TUNNEL] = { { "net.tunnel", "into or out of a tunnel on a host on the way" },
			 "On a router: outer headers are put before the packet or taken away, with the outer packet's own "
			 "way through IP." },
	[NET_OUT] = { { "net.out", "out of the forwarding port" },
		      "On a switch or router: from the chosen port to its driver's transmit"
		      " function." },
	[NET_QDISC] = { { "net.qdisc", "queueing discipline on the way" },
			"On a switch or router: in the queueing discipline of the port out." },
	[NET_DRIVER_BUSY] = { { "net.driver_busy",
				"the driver of a host on the way has stopped its queue" },
			      "On a switch or router: as tx.driver_busy." },
	[NET_BQL] = { { "net.bql", "a device on the way has bytes enough (BQL)" },
		      "On a switch or router: as tx.bql." },
	[NET_NAPI] = { { "net.napi", "waits for the device's poll (NAPI) on a host on the way" },
		       "On a switch or router: as rx.napi." },
	[RX_TRAP] = { { "rx.trap", "from the hardware into the CPU's stack" },
		      "The receiver is a switch: its hardware gave the packet, which is for the switch itself, to the "
		      "CPU (a devlink trap); from the driver's report of it until the stack takes it." },
	[NET_IRQ] = { { "net.irq", "interrupt to receive softirq on a host on the way" },
		      "On a switch or router: as rx.irq." },
	[RX_RPS] = { { "rx.rps", "given to another CPU (RPS), waits for its softirq" },
		     "On the receiver's host: receive packet steering put the packet into the backlog of another CPU than "
		     "the one that got it, until that CPU, told by an interrupt, has worked off what was there "
		     "before." },
	[RX_SOFTIRQ] = { { "rx.softirq", "waits for the receive softirq" },
			 "On the receiver's host: the packet is in a CPU's backlog until that "
			 "CPU's receive softirq runs; long when the CPU is busy with other "
			 "softirqs or ksoftirqd has to be scheduled." },
	[RX_NAPI] = { { "rx.napi", "waits for the device's poll (NAPI)" },
		      "On the receiver's host: the packet is in the ring of its device until that is polled; long when that has to wait "
		      "for a CPU, or works off other packets first. Of a veth it is the whole time in the ring; of another device, whose "
		      "packet's coming is not seen, at most that: from the softirq's begin, or an interrupt in its midst. If the poll "
		      "was due already when the packet left, the way is part of it." },
	[RX_IRQ] = { { "rx.irq", "from the interrupt to the receive softirq" },
		     "On the receiver's host: an interrupt had asked for the poll of the device, and the receive softirq of that CPU "
		     "began only later. The packet may have come later than the interrupt: it is at most that. If the softirq was due "
		     "already when the packet left, the way is part of it. Less than 20 µs is part of net.wire or net.between." },
	[RX_GRO] = { { "rx.gro", "merging (GRO)" },
		     "On the receiver's host: offered for merging by the driver's poll "
		     "until the stack took it, alone or merged." },
	[RX_TUNNEL] = { { "rx.tunnel", "out of the tunnel: outer headers taken away" },
			"On the receiver's host: the outer packet goes through IP and UDP to the tunnel's code, which "
			"takes its headers away and hands the inner packet to the tunnel's device, by way of that "
			"device's own receive queue (gro_cells)." },
	[RX_STACK] = { { "rx.stack", "IP, netfilter, TCP look-up" },
		       "From the device to TCP: header checks, netfilter, route, socket "
		       "look-up." },
	[RX_NETFILTER] = { { "rx.netfilter", "netfilter's rules up to the verdict" },
			   "On the receiver's host: the rules of a hook of netfilter (PREROUTING, INPUT). "
			   "With --deep, up to the verdict of a chain, with the header checks before it: "
			   "the step names the chain and how long its rules took." },
	[RX_ROUTE] = { { "rx.route", "IP header checks, early socket look-up, route" },
		       "On the receiver's host: up to the decision that the packet is for this "
		       "machine. The route is that of the socket, found early, or looked up in the "
		       "routing table. Told with --deep." },
	[RX_DATAGRAM] = { { "rx.datagram", "IP, netfilter, UDP: socket look-up, receive queue" },
			  "From the device to the socket: header checks, netfilter, route, socket "
			  "look-up, room in the receive buffer, the socket's receive queue." },
	[RX_BACKLOG] = { { "rx.backlog", "the socket was locked by its user" },
			 "A thread held the socket when the packet came: it went to the "
			 "socket's backlog and was processed when that thread released the "
			 "lock." },
	[RX_TCP] = { { "rx.tcp", "TCP: checks, receive queue" },
		     "TCP's own work: checks, acknowledgement, the receive queue, the "
		     "socket's readiness." },
	[RX_HOL] = { { "rx.hol", "arrived out of order: waits for missing bytes" },
		     "The bytes were here but earlier ones were not (head-of-line "
		     "blocking): TCP hands over in order only." },
	[RX_WAKE] = { { "rx.wake", "readiness: waiters called" },
		      "From the socket's readiness to the wake-up of the reader: wait "
		      "queues, epoll." },
	[RX_WAKEUP] = { { "rx.wakeup", "reader woken, waits for a CPU" },
			"The reader was made runnable and waited until the scheduler gave it "
			"a CPU." },
	[RX_APP] = { { "rx.app", "the reader runs, has not called recv yet" },
		     "The reader had been woken (poll, epoll) and was on a CPU: its own "
		     "work until it called recv." },
	[RX_APP_BUSY] = { { "rx.app_busy", "the reader was busy on a CPU" },
			  "The bytes were ready and the thread that read them later was on a CPU "
			  "with something else: computing, or serving others first." },
	[RX_APP_BLOCKED] = { { "rx.app_blocked", "the reader slept elsewhere" },
			     "The bytes were ready and the thread that read them later was asleep "
			     "in a call that did not wait for them: a lock, a disk, a timer, "
			     "another socket. The call is named beside it." },
	[RX_APP_STOPPED] = { { "rx.app_stopped", "the reader was stopped" },
			     "The bytes were ready and the thread that read them later could not run: "
			     "a signal (SIGSTOP, SIGTSTP) or a debugger had stopped it, or its cgroup "
			     "was frozen (docker pause). Which of them stands beside it." },
	[RX_APP_LATE] = { { "rx.app_late", "the reader had not called recv yet" },
			  "The bytes were ready and nobody waited for them: the application "
			  "called recv only later. What the thread did instead was not seen: it "
			  "had not read from a followed connection before, or the trace is an "
			  "older one." },
	[RX_PREEMPTED] = { { "rx.preempted", "the reader was put off its CPU" },
			   "The reader had not called recv yet, and another task got its CPU: it was "
			   "runnable and waited for its turn. Who had the CPU is named beside it." },
	[RX_CALL] = { { "rx.call", "C library, syscall instruction" },
		      "From the call of the C library's receive function to the kernel's "
		      "entry." },
	[RX_ENTER] = { { "rx.enter", "kernel entry, socket lock" },
		       "From the recv call's kernel entry to the copy: file look-up, "
		       "security hooks, the socket lock." },
	[RX_LOCK] = { { "rx.lock", "the socket was locked by somebody else" },
		      "A softirq that works off packets for this socket, or another thread that "
		      "sends or receives on it, had its lock: the recv call slept (__lock_sock()) until "
		      "it was given back." },
	[RX_TAKE] = { { "rx.take", "kernel entry, receive queue, copy" },
		      "From the recv call's kernel entry to the socket layer's return: file "
		      "look-up, security hooks, the datagram is taken from the receive queue and "
		      "copied to the reader's memory." },
	[RX_RESUME] = { { "rx.resume", "the waiting recv goes on" },
			"The reader was inside recv: back on its CPU it takes the socket lock"
			" and finds the bytes." },
	[RX_COPY] = { { "rx.copy", "copy to the reader's memory" },
		      "The copy to user memory (page faults included) and the end of TCP's "
		      "receive function." },
	[RX_MORE] = { { "rx.more", "the same call went on with later bytes" },
		      "The message's bytes were copied, but the recv call did not return "
		      "yet: it took or waited for more." },
	[RX_EXIT] = { { "rx.exit", "back from the kernel" },
		      "From the socket layer's return to the syscall's return: accounting, "
		      "signals, descriptor put." },
	[RX_LIBC] = { { "rx.libc", "C library returns to the reader" },
		      "From the syscall's return until the C library's function returned to"
		      " the program." },
	[DROP_HERE] = { { "net.drop", "until the kernel dropped it" },
			"From the last point passed to the place where the kernel freed the "
			"packet: the drop reason tells why." },
	[DROP_HARDWARE] = { { "net.hw_drop", "until a switch's hardware dropped it" },
			    "From the last point passed, on the machine before, until the hardware of a switch "
			    "had dropped the packet and its driver told so (a devlink trap): link, the hardware "
			    "with its queues, and the way of the dropped packet's copy to the CPU." },
};

#define P(point) (1ull << CRUMB_PT_##point)

#define CALL_IN (P(LIBC_SEND) | P(SYS_SEND) | P(SOCK_SEND))
#define FROM_STREAM                                                                               \
	(P(LIBC_SEND) | P(SYS_SEND) | P(SOCK_SEND) | P(TCP_APPEND) | P(TCP_WRITE) | P(TCP_XMIT) | \
	 P(IP_QUEUE) | P(IP_OUTPUT) | P(NEIGH_RESOLVE) | P(NEIGH_UPDATE))
#define TO_DEVICE                                                                             \
	(P(TCP_WRITE) | P(TCP_XMIT) | P(IP_QUEUE) | P(IP_OUTPUT) | P(NEIGH_RESOLVE) |         \
	 P(NEIGH_UPDATE) | P(DEV_QUEUE) | P(QDISC_ENQUEUE) | P(QDISC_DEQUEUE) | P(DEV_XMIT) | \
	 P(BRIDGE_FORWARD) | P(NETFILTER))
#define HELD	(P(SOCK_SEND_RETURN) | P(TCP_HELD))
#define QDISC	(P(QDISC_ENQUEUE) | P(QDISC_DEQUEUE))
#define QUEUED	(P(DEV_QUEUE) | P(BRIDGE_FORWARD))
#define OUT	(QUEUED | QDISC | P(DEV_XMIT))
#define SHOWN	(P(DEV_GRO) | P(DEV_RECEIVE) | P(BRIDGE_IN))
#define ARRIVED (P(HW_TRAP) | P(DEV_BACKLOG) | SHOWN)
#define UP	(ARRIVED | P(IP_RECEIVE))
#define IN_TCP	(P(TCP_RECEIVE) | P(TCP_QUEUE) | P(TCP_OFO))
#define READ	(P(SOCK_COPY) | P(SOCK_RECV_RETURN) | P(SYS_RECV_RETURN) | P(LIBC_RECV_RETURN))
#define ENTRY	(P(LIBC_RECV) | P(SYS_RECV) | P(TCP_RECV))
#define AT_IP	(P(NETFILTER) | P(IP_ROUTE))
#define READY	(IN_TCP | P(SOCK_READY) | P(SCHED_OFF) | P(SCHED_WAKE) | P(SCHED_RUN))
#define READER	(P(SCHED_OFF) | P(SCHED_WAKE) | P(SCHED_RUN) | ENTRY)

/*
 * In order of preference: the first row whose points match, whose `need` all hold and of whose
 * `not` none does.
 */
static const struct rule {
	uint64_t from, to;
	uint64_t need, not ;
	enum cause_id id;
} rules[] = {
	{ ~0ull, P(SKB_DROP), 0, 0, DROP_HERE },
	{ ~0ull, P(HW_DROP), 0, 0, DROP_HARDWARE },

	{ P(LIBC_SEND), P(SYS_SEND), 0, 0, TX_LIBC },
	{ CALL_IN | P(SOCK_LOCK) | P(SCHED_WAKE), P(SOCK_CONNECTED), 0, 0, TX_CONNECT },
	{ P(SOCK_CONNECTED), P(SOCK_LOCK) | P(TCP_APPEND), 0, 0, TX_WAKEUP },
	{ CALL_IN, P(SOCK_SEND) | P(SOCK_LOCK) | P(TCP_APPEND), 0, 0, TX_ENTER },
	{ P(SOCK_LOCK), P(TCP_APPEND) | P(SOCK_SEND_RETURN), 0, 0, TX_LOCK },
	{ P(SOCK_LOCK), P(SCHED_WAKE), GAP_SENDER_WOKEN, 0, TX_LOCK },
	{ P(SCHED_WAKE), P(TCP_APPEND) | P(SOCK_SEND_RETURN), 0, 0, TX_WAKEUP },
	{ CALL_IN | P(TCP_APPEND), P(SOCK_SEND_RETURN), 0, 0, TX_COPY },
	{ HELD, P(TCP_HELD) | TO_DEVICE, GAP_RECOVERY, 0, TX_RECOVERY },
	{ HELD, P(TCP_HELD) | TO_DEVICE, GAP_PACING, 0, TX_PACING },
	{ HELD, P(TCP_HELD) | TO_DEVICE, GAP_CWND, 0, TX_CWND },
	{ HELD, P(TCP_HELD) | TO_DEVICE, GAP_RWND, 0, TX_RWND },
	{ HELD, P(TCP_HELD) | TO_DEVICE, GAP_CORK, 0, TX_CORK },
	{ HELD, P(TCP_HELD) | TO_DEVICE, GAP_NAGLE, 0, TX_NAGLE },
	{ HELD, P(TCP_HELD) | TO_DEVICE, GAP_AUTOCORK, 0, TX_AUTOCORK },
	{ HELD, P(TCP_HELD) | TO_DEVICE, GAP_TSQ, 0, TX_TSQ },
	{ HELD, P(TCP_HELD) | TO_DEVICE, GAP_TSO_DEFER, 0, TX_TSO_DEFER },
	{ HELD, P(TCP_HELD) | TO_DEVICE, 0, 0, TX_QUEUE },
	{ OUT | ARRIVED | TO_DEVICE, OUT | ARRIVED | TO_DEVICE | P(NETFILTER), GAP_RETRANSMIT, 0,
	  TX_RETRANSMIT },
	{ OUT, P(SOFTIRQ_RUN), GAP_POLL_DUE | GAP_AT_RECEIVER, 0, RX_IRQ },
	{ OUT, P(SOFTIRQ_RUN), GAP_POLL_DUE, 0, NET_IRQ },
	{ OUT, SHOWN, GAP_POLL_DUE | GAP_AT_RECEIVER, 0, RX_NAPI },
	{ OUT, SHOWN, GAP_POLL_DUE, 0, NET_NAPI },
	{ ~0ull, ~0ull, GAP_HARDWARE, 0, NET_HARDWARE },
	{ ~0ull, ~0ull, GAP_OTHER_KERNEL, 0, NET_BETWEEN },
	{ P(DEV_XMIT) | P(NETFILTER) | P(IP_OUTPUT), OUT | P(IP_OUTPUT) | P(NETFILTER) | P(NEIGH_WAIT),
	  GAP_INTO_TUNNEL | GAP_AT_SENDER, 0, TX_TUNNEL },
	{ ~0ull, ~0ull, GAP_INTO_TUNNEL, 0, NET_TUNNEL },
	{ ~0ull, ~0ull, GAP_OUT_OF_TUNNEL | GAP_AT_RECEIVER, 0, RX_TUNNEL },
	{ ~0ull, ~0ull, GAP_OUT_OF_TUNNEL, 0, NET_TUNNEL },
	{ FROM_STREAM, P(NEIGH_UPDATE), 0, 0, TX_NEIGH },
	{ P(NEIGH_RESOLVE), TO_DEVICE, 0, 0, TX_NEIGH },
	{ P(TCP_APPEND), P(TCP_APPEND), GAP_SLEPT, 0, TX_SNDBUF },
	{ P(TCP_APPEND), P(TCP_APPEND), 0, 0, TX_STREAM },
	{ P(NETFILTER), P(NETFILTER), GAP_HOOKED | GAP_AT_SENDER, 0, TX_NETFILTER },
	{ P(NETFILTER), P(NETFILTER), GAP_HOOKED | GAP_AT_RECEIVER, 0, RX_NETFILTER },
	{ P(NETFILTER), P(NETFILTER), GAP_HOOKED, 0, NET_NETFILTER },
	{ FROM_STREAM | P(NETFILTER), P(NETFILTER), GAP_SAME_HOST | GAP_AT_SENDER, GAP_TO_HOOK,
	  TX_NETFILTER },
	{ P(NETFILTER), P(NETFILTER), GAP_SAME_HOST | GAP_AT_SENDER, 0, TX_IP },
	{ P(NETFILTER), P(IP_OUTPUT), GAP_SAME_HOST | GAP_AT_SENDER, 0, TX_IP },
	{ FROM_STREAM | P(NETFILTER), P(NEIGH_WAIT), GAP_SAME_HOST | GAP_AT_SENDER, 0, TX_OUT },
	{ P(NETFILTER), P(NEIGH_RESOLVE), GAP_SAME_HOST | GAP_AT_SENDER, 0, TX_OUT },
	{ P(NETFILTER), P(NEIGH_UPDATE), GAP_SAME_HOST | GAP_AT_SENDER, 0, TX_NEIGH },
	/* a copy that was dropped there, and the next */
	{ P(NETFILTER), HELD, GAP_SAME_HOST | GAP_AT_SENDER, 0, TX_STACK },
	{ P(NETFILTER), P(TCP_WRITE) | P(TCP_XMIT) | P(IP_QUEUE), GAP_SAME_HOST | GAP_AT_SENDER, 0,
	  TX_QUEUE },
	{ P(NEIGH_WAIT), TO_DEVICE | P(NETFILTER), GAP_SAME_HOST | GAP_AT_SENDER, 0, TX_NEIGH },
	{ P(NETFILTER), OUT, GAP_SAME_HOST | GAP_AT_SENDER, 0, TX_OUT },
	{ P(TCP_WRITE), P(TCP_XMIT), GAP_LATER_SKB, GAP_AFTER_RETURN, TX_STREAM },
	{ P(TCP_WRITE), P(TCP_XMIT), 0, 0, TX_TCP },
	{ P(TCP_XMIT), P(IP_QUEUE) | P(IP_OUTPUT) | P(NETFILTER), 0, 0, TX_IP },
	{ P(IP_QUEUE), P(IP_OUTPUT) | P(NETFILTER), 0, 0, TX_IP },
	{ P(IP_OUTPUT), OUT | P(NETFILTER), GAP_SAME_HOST | GAP_AT_SENDER, 0, TX_OUT },
	{ P(IP_OUTPUT), OUT, GAP_SAME_HOST, 0, NET_ROUTE },
	{ FROM_STREAM, TO_DEVICE, GAP_DATAGRAM, 0, TX_DATAGRAM },
	{ FROM_STREAM, TO_DEVICE, GAP_AFTER_RETURN, 0, TX_QUEUE },
	{ FROM_STREAM, TO_DEVICE, GAP_LATER_SKB, 0, TX_STREAM },
	{ FROM_STREAM, P(TCP_WRITE) | P(TCP_XMIT), 0, 0, TX_TCP },
	{ FROM_STREAM, TO_DEVICE, 0, 0, TX_STACK },

	{ QDISC, QDISC | P(DEV_XMIT), GAP_SAME_HOST | GAP_PACED | GAP_AT_SENDER, 0, TX_FQ },
	{ QDISC, QDISC | P(DEV_XMIT), GAP_SAME_HOST | GAP_DRIVER_XOFF | GAP_AT_SENDER, 0,
	  TX_DRIVER_BUSY },
	{ QDISC, QDISC | P(DEV_XMIT), GAP_SAME_HOST | GAP_DRIVER_XOFF, 0, NET_DRIVER_BUSY },
	{ QDISC, QDISC | P(DEV_XMIT), GAP_SAME_HOST | GAP_STACK_XOFF | GAP_AT_SENDER, 0, TX_BQL },
	{ QDISC, QDISC | P(DEV_XMIT), GAP_SAME_HOST | GAP_STACK_XOFF, 0, NET_BQL },
	{ QUEUED | QDISC, QDISC, GAP_SAME_HOST | GAP_AT_SENDER, 0, TX_QDISC },
	{ QUEUED | QDISC, QDISC, GAP_SAME_HOST, 0, NET_QDISC },
	{ QDISC, P(DEV_XMIT), GAP_SAME_HOST | GAP_AT_SENDER, 0, TX_QDISC },
	{ QDISC, P(DEV_XMIT), GAP_SAME_HOST, 0, NET_QDISC },
	{ OUT, OUT, GAP_SAME_HOST | GAP_AT_SENDER, 0, TX_DEV },
	{ OUT, OUT, GAP_SAME_HOST, 0, NET_OUT },
	/* a device on a device that is in another namespace (macvlan); ipvlan in its L3 mode goes through IP again */
	{ P(DEV_XMIT), OUT | P(IP_OUTPUT), GAP_AT_SENDER, 0, TX_DEV },
	{ P(DEV_XMIT), OUT | P(IP_OUTPUT), 0, 0, NET_OUT },
	{ P(DEV_XMIT), P(DEV_GRO), GAP_VETH | GAP_AT_RECEIVER, 0, RX_NAPI },
	{ P(DEV_XMIT), P(DEV_GRO), GAP_VETH, 0, NET_NAPI },
	{ P(DEV_IRQ), P(SOFTIRQ_RUN), GAP_AT_RECEIVER, 0, RX_IRQ },
	{ P(DEV_IRQ), P(SOFTIRQ_RUN), 0, 0, NET_IRQ },
	{ P(DEV_IRQ) | P(SOFTIRQ_RUN), SHOWN, GAP_AT_RECEIVER, 0, RX_NAPI },
	{ P(DEV_IRQ) | P(SOFTIRQ_RUN), SHOWN, 0, 0, NET_NAPI },
	{ OUT, ARRIVED | P(DEV_IRQ) | P(SOFTIRQ_RUN), 0, 0, NET_WIRE },

	{ P(HW_TRAP), P(DEV_BACKLOG) | SHOWN, GAP_SAME_HOST | GAP_AT_RECEIVER, 0, RX_TRAP },
	{ P(HW_TRAP), P(DEV_BACKLOG) | SHOWN, GAP_SAME_HOST, 0, NET_TRAP },
	/* netif_rx() without RPS keeps to its CPU, and so does the poll of a device */
	{ P(DEV_BACKLOG) | P(DEV_GRO), P(DEV_RECEIVE) | P(BRIDGE_IN),
	  GAP_AT_RECEIVER | GAP_OTHER_CPU, 0, RX_RPS },
	{ P(DEV_BACKLOG) | P(DEV_GRO), P(DEV_RECEIVE) | P(BRIDGE_IN), GAP_OTHER_CPU, 0, NET_RPS },
	{ P(DEV_BACKLOG), SHOWN, GAP_AT_RECEIVER, 0, RX_SOFTIRQ },
	{ P(DEV_BACKLOG), SHOWN, 0, 0, NET_SOFTIRQ },
	{ P(DEV_GRO), P(DEV_RECEIVE) | P(BRIDGE_IN), GAP_AT_RECEIVER, 0, RX_GRO },
	{ P(DEV_GRO), P(DEV_RECEIVE) | P(BRIDGE_IN), 0, 0, NET_GRO },
	{ UP | AT_IP | P(BRIDGE_FDB), P(NETFILTER), GAP_SAME_HOST | GAP_AT_RECEIVER, GAP_TO_HOOK,
	  RX_NETFILTER },
	{ UP | AT_IP, P(NETFILTER), GAP_SAME_HOST | GAP_AT_RECEIVER, 0, RX_STACK },
	{ UP | AT_IP, P(IP_ROUTE), GAP_SAME_HOST | GAP_AT_RECEIVER, 0, RX_ROUTE },
	{ ARRIVED | AT_IP | P(IP_RECEIVE) | P(IP_OUTPUT) | P(BRIDGE_FDB), P(NETFILTER),
	  GAP_SAME_HOST, GAP_TO_HOOK, NET_NETFILTER },
	{ P(BRIDGE_IN), P(NETFILTER), GAP_SAME_HOST, 0, NET_BRIDGE },
	{ P(NETFILTER), P(BRIDGE_FORWARD) | P(DEV_RECEIVE), GAP_SAME_HOST, 0, NET_BRIDGE },
	{ ARRIVED | AT_IP | P(IP_RECEIVE) | P(IP_OUTPUT), P(NETFILTER), GAP_SAME_HOST, 0, NET_ROUTE },
	{ ARRIVED | P(NETFILTER), P(BRIDGE_FDB), GAP_SAME_HOST, 0, NET_BRIDGE },
	{ P(BRIDGE_FDB), QUEUED | P(DEV_XMIT) | UP, GAP_SAME_HOST, 0, NET_BRIDGE },
	{ UP | AT_IP, P(IP_ROUTE), GAP_SAME_HOST, 0, NET_ROUTE },
	{ AT_IP | P(IP_OUTPUT) | P(IP_RECEIVE), P(NEIGH_WAIT), GAP_SAME_HOST, 0, NET_ROUTE },
	{ P(NEIGH_WAIT), OUT, GAP_SAME_HOST, 0, NET_NEIGH },
	{ AT_IP, P(IP_OUTPUT) | OUT, GAP_SAME_HOST, 0, NET_ROUTE },
	{ P(BRIDGE_IN), QUEUED | P(DEV_XMIT) | UP, GAP_SAME_HOST, 0, NET_BRIDGE },
	{ P(DEV_RECEIVE), P(BRIDGE_FORWARD) | P(BRIDGE_IN), GAP_SAME_HOST, 0, NET_BRIDGE },
	{ P(DEV_RECEIVE) | P(IP_RECEIVE), P(IP_OUTPUT) | OUT, GAP_SAME_HOST, 0, NET_ROUTE },
	/* A reader that is quicker than the socket's readiness leaves nothing to be seen there. */
	{ UP, P(SOCK_READY) | READ, GAP_DATAGRAM, 0, RX_DATAGRAM },
	{ UP, ENTRY, GAP_DATAGRAM, 0, RX_APP_BUSY },
	{ P(DEV_RECEIVE), UP, GAP_SAME_HOST | GAP_AT_RECEIVER, 0, RX_STACK },
	{ UP, P(IP_RECEIVE), 0, 0, RX_STACK },
	{ UP | AT_IP, P(TCP_BACKLOG) | P(IP_RECEIVE), GAP_SAME_HOST, 0, RX_STACK },
	{ P(TCP_BACKLOG), IN_TCP | P(SOCK_READY) | READ, 0, 0, RX_BACKLOG },
	{ AT_IP, IN_TCP, 0, GAP_BACKLOG | GAP_OTHER_CPU, RX_STACK },
	{ UP | AT_IP, IN_TCP, GAP_BACKLOG, 0, RX_BACKLOG },
	{ UP | AT_IP, IN_TCP, GAP_OTHER_CPU, 0, RX_BACKLOG },
	{ UP | AT_IP, IN_TCP | P(SOCK_READY), 0, 0, RX_STACK },
	{ UP | AT_IP, P(SOCK_COPY), 0, 0, RX_BACKLOG },

	{ P(TCP_RECEIVE), P(TCP_OFO), 0, 0, RX_TCP },
	{ P(TCP_OFO), ~0ull, 0, 0, RX_HOL },
	{ IN_TCP, IN_TCP | P(SOCK_READY), GAP_OUT_OF_ORDER, 0, RX_HOL },
	{ IN_TCP, IN_TCP | P(SOCK_READY), 0, 0, RX_TCP },
	{ IN_TCP, P(SCHED_WAKE) | P(SCHED_RUN) | P(SOCK_COPY), GAP_OUT_OF_ORDER, 0, RX_HOL },
	{ IN_TCP, P(SCHED_WAKE), 0, 0, RX_WAKE },
	{ IN_TCP, P(SOCK_COPY), 0, 0, RX_TCP },
	{ READY, READER, GAP_BLOCKED, GAP_OUT_OF_ORDER, RX_APP_BLOCKED },
	{ READY, READER, GAP_STOPPED, GAP_OUT_OF_ORDER, RX_APP_STOPPED },
	{ READY, READER, GAP_PUT_OFF, GAP_OUT_OF_ORDER, RX_PREEMPTED },
	{ READY, READER, GAP_RUNNABLE, GAP_OUT_OF_ORDER, RX_WAKEUP },
	{ READY, READER, GAP_BUSY, GAP_OUT_OF_ORDER, RX_APP_BUSY },
	{ READY, READER, GAP_UNSEEN, GAP_OUT_OF_ORDER, RX_APP_LATE },
	{ IN_TCP | P(SOCK_READY), ENTRY, 0, GAP_OUT_OF_ORDER, RX_APP_LATE },
	{ P(SCHED_RUN), P(SCHED_OFF), 0, 0, RX_APP },
	{ P(SCHED_OFF), P(SCHED_WAKE), 0, 0, RX_WAKE },

	{ P(SOCK_READY), P(SCHED_WAKE), 0, 0, RX_WAKE },
	{ IN_TCP | P(SOCK_READY), P(SCHED_RUN), 0, 0, RX_WAKEUP },
	{ P(SOCK_READY), READ, 0, 0, RX_RESUME },
	{ P(SCHED_WAKE), P(SCHED_RUN) | ENTRY | READ, 0, 0, RX_WAKEUP },
	{ P(SCHED_RUN), ENTRY, 0, 0, RX_APP },
	{ P(SCHED_RUN), READ, 0, 0, RX_RESUME },

	{ P(LIBC_RECV), P(SYS_RECV), 0, 0, RX_CALL },
	{ ENTRY, P(TCP_RECV) | P(SOCK_LOCK), 0, 0, RX_ENTER },
	{ READY, P(SOCK_LOCK), 0, 0, RX_RESUME },
	{ P(SOCK_LOCK), READ | P(SCHED_WAKE), 0, 0, RX_LOCK },
	{ ENTRY, READ, GAP_DATAGRAM, 0, RX_TAKE },
	{ ENTRY, READ, 0, 0, RX_ENTER },
	{ P(SOCK_COPY), READ, GAP_CALL_WENT_ON, 0, RX_MORE },
	{ P(SOCK_COPY), READ, 0, 0, RX_COPY },
	{ P(SOCK_RECV_RETURN), P(SYS_RECV_RETURN), 0, 0, RX_EXIT },
	{ P(SOCK_RECV_RETURN) | P(SYS_RECV_RETURN), P(LIBC_RECV_RETURN), 0, 0, RX_LIBC },
};

_Static_assert(CRUMB_PT_MAX <= 64, "a set of points is a 64-bit mask");

const struct cause_row *cause_find(uint16_t from, uint16_t to, uint64_t facts)
{
	if (from >= CRUMB_PT_MAX || to >= CRUMB_PT_MAX)
		return NULL;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *r = &rules[i];

		if ((r->from >> from & 1) && (r->to >> to & 1) && (facts & r->need) == r->need &&
		    !(facts & r->not ))
			return &rows[r->id];
	}
	return NULL;
}

const struct cause_row *cause_by_code(const char *code)
{
	for (unsigned int i = 0; i < CAUSES; i++)
		if (!strcmp(rows[i].cause.code, code))
			return &rows[i];
	return NULL;
}

const struct cause_row *cause_at(unsigned int i)
{
	return i < CAUSES ? &rows[i] : NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words between the figures of the demo's walk. They speak of the default lab: two hosts and a switch as network
 * namespaces of one kernel, joined by veth pairs, the switch a Linux bridge. No number stands here: those are measured.
 */
#include <stddef.h>

#include "walk.h"

/* clang-format off */
static const char *const call[] = { "tx.libc", NULL };
static const char *const enter[] = { "tx.enter", NULL };
static const char *const stack[] = { "tx.stack", "tx.stream", "tx.queue", "tx.neigh", "tx.retransmit", NULL };
static const char *const out[] = { "tx.dev", "tx.qdisc", "net.wire", NULL };
static const char *const way[] = { "net.rps", "net.softirq", "net.gro", "net.bridge", "net.route", "net.out", "net.qdisc", NULL };
static const char *const up[] = { "rx.rps", "rx.softirq", "rx.gro", "rx.stack", "rx.backlog", NULL };
static const char *const order[] = { "rx.tcp", "rx.hol", NULL };
static const char *const wake[] = { "rx.wake", "rx.wakeup", "rx.app", "rx.app_busy", "rx.app_blocked", "rx.app_stopped", "rx.app_late",
				       "rx.preempted", "rx.call", "rx.enter", "rx.resume", NULL };
static const char *const copy[] = { "rx.copy", "rx.more", "rx.exit", "rx.libc", NULL };

static const struct walk_chapter chapters[] = {
	{ "A program makes a call", call,
	  "A program cannot touch the network itself: only the kernel can, and a program asks it by a system call. In C that looks like an ordinary function, and it is one: the C library's wrapper puts the number of the wanted call into a register and executes one special instruction. The arguments are already in the registers where the kernel expects them." },
	{ "Into the kernel", enter,
	  "The instruction switches the CPU to kernel mode and jumps to the one address where all system calls begin. There the program's registers are saved on the kernel stack of this task, and the number selects the function that handles the call.\n"
	  "A file descriptor is an index into the process's table of open files. The kernel looks up the file, finds that it is a socket, asks the security module, and takes the socket's lock, so that no other thread and no incoming packet changes the connection meanwhile." },
	{ "A stream, and packets", stack,
	  "TCP knows no messages, only a stream of numbered bytes. The message's bytes are copied from the program's memory into socket buffers (skb: the kernel's word for a packet with its bookkeeping) and so get their place in the stream.\n"
	  "Then TCP asks whether they may leave now: does the congestion window allow it, has the receiver room, is the piece worth a packet of its own? If so, a TCP header goes in front and the packet to IP, which puts its header before that, asks netfilter (the firewall) and finds the next hop's link-layer address. All of this is still the program's own system call: it does the work, on its own time." },
	{ "Out of the host", out,
	  "To the kernel a network device is an object with a transmit function. In front of it may stand a queueing discipline that orders, delays or drops; the devices of this lab are veths and have none. A veth comes in pairs: what one end transmits the other end receives, here in another network namespace. So the wire of this lab is a function call. With hardware, this is where the network card fetches the packet from memory and puts it on the cable." },
	{ "Through the switch", way,
	  "The switch is a Linux bridge in a namespace of its own. An arriving packet is not worked on by whoever brought it: it is appended to the backlog of a CPU, and a softirq, work that is put off until the kernel leaves the interrupt or the section where softirqs were held back, takes it from there.\n"
	  "A bridge learns from each frame on which port its sender lives, and keeps that in its forwarding database (FDB). It looks up the destination there: found, the frame leaves by that port alone; unknown, it would be flooded to all of them." },
	{ "Up the stack", up,
	  "At the receiving host it is a backlog and a softirq again. Now the headers are taken off in turn: Ethernet's says that it is IP, IP's that it is for this host and carries TCP, and TCP looks for the one socket whose four numbers, two addresses and two ports, are those of the packet." },
	{ "The right bytes, in order", order,
	  "TCP hands over bytes in their order only. The sequence number tells whether these are the ones that it waits for; if earlier ones were missing, they would be kept aside until those came. They join the socket's receive queue, an acknowledgement is due to the sender, and the socket tells whoever waits for it that there is something to read." },
	{ "The reader", wake,
	  "So far all work was done in the sender's system call or in softirqs. The receiving program had no part in it. If it sleeps in a call that waits for bytes it is made runnable, and runs as soon as the scheduler gives it a CPU; if it is busy with something else, the bytes wait." },
	{ "Copied, and back", copy,
	  "The bytes are copied a second time, from the socket buffer to the reader's memory. Between the two copies they did not move, in this lab: functions handed each other a pointer. The system call returns their number, the C library's wrapper passes it on, and the program has its bytes." },
};
/* clang-format on */

const struct walk_chapter *walk_chapter_at(unsigned int i)
{
	return i < sizeof(chapters) / sizeof(chapters[0]) ? &chapters[i] : NULL;
}

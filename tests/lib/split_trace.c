// SPDX-License-Identifier: GPL-2.0-only
/*
 * A trace of one kernel made into one for each of its hosts, as if each had been a machine with a kernel, a boot id, a clock and numbers of
 * its own: split_trace IN OUT-PREFIX HOST=OFFSET_NS,DRIFT_PPM[,STEP_NS@SECOND] ... writes OUT-PREFIX.HOST.pcapng. A host HW:HOST is a switch
 * as if its hardware had forwarded: nothing that its CPU saw, its table with the flags of that, its ports' counters instead. What the
 * analysis of the parts together must give is known: what it gives for the whole. IN and OUT-PREFIX may be -: standard input, and the
 * one host's trace to standard output, as it comes. SPLIT_SYNC and SPLIT_DEAF: see sync_read().
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/neighbour.h>
#include <stdbool.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "point.h"
#include "trace_reader.h"
#include "trace_writer.h"

#define HOSTS_MAX 8
#define PORTS_MAX 32
#define COUNT_NS  100000000ull /* the counters are read anew after this */
#define OWN_NETNS 0xf0000000u  /* all hosts call theirs so */

struct part {
	const char *name;
	double offset_ns, drift, step_ns, step_s;
	uint32_t netns; /* in the whole; 0 not told yet */
	uint32_t flows;
	struct trace_writer *writer;
	bool hardware;
	struct crumb_ev_count ports[PORTS_MAX];
	uint64_t next_count_ns, sync_ns;
};

struct flow {
	uint32_t number;
	struct crumb_ev_flow ev;
	uint32_t as[HOSTS_MAX];	    /* its number there; 0: not announced yet */
	uint32_t receiver_netns[2]; /* by direction */
	UT_hash_handle hh;
};

struct thread {
	uint32_t pid, netns;
	UT_hash_handle hh;
};

static struct part parts[HOSTS_MAX];
static unsigned int n_parts;
static struct flow *flows;
static struct thread *threads;
static uint64_t first_ns;

static uint64_t clock_of(const struct part *p, uint64_t ns)
{
	double since = (double)(int64_t)(ns - first_ns); /* stragglers came before */

	if (!ns)
		return 0;
	return ns + (int64_t)llround(p->offset_ns + since * p->drift +
				     (since > p->step_s * 1e9 ? p->step_ns : 0));
}

static struct part *part_of(uint32_t netns)
{
	for (unsigned int i = 0; i < n_parts; i++)
		if (parts[i].netns == netns)
			return &parts[i];
	return NULL;
}

static struct flow *flow_of(uint32_t number)
{
	struct flow *f;

	HASH_FIND(hh, flows, &number, sizeof(number), f);
	return f;
}

static void thread_note(uint32_t pid, uint32_t netns)
{
	struct thread *t;

	HASH_FIND(hh, threads, &pid, sizeof(pid), t);
	if (!t) {
		t = calloc(1, sizeof(*t));
		t->pid = pid;
		HASH_ADD(hh, threads, pid, sizeof(pid), t);
	}
	t->netns = netns;
}

static uint32_t thread_netns(uint32_t pid)
{
	struct thread *t;

	HASH_FIND(hh, threads, &pid, sizeof(pid), t);
	return t ? t->netns : 0;
}

#define NS(type) (((const struct type *)ev)->netns)

/* In which namespace did it happen? 0: everywhere. */
static uint32_t netns_of(const struct crumb_event *ev)
{
	const struct crumb_ev_extent *x = (const void *)ev;
	struct flow *f;

	switch (ev->type) {
	case CRUMB_EV_STATE:
		f = flow_of(x->flow);
		if (f)
			f->receiver_netns[!((const struct crumb_ev_state *)ev)->end] =
				NS(crumb_ev_state);
		return NS(crumb_ev_state);
	case CRUMB_EV_RESET:
		return NS(crumb_ev_reset);
	case CRUMB_EV_SEND_BEGIN:
		thread_note(((const struct crumb_ev_send_begin *)ev)->pid, NS(crumb_ev_send_begin));
		return NS(crumb_ev_send_begin);
	case CRUMB_EV_SEND_EXTENT:
		return thread_netns(x->pid);
	case CRUMB_EV_SEND_END:
		return thread_netns(((const struct crumb_ev_send_end *)ev)->pid);
	case CRUMB_EV_SKB:
	case CRUMB_EV_DROP:
	case CRUMB_EV_TRAP:
	case CRUMB_EV_SAMPLE:
		return NS(crumb_ev_skb);
	case CRUMB_EV_SOCK: {
		const struct crumb_ev_sock *s = (const void *)ev;

		f = flow_of(s->flow);
		if (f && !point_is_senders(s->point))
			f->receiver_netns[s->dir] = s->netns;
		return s->netns;
	}
	case CRUMB_EV_WAKE:
	case CRUMB_EV_RUN:
	case CRUMB_EV_COPY:
	case CRUMB_EV_RECV_EXTENT:
	case CRUMB_EV_AWAY:
		f = flow_of(x->flow);
		return f ? f->receiver_netns[x->dir] : 0;
	case CRUMB_EV_RECV:
		thread_note(((const struct crumb_ev_recv *)ev)->pid, NS(crumb_ev_recv));
		return NS(crumb_ev_recv);
	case CRUMB_EV_CALL:
		return NS(crumb_ev_call) ? NS(crumb_ev_call) :
					   thread_netns(((const struct crumb_ev_call *)ev)->pid);
	case CRUMB_EV_DGRAM_SEND:
	case CRUMB_EV_DGRAM_RECV:
		thread_note(((const struct crumb_ev_dgram *)ev)->pid, NS(crumb_ev_dgram));
		return NS(crumb_ev_dgram);
	case CRUMB_EV_NEIGH:
		return NS(crumb_ev_neigh);
	case CRUMB_EV_STACK:
		return NS(crumb_ev_stack);
	case CRUMB_EV_FUNC:
		return NS(crumb_ev_func);
	case CRUMB_EV_HELD:
		return NS(crumb_ev_held);
	case CRUMB_EV_NAT:
		return NS(crumb_ev_nat);
	case CRUMB_EV_POLL:
		return NS(crumb_ev_poll);
	case CRUMB_EV_TUNNEL:
		return NS(crumb_ev_tunnel);
	case CRUMB_EV_QDISC:
		return NS(crumb_ev_qdisc);
	case CRUMB_EV_NETNS:
		return NS(crumb_ev_netns);
	case CRUMB_EV_DEV:
		return NS(crumb_ev_dev);
	case CRUMB_EV_FDB:
		return NS(crumb_ev_fdb);
	case CRUMB_EV_PORT:
		return NS(crumb_ev_port);
	case CRUMB_EV_OFFLOAD:
		return NS(crumb_ev_offload);
	case CRUMB_EV_COUNT:
		return NS(crumb_ev_count);
	case CRUMB_EV_FILTER:
		return NS(crumb_ev_filter);
	case CRUMB_EV_TRAP_SET:
		return NS(crumb_ev_trap_set);
	default:
		return 0;
	}
}

static void put(struct part *p, const struct crumb_event *ev)
{
	int err = trace_writer_event(p->writer, ev);

	if (err) {
		fprintf(stderr, "split_trace: cannot write: %s\n", strerror(-err));
		exit(1);
	}
}

#define T(field)   (e->field = clock_of(p, e->field))
#define OWN(field) (e->field = e->field ? OWN_NETNS : 0)
#define CASE(TYPE, type, ...)                           \
	case CRUMB_EV_##TYPE: {                         \
		struct crumb_ev_##type *e = (void *)ev; \
		__VA_ARGS__;                            \
		break;                                  \
	}

/* Times to that clock, namespaces to that host's. */
static void translate(const struct part *p, struct crumb_event *ev)
{
	uint64_t was = ev->time_ns;

	ev->time_ns = clock_of(p, ev->time_ns);
	switch (ev->type) {
		CASE(FLOW, flow, OWN(netns))
		CASE(STATE, state, OWN(netns))
		CASE(NAT, nat, OWN(netns))
		CASE(TUNNEL, tunnel, OWN(netns))
		CASE(SEND_BEGIN, send_begin, OWN(netns), T(enter_ns), T(libc_ns))
		CASE(SEND_END, send_end, T(sock_ns), T(append_ns))
		CASE(SKB, skb, OWN(netns))
		CASE(DROP, skb, OWN(netns))
		CASE(SOCK, sock, OWN(netns))
		CASE(RUN, run, T(woken_ns))
		CASE(AWAY, away, T(off_ns), T(on_ns))
		CASE(RECV, recv, OWN(netns), T(enter_ns), T(libc_ns), T(copy_ns), T(sock_ns))
		CASE(CALL, call, OWN(netns), T(enter_ns))
		CASE(DGRAM_SEND, dgram, OWN(netns), T(enter_ns), T(libc_ns), T(sock_ns))
		CASE(DGRAM_RECV, dgram, OWN(netns), T(enter_ns), T(libc_ns), T(sock_ns))
		CASE(NEIGH, neigh, OWN(netns))
		CASE(STACK, stack, OWN(netns))
		CASE(RESET, reset, OWN(netns))
		CASE(HELD, held, OWN(netns), T(since_ns))
	case CRUMB_EV_NETNS: {
		struct crumb_ev_netns *e = (void *)ev;

		OWN(netns);
		snprintf(e->host, sizeof(e->host), "%s", p->name);
		break;
	}
		CASE(FDB, fdb, OWN(netns))
		CASE(PORT, port, OWN(netns), T(read_ns))
		CASE(OFFLOAD, offload, OWN(netns), T(read_ns))
		CASE(COUNT, count, OWN(netns), T(read_ns))
		CASE(LOSS, loss, T(from_ns))
		CASE(SYNC, sync, e->realtime_ns -= (int64_t)(ev->time_ns - was))
	case CRUMB_EV_DEV: {
		struct crumb_ev_dev *e = (void *)ev;

		OWN(netns);
		e->peer_netns = 0; /* no host sees into another */
		e->peer = 0;
		break;
	}
	case CRUMB_EV_HOST: {
		struct crumb_ev_host *e = (void *)ev;

		e->netns = OWN_NETNS;
		e->realtime_ns -= (int64_t)p->offset_ns;
		e->boot_id[0] = (uint8_t)p->name[0];
		e->boot_id[1] ^= (uint8_t)p->name[strlen(p->name) - 1] ^ 0x5a;
		snprintf(e->name, sizeof(e->name), "%s", p->name);
		break;
	}
	}
}

static uint32_t *flow_field(struct crumb_event *ev)
{
	if (ev->type == CRUMB_EV_CALL)
		return &((struct crumb_ev_call *)ev)->flow;
	if (ev->type >= CRUMB_EV_TRACE || ev->type == CRUMB_EV_NEIGH)
		return NULL;
	return &((struct crumb_ev_skb *)ev)->flow;
}

/* Each host numbers its connections, and announces one when it first sees it. */
static void part_event(struct part *p, const struct crumb_event *ev)
{
	_Alignas(8) char buf[EVENT_SCRATCH_BYTES] = { 0 };
	struct crumb_event *copy = (void *)buf;
	uint32_t *number;
	struct flow *f;

	memcpy(buf, ev, ev->size);
	number = flow_field(copy);
	f = number && *number ? flow_of(*number) : NULL;
	if (number && *number && !f)
		return;
	if (f && !f->as[p - parts]) {
		struct crumb_ev_flow flow = f->ev;

		f->as[p - parts] = ++p->flows;
		flow.h.time_ns = ev->time_ns;
		flow.flow = p->flows;
		translate(p, &flow.h);
		put(p, &flow.h);
	}
	if (f)
		*number = f->as[p - parts];
	translate(p, copy);
	put(p, copy);
}

/* ------------------------------------------------------------------------------------ a switch's hardware */

/* What its CPU saw is what its ports counted. */
static void hardware_counts(struct part *p, const struct crumb_ev_skb *s)
{
	bool in = s->point == CRUMB_PT_BRIDGE_IN, out = s->point == CRUMB_PT_DEV_XMIT;
	struct crumb_ev_count *c = &p->ports[s->ifindex % PORTS_MAX];

	if (!in && !out)
		return;
	c->ifindex = s->ifindex;
	c->netns = s->netns;
	c->rx_packets += in;
	c->tx_packets += out;
	c->rx_bytes += in ? s->wire_len : 0;
	c->tx_bytes += out ? s->wire_len : 0;
}

static void hardware_read(struct part *p, uint64_t ns)
{
	if (ns < p->next_count_ns)
		return;
	for (unsigned int i = 0; i < PORTS_MAX; i++) {
		struct crumb_ev_count c = p->ports[i];

		if (!c.ifindex)
			continue;
		p->next_count_ns = ns + COUNT_NS;
		c.h = (struct crumb_event){ .time_ns = ns, .type = CRUMB_EV_COUNT, .size = sizeof(c) };
		c.read_ns = ns;
		part_event(p, &c.h);
	}
}

static void hardware_event(struct part *p, const struct crumb_event *ev)
{
	struct crumb_ev_fdb fdb;

	if (ev->type == CRUMB_EV_DEV) { /* its ports, before anything was counted */
		const struct crumb_ev_dev *d = (const void *)ev;

		p->ports[d->ifindex % PORTS_MAX].ifindex = d->ifindex;
		p->ports[d->ifindex % PORTS_MAX].netns = d->netns;
	} else
		hardware_read(p, ev->time_ns);
	if (ev->type == CRUMB_EV_SKB)
		hardware_counts(p, (const void *)ev);
	if (ev->type < CRUMB_EV_TRACE)
		return;
	if (ev->type == CRUMB_EV_FDB) {
		fdb = *(const struct crumb_ev_fdb *)ev;
		fdb.flags |= NTF_OFFLOADED | NTF_EXT_LEARNED;
		ev = &fdb.h;
	}
	if (ev->type == CRUMB_EV_END) {
		p->next_count_ns = 0;
		hardware_read(p, ev->time_ns);
	}
	part_event(p, ev);
}

/*
 * SPLIT_SYNC=ERROR_NS: as if NTP kept all hosts' clocks, and said that they are off by that at most: the first part's date is late by
 * half of it, the last one's early. Whatever the trace has of this is another machine's. With SPLIT_DEAF nobody has seen a packet.
 */
static void sync_read(struct part *p, uint64_t ns)
{
	const char *error = getenv("SPLIT_SYNC");
	int64_t off = error ? atoll(error) / 2 : 0;
	struct crumb_ev_sync e = {
		.h = { .time_ns = ns, .type = CRUMB_EV_SYNC, .size = sizeof(e) },
		.realtime_ns = 1600000000000000000ll,
		.maxerror_ns = (uint64_t)off * 2,
		.synchronised = 1,
	};

	if (!error || !ns || (p->sync_ns && ns < p->sync_ns + COUNT_NS))
		return;
	p->sync_ns = ns;
	e.realtime_ns += p == parts ? -off : p == &parts[n_parts - 1] ? off : 0;
	translate(p, &e.h);
	put(p, &e.h);
}

/* Other labs on this machine have hosts of the same names. */
static bool is_host(const struct part *p, const struct crumb_ev_netns *ev)
{
	const char *lab = getenv("SPLIT_LAB");

	if (!ev->lab[0] && !strcmp(p->name, ev->name)) /* a namespace without a lab, by its own name */
		return true;
	return !strcmp(p->name, ev->host) && (!lab || !strcmp(lab, ev->lab));
}

static int on_event(void *ctx, const struct crumb_event *ev)
{
	uint32_t netns;

	(void)ctx;
	if (!first_ns)
		first_ns = ev->time_ns;
	if (ev->type == CRUMB_EV_NETNS)
		for (unsigned int i = 0; i < n_parts; i++)
			if (is_host(&parts[i], (const void *)ev))
				parts[i].netns = NS(crumb_ev_netns);
	if (ev->type == CRUMB_EV_FLOW) {
		struct flow *f = calloc(1, sizeof(*f));

		f->ev = *(const struct crumb_ev_flow *)ev;
		f->number = f->ev.flow;
		HASH_ADD(hh, flows, number, sizeof(f->number), f);
		return 0;
	}
	netns = netns_of(ev);
	for (unsigned int i = 0;
	     i < n_parts && ev->type != CRUMB_EV_TRACE && ev->type != CRUMB_EV_HOST; i++)
		sync_read(&parts[i], ev->time_ns);
	if (ev->type == CRUMB_EV_SYNC || (ev->type == CRUMB_EV_SKB && getenv("SPLIT_DEAF")))
		return 0;
	for (unsigned int i = 0; i < n_parts; i++)
		if (!netns || &parts[i] == part_of(netns))
			(parts[i].hardware ? hardware_event : part_event)(&parts[i], ev);
	return 0;
}

static void part_open(const char *prefix, char *arg)
{
	struct part *p = &parts[n_parts++];
	char *equal = strchr(arg, '='), path[4096];
	struct error e = { 0 };
	int fd;

	if (!equal || n_parts == HOSTS_MAX) {
		fprintf(stderr, "split_trace: HOST=OFFSET_NS,DRIFT_PPM[,STEP_NS@SECOND]\n");
		exit(2);
	}
	*equal = '\0';
	p->hardware = !strncmp(arg, "HW:", 3);
	p->name = arg + (p->hardware ? 3 : 0);
	if (sscanf(equal + 1, "%lf,%lf,%lf@%lf", &p->offset_ns, &p->drift, &p->step_ns, &p->step_s) <
	    2)
		exit(2);
	p->drift /= 1e6;
	snprintf(path, sizeof(path), "%s.%s.pcapng", prefix, p->name);
	fd = strcmp(prefix, "-") ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) :
				   STDOUT_FILENO;
	if (fd < 0 || trace_writer_new(fd, &p->writer, &e)) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct trace_reader *r = NULL;
	struct error e = { 0 };
	int err;

	if (argc < 4)
		return 2;
	for (int i = 3; i < argc; i++)
		part_open(argv[2], argv[i]);
	err = trace_reader_open(argv[1], &r, &e);
	if (!err)
		do {
			err = trace_reader_next(r, on_event, NULL, &e);
			for (unsigned int i = 0; i < n_parts && err == TRACE_MORE; i++)
				if (trace_writer_flush(parts[i].writer, &e))
					err = -EIO;
		} while (err == TRACE_MORE);
	for (unsigned int i = 0; i < n_parts && !err; i++)
		err = trace_writer_finish(parts[i].writer, &e);
	if (err)
		fprintf(stderr, "split_trace: %s\n", error_text(&e, err));
	trace_reader_free(r);
	return err != 0;
}

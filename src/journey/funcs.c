// SPDX-License-Identifier: GPL-2.0-only
/*
 * --functions: which calls of kernel functions belong to a message, how they called each other, and to which step each
 * leads. The rules are in docs/JOURNEYS.md.
 */
#include "funcs.h"

#include <errno.h>
#include <stdlib.h>

#define TRIM_EVERY_CALLS 4096
#define KEEP_NS \
	1000000000ull	  /* what an open message needs may have returned before its first byte */
#define CALLS_MAX  262144 /* of one connection; the oldest go */
#define NESTED_MAX 64

int ingest_func(struct assembler *a, const struct crumb_ev_func *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct func_call *call;

	if (!c)
		return 0;
	c->last_ns = ev->h.time_ns;
	call = ring_push(&c->funcs);
	if (!call)
		return -ENOMEM;
	*call = (struct func_call){
		.enter_ns = ev->enter_ns < ev->h.time_ns ? ev->enter_ns : ev->h.time_ns,
		.exit_ns = ev->h.time_ns,
		.func = ev->func,
		.seq = ev->seq,
		.bytes = ev->bytes,
		.netns = ev->netns,
		.cpu = ev->enter_cpu,
		.pid = ev->pid,
		.dir = ev->dir,
	};
	if (c->funcs.count % TRIM_EVERY_CALLS == 0)
		funcs_trim(c, a->now_ns);
	return 0;
}

void funcs_trim(struct conn *c, uint64_t now_ns)
{
	uint64_t oldest = now_ns;
	uint32_t n = 0;

	for (int dir = 0; dir < 2; dir++) {
		const struct half *h = &c->half[dir];

		if (h->messages.count && half_message(h, 0)->begin.h.time_ns < oldest)
			oldest = half_message(h, 0)->begin.h.time_ns;
		for (const struct message *m = h->sending; m; m = m->next)
			if (m->begin.h.time_ns < oldest)
				oldest = m->begin.h.time_ns;
	}
	oldest = oldest > KEEP_NS ? oldest - KEEP_NS : 0;
	while (n < c->funcs.count && (((struct func_call *)ring_at(&c->funcs, n))->exit_ns < oldest ||
				      c->funcs.count - n > CALLS_MAX))
		n++;
	ring_pop(&c->funcs, n);
}

/*
 * ------------------------------------------------------------------------------- which, and how nested
 */

enum where { /* steps that a call may lead to */
	     ANYWHERE,
	     IN_RECEIVE, /* it is the reader's call, which may have been blocked since long before */
};

struct picked {
	const struct func_call *call;
	uint64_t inner_ns; /* of the calls that it made */
	uint32_t parent;   /* index; UINT32_MAX none */
	uint32_t step;	   /* index among path and side steps; UINT32_MAX none */
	uint16_t level;	   /* ancestors that lead to the same step */
	bool ours, after;
	enum where where;
};

struct pick {
	const struct message *m;
	const struct fate *fate;
	const struct path *path;
	uint64_t send_from, send_to; /* the sender's thread in its call */
	uint64_t recv_from, recv_to; /* the reader's in its own; 0: nobody read */
	struct picked *list;
	uint32_t n;
};

/*
 * One thread, and what interrupts it: calls of one context nest. An idle CPU's thread has the number 0 on each, of each host:
 * where several hosts' traces are joined, kernel addresses differ in their highest bits.
 */
static uint64_t context(const struct func_call *c)
{
	return c->pid ? c->pid : (c->func >> 48) << 48 | 1ull << 32 | c->cpu;
}

static int by_nesting(const void *a, const void *b)
{
	const struct func_call *x = ((const struct picked *)a)->call;
	const struct func_call *y = ((const struct picked *)b)->call;

	if (context(x) != context(y))
		return context(x) < context(y) ? -1 : 1;
	if (x->enter_ns != y->enter_ns)
		return x->enter_ns < y->enter_ns ? -1 : 1;
	return x->exit_ns > y->exit_ns ? -1 : x->exit_ns < y->exit_ns;
}

/* Is it the sender's thread in its call, or the reader's in its own, with their own socket? */
static bool by_thread(const struct pick *k, const struct func_call *c, enum where *ret)
{
	const struct message *m = k->m;

	*ret = ANYWHERE;
	if (!m->inferred && c->pid == m->begin.pid && c->dir == m->dir &&
	    c->enter_ns >= k->send_from && c->enter_ns <= k->send_to)
		return true;
	*ret = IN_RECEIVE;
	return k->path->call && c->pid == k->path->call->ev.pid && c->dir != m->dir &&
	       c->enter_ns >= k->recv_from && c->enter_ns <= k->recv_to;
}

/* With bytes: are the message's among them? With a socket alone: as the call around it, or whose thread it is. */
static void decide(const struct pick *k, struct picked *p)
{
	const struct func_call *c = p->call;
	const struct picked *parent = p->parent == UINT32_MAX ? NULL : &k->list[p->parent];

	p->where = ANYWHERE;
	if (c->bytes) {
		p->ours = c->dir == k->m->dir &&
			  (uint32_t)((uint32_t)k->fate->byte - c->seq) < c->bytes;
	} else if (parent) {
		p->ours = parent->ours;
		p->where = parent->where;
	} else {
		p->ours = by_thread(k, c, &p->where);
	}
}

static void nest(struct pick *k)
{
	uint32_t open[NESTED_MAX], depth = 0;

	for (uint32_t i = 0; i < k->n; i++) {
		struct picked *p = &k->list[i];

		while (depth) {
			const struct func_call *outer = k->list[open[depth - 1]].call;

			if (context(outer) == context(p->call) && outer->exit_ns >= p->call->exit_ns)
				break;
			depth--;
		}
		p->parent = depth ? open[depth - 1] : UINT32_MAX;
		if (depth)
			k->list[p->parent].inner_ns += p->call->exit_ns - p->call->enter_ns;
		decide(k, p);
		if (depth < NESTED_MAX)
			open[depth++] = i;
	}
}

/*
 * ------------------------------------------------------------------------------------------ to which step
 */

struct stop { /* a step of the journey, or one beside it */
	uint64_t ns;
	uint32_t netns, cpu;
	uint16_t point;
};

static bool is_receive(uint16_t point)
{
	switch (point) {
	case CRUMB_PT_SCHED_RUN:
	case CRUMB_PT_SYS_RECV:
	case CRUMB_PT_SOCK_COPY:
	case CRUMB_PT_SOCK_RECV_RETURN:
	case CRUMB_PT_SYS_RECV_RETURN:
		return true;
	default:
		return false;
	}
}

/* The first that comes after its entry in the same place; else the last that came before, and it stands behind it. */
static void find_step(struct picked *p, const struct stop *stops, uint32_t n)
{
	const struct func_call *c = p->call;
	uint32_t next = UINT32_MAX, last = UINT32_MAX;

	for (uint32_t i = 0; i < n; i++) {
		if (stops[i].netns != c->netns || stops[i].point == CRUMB_PT_LIBC_RECV_RETURN ||
		    stops[i].point == CRUMB_PT_LIBC_SEND_RETURN ||
		    (p->where == IN_RECEIVE && !is_receive(stops[i].point)))
			continue;
		if (stops[i].ns >= c->enter_ns && stops[i].cpu == c->cpu &&
		    (next == UINT32_MAX || stops[i].ns < stops[next].ns))
			next = i;
		if (stops[i].ns < c->enter_ns && (last == UINT32_MAX || stops[i].ns >= stops[last].ns))
			last = i;
	}
	p->after = next == UINT32_MAX;
	p->step = p->after ? last : next;
}

static struct stop *stops_of(struct assembler *a, const struct path *p, const struct journey *j,
			     uint32_t *ret_n)
{
	uint32_t n = p->count + j->side_step_count, i;
	struct stop *stops = scratch_take(&a->scratch, n * sizeof(*stops));

	if (!stops)
		return NULL;
	for (i = 0; i < p->count; i++)
		stops[i] = (struct stop){ p->steps[i].ns, p->steps[i].netns, p->steps[i].cpu,
					  p->steps[i].point };
	for (i = 0; i < j->side_step_count; i++) {
		const struct journey_step *s = &j->side_steps[i];

		stops[p->count + i] =
			(struct stop){ p->steps[0].ns + s->t_ns, s->netns, s->cpu, s->point };
	}
	*ret_n = n;
	return stops;
}

static void place(struct pick *k, const struct stop *stops, uint32_t n)
{
	for (uint32_t i = 0; i < k->n; i++) {
		struct picked *p = &k->list[i];
		const struct picked *up = p;

		p->step = UINT32_MAX;
		if (!p->ours)
			continue;
		find_step(p, stops, n);
		while (up->parent != UINT32_MAX) {
			up = &k->list[up->parent];
			p->level += up->ours && up->step == p->step && up->after == p->after;
		}
	}
}

/* The functions of one step, outermost first, each followed by those that it called. */
static int fill(struct assembler *a, const struct pick *k, uint32_t step, uint64_t start_ns,
		struct journey_step *s)
{
	struct journey_function *out;
	uint32_t n = 0;
	int level = -1; /* a reader may count on one step down at most */

	for (uint32_t i = 0; i < k->n; i++)
		n += k->list[i].step == step;
	if (!n)
		return 0;
	out = scratch_take(&a->scratch, n * sizeof(*out));
	if (!out)
		return -ENOMEM;
	s->functions = out;
	s->function_count = n;
	for (uint32_t i = 0; i < k->n; i++) {
		const struct picked *p = &k->list[i];
		const char *name = facts_symbol(a->facts, p->call->func);
		uint64_t ns = p->call->exit_ns - p->call->enter_ns;

		if (p->step != step)
			continue;
		level = p->level > level ? level + 1 : p->level;
		*out++ = (struct journey_function){
			.name = name ? name : "?",
			.t_ns = (int64_t)(p->call->enter_ns - start_ns),
			.ns = ns,
			.self_ns = ns > p->inner_ns ? ns - p->inner_ns : 0,
			.level = level,
			.after = p->after,
		};
	}
	return 0;
}

/*
 * ------------------------------------------------------------------------------------------------ public
 */

static void windows(struct pick *k)
{
	const struct message *m = k->m;
	const struct recv_call *call = k->path->call;

	k->send_from = m->begin.enter_ns ? m->begin.enter_ns :
		       m->begin.libc_ns	 ? m->begin.libc_ns :
					   m->begin.h.time_ns;
	k->send_to = m->returned ? m->end.h.time_ns : UINT64_MAX;
	if (!call)
		return;
	k->recv_from = call->ev.enter_ns ? call->ev.enter_ns : call->ev.copy_ns;
	k->recv_to = call->ev.h.time_ns;
}

/* Index of the first call that returned at or after @ns; they are kept in the order of their returns, or nearly. */
static uint32_t first_since(const struct ring *r, uint64_t ns)
{
	uint32_t lo = 0, hi = r->count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (((const struct func_call *)ring_at(r, mid))->exit_ns >= ns)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

int funcs_build(struct assembler *a, const struct message *m, const struct fate *f,
		const struct path *p, struct journey *j)
{
	const struct ring *calls = &m->conn->funcs;
	struct pick k = { .m = m, .fate = f, .path = p };
	uint64_t start = p->steps[0].ns, end = p->steps[p->count - 1].ns;
	struct stop *stops;
	uint32_t n_stops, from;
	int err = 0;

	if (!calls->count)
		return 0;
	stops = stops_of(a, p, j, &n_stops);
	if (!stops)
		return -ENOMEM;
	for (uint32_t i = 0; i < n_stops; i++)
		end = stops[i].ns > end ? stops[i].ns : end;
	windows(&k);
	from = first_since(calls, start);
	k.list = scratch_take(&a->scratch, (calls->count - from) * sizeof(*k.list) + 1);
	if (!k.list)
		return -ENOMEM;
	for (uint32_t i = from; i < calls->count; i++) {
		const struct func_call *c = ring_at(calls, i);

		if (c->enter_ns <= end)
			k.list[k.n++].call = c;
	}
	qsort(k.list, k.n, sizeof(*k.list), by_nesting);
	nest(&k);
	place(&k, stops, n_stops);
	for (uint32_t i = 0; i < n_stops && !err; i++)
		err = fill(a, &k, i, start,
			   i < p->count ? (struct journey_step *)&j->steps[i] :
					  (struct journey_step *)&j->side_steps[i - p->count]);
	for (uint32_t i = 0; i < k.n; i++)
		j->function_calls += k.list[i].step != UINT32_MAX;
	j->functions_missed = losses_within(&a->func_losses, start, end, CRUMB_PT_NONE);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wait in the receive queue, cut where the reader does something else: from the readiness of the bytes until it calls recv.
 * Its absences from the CPU (CRUMB_EV_AWAY) tell what it did; without them only that it was woken for these bytes, and ran, is
 * known (CRUMB_EV_WAKE, CRUMB_EV_RUN):
 *
 *	├── on a CPU ──┤├── asleep in a syscall ──┤├── runnable ──┤├── on a CPU ──┤
 *	sock.ready     sched.off                  sched.wake      sched.run       sys.recv
 */
#include "path.h"

static uint32_t wake_index(const struct ring *ring, uint64_t from_ns)
{
	uint32_t lo = 0, hi = ring->count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (((const struct wake *)ring_at(ring, mid))->time_ns >= from_ns)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

/* The first in @ring within @time that is of thread @pid. */
static const struct wake *find_wake(const struct ring *ring, uint32_t pid, const struct range *time)
{
	for (uint32_t i = wake_index(ring, time->start); i < ring->count; i++) {
		const struct wake *w = ring_at(ring, i);

		if (w->time_ns > time->end)
			break;
		if (w->pid == pid)
			return w;
	}
	return NULL;
}

/*
 * The first wake-up of another thread of the reader's process, which may have passed the work on.
 * Not one out of the reader's own time: it was awake, and woke a helper for something else.
 */
static const struct wake *find_kin(const struct ring *ring, const struct crumb_ev_recv *ev,
				   const struct range *time)
{
	for (uint32_t i = wake_index(ring, time->start); i < ring->count; i++) {
		const struct wake *w = ring_at(ring, i);

		if (w->time_ns > time->end)
			break;
		if (w->tgid == ev->tgid && w->by_pid != ev->pid)
			return w;
	}
	return NULL;
}

static void wake_step(struct path *p, const struct half *h, const struct wake *w, uint16_t point,
		      bool exact)
{
	struct path_step *s =
		w ? path_add(p, point, w->time_ns,
			     PATH_ORDER_READER + (point == CRUMB_PT_SCHED_WAKE ? 1 : 2)) :
		    NULL;

	if (!s)
		return;
	path_at_reader(h, s, w->cpu);
	s->exact = exact;
	s->wake = w;
}

static void lock_steps(const struct half *h, const struct crumb_ev_recv *ev, struct path *p)
{
	uint32_t from = p->count;

	path_add_lock(p, &(struct path_lock){ ev->lock_ns, ev->lock_until_ns,
					      ev->copy_ns ? ev->copy_ns : ev->h.time_ns,
					      PATH_ORDER_READER + 6, UNLOCKED_READER });
	for (uint32_t i = from; i < p->count; i++)
		path_at_reader(h, &p->steps[i], ev->h.cpu);
}

/* Where the thread is seen to call recv, if that was after @ready_ns. */
static void entry_steps(const struct half *h, const struct crumb_ev_recv *ev, uint64_t ready_ns,
			struct path *p)
{
	if (ev->libc_ns > ready_ns && ev->libc_ns <= ev->enter_ns)
		path_at_reader(h, path_add(p, CRUMB_PT_LIBC_RECV, ev->libc_ns, PATH_ORDER_READER + 3),
			       ev->h.cpu);
	if (ev->enter_ns > ready_ns)
		path_at_reader(h, path_add(p, CRUMB_PT_SYS_RECV, ev->enter_ns, PATH_ORDER_READER + 4),
			       ev->h.cpu);
	if (ev->tcp_ns > ready_ns)
		path_at_reader(h, path_add(p, CRUMB_PT_TCP_RECV, ev->tcp_ns, PATH_ORDER_READER + 5),
			       ev->h.cpu);
	if (ev->lock_ns > ready_ns)
		lock_steps(h, ev, p);
}

/* Where it is from here on. */
struct place_of {
	enum reader_does does;
	const struct crumb_ev_away *away;
};

static void does_from(struct path_step *s, struct place_of at)
{
	if (!s)
		return;
	s->does = at.does;
	s->away = at.away;
}

static struct path_step *step_at(struct path *p, uint64_t ns)
{
	for (uint32_t i = p->count; i > 0; i--)
		if (p->steps[i - 1].ns == ns && p->steps[i - 1].point != CRUMB_PT_SYS_RECV)
			return &p->steps[i - 1];
	return NULL;
}

struct history {
	const struct half *h;
	const struct crumb_ev_recv *ev;
	struct range time;  /* from readiness until recv was called */
	struct place_of at; /* at its start */
	bool asks;	    /* it was woken for these bytes */
	struct path *p;
};

static void wake_of(const struct history *y, const struct crumb_ev_away *e, uint64_t wake_ns,
		    const struct wake *w)
{
	struct path_step *s = path_add(y->p, CRUMB_PT_SCHED_WAKE, wake_ns, PATH_ORDER_READER + 1);

	path_at_reader(y->h, s, w ? w->cpu : e->h.cpu);
	if (s)
		s->wake = w;
	does_from(s, (struct place_of){ READER_RUNNABLE, e });
}

static void run_of(struct history *y, const struct crumb_ev_away *e)
{
	const struct wake *run =
		find_wake(&y->h->runs, y->ev->pid, &(struct range){ e->on_ns, e->on_ns });
	struct path_step *s = path_add(y->p, CRUMB_PT_SCHED_RUN, e->on_ns, PATH_ORDER_READER + 2);

	path_at_reader(y->h, s, run ? run->cpu : e->h.cpu);
	if (s)
		s->wake = run;
	y->asks |= run != NULL;
	does_from(s, (struct place_of){ y->asks ? READER_ASKS : READER_BUSY, e });
}

/* From @ns on, or from the beginning if that was later, the reader does @does. */
static void turns_to(struct history *y, uint16_t point, uint64_t ns, enum reader_does does,
		     const struct crumb_ev_away *e)
{
	struct place_of at = { does, e };
	struct path_step *s;

	if (ns <= y->time.start) {
		y->at = at;
		return;
	}
	s = path_add(y->p, point, ns, PATH_ORDER_READER + (point == CRUMB_PT_SCHED_RUN ? 2 : 0));
	path_at_reader(y->h, s, e->h.cpu);
	does_from(s, at);
	if (s)
		s->exact = false;
}

static enum reader_does asleep(const struct crumb_ev_away *e)
{
	return e->flags & (CRUMB_AWAY_STOPPED | CRUMB_AWAY_FROZEN) ? READER_STOPPED : READER_BLOCKED;
}

/*
 * Several absences in one record, with what they were in sum: its time is cut in as many parts, whose order is not known. Of one
 * that reaches over the edge of the wait each has its share.
 */
static void many_absences(struct history *y, const struct crumb_ev_away *e)
{
	uint64_t from = e->off_ns > y->time.start ? e->off_ns : y->time.start;
	uint64_t to = e->on_ns < y->time.end ? e->on_ns : y->time.end;
	double share = (double)(to - from) / (double)(e->on_ns - e->off_ns);
	uint64_t slept = (uint64_t)((double)e->slept_ns * share);
	uint64_t waited = (uint64_t)((double)e->waited_ns * share);

	if (slept > to - from)
		slept = to - from;
	if (waited > to - from - slept)
		waited = to - from - slept;
	if (slept)
		turns_to(y, CRUMB_PT_SCHED_OFF, from, asleep(e), e);
	if (waited)
		turns_to(y, CRUMB_PT_SCHED_OFF, from + slept, READER_PUT_OFF, e);
	if (from + slept + waited < to)
		turns_to(y, CRUMB_PT_SCHED_RUN, from + slept + waited, READER_BUSY, e);
	if (e->on_ns < y->time.end)
		run_of(y, e);
}

static void absence_steps(struct history *y, const struct crumb_ev_away *e)
{
	uint64_t wake_ns = e->slept_ns ? e->off_ns + e->slept_ns : 0;
	const struct wake *w =
		find_wake(&y->h->wakes, y->ev->pid, &(struct range){ wake_ns, wake_ns });
	struct place_of off = { w ? READER_WAITING : wake_ns ? asleep(e) : READER_PUT_OFF, e };
	struct path_step *s;

	y->asks |= w != NULL;
	if (e->off_ns > y->time.start) {
		s = path_add(y->p, CRUMB_PT_SCHED_OFF, e->off_ns, PATH_ORDER_READER);
		path_at_reader(y->h, s, e->h.cpu);
		does_from(s, off);
	} else {
		y->at = off;
		if (wake_ns && wake_ns <= y->time.start)
			y->at.does = READER_RUNNABLE;
	}
	if (wake_ns > y->time.start && wake_ns < e->on_ns)
		wake_of(y, e, wake_ns, w);
	if (e->on_ns < y->time.end)
		run_of(y, e);
}

/* From its history, which is whole. */
static void find_history(const struct message *m, const struct range *time, struct path *p)
{
	struct history y = {
		.h = message_half(m),
		.ev = &p->call->ev,
		.time = *time,
		.at = { READER_BUSY, NULL },
		.p = p,
	};
	struct path_step *from = step_at(p, time->start);
	uint32_t index = from ? from - p->steps : 0;

	for (uint32_t i = 0; i < p->call->away_count; i++) {
		const struct crumb_ev_away *e = &p->call->aways[i];

		if (e->on_ns <= time->start)
			continue;
		if (e->off_ns >= time->end)
			break;
		if (e->times > 1)
			many_absences(&y, e);
		else
			absence_steps(&y, e);
	}
	if (from)
		does_from(&p->steps[index], y.at);
}

/* It is whole only from a moment after readiness on: the thread was on a CPU then. Returns that. */
static uint64_t history_begins(const struct message *m, uint64_t ready_ns, struct path *p)
{
	struct path_step *ready = step_at(p, ready_ns);

	does_from(ready, (struct place_of){ READER_UNSEEN, NULL });
	path_at_reader(message_half(m),
		       path_add(p, CRUMB_PT_SCHED_RUN, p->call->history_ns, PATH_ORDER_READER + 2),
		       p->call->ev.h.cpu);
	return p->call->history_ns;
}

void path_find_reader(const struct message *m, uint64_t ready_ns, uint64_t to_ns, struct path *p)
{
	const struct half *h = message_half(m);
	const struct crumb_ev_recv *ev = &p->call->ev;
	uint64_t entry_ns = ev->libc_ns > ready_ns ? ev->libc_ns : ev->enter_ns;
	bool asked = entry_ns > ready_ns && entry_ns < to_ns;
	struct range time = { ready_ns, asked ? entry_ns : to_ns };
	const struct wake *wake, *run;
	bool own = true;

	run = find_wake(&h->runs, ev->pid, &time);
	wake = find_wake(&h->wakes, ev->pid,
			 &(struct range){ ready_ns, run ? run->time_ns : time.end });
	if (!run && !wake && entry_ns > ready_ns) {
		own = false;
		wake = find_kin(&h->wakes, ev, &time);
		run = wake ? find_wake(&h->runs, wake->pid,
				       &(struct range){ wake->time_ns, time.end }) :
			     NULL;
		wake = run ? wake : NULL;
	}
	if ((own || !wake) && !(run && p->call->history_ns > run->time_ns) && asked &&
	    p->call->history_ns && p->call->history_ns < time.end) {
		if (p->call->history_ns > ready_ns)
			time.start = history_begins(m, ready_ns, p);
		find_history(m, &time, p);
	} else {
		wake_step(p, h, wake, CRUMB_PT_SCHED_WAKE, own);
		wake_step(p, h, run, CRUMB_PT_SCHED_RUN, own);
	}
	entry_steps(h, ev, ready_ns, p);
}

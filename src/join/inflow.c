// SPDX-License-Identifier: GPL-2.0-only
/* What has come of one stream: see inflow.h. */
#include "inflow.h"

#include <errno.h>

static void give_up(struct inflow *f, uint64_t n)
{
	if (!f->lost)
		f->lost_from_ns = f->told_ns;
	f->lost += n;
}

/* A fact holds whenever it was told; to move its time makes nothing wrong. */
static bool is_fact(const struct crumb_event *ev)
{
	return ev->type >= CRUMB_EV_TRACE && ev->type != CRUMB_EV_TICK;
}

static bool time_stays(void *ctx, struct crumb_event *ev)
{
	const struct inflow *f = ctx;

	if (believe_is_near(&f->believe, ev->time_ns))
		return true;
	if (is_fact(ev))
		ev->time_ns = f->believe.told_ns;
	return is_fact(ev);
}

/* The recorder tells another time than before, and stays with it. */
static void moved(struct inflow *f)
{
	size_t gone = queue_sift(&f->queue, time_stays, f) + queue_sift(&f->stray, time_stays, f);

	f->loss.times += gone;
	give_up(f, gone);
	f->told_ns = f->put_ns = f->believe.told_ns;
	if (f->lost_from_ns > f->told_ns)
		f->lost_from_ns = f->told_ns;
}

enum believed inflow_look(struct inflow *f, struct crumb_event *ev)
{
	enum believed b = believe_look(&f->believe, ev);

	if (b == BELIEVE_MOVED)
		moved(f);
	if (b != BELIEVE_NOT)
		return b;
	f->loss.times++;
	if (is_fact(ev)) {
		ev->time_ns = f->told_ns;
		return BELIEVE_IT;
	}
	if (ev->type != CRUMB_EV_TICK) /* a tick takes nothing along */
		give_up(f, 1);
	return BELIEVE_NOT;
}

bool inflow_has_room(struct inflow *f, const struct crumb_event *ev)
{
	size_t room = JOIN_LIVE_MOST;

	if (f->gap.from_ns &&
	    !f->gap.to_ns) /* not one in, one out: a gap is as long as it takes to be worth its end */
		room -= JOIN_LIVE_MOST / 4;
	if (inflow_held(f) + ev->size <= room) {
		if (f->gap.from_ns && !f->gap.to_ns)
			f->gap.to_ns = ev->time_ns;
		return true;
	}
	f->loss.room++;
	give_up(f, 1);
	if (!f->gap.from_ns)
		f->gap.from_ns = f->lost_from_ns + 1;
	f->gap.to_ns = 0; /* if the last one was not told of yet, they are one */
	return false;
}

/* In front of the first that stays: what there is no more. */
static int put_loss(struct inflow *f, const struct crumb_event *ev)
{
	struct crumb_ev_loss loss = {
		.h = { .time_ns = ev->time_ns, .type = CRUMB_EV_LOSS, .size = sizeof(loss) },
		.from_ns = f->lost_from_ns ? f->lost_from_ns : 1,
		.to_ns = ev->time_ns,
		.count = f->lost,
		.cause = CRUMB_LOSS_JOIN,
		.on_cpu = UINT32_MAX,
	};

	if (!f->lost || !ev->time_ns)
		return 0;
	f->lost = 0;
	return queue_put(ev->time_ns < f->put_ns ? &f->stray : &f->queue, &loss.h);
}

int inflow_put(struct inflow *f, const struct crumb_event *ev)
{
	int err = put_loss(f, ev);

	if (err)
		return err;
	if (ev->time_ns && ev->time_ns < f->put_ns)
		return queue_put(&f->stray, ev);
	f->put_ns = ev->time_ns > f->put_ns ? ev->time_ns : f->put_ns;
	return queue_put(&f->queue, ev);
}

struct queue *inflow_next(struct inflow *f)
{
	const struct crumb_event *ev = queue_head(&f->queue), *stray = queue_head(&f->stray);

	if (stray && (!ev || stray->time_ns < ev->time_ns))
		return &f->stray;
	return ev ? &f->queue : NULL;
}

size_t inflow_held(const struct inflow *f)
{
	return queue_bytes(&f->queue) + queue_bytes(&f->stray);
}

void inflow_done(struct inflow *f)
{
	queue_done(&f->queue);
	queue_done(&f->stray);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "plan.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aside.h"
#include "clock.h"
#include "hook_set.h"

#define SLOW_DETACH_NS 20000000

/* Programs without a point of their own, which tasks call: always needed. */
static const struct point_hook always[][3] = {
	{ { HOOK_TRACEPOINT, "sched:sched_process_exit", "sched_process_exit_event" },
	  { HOOK_TP_BTF, "sched_process_exit", "sched_process_exit" },
	  { HOOK_RAW_TP, "sched_process_exit", "sched_process_exit" } },
	{ { HOOK_TRACEPOINT, "tcp:tcp_rcv_space_adjust", "tcp_rcv_space_adjust_event" },
	  { HOOK_TP_BTF, "tcp_rcv_space_adjust", "tcp_rcv_space_adjust" },
	  { HOOK_RAW_TP, "tcp_rcv_space_adjust", "tcp_rcv_space_adjust" } },
};

/* Where a WireGuard device is. */
static const struct point_hook cut[] = {
	{ HOOK_FENTRY, "__skb_gso_segment", "gso" },
	{ HOOK_KPROBE_MULTI, "__skb_gso_segment", "gso" },
	{ HOOK_KPROBE, "__skb_gso_segment", "gso" },
};

struct making {
	struct plan *p;
	struct bpf_object *obj;
	struct abilities *a;
	const struct plan_request *r;
};

static bool is_untyped(enum hook_kind kind)
{
	return kind == HOOK_RAW_TP || kind == HOOK_TRACEPOINT || kind == HOOK_KPROBE ||
	       kind == HOOK_KPROBE_MULTI;
}

/* Is a program of that kind called with preemption off, wherever it is? */
static bool is_undisturbed(enum hook_kind kind)
{
	return kind == HOOK_TRACEPOINT || kind == HOOK_KPROBE_MULTI || kind == HOOK_KPROBE;
}

/* Until Linux 7 those are called with preemption off. */
static bool is_tracepoint(enum hook_kind kind)
{
	return kind == HOOK_TP_BTF || kind == HOOK_RAW_TP;
}

static const char *bad_reason(const struct plan *p, const char *prog)
{
	for (unsigned int i = 0; i < p->n_bad; i++)
		if (!strcmp(p->bad[i].prog, prog))
			return p->bad[i].why;
	return NULL;
}

__attribute__((format(printf, 3, 4))) static void note_refusal(struct plan_point *pt,
							       const struct point_hook *h,
							       const char *fmt, ...)
{
	va_list args;

	if (pt->n_refused >= POINT_HOOKS_MAX)
		return;
	pt->refused[pt->n_refused].hook = h;
	va_start(args, fmt);
	vsnprintf(pt->refused[pt->n_refused].why, WHY_BYTES, fmt, args);
	va_end(args);
	pt->n_refused++;
}

/* Will the kernel take this program there? */
static int consider(const struct making *m, struct plan_point *pt, const struct point_hook *h,
		    const struct hook_program *hp, struct plan_program *ret)
{
	const struct backend *b = backend_get(h->kind);
	struct plan_program c = { .backend = b,
				  .place = { .target = hp->target, .ret = hp->ret, .event = -1 } };
	char name[64], why[WHY_BYTES];
	const char *bad;
	int16_t pop;
	int err;

	snprintf(name, sizeof(name), "%s%s", hp->prog, is_untyped(h->kind) ? "_raw" : "");
	c.prog = bpf_object__find_program_by_name(m->obj, name);
	if (!c.prog) {
		if (!hp->optional)
			note_refusal(pt, h, "crumb has no program %s", name);
		return -ENOENT;
	}
	if (hp->family == HOOKS_FRAMED && !abilities_return_frame(m->a, h->kind, &pop)) {
		note_refusal(pt, h, "a program at a return is not told which call it is");
		return -ENOENT;
	}
	bad = bad_reason(m->p, name);
	err = bad ? -EINVAL : b->has(m->a, &c.place, why, sizeof(why));
	if (err) {
		if (!hp->optional)
			note_refusal(pt, h, "%s", bad ? bad : why);
		return err;
	}
	*ret = c;
	return 0;
}

static void drop_event(struct plan_program *c)
{
	if (c->place.event >= 0)
		close(c->place.event);
	c->place.event = -1;
}

/* Which of several programs at one function is called first follows from the order in which they are attached: not before. */
static void drop_shared(struct plan *p, struct plan_program *c)
{
	for (unsigned int i = 0; i < p->n_programs; i++) {
		if (strcmp(p->programs[i].place.target, c->place.target))
			continue;
		drop_event(&p->programs[i]);
		drop_event(c);
	}
}

/* Takes @c->place.event if it takes @c. */
static int add(struct plan *p, struct plan_program *c, uint16_t point)
{
	int err;

	for (unsigned int i = 0; i < p->n_programs; i++)
		if (p->programs[i].prog == c->prog)
			return 0;
	if (p->n_programs == PLAN_PROGRAMS)
		return -E2BIG;
	err = c->backend->prepare(c->prog, &c->place);
	if (err)
		return err;
	bpf_program__set_autoload(c->prog, true);
	drop_shared(p, c);
	p->programs[p->n_programs] = *c;
	c->place.event = -1;
	p->programs[p->n_programs++].point = point;
	p->untyped |= is_untyped(c->backend->kind);
	p->may_be_preempted |= !is_undisturbed(c->backend->kind) && !is_tracepoint(c->backend->kind);
	return 0;
}

static bool family_fits(const struct making *m, enum hook_family family, enum hook_kind kind)
{
	switch (family) {
	case HOOKS_TYPED:
		return !is_untyped(kind);
	case HOOKS_UNTYPED:
		return is_untyped(kind);
	case HOOKS_PREEMPTED:
		return m->a->calls_preempted && !is_undisturbed(kind);
	default:
		return true;
	}
}

/*
 * The second program at a function, as the first one is hooked, or, since of kprobes the kernel calls one at a time on a CPU, by fentry. Not by the
 * kind that is forced, then: like a perf event's it does nothing but for one that was skipped.
 */
static int consider_again(const struct making *m, struct plan_point *pt, const struct point_hook *h,
			  const struct hook_program *hp, struct plan_program *ret,
			  enum crumb_again *ret_how)
{
	static const struct point_hook by_fentry = { .kind = HOOK_FENTRY };
	const bool alike = !is_untyped(h->kind);
	int err;

	if (!alike && abilities_refusal(m->a, HOOK_FENTRY))
		return -ENOENT;
	err = consider(m, pt, alike ? h : &by_fentry, hp, ret);
	if (!err)
		*ret_how = alike ? CRUMB_AGAIN_ALIKE : CRUMB_AGAIN_OTHER;
	return err;
}

static bool types_told(const struct making *m, struct plan_point *pt, const struct point_hook *h,
		       const char *module)
{
	char path[64];

	if (!strcmp(module, "nf_tables") ? m->a->nft.table_name : m->a->ipt.table_name)
		return true;
	snprintf(path, sizeof(path), "/sys/module/%s", module);
	note_refusal(pt, h, "the types of the module %s are not told%s", module,
		     access(path, F_OK) ? ": it is not loaded" :
					  " (Linux 5.11, CONFIG_DEBUG_INFO_BTF_MODULES)");
	return false;
}

/*
 * The second program of a tracepoint within which a task can be preempted, by the tracepoint's perf event: it is never skipped.
 * Called after the first one, unless somebody else had such an event open before.
 */
static bool again_by_event(const struct making *m, const struct point_hook *first, uint16_t point,
			   struct plan_program *ret)
{
	const struct point_hook *hooks = point_get(point)->via;
	struct plan_point nobody = { 0 };
	char name[64];

	for (unsigned int i = 0; i < POINT_HOOKS_MAX; i++) {
		const struct hook_program again = { .prog = name, .target = hooks[i].target };

		if (hooks[i].kind != HOOK_TRACEPOINT)
			continue;
		snprintf(name, sizeof(name), "%s_event_again", first->prog);
		return m->a->calls_preempted && !abilities_refusal(m->a, HOOK_TRACEPOINT) &&
		       !consider(m, &nobody, &hooks[i], &again, ret);
	}
	return false;
}

/* All programs that @h needs; nothing is added unless all the required ones can be. */
static int take(const struct making *m, struct plan_point *pt, const struct point_hook *h,
		uint16_t point)
{
	const struct hook_set *set = hook_set_find(h->prog);
	struct hook_set of_tracepoint = { .programs = { { .prog = h->prog, .target = h->target } } };
	struct plan_program chosen[HOOK_SET_PROGRAMS];
	unsigned int n = 0, i;
	char nested[64], again[64];
	enum crumb_again twice = CRUMB_AGAIN_NO;
	int err = 0;

	if (set && set->types_of && !types_told(m, pt, h, set->types_of))
		return -ENOENT;
	if (!set) {
		/* Tracepoints that strike within themselves have a second program; others where they are preempted. */
		snprintf(nested, sizeof(nested), "%s_nested", h->prog);
		snprintf(again, sizeof(again), "%s_again", h->prog);
		of_tracepoint.programs[1] =
			(struct hook_program){ .prog = nested, .target = h->target, .optional = true };
		of_tracepoint.programs[2] = (struct hook_program){ .prog = again,
								   .target = h->target,
								   .optional = true,
								   .family = HOOKS_PREEMPTED };
		set = &of_tracepoint;
	}
	for (i = 0; i < HOOK_SET_PROGRAMS && set->programs[i].prog; i++) {
		if (!family_fits(m, set->programs[i].family, h->kind))
			continue;
		if (set->programs[i].family == HOOKS_PREEMPTED &&
		    again_by_event(m, h, point, &chosen[n])) {
			n++;
			continue;
		}
		if (set->programs[i].family == HOOKS_SKIPPED)
			err = consider_again(m, pt, h, &set->programs[i], &chosen[n], &twice);
		else
			err = consider(m, pt, h, &set->programs[i], &chosen[n]);
		if (err && !set->programs[i].optional)
			break;
		n += !err;
		err = 0;
	}
	for (i = 0; i < n && !err; i++)
		err = add(m->p, &chosen[i], point);
	if (twice > m->p->sends_again && !err) /* what serves for two kinds serves for one */
		m->p->sends_again = twice;
	for (i = 0; i < n; i++)
		drop_event(&chosen[i]);
	return err;
}

/* -ENOENT: the kernel has no such hook; -ENOTSUP: it refuses the rung, or the program. */
static int try_hook(const struct making *m, struct plan_point *pt, const struct point_hook *h,
		    uint16_t point)
{
	const char *refusal = abilities_refusal(m->a, h->kind);
	int err;

	if (refusal) {
		note_refusal(pt, h, "%s", refusal);
		return -ENOTSUP;
	}
	err = take(m, pt, h, point);
	return err && err != -ENOENT ? -ENOTSUP : err;
}

enum turn {
	TURN_FORCED,
	TURN_UNDISTURBED, /* where a task can be preempted within the others, and the next one's program is skipped (Linux 7) */
	TURN_ANY,
	TURNS,
};

/* When that kind is tried; TURNS: never. A perf event's programs cost most, and tell no more than others that are undisturbed, too. */
static enum turn turn_of(const struct making *m, enum hook_kind kind, bool in_task)
{
	if (kind == m->r->force)
		return TURN_FORCED;
	if (m->a->calls_preempted && in_task && is_undisturbed(kind))
		return TURN_UNDISTURBED;
	return kind == HOOK_TRACEPOINT ? TURNS : TURN_ANY;
}

/*
 * The first of @hooks that works. The rung that is forced goes first, and where the kernel has such a hook and does not
 * take it, no other is tried: who forces one wants to know.
 */
static const struct point_hook *choose(const struct making *m, struct plan_point *pt,
				       const struct point_hook *hooks, unsigned int n,
				       uint16_t point, bool in_task)
{
	for (enum turn turn = TURN_FORCED; turn < TURNS; turn++) {
		for (unsigned int i = 0; i < n && hooks[i].kind; i++) {
			int err;

			if (!hooks[i].prog || !backend_get(hooks[i].kind) ||
			    turn_of(m, hooks[i].kind, in_task) != turn)
				continue;
			err = try_hook(m, pt, &hooks[i], point);
			if (!err) {
				m->p->preempted |= m->a->calls_preempted && in_task &&
						   !is_undisturbed(hooks[i].kind);
				return &hooks[i];
			}
			if (turn == TURN_FORCED && err != -ENOENT)
				return NULL;
		}
	}
	return NULL;
}

/* Why a point cannot be seen: what each rung said, told once. */
static void conclude(struct plan_point *pt)
{
	size_t used = 0;

	for (unsigned int i = 0; i < pt->n_refused; i++) {
		const char *why = pt->refused[i].why;

		if (strstr(pt->why, why) || used >= sizeof(pt->why))
			continue;
		used += snprintf(pt->why + used, sizeof(pt->why) - used, "%s%s", used ? "; " : "",
				 why);
	}
	if (!used)
		snprintf(pt->why, sizeof(pt->why), "no hook that works with tracepoints only");
}

/* NULL: it is; "": nobody has asked for it; else what stands against it. */
static const char *not_wanted(const struct plan_request *r, uint16_t point)
{
	if (point == CRUMB_PT_HW_TRAP || point == CRUMB_PT_HW_DROP)
		return r->traps_why;
	if (point == CRUMB_PT_SOCK_LOCK)
		return r->lock_why;
	return (point == CRUMB_PT_TASK && !r->children) || (point_get(point)->deep && !r->deep) ?
		       "" :
		       NULL;
}

static void plan_point(const struct making *m, uint16_t point)
{
	const struct point *row = point_get(point);
	struct plan_point *pt = &m->p->points[point];
	const struct point_hook *first = &row->via[0];
	const char *why = not_wanted(m->r, point);

	pt->asked = !why;
	if (why) {
		snprintf(pt->why, sizeof(pt->why), "%s", why);
		return;
	}
	if (first->kind == HOOK_UPROBE && (m->r->libc || row->layer == LAYER_LIBC)) {
		pt->asked = m->r->libc;
		pt->hook = first;
		if (row->layer == LAYER_LIBC)
			return;
	}
	if (first->kind != HOOK_DERIVED)
		pt->hook = choose(m, pt, row->via, POINT_HOOKS_MAX, point, row->in_task);
	if (!pt->hook && first->kind != HOOK_DERIVED)
		conclude(pt);
}

/* What is read from another point's records is there if those are. */
static void plan_derived(struct plan *p, uint16_t point)
{
	const struct point_hook *via = point_get(point)->via;
	struct plan_point *pt = &p->points[point];

	for (unsigned int i = 0; i < POINT_HOOKS_MAX && via[i].kind == HOOK_DERIVED; i++) {
		const struct plan_point *source = &p->points[point_by_name(via[i].target)];

		if (source->hook) {
			pt->hook = &via[i];
			return;
		}
		snprintf(pt->why, sizeof(pt->why), "%s", source->why);
	}
}

int plan_make(struct plan *p, struct bpf_object *obj, struct abilities *a,
	      const struct plan_request *r)
{
	const struct making m = { .p = p, .obj = obj, .a = a, .r = r };
	struct plan_point none = { 0 };
	unsigned int pt;

	memset(p->points, 0, sizeof(p->points));
	while (p->n_programs)
		drop_event(&p->programs[--p->n_programs]);
	p->untyped = p->preempted = p->may_be_preempted = false;
	p->sends_again = CRUMB_AGAIN_NO;
	for (pt = 1; pt < CRUMB_PT_MAX; pt++)
		plan_point(&m, pt);
	for (pt = 1; pt < CRUMB_PT_MAX; pt++)
		if (point_get(pt)->via[0].kind == HOOK_DERIVED)
			plan_derived(p, pt);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		choose(&m, &none, always[i], 3, CRUMB_PT_TASK, true);
	if (r->wireguard)
		choose(&m, &none, cut, 3, CRUMB_PT_TASK, false);
	return p->n_programs ? 0 : -ENOTSUP;
}

bool plan_refuse(struct plan *p, const char *prog, const char *why)
{
	if (bad_reason(p, prog) || p->n_bad == PLAN_REFUSED)
		return false;
	snprintf(p->bad[p->n_bad].prog, sizeof(p->bad[0].prog), "%s", prog);
	snprintf(p->bad[p->n_bad].why, sizeof(p->bad[0].why), "%s", why);
	p->n_bad++;
	return true;
}

/* The other points that the same hook shows. */
static void lose(struct plan *p, const struct plan_program *c, int err)
{
	for (unsigned int pt = 1; pt < CRUMB_PT_MAX; pt++) {
		struct plan_point *point = &p->points[pt];

		if (!point->hook || point->hook->kind != c->backend->kind ||
		    strcmp(point->hook->target, p->points[c->point].hook->target))
			continue;
		snprintf(point->why, sizeof(point->why), "attaching to %s failed: %s",
			 c->place.target, err == 524 ? "not supported" : strerror(err));
	}
}

static bool attach_one(struct plan *p, struct plan_program *c)
{
	if (!c->backend->attach) /* see session_attach() */
		return false;
	c->link = c->backend->attach(c->prog, &c->place);
	drop_event(c); /* if it did not take it */
	if (!c->link && p->points[c->point].hook)
		lose(p, c, errno);
	return c->link;
}

/* So that of a first and a second program, which stand in that order, the first is called first. */
unsigned int plan_attach(struct plan *p)
{
	unsigned int i, attached = 0;

	for (i = 0; i < p->n_programs; i++)
		if (!p->programs[i].backend->newest_first)
			attached += attach_one(p, &p->programs[i]);
	for (i = p->n_programs; i-- > 0;)
		if (p->programs[i].backend->newest_first)
			attached += attach_one(p, &p->programs[i]);
	return attached;
}

static void detach_one(struct plan_program *c)
{
	bpf_link__destroy(c->link);
	c->link = NULL;
}

/* Those that are left: their last close() becomes another process's, see aside_hold(). Where there can be none, it is ours, and slow. */
static int detach_aside(const struct plan *p)
{
	int fds[PLAN_PROGRAMS], n = 0;

	for (unsigned int i = 0; i < p->n_programs; i++)
		if (p->programs[i].link)
			fds[n++] = bpf_link__fd(p->programs[i].link);
	return aside_hold(fds, n);
}

/* Tracepoints first: that takes no time. Where a function's hook takes long, so will the others. */
void plan_detach(struct plan *p)
{
	bool slow = false;
	int held = -1;

	for (unsigned int i = 0; i < p->n_programs; i++) {
		drop_event(&p->programs[i]); /* never attached */
		if (p->programs[i].link && !p->programs[i].backend->newest_first)
			detach_one(&p->programs[i]);
	}
	for (unsigned int i = 0; i < p->n_programs; i++) {
		uint64_t start = clock_ns(CLOCK_MONOTONIC);

		if (!p->programs[i].link)
			continue;
		detach_one(&p->programs[i]);
		if (!slow && clock_ns(CLOCK_MONOTONIC) - start > SLOW_DETACH_NS) {
			slow = true;
			held = detach_aside(p);
		}
	}
	if (held >= 0)
		close(held);
}

uint16_t plan_point_of(const struct plan *p, const char *prog)
{
	for (unsigned int i = 0; i < p->n_programs; i++)
		if (!strcmp(bpf_program__name(p->programs[i].prog), prog))
			return p->programs[i].point;
	return CRUMB_PT_NONE;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Threads and their calls: see task.h. */
#include "point.h"
#include "task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

struct task {
	uint32_t pid;
	uint32_t first, count; /* of calls: a ring that overwrites its oldest */
	uint64_t heard_ns;
	struct libc_wait *waits;
	struct crumb_ev_call *calls; /* TASK_CALLS, made at the first one */
	struct crumb_ev_away *aways; /* TASK_AWAYS, made at the first one; a ring as well */
	uint32_t away_first, away_count;
	uint64_t away_since_ns, away_told_ns; /* none is missing in between */
	char comm[CRUMB_COMM_BYTES];
	char *cgroup;
	uint32_t pid_inside;
	UT_hash_handle hh;
};

struct tasks {
	struct task *all;
	struct task *recent;
};

struct tasks *tasks_new(void)
{
	return calloc(1, sizeof(struct tasks));
}

static void task_free(struct tasks *t, struct task *k)
{
	while (k->waits)
		libc_wait_cancel(k->waits);
	if (t->recent == k)
		t->recent = NULL;
	HASH_DEL(t->all, k);
	free(k->calls);
	free(k->aways);
	free(k->cgroup);
	free(k);
}

void tasks_free(struct tasks *t)
{
	struct task *k, *next;

	if (!t)
		return;
	HASH_ITER(hh, t->all, k, next)
	task_free(t, k);
	free(t);
}

static struct task *task_find(const struct tasks *t, uint32_t pid)
{
	struct task *k = t->recent;

	if (k && k->pid == pid)
		return k;
	HASH_FIND(hh, t->all, &pid, sizeof(pid), k);
	return k;
}

static struct task *task_make(struct tasks *t, uint32_t pid)
{
	struct task *k = task_find(t, pid);

	if (!k) {
		k = calloc(1, sizeof(*k));
		if (!k)
			return NULL;
		k->pid = pid;
		HASH_ADD(hh, t->all, pid, sizeof(pid), k);
		if (!k->hh.tbl) {
			free(k);
			return NULL;
		}
	}
	t->recent = k;
	return k;
}

void libc_wait_cancel(struct libc_wait *w)
{
	if (!w->link)
		return;
	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	w->next = NULL;
	w->link = NULL;
}

int tasks_wait(struct tasks *t, uint32_t pid, struct libc_wait *w, uint64_t enter_ns)
{
	struct task *k = task_make(t, pid);

	if (!k)
		return -ENOMEM;
	w->enter_ns = enter_ns;
	w->next = k->waits;
	w->link = &k->waits;
	if (k->waits)
		k->waits->link = &w->next;
	k->waits = w;
	return 0;
}

void tasks_enter(struct tasks *t, uint32_t pid, uint64_t libc_ns)
{
	struct task *k = task_find(t, pid);
	struct libc_wait *next;

	if (!k)
		return;
	for (struct libc_wait *w = k->waits; w; w = next) {
		next = w->next;
		if (w->enter_ns != libc_ns)
			libc_wait_cancel(w);
	}
}

/* Files are closed all the time: they would push out what led to the connection. */
static bool call_is_close(const struct crumb_ev_call *ev)
{
	const char *name = syscall_name(ev->nr);

	if (ev->layer == CRUMB_CALLED_LIBC)
		return ev->nr == CRUMB_LIBC_CLOSE;
	return name && !strcmp(name, "close");
}

static int task_keep(struct task *k, const struct crumb_ev_call *ev)
{
	if (call_is_close(ev))
		return 0;
	if (!k->calls) {
		k->calls = malloc(TASK_CALLS * sizeof(*k->calls));
		if (!k->calls)
			return -ENOMEM;
	}
	if (k->count == TASK_CALLS) {
		k->calls[k->first] = *ev;
		k->first = (k->first + 1) % TASK_CALLS;
	} else {
		k->calls[(k->first + k->count++) % TASK_CALLS] = *ev;
	}
	return 0;
}

int tasks_call(struct tasks *t, const struct crumb_ev_call *ev)
{
	struct task *k = task_make(t, ev->pid);
	struct libc_wait *next;
	bool answered = false;

	if (!k)
		return -ENOMEM;
	k->heard_ns = ev->h.time_ns;
	memcpy(k->comm, ev->comm, sizeof(k->comm));
	if (ev->layer != CRUMB_CALLED_LIBC)
		return task_keep(k, ev);
	for (struct libc_wait *w = k->waits; w; w = next) {
		next = w->next;
		if (w->enter_ns != ev->enter_ns)
			continue;
		w->return_ns = ev->h.time_ns;
		w->func = ev->nr;
		libc_wait_cancel(w);
		answered = true;
	}
	return answered || ev->flow ? 0 : task_keep(k, ev);
}

struct task_calls *tasks_take_calls(struct tasks *t, uint32_t pid)
{
	struct task *k = task_find(t, pid);
	struct task_calls *calls;

	if (!k || !k->count)
		return NULL;
	calls = calloc(1, sizeof(*calls));
	if (!calls)
		return NULL;
	for (uint32_t i = 0; i < k->count; i++)
		calls->call[i] = k->calls[(k->first + i) % TASK_CALLS];
	calls->count = k->count;
	k->first = 0;
	k->count = 0;
	return calls;
}

static const struct crumb_ev_away *away_at(const struct task *k, uint32_t i)
{
	return &k->aways[(k->away_first + i) % TASK_AWAYS];
}

int tasks_away(struct tasks *t, const struct crumb_ev_away *ev)
{
	struct task *k = task_make(t, ev->pid);

	if (!k)
		return -ENOMEM;
	k->heard_ns = ev->h.time_ns;
	if (!ev->times) {
		if (ev->off_ns > k->away_told_ns)
			k->away_since_ns = ev->off_ns;
		k->away_told_ns = ev->on_ns;
		return 0;
	}
	if (!k->aways) {
		k->aways = malloc(TASK_AWAYS * sizeof(*k->aways));
		if (!k->aways)
			return -ENOMEM;
	}
	if (k->away_count == TASK_AWAYS) {
		k->away_since_ns = away_at(k, 0)->on_ns;
		k->away_first = (k->away_first + 1) % TASK_AWAYS;
		k->away_count--;
	}
	k->aways[(k->away_first + k->away_count++) % TASK_AWAYS] = *ev;
	return 0;
}

int tasks_take_aways(const struct tasks *t, uint32_t pid, uint64_t from_ns,
		     struct crumb_ev_away **ret_aways, uint32_t *ret_count, uint64_t *ret_since_ns)
{
	const struct task *k = task_find(t, pid);
	struct crumb_ev_away *aways;
	uint32_t skip = 0;

	if (!k || k->away_told_ns <= from_ns)
		return 0;
	while (skip < k->away_count && away_at(k, skip)->on_ns <= from_ns)
		skip++;
	*ret_since_ns = k->away_since_ns;
	if (skip == k->away_count)
		return 0;
	aways = malloc((k->away_count - skip) * sizeof(*aways));
	if (!aways)
		return -ENOMEM;
	for (uint32_t i = skip; i < k->away_count; i++)
		aways[i - skip] = *away_at(k, i);
	*ret_aways = aways;
	*ret_count = k->away_count - skip;
	return 0;
}

int tasks_name(struct tasks *t, uint32_t pid, const char *comm, uint64_t now_ns)
{
	struct task *k = task_make(t, pid);

	if (!k)
		return -ENOMEM;
	memcpy(k->comm, comm, sizeof(k->comm));
	k->heard_ns = now_ns;
	return 0;
}

const char *tasks_comm(const struct tasks *t, uint32_t pid)
{
	const struct task *k = task_find(t, pid);

	if (!pid)
		return "idle";
	return k && k->comm[0] ? k->comm : NULL;
}

int tasks_process(struct tasks *t, const struct crumb_ev_process *ev)
{
	struct task *k = task_make(t, ev->pid);
	unsigned int levels = ev->levels < CRUMB_CGROUP_LEVELS ? ev->levels : CRUMB_CGROUP_LEVELS;
	char path[4 + CRUMB_CGROUP_LEVELS * (CRUMB_CGROUP_NAME + 1)];
	int n;

	if (!k)
		return -ENOMEM;
	k->heard_ns = ev->h.time_ns;
	k->pid_inside = ev->pid_level ? ev->pid_inside : 0;
	n = snprintf(path, sizeof(path), "%s", ev->cut ? "..." : levels ? "" : "/");
	while (levels-- > 0)
		n += snprintf(path + n, sizeof(path) - n, "/%.*s", CRUMB_CGROUP_NAME,
			      ev->name[levels]);
	if (k->cgroup && !strcmp(k->cgroup, path))
		return 0;
	free(k->cgroup);
	k->cgroup = ev->cgroup ? strdup(path) : NULL;
	return ev->cgroup && !k->cgroup ? -ENOMEM : 0;
}

const char *tasks_cgroup(const struct tasks *t, uint32_t pid)
{
	const struct task *k = task_find(t, pid);

	return k ? k->cgroup : NULL;
}

uint32_t tasks_pid_inside(const struct tasks *t, uint32_t pid)
{
	const struct task *k = task_find(t, pid);

	return k ? k->pid_inside : 0;
}

void tasks_trim(struct tasks *t, uint64_t before_ns)
{
	struct task *k, *next;

	HASH_ITER(hh, t->all, k, next)
	if (!k->waits && k->heard_ns < before_ns)
		task_free(t, k);
}

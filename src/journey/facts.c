// SPDX-License-Identifier: GPL-2.0-only
/* What user space told about the machine: see facts.h. */
#include "facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "host_tag.h"

#define SYSCALLS_MAX 1024

struct host_fact {
	uint32_t netns;
	uint32_t number; /* as its own kernel counts */
	uint8_t kernel;
	char name[64];
	UT_hash_handle hh;
};

struct dev_key {
	uint32_t netns, ifindex;
};

struct dev_fact {
	struct dev_key key;
	struct fact_dev dev;
	char name[16];
	UT_hash_handle hh;
};

struct symbol_fact {
	uint64_t addr;
	char name[64];
	UT_hash_handle hh;
};

struct reason_fact {
	uint32_t value;
	char name[48];
	UT_hash_handle hh;
};

struct kernel_facts {
	bool traced;
	struct crumb_ev_trace trace;
	struct crumb_ev_host host;
	struct crumb_ev_hook hooks[CRUMB_PT_MAX];
	bool hook_told[CRUMB_PT_MAX];
	enum hook_kind via[CRUMB_PT_MAX];
};

enum { MACHINE_X86_64, MACHINE_AARCH64, MACHINES };

#define RULES_MAX 256

struct facts {
	struct kernel_facts *kernel[FACTS_KERNELS];
	unsigned int kernels, from; /* those told of; whose events come now */
	struct trace_host *info;
	struct host_fact *hosts;
	struct dev_fact *devs;
	struct symbol_fact *symbols;
	struct reason_fact *reasons;
	struct crumb_ev_rule rules[RULES_MAX]; /* the newest; those of one key in the order of time */
	uint64_t rule_count;
	char *syscalls[MACHINES][SYSCALLS_MAX];
};

/* NULL: no memory. */
static struct kernel_facts *kernel_make(struct facts *f, unsigned int i)
{
	struct kernel_facts *k = f->kernel[i];

	if (k)
		return k;
	k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	for (unsigned int pt = 0; pt < CRUMB_PT_MAX; pt++)
		k->via[pt] = point_get(pt)->via[0].kind;
	f->kernel[i] = k;
	f->kernels = i >= f->kernels ? i + 1 : f->kernels;
	return k;
}

struct facts *facts_new(void)
{
	struct facts *f = calloc(1, sizeof(*f));

	if (f && !kernel_make(f, 0)) {
		free(f);
		return NULL;
	}
	return f;
}

void facts_from(struct facts *f, unsigned int kernel)
{
	f->from = kernel < FACTS_KERNELS ? kernel : 0;
}

void facts_free(struct facts *f)
{
	if (!f)
		return;
	HASH_FREE(f->hosts);
	HASH_FREE(f->devs);
	HASH_FREE(f->symbols);
	HASH_FREE(f->reasons);
	for (unsigned int i = 0; i < SYSCALLS_MAX; i++) {
		free(f->syscalls[MACHINE_X86_64][i]);
		free(f->syscalls[MACHINE_AARCH64][i]);
	}
	for (unsigned int i = 0; i < FACTS_KERNELS; i++)
		free(f->kernel[i]);
	free(f->info);
	free(f);
}

static int take_netns(struct facts *f, const struct crumb_ev_netns *ev)
{
	struct host_fact *h;

	HASH_MAKE(f->hosts, netns, &ev->netns, h);
	if (!h)
		return -ENOMEM;
	snprintf(h->name, sizeof(h->name), "%s", ev->host);
	h->kernel = f->from;
	h->number = ev->pad0 ? ev->pad0 : ev->netns;
	return 0;
}

static int take_dev(struct facts *f, const struct crumb_ev_dev *ev)
{
	struct dev_key key = { ev->netns, ev->ifindex };
	struct dev_fact *d;

	if (ev->removed) /* journeys under way may still name it */
		return 0;
	HASH_MAKE(f->devs, key, &key, d);
	if (!d)
		return -ENOMEM;
	d->dev = (struct fact_dev){
		.netns = ev->netns,
		.ifindex = ev->ifindex,
		.master = ev->master,
		.peer = ev->peer,
		.peer_netns = ev->peer_netns,
		.port_state = ev->port_state,
		.veth = !strcmp(ev->kind, "veth"),
		.name = d->name,
	};
	memcpy(d->dev.mac, ev->mac, sizeof(d->dev.mac));
	snprintf(d->name, sizeof(d->name), "%s", ev->name);
	return 0;
}

static int take_symbol(struct facts *f, const struct crumb_ev_symbol *ev)
{
	struct symbol_fact *s;

	HASH_MAKE(f->symbols, addr, &ev->addr, s);
	if (!s)
		return -ENOMEM;
	snprintf(s->name, sizeof(s->name), "%s", ev->name);
	return 0;
}

static int take_reason(struct facts *f, uint32_t value, const char *name)
{
	struct reason_fact *r;

	HASH_MAKE(f->reasons, value, &value, r);
	if (!r)
		return -ENOMEM;
	snprintf(r->name, sizeof(r->name), "%s", name);
	return 0;
}

static void take_hook(struct kernel_facts *f, const struct crumb_ev_hook *ev)
{
	if (ev->point >= CRUMB_PT_MAX)
		return;
	f->hooks[ev->point] = *ev;
	f->hook_told[ev->point] = true;
	if (ev->visible != 1)
		return;
	for (unsigned int k = HOOK_NONE + 1; k < HOOK_KIND_MAX; k++)
		if (!strcmp(hook_kind_name(k), ev->via))
			f->via[ev->point] = k;
}

/* What a kernel says of itself. */
static int take_kernel(struct facts *f, const struct crumb_event *ev)
{
	struct kernel_facts *k = kernel_make(f, f->from);

	if (!k)
		return -ENOMEM;
	if (ev->type == CRUMB_EV_TRACE) {
		k->trace = *(const struct crumb_ev_trace *)ev;
		k->traced = true;
	} else if (ev->type == CRUMB_EV_HOST) {
		k->host = *(const struct crumb_ev_host *)ev;
	} else {
		take_hook(k, (const void *)ev);
	}
	return 0;
}

int facts_event(struct facts *f, const struct crumb_event *ev)
{
	switch (ev->type) {
	case CRUMB_EV_TRACE:
	case CRUMB_EV_HOST:
	case CRUMB_EV_HOOK:
		return take_kernel(f, ev);
	case CRUMB_EV_NETNS:
		return take_netns(f, (const void *)ev);
	case CRUMB_EV_DEV:
		return take_dev(f, (const void *)ev);
	case CRUMB_EV_SYMBOL:
		return take_symbol(f, (const void *)ev);
	case CRUMB_EV_RULE:
		f->rules[f->rule_count++ % RULES_MAX] = *(const struct crumb_ev_rule *)ev;
		return 0;
	case CRUMB_EV_REASON:
		return take_reason(f, ((const struct crumb_ev_reason *)ev)->value,
				   ((const struct crumb_ev_reason *)ev)->name);
	default:
		return 0;
	}
}

/* Of several hosts: only if all were asked for tasks do only those count; what one left out is left out. */
uint32_t facts_flags(const struct facts *f)
{
	uint32_t any = 0, all = CRUMB_TRACE_TASKS;

	for (unsigned int i = 0; i < f->kernels; i++) {
		if (!f->kernel[i] || !f->kernel[i]->traced)
			continue;
		any |= f->kernel[i]->trace.flags;
		all &= f->kernel[i]->trace.flags;
	}
	return (any & ~CRUMB_TRACE_TASKS) | (any & all);
}

static struct host_fact *host_get(struct facts *f, uint32_t netns)
{
	struct host_fact *h;

	HASH_FIND(hh, f->hosts, &netns, sizeof(netns), h);
	return h;
}

static struct kernel_facts *kernel_get(struct facts *f, uint32_t netns)
{
	struct kernel_facts *k = f->kernel[facts_kernel(f, netns)];

	return k ? k : f->kernel[0];
}

unsigned int facts_kernel(struct facts *f, uint32_t netns)
{
	const struct host_fact *h = f->kernels > 1 ? host_get(f, netns) : NULL;

	return h ? h->kernel : 0;
}

const char *facts_kernel_name(const struct facts *f, unsigned int kernel)
{
	const struct kernel_facts *k = kernel < FACTS_KERNELS ? f->kernel[kernel] : NULL;

	return k && k->host.name[0] ? k->host.name : "?";
}

uint32_t facts_netns_number(struct facts *f, uint32_t netns)
{
	const struct host_fact *h = f->kernels > 1 ? host_get(f, netns) : NULL;

	return h && h->number ? h->number : netns;
}

const char *facts_host(struct facts *f, uint32_t netns)
{
	const struct kernel_facts *k;
	struct host_fact *h;

	HASH_MAKE(f->hosts, netns, &netns, h);
	if (!h)
		return "?";
	if (h->name[0])
		return h->name;
	k = kernel_get(f, netns);
	if (k->host.name[0] && netns == k->host.netns)
		return k->host.name;
	snprintf(h->name, sizeof(h->name), "netns:%u", netns);
	return h->name;
}

const struct fact_dev *facts_dev(struct facts *f, uint32_t netns, uint32_t ifindex)
{
	struct dev_key key = { netns, ifindex };
	struct dev_fact *d;

	HASH_FIND(hh, f->devs, &key, sizeof(key), d);
	return d && d->dev.name ? &d->dev : NULL;
}

const char *facts_dev_name(struct facts *f, uint32_t netns, uint32_t ifindex)
{
	struct dev_key key = { netns, ifindex };
	struct dev_fact *d;

	if (!ifindex)
		return NULL;
	HASH_MAKE(f->devs, key, &key, d);
	if (!d)
		return "?";
	if (!d->name[0])
		snprintf(d->name, sizeof(d->name), "if%u", ifindex);
	return d->name;
}

const char *facts_symbol(const struct facts *f, uint64_t addr)
{
	struct symbol_fact *s;

	HASH_FIND(hh, f->symbols, &addr, sizeof(addr), s);
	return s ? s->name : NULL;
}

/* That which was made soonest after the drop knew of all that had counted, and of no more than it must. Else the last one before it. */
const struct crumb_ev_rule *facts_rule(const struct facts *f, const struct crumb_ev_drop *d)
{
	const struct crumb_ev_rule *after = NULL, *before = NULL;

	for (uint64_t n = 0; n < f->rule_count && n < RULES_MAX; n++) {
		const struct crumb_ev_rule *r = &f->rules[(f->rule_count - 1 - n) % RULES_MAX];

		if (r->netns != d->s.netns || r->ip_version != d->s.ip_version ||
		    r->made_here != !d->s.iif)
			continue;
		if (r->read_ns >= d->s.h.time_ns)
			after = r;
		else if (!before)
			before = r;
	}
	return after ? after : before;
}

const char *facts_reason(struct facts *f, uint32_t value)
{
	struct reason_fact *r;
	char name[48];

	HASH_FIND(hh, f->reasons, &value, sizeof(value), r);
	if (r)
		return r->name;
	snprintf(name, sizeof(name), "reason %u", HOST_TAG_REASON(value));
	if (take_reason(f, value, name))
		return "?";
	HASH_FIND(hh, f->reasons, &value, sizeof(value), r);
	return r->name;
}

uint32_t facts_hook_cost_ns(struct facts *f, uint32_t netns, uint16_t point)
{
	const struct kernel_facts *k = kernel_get(f, netns);

	return point < CRUMB_PT_MAX && k->hook_told[point] ? k->hooks[point].cost_ns : 0;
}

bool facts_visible(struct facts *f, uint32_t netns, uint16_t point)
{
	const struct kernel_facts *k = kernel_get(f, netns);

	return point < CRUMB_PT_MAX && k->hook_told[point] && k->hooks[point].visible == 1;
}

enum hook_kind facts_via(struct facts *f, uint32_t netns, uint16_t point)
{
	return point < CRUMB_PT_MAX ? kernel_get(f, netns)->via[point] : HOOK_NONE;
}

const char *facts_syscall_func(struct facts *f, uint32_t netns, uint16_t nr)
{
	bool arm = !strcmp(kernel_get(f, netns)->host.machine, "aarch64");
	char **slot = f->syscalls[arm ? MACHINE_AARCH64 : MACHINE_X86_64];
	const char *name = syscall_name(nr);
	char func[64];

	if (!name || nr >= SYSCALLS_MAX)
		return NULL;
	if (!slot[nr]) {
		snprintf(func, sizeof(func), "__%s_sys_%s", arm ? "arm64" : "x64", name);
		slot[nr] = strdup(func);
	}
	return slot[nr];
}

static uint32_t info_hooks(const struct kernel_facts *k, struct trace_hook *hooks)
{
	uint32_t n = 0;

	for (unsigned int pt = 0; pt < CRUMB_PT_MAX; pt++) {
		const struct crumb_ev_hook *h = &k->hooks[pt];

		if (!k->hook_told[pt])
			continue;
		hooks[n++] = (struct trace_hook){
			.point = pt,
			.visible = h->visible == 1,
			.via = h->via,
			.target = h->target,
			.why = h->why,
		};
	}
	return n;
}

static int info_more(struct facts *f, struct trace_info *info)
{
	struct trace_host *t = calloc(f->kernels, sizeof(*t));

	if (!t)
		return -ENOMEM;
	free(f->info);
	f->info = t;
	for (unsigned int i = 1; i < f->kernels; i++) {
		const struct kernel_facts *k = f->kernel[i];

		if (!k)
			continue;
		t->host = k->host.name;
		t->release = k->host.release;
		t->machine = k->host.machine;
		memcpy(t->boot_id, k->host.boot_id, sizeof(t->boot_id));
		t->hook_count = info_hooks(k, t->hooks);
		t++;
	}
	info->more = f->info;
	info->more_count = t - f->info;
	return 0;
}

int facts_info(struct facts *f, struct trace_info *info)
{
	const struct kernel_facts *k = f->kernel[0];

	*info = (struct trace_info){
		.version = k->trace.crumb,
		.selection = k->trace.selection,
		.flags = facts_flags(f),
		.host = k->host.name,
		.release = k->host.release,
		.machine = k->host.machine,
	};
	memcpy(info->boot_id, k->host.boot_id, sizeof(info->boot_id));
	info->hook_count = info_hooks(k, info->hooks);
	return f->kernels > 1 ? info_more(f, info) : 0;
}

/* Of several hosts: what one of them cannot show. */
uint32_t facts_unobservable(const struct facts *f, const char **names)
{
	uint32_t n = 0;

	for (unsigned int pt = 0; pt < CRUMB_PT_MAX; pt++) {
		bool hidden = false;

		for (unsigned int i = 0; i < f->kernels; i++)
			hidden |= f->kernel[i] && f->kernel[i]->hook_told[pt] &&
				  !f->kernel[i]->hooks[pt].visible;
		if (hidden)
			names[n++] = point_get(pt)->name;
	}
	return n;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "func_list.h"

#include <bpf/btf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "settings.h"
#include "tracefs.h"

#define MODULES_MAX 512

/* Ours or the tracer's own: what runs when something is traced must not be traced by it. */
static const char *const never[] = {
	"bpf_",		"__bpf_",   "trace_",	 "__traceiter_", "perf_",
	"__probestub_", "ftrace_",  "__ftrace_", "kprobe_",	 "rethook_",
	"fprobe_",	"__kprobe", "uprobe_",	 "__SCT__",	 "__SCK__",
};

/* What compilers add to the name of a function whose arguments stay where they were, if they are there at all. */
static const char *const variants[] = { "isra", "constprop", "llvm" };

struct typed { /* a function that takes one */
	const char *name;
	const char *module;
	uint64_t args;
	size_t symbols;
};

struct gathering {
	struct typed *typed;
	size_t n, cap;
	struct btf *modules[MODULES_MAX]; /* names are borrowed from them */
	char *module_names[MODULES_MAX];
	size_t n_modules;
	struct func_list *list;
	size_t places_cap;
};

/* ------------------------------------------------------------------------------------------------- types */

static const struct btf_type *resolve(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

static bool is_struct(const struct btf *btf, const struct btf_type *t, const char *name)
{
	return t && (btf_is_struct(t) || btf_is_fwd(t)) &&
	       !strcmp(btf__name_by_offset(btf, t->name_off), name);
}

/* CRUMB_FUNC_* of its arguments; 0: neither an skb nor a socket among those in registers. */
static uint64_t args_of(const struct btf *btf, const struct btf_type *func)
{
	const struct btf_type *proto = btf__type_by_id(btf, func->type), *t;
	const struct btf_param *p = btf_params(proto);
	uint64_t args = 0;

	for (uint32_t i = 0; i < btf_vlen(proto) && i < CRUMB_FUNC_ARGS; i++) {
		t = resolve(btf, p[i].type);
		if (!t || !btf_is_ptr(t))
			continue;
		t = resolve(btf, t->type);
		if (is_struct(btf, t, "sk_buff") && !(args & CRUMB_FUNC_ARG))
			args |= i + 1;
		else if (is_struct(btf, t, "sock") && !(args >> CRUMB_FUNC_SOCK & CRUMB_FUNC_ARG))
			args |= (uint64_t)(i + 1) << CRUMB_FUNC_SOCK;
		else if (t && btf_is_ptr(t) && !(args & CRUMB_FUNC_ARG) &&
			 is_struct(btf, resolve(btf, t->type), "sk_buff"))
			args |= (i + 1) | CRUMB_FUNC_INDIRECT;
	}
	return args;
}

static bool is_wanted(const char *name)
{
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (!strncmp(name, never[i], strlen(never[i])))
			return false;
	return *name;
}

static int gather_types(struct gathering *g, const struct btf *btf, uint32_t from, const char *module)
{
	for (uint32_t id = from; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *name;
		uint64_t args;

		if (!btf_is_func(t))
			continue;
		name = btf__name_by_offset(btf, t->name_off);
		args = is_wanted(name) ? args_of(btf, t) : 0;
		if (!args)
			continue;
		if (g->n == g->cap) {
			size_t cap = g->cap ? 2 * g->cap : 4096;
			struct typed *typed = realloc(g->typed, cap * sizeof(*typed));

			if (!typed)
				return -ENOMEM;
			g->typed = typed;
			g->cap = cap;
		}
		g->typed[g->n++] = (struct typed){ .name = name, .module = module, .args = args };
	}
	return 0;
}

/* Modules without types (before 5.11) are passed over. */
static int gather_modules(struct gathering *g, struct btf *kernel)
{
	DIR *dir = opendir("/sys/kernel/btf");
	struct dirent *entry;
	int err = 0;

	while (!err && dir && (entry = readdir(dir)) && g->n_modules < MODULES_MAX) {
		struct btf *btf;
		char *name;

		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "vmlinux"))
			continue;
		btf = btf__load_module_btf(entry->d_name, kernel);
		name = strdup(entry->d_name);
		if (!btf || !name) {
			btf__free(btf);
			free(name);
			continue;
		}
		g->modules[g->n_modules] = btf;
		g->module_names[g->n_modules++] = name;
		err = gather_types(g, btf, btf__type_cnt(kernel), name);
	}
	if (dir)
		closedir(dir);
	return err;
}

static int by_name(const void *a, const void *b)
{
	const struct typed *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->module, y->module);
}

/* ----------------------------------------------------------------------------------------------- symbols */

/* "tcp_ack.constprop.0" is a form of tcp_ack, "tcp_ack.cold" and "tcp_ack.part.0" are not. */
static bool is_variant(const char *suffix)
{
	while (*suffix == '.') {
		size_t len = strcspn(++suffix, "."), i;
		bool known = len && strspn(suffix, "0123456789") >= len;

		for (i = 0; !known && i < sizeof(variants) / sizeof(variants[0]); i++)
			known = len == strlen(variants[i]) && !strncmp(suffix, variants[i], len);
		if (!known)
			return false;
		suffix += len;
	}
	return true;
}

static struct typed *typed_of(const struct gathering *g, const char *symbol, const char *module)
{
	size_t len = strcspn(symbol, ".");
	char base[256];
	struct typed key = { .name = base, .module = module };

	if (len >= sizeof(base) || !is_variant(symbol + len))
		return NULL;
	memcpy(base, symbol, len);
	base[len] = '\0';
	return bsearch(&key, g->typed, g->n, sizeof(key), by_name);
}

static int place_add(struct gathering *g, struct typed *t, uint64_t addr, const char *symbol)
{
	struct func_list *l = g->list;

	if (l->n == g->places_cap) {
		size_t cap = g->places_cap ? 2 * g->places_cap : 4096;
		struct func_place *places = realloc(l->places, cap * sizeof(*places));

		if (!places)
			return -ENOMEM;
		l->places = places;
		g->places_cap = cap;
	}
	l->places[l->n] = (struct func_place){
		.addr = addr, .args = t->args, .name = strdup(symbol), .module = strdup(t->module)
	};
	t->symbols++;
	l->n++;
	return l->places[l->n - 1].name && l->places[l->n - 1].module ? 0 : -ENOMEM;
}

static int gather_symbols(struct gathering *g, struct error *e)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/kallsyms", "re");
	char line[600], name[256], module[80], type;
	unsigned long long addr;
	bool hidden = true;
	int err = 0;

	while (!err && f && fgets(line, sizeof(line), f)) {
		struct typed *t;
		int n = sscanf(line, "%llx %c %255s [%79[^]]", &addr, &type, name, module);

		if (n < 3)
			continue;
		hidden &= !addr;
		if (!addr || (type | 0x20) == 'a' || !strchr("tTwW", type))
			continue;
		t = typed_of(g, name, n == 4 ? module : "");
		if (t)
			err = place_add(g, t, addr, name);
	}
	if (err || !hidden)
		return err;
	return error_set(e, -EPERM,
			 "the kernel hides the addresses of its functions (/proc/kallsyms): --functions needs CAP_SYSLOG, and "
			 "kernel.kptr_restrict below 2");
}

static int by_symbol(const void *a, const void *b)
{
	const struct func_place *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->module, y->module);
}

static int by_addr(const void *a, const void *b)
{
	const struct func_place *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void place_done(struct func_place *p)
{
	free(p->name);
	free(p->module);
}

/* Statics of one name in several files: the types know one of them, and not which. */
static void drop_ambiguous(struct func_list *l)
{
	size_t kept = 0, i, j;

	for (i = 0; i < l->n; i = j) {
		for (j = i + 1; j < l->n && !by_symbol(&l->places[i], &l->places[j]); j++)
			;
		if (j == i + 1) {
			l->places[kept++] = l->places[i];
			continue;
		}
		l->ambiguous++;
		for (size_t k = i; k < j; k++)
			place_done(&l->places[k]);
	}
	l->n = kept;
}

/* ------------------------------------------------------------------------------------------------ ftrace */

/* Without the list all are taken for traceable, and the kernel says at the attachment which are not. */
static void look_traceable(struct func_list *l)
{
	_cleanup_fclose_ FILE *f = tracefs_open("available_filter_functions");
	char line[400], name[256], module[80];

	if (!f)
		for (size_t i = 0; i < l->n; i++)
			l->places[i].traceable = true;
	while (f && fgets(line, sizeof(line), f)) {
		struct func_place key = { .name = name, .module = module }, *p;

		module[0] = '\0';
		if (sscanf(line, "%255s [%79[^]]", name, module) < 1)
			continue;
		p = bsearch(&key, l->places, l->n, sizeof(key), by_symbol);
		if (p)
			p->traceable = true;
	}
}

static void drop_refused(struct func_list *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (l->places[i].traceable) {
			l->places[kept++] = l->places[i];
			continue;
		}
		l->refused++;
		place_done(&l->places[i]);
	}
	l->n = kept;
}

/* Two names of one function: the first stays. */
static void drop_aliases(struct func_list *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++)
		if (kept && l->places[kept - 1].addr == l->places[i].addr)
			place_done(&l->places[i]);
		else
			l->places[kept++] = l->places[i];
	l->n = kept;
}

/* ------------------------------------------------------------------------------------------------- public */

static int gather(struct gathering *g, struct btf *kernel, struct error *e)
{
	struct func_list *l = g->list;
	int err = gather_types(g, kernel, 1, "");

	if (!err)
		err = gather_modules(g, kernel);
	if (err)
		return err;
	qsort(g->typed, g->n, sizeof(*g->typed), by_name);
	err = gather_symbols(g, e);
	if (err)
		return err;
	l->typed = g->n;
	for (size_t i = 0; i < g->n; i++)
		l->no_symbol += !g->typed[i].symbols;
	qsort(l->places, l->n, sizeof(*l->places), by_symbol);
	drop_ambiguous(l);
	look_traceable(l);
	drop_refused(l);
	qsort(l->places, l->n, sizeof(*l->places), by_addr);
	drop_aliases(l);
	if (!l->n)
		return error_set(e, -ENOENT,
				 "no function was found that takes an skb or a socket and can be hooked");
	return 0;
}

int func_list_new(struct btf *kernel, struct func_list **ret, struct error *e)
{
	struct gathering *g = calloc(1, sizeof(*g));
	int err = -ENOMEM;

	if (g)
		g->list = calloc(1, sizeof(*g->list));
	if (g && g->list)
		err = gather(g, kernel, e);
	if (!err)
		*ret = steal_ptr(g->list);
	for (size_t i = 0; g && i < g->n_modules; i++) {
		btf__free(g->modules[i]);
		free(g->module_names[i]);
	}
	if (g) {
		func_list_free(g->list);
		free(g->typed);
	}
	free(g);
	return err;
}

void func_list_free(struct func_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		place_done(&l->places[i]);
	free(l->places);
	free(l);
}

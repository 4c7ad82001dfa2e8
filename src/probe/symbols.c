// SPDX-License-Identifier: GPL-2.0-only
#include "symbols.h"

#include <bpf/btf.h>
#include <errno.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "symbol_ask.h"

/* 150,000 and more of them: the kernel's text and its modules lie within 2 GiB of one another (arch: code models). */
struct symbol {
	int32_t at;    /* from the first one listed */
	uint32_t name; /* offset in names */
};

struct reason {
	uint32_t value;
	bool is_one; /* SKB_NOT_DROPPED_YET and SKB_CONSUMED are none */
	char *name;  /* without the prefix of those that are */
};

struct reasons {
	struct reason *list;
	unsigned int n;
};

struct symbols {
	struct symbol_ask *ask; /* NULL: this kernel has to be read from beginning to end */
	void *asked;		/* tree of the names that were told */
	struct symbol *list;	/* ascending */
	size_t n;
	uint64_t first; /* address of the first one listed */
	char *names;
	bool loaded;
	struct reasons drops, resets;
	bool reasons_tried;
};

static void reasons_done(struct reasons *r)
{
	for (unsigned int i = 0; i < r->n; i++)
		free(r->list[i].name);
	free(r->list);
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	symbol_ask_free(s->ask);
	tdestroy(s->asked, free);
	free(s->list);
	free(s->names);
	reasons_done(&s->drops);
	reasons_done(&s->resets);
	free(s);
}

static int by_addr(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* Text symbols only; several names of one address: the first listed stays. */
static void load(struct symbols *s)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/kallsyms", "re");
	size_t cap = 0, names_cap = 0, names_len = 0;
	bool sorted = true;
	char line[512], *names;
	struct symbol *list;

	while (f && fgets(line, sizeof(line),
			  f)) { /* "ffffffff81000000 T _text", and for modules "\t[name]" */
		char *after;
		uint64_t addr = strtoull(line, &after, 16);
		const char *name = after + 3;
		int64_t at;
		size_t len;

		if (!addr || after[0] != ' ' || !after[1] || !strchr("tTwW", after[1]) ||
		    after[2] != ' ')
			continue;
		if (!s->n)
			s->first = addr;
		at = (int64_t)(addr - s->first);
		if (at != (int32_t)at)
			continue;
		after[3 + strcspn(name, "\t \n")] = '\0';
		len = strlen(name) + 1;
		sorted = sorted && (!s->n || s->list[s->n - 1].at <= at);
		if (s->n == cap) {
			cap = cap ? cap * 2 : 65536;
			list = realloc(s->list, cap * sizeof(*list));
			if (!list)
				return;
			s->list = list;
		}
		if (names_len + len > names_cap) {
			names_cap = names_cap ? names_cap * 2 : 1u << 20;
			names = realloc(s->names, names_cap);
			if (!names)
				return;
			s->names = names;
		}
		memcpy(s->names + names_len, name, len);
		s->list[s->n++] = (struct symbol){ .at = (int32_t)at, .name = names_len };
		names_len += len;
	}
	if (!s->n)
		return;
	if (!sorted)
		qsort(s->list, s->n, sizeof(*s->list), by_addr);
	list = realloc(s->list, s->n * sizeof(*list));
	names = realloc(s->names, names_len);
	s->list = list ? list : s->list;
	s->names = names ? names : s->names;
}

static int place_read(const char *name, uint64_t *ret_from, uint64_t *ret_bytes)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/kallsyms", "re");
	uint64_t from = 0, addr;
	char line[512], *after;
	bool found = false;

	while (f && fgets(line, sizeof(line), f)) {
		addr = strtoull(line, &after, 16);
		if (strlen(after) < 4 || !strchr("tT", after[1]))
			continue;
		if (!addr)
			return -EPERM;
		if (found && addr > from) {
			*ret_from = from;
			*ret_bytes = addr - from;
			return 0;
		}
		if (found)
			continue;
		after += 3;
		after[strcspn(after, "\t \n")] = '\0';
		found = !strcmp(after, name);
		from = addr;
	}
	return -ENOENT;
}

int symbols_place(const char *name, uint64_t *ret_from, uint64_t *ret_bytes)
{
	struct symbol_ask *ask = symbol_ask_new();
	int err;

	if (!ask)
		return place_read(name, ret_from, ret_bytes);
	err = symbol_ask_place(ask, name, ret_from, ret_bytes);
	symbol_ask_free(ask);
	return err;
}

void symbols_load(struct symbols *s)
{
	if (s->loaded)
		return;
	s->loaded = true;
	s->ask = symbol_ask_new();
	if (!s->ask)
		load(s);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static const char *ask(struct symbols *s, uint64_t addr, uint32_t *ret_offset)
{
	char name[SYMBOL_NAME_BYTES], *own, **kept;

	if (symbol_ask_name(s->ask, addr, name, ret_offset))
		return NULL;
	kept = tfind(name, &s->asked, by_text);
	if (kept)
		return *kept;
	own = strdup(name);
	if (own && tsearch(own, &s->asked, by_text))
		return own;
	free(own);
	return NULL;
}

const char *symbols_function(struct symbols *s, uint64_t addr, uint32_t *ret_offset)
{
	size_t low = 0, high;
	int64_t at;

	symbols_load(s);
	if (s->ask)
		return ask(s, addr, ret_offset);
	at = (int64_t)(addr - s->first);
	if (!s->n || at != (int32_t)at || at < s->list[0].at)
		return NULL;
	high = s->n;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (s->list[mid].at <= at)
			low = mid;
		else
			high = mid;
	}
	while (low && s->list[low - 1].at == s->list[low].at)
		low--;
	*ret_offset = (uint32_t)(at - s->list[low].at);
	return s->names + s->list[low].name;
}

static void copy_reasons(struct reasons *to, const struct btf *btf, const char *type,
			 const char *prefix)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_ENUM);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;
	const struct btf_enum *e = t ? btf_enum(t) : NULL;
	unsigned int n = t ? btf_vlen(t) : 0;

	to->list = calloc(n + 1, sizeof(*to->list));
	for (unsigned int i = 0; to->list && i < n; i++, e++) {
		const char *name = btf__name_by_offset(btf, e->name_off);
		bool fits = !strncmp(name, prefix, strlen(prefix));

		to->list[i] =
			(struct reason){ e->val, fits, strdup(fits ? name + strlen(prefix) : name) };
		if (!to->list[i].name)
			return;
		to->n++;
	}
}

/* The names are copied: the kernel's types take megabytes. */
static void copy_all_reasons(struct symbols *s, const struct btf *btf)
{
	s->reasons_tried = true;
	copy_reasons(&s->drops, btf, "skb_drop_reason", "SKB_DROP_REASON_");
	copy_reasons(&s->resets, btf, "sk_rst_reason", "SK_RST_REASON_");
}

static void load_reasons(struct symbols *s)
{
	struct btf *btf = btf__load_vmlinux_btf();

	s->reasons_tried = true;
	if (btf)
		copy_all_reasons(s, btf);
	btf__free(btf);
}

int symbols_new(const struct btf *types, struct symbols **ret)
{
	struct symbols *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	if (types)
		copy_all_reasons(s, types);
	*ret = s;
	return 0;
}

const char *symbols_drop_reason_at(struct symbols *s, unsigned int i, uint32_t *ret_value)
{
	if (!s->reasons_tried)
		load_reasons(s);
	if (i >= s->drops.n)
		return NULL;
	*ret_value = s->drops.list[i].value;
	return s->drops.list[i].is_one ? s->drops.list[i].name : "";
}

static const char *reason_name(struct symbols *s, const struct reasons *in, uint32_t value)
{
	if (!s->reasons_tried)
		load_reasons(s);
	for (unsigned int i = 0; i < in->n; i++)
		if (in->list[i].value == value)
			return in->list[i].name;
	return NULL;
}

const char *symbols_drop_reason(struct symbols *s, uint32_t value)
{
	return reason_name(s, &s->drops, value);
}

const char *symbols_reset_reason(struct symbols *s, uint32_t value)
{
	return reason_name(s, &s->resets, value);
}

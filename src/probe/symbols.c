// SPDX-License-Identifier: GPL-2.0-only
#include "symbols.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

struct symbol {
	uint64_t addr;
	uint32_t name; /* offset in names */
};

struct symbols {
	struct symbol *list; /* ascending */
	size_t n;
	char *names;
	bool loaded;
	struct btf *btf;
	const struct btf_type *reasons;
	bool btf_tried;
};

int symbols_new(struct symbols **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	free(s->list);
	free(s->names);
	btf__free(s->btf);
	free(s);
}

static int by_addr(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Text symbols only; several names of one address: the first listed stays. */
static void load(struct symbols *s)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/kallsyms", "re");
	size_t cap = 0, names_cap = 0, names_len = 0;
	char line[512], name[256], type;
	unsigned long long addr;

	s->loaded = true;
	while (f && fgets(line, sizeof(line), f)) {
		size_t len;

		if (sscanf(line, "%llx %c %255s", &addr, &type, name) != 3 || !addr ||
		    (type != 't' && type != 'T' && type != 'w' && type != 'W'))
			continue;
		len = strlen(name) + 1;
		if (s->n == cap) {
			struct symbol *list;

			cap = cap ? cap * 2 : 65536;
			list = realloc(s->list, cap * sizeof(*list));
			if (!list)
				return;
			s->list = list;
		}
		if (names_len + len > names_cap) {
			char *names;

			names_cap = names_cap ? names_cap * 2 : 1u << 20;
			names = realloc(s->names, names_cap);
			if (!names)
				return;
			s->names = names;
		}
		memcpy(s->names + names_len, name, len);
		s->list[s->n++] = (struct symbol){ .addr = addr, .name = names_len };
		names_len += len;
	}
	if (s->n)
		qsort(s->list, s->n, sizeof(*s->list), by_addr);
}

const char *symbols_function(struct symbols *s, uint64_t addr, uint32_t *ret_offset)
{
	size_t low = 0, high;

	if (!s->loaded)
		load(s);
	if (!s->n || addr < s->list[0].addr)
		return NULL;
	high = s->n;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (s->list[mid].addr <= addr)
			low = mid;
		else
			high = mid;
	}
	while (low && s->list[low - 1].addr == s->list[low].addr)
		low--;
	*ret_offset = addr - s->list[low].addr;
	return s->names + s->list[low].name;
}

static void load_reasons(struct symbols *s)
{
	int id;

	s->btf_tried = true;
	s->btf = btf__load_vmlinux_btf();
	if (!s->btf)
		return;
	id = btf__find_by_name_kind(s->btf, "skb_drop_reason", BTF_KIND_ENUM);
	if (id > 0)
		s->reasons = btf__type_by_id(s->btf, id);
}

static const char reason_prefix[] = "SKB_DROP_REASON_";

const char *symbols_drop_reason_at(struct symbols *s, unsigned int i, uint32_t *ret_value)
{
	const struct btf_enum *e;
	const char *name;

	if (!s->btf_tried)
		load_reasons(s);
	if (!s->reasons || i >= btf_vlen(s->reasons))
		return NULL;
	e = btf_enum(s->reasons) + i;
	name = btf__name_by_offset(s->btf, e->name_off);
	*ret_value = (uint32_t)e->val;
	return strncmp(name, reason_prefix, sizeof(reason_prefix) - 1) ?
		       "" : /* SKB_NOT_DROPPED_YET, SKB_CONSUMED */
		       name + sizeof(reason_prefix) - 1;
}

const char *symbols_drop_reason(struct symbols *s, uint32_t value)
{
	const struct btf_enum *e;
	unsigned int i;

	if (!s->btf_tried)
		load_reasons(s);
	if (!s->reasons)
		return NULL;
	e = btf_enum(s->reasons);
	for (i = 0; i < btf_vlen(s->reasons); i++, e++) {
		const char *name;

		if ((uint32_t)e->val != value)
			continue;
		name = btf__name_by_offset(s->btf, e->name_off);
		if (!strncmp(name, reason_prefix, sizeof(reason_prefix) - 1))
			name += sizeof(reason_prefix) - 1;
		return name;
	}
	return NULL;
}

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

struct reason {
	uint32_t value;
	bool is_drop; /* SKB_NOT_DROPPED_YET and SKB_CONSUMED are none */
	char *name;   /* without the prefix of those that are */
};

struct symbols {
	struct symbol *list; /* ascending */
	size_t n;
	char *names;
	bool loaded;
	struct reason *reasons;
	unsigned int n_reasons;
	bool reasons_tried;
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
	for (unsigned int i = 0; i < s->n_reasons; i++)
		free(s->reasons[i].name);
	free(s->reasons);
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
	char line[512], name[256], type, *names;
	unsigned long long addr;
	struct symbol *list;

	s->loaded = true;
	while (f && fgets(line, sizeof(line), f)) {
		size_t len;

		if (sscanf(line, "%llx %c %255s", &addr, &type, name) != 3 || !addr ||
		    (type != 't' && type != 'T' && type != 'w' && type != 'W'))
			continue;
		len = strlen(name) + 1;
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
		s->list[s->n++] = (struct symbol){ .addr = addr, .name = names_len };
		names_len += len;
	}
	if (!s->n)
		return;
	qsort(s->list, s->n, sizeof(*s->list), by_addr);
	list = realloc(s->list, s->n * sizeof(*list));
	names = realloc(s->names, names_len);
	s->list = list ? list : s->list;
	s->names = names ? names : s->names;
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

static const char reason_prefix[] = "SKB_DROP_REASON_";

static void copy_reasons(struct symbols *s, const struct btf *btf, const struct btf_type *type)
{
	const struct btf_enum *e = btf_enum(type);
	unsigned int n = btf_vlen(type);

	s->reasons = calloc(n, sizeof(*s->reasons));
	for (unsigned int i = 0; s->reasons && i < n; i++, e++) {
		const char *name = btf__name_by_offset(btf, e->name_off);
		bool drop = !strncmp(name, reason_prefix, sizeof(reason_prefix) - 1);

		s->reasons[i] =
			(struct reason){ e->val, drop,
					 strdup(drop ? name + sizeof(reason_prefix) - 1 : name) };
		if (!s->reasons[i].name)
			return;
		s->n_reasons++;
	}
}

/* The names are copied: the kernel's types take megabytes. */
static void load_reasons(struct symbols *s)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id;

	s->reasons_tried = true;
	if (!btf)
		return;
	id = btf__find_by_name_kind(btf, "skb_drop_reason", BTF_KIND_ENUM);
	if (id > 0)
		copy_reasons(s, btf, btf__type_by_id(btf, id));
	btf__free(btf);
}

const char *symbols_drop_reason_at(struct symbols *s, unsigned int i, uint32_t *ret_value)
{
	if (!s->reasons_tried)
		load_reasons(s);
	if (i >= s->n_reasons)
		return NULL;
	*ret_value = s->reasons[i].value;
	return s->reasons[i].is_drop ? s->reasons[i].name : "";
}

const char *symbols_drop_reason(struct symbols *s, uint32_t value)
{
	if (!s->reasons_tried)
		load_reasons(s);
	for (unsigned int i = 0; i < s->n_reasons; i++)
		if (s->reasons[i].value == value)
			return s->reasons[i].name;
	return NULL;
}

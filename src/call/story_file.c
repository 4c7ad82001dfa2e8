// SPDX-License-Identifier: GPL-2.0-only
/* One table per struct says which of its fields are in the file; writing and reading both go by it. */
#include "story_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

#define MAGIC	    "crumb-call\t1"
#define END_LINE    "end" /* without it the file is a part of what was written */
#define STACK_SPLIT '>'

enum field_type { F_END, F_BOOL, F_U8, F_U32, F_I32, F_U64, F_I64, F_TEXT, F_ARGS };

struct field {
	const char *name;
	enum field_type type;
	size_t offset, size; /* size: of a text */
};

/* clang-format off */
#define FIELD(type, member, kind) { #member, kind, offsetof(struct type, member), sizeof(((struct type *)0)->member) }
#define END { NULL, F_END, 0, 0 }

static const struct field story_fields[] = {
	FIELD(story, wanted, F_TEXT), FIELD(story, arch, F_U32), FIELD(story, kind, F_U32),
	FIELD(story, program, F_TEXT), FIELD(story, release, F_TEXT), FIELD(story, libc, F_TEXT),
	FIELD(story, host, F_TEXT), FIELD(story, emulator, F_TEXT), FIELD(story, tid, F_U32),
	FIELD(story, is_static, F_BOOL), FIELD(story, return_addr, F_U64), FIELD(story, got, F_U64), FIELD(story, tail_call, F_BOOL),
	FIELD(story, function_bytes, F_U64), FIELD(story, insns_cut, F_BOOL),
	FIELD(story, cancel_point, F_BOOL), FIELD(story, cancel_taken, F_BOOL), FIELD(story, steps, F_U32),
	FIELD(story, vdso, F_U64), FIELD(story, arg_count, F_U32), FIELD(story, out_text, F_TEXT),
	FIELD(story, watched, F_BOOL), FIELD(story, watch_why, F_TEXT), FIELD(story, handler, F_TEXT), FIELD(story, handler_in_table, F_BOOL),
	FIELD(story, handler_compares, F_U32),
	FIELD(story, header, F_TEXT), FIELD(story, seen_lost, F_U64), FIELD(story, kernel_ns, F_U64),
	FIELD(story, watch_ns, F_U64), FIELD(story, alone_ns, F_U64), FIELD(story, result, F_I64), FIELD(story, errno_addr, F_U64),
	FIELD(story, errno_value, F_I32), FIELD(story, calls_lost, F_U32), FIELD(story, several_ns, F_U64),
	FIELD(story, several_text, F_TEXT), END
};
static const struct field place_fields[] = {
	FIELD(story_place, addr, F_U64), FIELD(story_place, offset, F_U64), FIELD(story_place, symbol, F_TEXT),
	FIELD(story_place, into, F_U64), FIELD(story_place, file, F_TEXT), FIELD(story_place, build_id, F_TEXT), END
};
static const struct field insn_fields[] = {
	FIELD(story_insn, addr, F_U64), FIELD(story_insn, text, F_TEXT), FIELD(story_insn, size, F_U8),
	FIELD(story_insn, mark, F_U8), FIELD(story_insn, executed, F_BOOL), FIELD(story_insn, note, F_TEXT), END
};
static const struct field regs_fields[] = {
	FIELD(story_regs, known, F_BOOL), FIELD(story_regs, ip, F_U64), FIELD(story_regs, sp, F_U64),
	FIELD(story_regs, nr, F_U64), FIELD(story_regs, ret, F_U64), FIELD(story_regs, arg, F_ARGS), END
};
static const struct field seen_fields[] = {
	FIELD(story_seen, ns, F_U64), FIELD(story_seen, point, F_TEXT), FIELD(story_seen, value, F_I64), END
};
static const struct field call_fields[] = {
	FIELD(story_call, tid, F_U32), FIELD(story_call, nr, F_U64), FIELD(story_call, ret, F_I64),
	FIELD(story_call, ns, F_U64), FIELD(story_call, text, F_TEXT), FIELD(story_call, from, F_TEXT), END
};
static const struct field fact_fields[] = {
	FIELD(story_fact, source, F_TEXT), FIELD(story_fact, text, F_TEXT), END
};

/* Parts of a story that occur once, by their tag. */
static const struct part {
	const char *tag;
	const struct field *fields;
	size_t offset;
} parts[] = {
	{ "story", story_fields, 0 },
	{ "call-site", place_fields, offsetof(struct story, site_place) },
	{ "got-before", place_fields, offsetof(struct story, got_before) },
	{ "got-now", place_fields, offsetof(struct story, got_now) },
	{ "function", place_fields, offsetof(struct story, function) },
	{ "inner", place_fields, offsetof(struct story, inner) },
	{ "regs-at", regs_fields, offsetof(struct story, at) },
	{ "regs-after", regs_fields, offsetof(struct story, after) },
	{ "regs-kernel", regs_fields, offsetof(struct story, kernel) },
};

/* And those that occur often: array and count. */
static const struct rows {
	const char *tag;
	const struct field *fields;
	size_t offset, count, size, max;
} rows[] = {
#define ROWS(tag, fields, array, n, max) \
	{ tag, fields, offsetof(struct story, array), offsetof(struct story, n), sizeof(((struct story *)0)->array[0]), max }
	ROWS("site", insn_fields, site, site_count, STORY_SITE_MAX),
	ROWS("insn", insn_fields, insns, insn_count, STORY_INSNS_MAX),
	ROWS("seen", seen_fields, seen, seen_count, STORY_SEEN_MAX),
	ROWS("call", call_fields, calls, call_count, STORY_CALLS_MAX),
	ROWS("fact", fact_fields, facts, fact_count, STORY_FACTS_MAX),
};
/* clang-format on */

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* -------------------------------------------------------------------------------------------- writing */

static void put_text(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (*text == '\t' || *text == '\n' || *text == '\\')
			fprintf(f, "\\%c", *text == '\t' ? 't' : *text == '\n' ? 'n' : '\\');
		else
			fputc(*text, f);
	}
}

static void put_field(FILE *f, const struct field *d, const void *record)
{
	const void *at = (const char *)record + d->offset;
	const uint64_t *args = at;

	fprintf(f, "\t%s=", d->name);
	switch (d->type) {
	case F_BOOL:
		fprintf(f, "%d", *(const bool *)at);
		break;
	case F_U8:
		fprintf(f, "%u", *(const uint8_t *)at);
		break;
	case F_U32:
		fprintf(f, "%u", *(const uint32_t *)at);
		break;
	case F_I32:
		fprintf(f, "%d", *(const int32_t *)at);
		break;
	case F_U64:
		fprintf(f, "0x%llx", (unsigned long long)*(const uint64_t *)at);
		break;
	case F_I64:
		fprintf(f, "%lld", (long long)*(const int64_t *)at);
		break;
	case F_TEXT:
		put_text(f, at);
		break;
	case F_ARGS:
		for (int i = 0; i < STORY_ARGS; i++)
			fprintf(f, "%s0x%llx", i ? "," : "", (unsigned long long)args[i]);
		break;
	case F_END:
		break;
	}
}

static void put_record(FILE *f, const char *tag, const struct field *d, const void *record)
{
	fputs(tag, f);
	for (; d->name; d++)
		put_field(f, d, record);
}

static void put_stack(FILE *f, const struct story_seen *seen)
{
	fputs("\tstack=", f);
	for (uint32_t i = 0; i < seen->depth; i++)
		fprintf(f, "%s%s", i ? ">" : "", seen->stack[i]);
}

int story_write(const struct story *s, FILE *f)
{
	fprintf(f, MAGIC "\n");
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		put_record(f, parts[i].tag, parts[i].fields, (const char *)s + parts[i].offset);
		fputc('\n', f);
	}
	for (unsigned int i = 0; i < s->arg_count; i++) {
		fprintf(f, "arg\tindex=%u\ttext=", i);
		put_text(f, s->arg_text[i]);
		fputc('\n', f);
	}
	for (size_t k = 0; k < COUNT_OF(rows); k++) {
		const struct rows *r = &rows[k];
		uint32_t n = *(const uint32_t *)((const char *)s + r->count);

		for (uint32_t i = 0; i < n; i++) {
			put_record(f, r->tag, r->fields, (const char *)s + r->offset + i * r->size);
			if (r->fields == seen_fields)
				put_stack(f, &s->seen[i]);
			fputc('\n', f);
		}
	}
	fprintf(f, END_LINE "\n");
	return fflush(f) || ferror(f) ? -EIO : 0;
}

/* -------------------------------------------------------------------------------------------- reading */

static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text == '\\' && text[1]) {
			text++;
			*to++ = *text == 't' ? '\t' : *text == 'n' ? '\n' : *text;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

static void get_args(uint64_t *args, char *value)
{
	for (int i = 0; i < STORY_ARGS; i++) {
		args[i] = strtoull(value, &value, 0);
		if (*value == ',')
			value++;
	}
}

static void get_field(const struct field *d, void *record, char *value)
{
	void *at = (char *)record + d->offset;

	switch (d->type) {
	case F_BOOL:
		*(bool *)at = atoi(value) != 0;
		break;
	case F_U8:
		*(uint8_t *)at = atoi(value);
		break;
	case F_U32:
		*(uint32_t *)at = strtoul(value, NULL, 0);
		break;
	case F_I32:
		*(int32_t *)at = atoi(value);
		break;
	case F_U64:
		*(uint64_t *)at = strtoull(value, NULL, 0);
		break;
	case F_I64:
		*(int64_t *)at = strtoll(value, NULL, 0);
		break;
	case F_TEXT:
		unescape(value);
		snprintf(at, d->size, "%s", value);
		break;
	case F_ARGS:
		get_args(at, value);
		break;
	case F_END:
		break;
	}
}

static void get_stack(struct story_seen *seen, char *value)
{
	char *save = NULL, *name;

	for (name = strtok_r(value, ">", &save); name && seen->depth < STORY_STACK_MAX;
	     name = strtok_r(NULL, ">", &save)) {
		seen->stack[seen->depth] = strdup(name);
		if (seen->stack[seen->depth])
			seen->depth++;
	}
}

static void get_record(const struct field *fields, void *record, char *line)
{
	char *save = NULL, *pair;

	for (pair = strtok_r(line, "\t", &save); pair; pair = strtok_r(NULL, "\t", &save)) {
		char *value = strchr(pair, '=');

		if (!value)
			continue;
		*value++ = '\0';
		for (const struct field *d = fields; d->name; d++)
			if (!strcmp(d->name, pair))
				get_field(d, record, value);
		if (fields == seen_fields && !strcmp(pair, "stack"))
			get_stack(record, value);
	}
}

static void get_arg(struct story *s, const char *rest)
{
	unsigned int i;

	if (sscanf(rest, "index=%u", &i) != 1 || i >= STORY_ARGS || !strstr(rest, "text="))
		return;
	snprintf(s->arg_text[i], sizeof(s->arg_text[i]), "%s", strstr(rest, "text=") + 5);
	unescape(s->arg_text[i]);
}

static void get_line(struct story *s, char *line)
{
	char *rest = strchr(line, '\t');

	if (!rest)
		return;
	*rest++ = '\0';
	if (!strcmp(line, "arg"))
		get_arg(s, rest);
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (!strcmp(line, parts[i].tag))
			get_record(parts[i].fields, (char *)s + parts[i].offset, rest);
	for (size_t k = 0; k < COUNT_OF(rows); k++) {
		uint32_t *n = (uint32_t *)((char *)s + rows[k].count);

		if (strcmp(line, rows[k].tag) != 0 || *n >= rows[k].max)
			continue;
		get_record(rows[k].fields, (char *)s + rows[k].offset + *n * rows[k].size, rest);
		++*n;
	}
}

/* What indexes a table must not point past it, whoever wrote the file. */
static bool is_sane(const struct story *s)
{
	if (!s->wanted[0] || s->arch >= STORY_ARCHITECTURES || s->kind > STORY_SEVERAL ||
	    s->arg_count > STORY_ARGS)
		return false;
	for (uint32_t i = 0; i < s->insn_count; i++)
		if (s->insns[i].mark >= MARK_MAX)
			return false;
	for (uint32_t i = 0; i < s->site_count; i++)
		if (s->site[i].mark >= MARK_MAX)
			return false;
	return true;
}

int story_read(FILE *f, struct story **ret, struct error *e)
{
	_cleanup_free_ char *line = NULL;
	struct story *s = NULL;
	bool ended = false;
	size_t cap = 0;
	ssize_t n = getline(&line, &cap, f);

	if (n > 0 && !strcmp(line, MAGIC "\n"))
		s = story_new("");
	else
		return error_set(e, -EINVAL, "this is not a file of crumb explain --save");
	if (!s)
		return -ENOMEM;
	while ((n = getline(&line, &cap, f)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		ended = !strcmp(line, END_LINE);
		get_line(s, line);
	}
	if (!ended) {
		story_free(s);
		return error_set(e, -EINVAL,
				 "the file of crumb explain --save is cut short: its last line is missing");
	}
	if (!is_sane(s)) {
		story_free(s);
		return error_set(e, -EINVAL, "the file of crumb explain --save is damaged");
	}
	*ret = s;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "story.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct story *story_new(const char *wanted)
{
	struct story *s = calloc(1, sizeof(*s));

	if (s)
		snprintf(s->wanted, sizeof(s->wanted), "%s", wanted);
	return s;
}

void story_free(struct story *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->seen_count; i++)
		for (uint32_t d = 0; d < s->seen[i].depth; d++)
			free(s->seen[i].stack[d]);
	free(s);
}

struct story_seen *story_add_seen(struct story *s)
{
	if (s->seen_count == STORY_SEEN_MAX) {
		s->seen_lost++;
		return NULL;
	}
	return &s->seen[s->seen_count++];
}

struct story_call *story_add_call(struct story *s)
{
	if (s->call_count == STORY_CALLS_MAX) {
		s->calls_lost++;
		return NULL;
	}
	return &s->calls[s->call_count++];
}

void story_add_fact(struct story *s, const char *source, const char *fmt, ...)
{
	struct story_fact *f;
	va_list ap;

	if (s->fact_count == STORY_FACTS_MAX)
		return;
	f = &s->facts[s->fact_count++];
	snprintf(f->source, sizeof(f->source), "%s", source);
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

const char *story_register(enum story_architecture arch, unsigned int i)
{
	static const char *const names[STORY_ARCHITECTURES][8] = {
		[STORY_X86_64] = { "rax", "rdi", "rsi", "rdx", "r10", "r8", "r9", "rax" },
		[STORY_AARCH64] = { "x8", "x0", "x1", "x2", "x3", "x4", "x5", "x0" },
	};

	return arch < STORY_ARCHITECTURES && i < 8 ? names[arch][i] : "?";
}

const char *story_arch_name(enum story_architecture arch)
{
	return arch == STORY_AARCH64 ? "arm64" : "x86-64";
}

// SPDX-License-Identifier: GPL-2.0-only
#include "topic.h"

#include <string.h>

#include "cause.h"
#include "journey.h"

#define NAME_BYTES_MAX 64

const char *topic_kind_name(enum topic_kind kind)
{
	static const char *const names[TOPIC_KINDS] = {
		[TOPIC_POINT] = "point",	 [TOPIC_CAUSE] = "cause",
		[TOPIC_VERDICT] = "verdict",	 [TOPIC_REASON] = "drop reason",
		[TOPIC_CRUMB_REASON] = "reason",
	};

	return kind < TOPIC_KINDS ? names[kind] : "?";
}

static const struct topic_more *find_more(const struct topic_more *rows, const char *name)
{
	static const struct topic_more none = { "", "", "", "" };

	for (; rows->name; rows++)
		if (!strcmp(rows->name, name))
			return rows;
	return &none;
}

static void fill_point(const struct point *p, struct topic *ret)
{
	const struct topic_more *more = find_more(topic_points, p->name);

	*ret = (struct topic){ TOPIC_POINT,  p->name,	  "",	      p->doc,
			       more->kernel, more->state, more->next, p };
}

static void fill_cause(const struct cause_row *c, struct topic *ret)
{
	const struct topic_more *more = find_more(topic_causes, c->cause.code);

	*ret = (struct topic){ TOPIC_CAUSE,  c->cause.code, c->cause.words, c->doc,
			       more->kernel, more->state,   more->next,	    NULL };
}

static void fill_whole(enum topic_kind kind, const struct topic_whole *w, struct topic *ret)
{
	*ret = (struct topic){ kind, w->name, "", w->what, w->kernel, w->state, w->next, NULL };
}

bool topic_at(unsigned int i, struct topic *ret)
{
	static const struct {
		enum topic_kind kind;
		const struct topic_whole *rows;
	} tables[] = {
		{ TOPIC_VERDICT, topic_verdicts },
		{ TOPIC_REASON, topic_reasons },
		{ TOPIC_CRUMB_REASON, topic_crumb_reasons },
		{ TOPIC_CRUMB_REASON, topic_traps },
	};
	const struct cause_row *cause;

	if (i < CRUMB_PT_MAX - 1) { /* number 0 is no point */
		fill_point(point_get(i + 1), ret);
		return true;
	}
	i -= CRUMB_PT_MAX - 1;
	for (unsigned int k = 0; (cause = cause_at(k)); k++)
		if (i-- == 0) {
			fill_cause(cause, ret);
			return true;
		}
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct topic_whole *w = tables[t].rows; w->name; w++)
			if (i-- == 0) {
				fill_whole(tables[t].kind, w, ret);
				return true;
			}
	return false;
}

bool topic_find(const char *name, struct topic *ret)
{
	static const char prefix[] = "SKB_DROP_REASON_";
	struct topic t;

	if (!strncmp(name, prefix, sizeof(prefix) - 1))
		name += sizeof(prefix) - 1;
	for (unsigned int i = 0; topic_at(i, &t); i++)
		if (!strcasecmp(t.name, name)) {
			*ret = t;
			return true;
		}
	return false;
}

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein's, upper and lower case the same. */
unsigned int topic_distance(const char *name, const char *other)
{
	unsigned int row[NAME_BYTES_MAX + 1];
	size_t n = strlen(name), m = strlen(other);

	if (m > NAME_BYTES_MAX)
		return UINT32_MAX;
	for (size_t k = 0; k <= m; k++)
		row[k] = k;
	for (size_t i = 1; i <= n; i++) {
		unsigned int before = row[0];

		row[0] = i;
		for (size_t k = 1; k <= m; k++) {
			bool same = (name[i - 1] | 32) == (other[k - 1] | 32);
			unsigned int changed = before + !same;

			before = row[k];
			row[k] = least(row[k] + 1, row[k - 1] + 1, changed);
		}
	}
	return row[m];
}

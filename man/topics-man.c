// SPDX-License-Identifier: GPL-2.0-only
/* crumb-topics(7) in scdoc's form, out of the table that crumb explain shows: run at build time. */
#include <stdio.h>
#include <string.h>

#include "topic.h"

/* scdoc reads _ and * as marks; # at the beginning of a line too, where nothing of ours stands. */
static void put(const char *text)
{
	for (; *text; text++) {
		if (strchr("_*\\[]<>`", *text))
			putchar('\\');
		putchar(*text);
	}
}

static void put_next(const char *next)
{
	while (*next) {
		size_t n = strcspn(next, "\n"), tab = strcspn(next, "\t");
		char line[512];

		if (tab > n)
			tab = n;
		snprintf(line, sizeof(line), "%.*s", (int)tab, next);
		printf("- *");
		put(line);
		printf("*");
		if (tab < n) {
			snprintf(line, sizeof(line), "%.*s", (int)(n - tab - 1), next + tab + 1);
			printf(": ");
			put(line);
		}
		printf("\n");
		next += n + (next[n] == '\n');
	}
	printf("\n");
}

static void put_topic(const struct topic *t)
{
	printf("## ");
	put(t->name);
	printf("\n\n");
	if (t->words[0]) {
		put(t->words);
		printf(". ");
	}
	put(t->what);
	printf("\n\n");
	if (*t->kernel) {
		put(t->kernel);
		printf("\n\n");
	}
	if (*t->state) {
		printf("What decides: ");
		put(t->state);
		printf("\n\n");
	}
	put_next(t->next);
}

int main(void)
{
	static const char *const titles[TOPIC_KINDS] = {
		[TOPIC_POINT] = "POINTS",	  [TOPIC_CAUSE] = "CAUSES",
		[TOPIC_VERDICT] = "VERDICTS",	  [TOPIC_REASON] = "DROP REASONS OF THE KERNEL",
		[TOPIC_CRUMB_REASON] = "REASONS OF CRUMB",
	};
	struct topic t;

	printf("crumb-topics(7)\n\n# NAME\n\ncrumb-topics - what crumb's words mean\n\n# DESCRIPTION\n\n"
	       "What *crumb explain* _TOPIC_ shows, all topics in one page.\n\n");
	for (int kind = 0; kind < TOPIC_KINDS; kind++) {
		printf("# %s\n\n", titles[kind]);
		for (unsigned int i = 0; topic_at(i, &t); i++)
			if ((int)t.kind == kind)
				put_topic(&t);
	}
	printf("# SEE ALSO\n\n*crumb-explain*(1), *crumb*(1)\n");
	return ferror(stdout) ? 1 : 0;
}

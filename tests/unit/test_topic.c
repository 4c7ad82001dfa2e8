// SPDX-License-Identifier: GPL-2.0-only
/* Every point, cause and verdict is a topic with all its parts; names are found, and near misses are near. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "cause.h"
#include "cleanup.h"
#include "functions.h"
#include "journey.h"
#include "topic.h"

static void assert_whole(const struct topic *t)
{
	if (strlen(t->what) < 8 || !*t->kernel || !*t->state || !*t->next)
		fail_msg("topic %s lacks a part", t->name);
	/* each line of `next` is a command and what it shows */
	for (const char *line = t->next; *line;) {
		size_t n = strcspn(line, "\n");
		const char *tab = memchr(line, '\t', n);

		if (!tab || tab == line || tab + 1 == line + n)
			fail_msg("topic %s: look at '%.*s'", t->name, (int)n, line);
		line += n + (line[n] == '\n');
	}
}

static void test_every_point(void **state)
{
	struct topic t;

	(void)state;
	for (unsigned int pt = 1; pt < CRUMB_PT_MAX; pt++) {
		assert_true(topic_find(point_get(pt)->name, &t));
		assert_int_equal(t.kind, TOPIC_POINT);
		assert_ptr_equal(t.what, point_get(pt)->doc);
		assert_whole(&t);
	}
}

static void test_every_cause(void **state)
{
	const struct cause_row *c;
	struct topic t;

	(void)state;
	for (unsigned int i = 0; (c = cause_at(i)); i++) {
		assert_true(topic_find(c->cause.code, &t));
		assert_int_equal(t.kind, TOPIC_CAUSE);
		assert_ptr_equal(t.what, c->doc);
		assert_whole(&t);
	}
}

static void test_every_verdict(void **state)
{
	struct topic t;

	(void)state;
	for (int v = 0; v < VERDICT_MAX; v++) {
		assert_true(topic_find(verdict_name(v), &t));
		assert_int_equal(t.kind, TOPIC_VERDICT);
		assert_whole(&t);
	}
}

/* A row that belongs to nothing would never be seen. */
static void test_no_row_is_lost(void **state)
{
	(void)state;
	for (const struct topic_more *m = topic_points; m->name; m++)
		if (point_by_name(m->name) == CRUMB_PT_NONE)
			fail_msg("there is no point %s", m->name);
	for (const struct topic_more *m = topic_causes; m->name; m++)
		if (!cause_by_code(m->name))
			fail_msg("there is no cause %s", m->name);
}

static void test_names_are_unique(void **state)
{
	struct topic a, b;
	unsigned int n = 0;

	(void)state;
	for (unsigned int i = 0; topic_at(i, &a); i++, n++) {
		assert_whole(&a);
		for (unsigned int k = i + 1; topic_at(k, &b); k++)
			if (!strcmp(a.name, b.name))
				fail_msg("two topics are called %s", a.name);
	}
	assert_true(n > 150);
	assert_false(topic_at(n, &a));
}

static void test_find(void **state)
{
	struct topic t;

	(void)state;
	assert_true(topic_find("SKB_DROP_REASON_NO_SOCKET", &t));
	assert_string_equal(t.name, "NO_SOCKET");
	assert_true(topic_find("netfilter_drop", &t));
	assert_int_equal(t.kind, TOPIC_REASON);
	assert_false(topic_find("", &t));
	assert_false(topic_find("NO_SUCH_REASON", &t));
}

static void test_distance(void **state)
{
	(void)state;
	assert_int_equal(topic_distance("connect", "connect"), 0);
	assert_int_equal(topic_distance("conect", "connect"), 1);
	assert_int_equal(topic_distance("", "abc"), 3);
	assert_int_equal(topic_distance("abc", ""), 3);
	assert_int_equal(topic_distance("No_Socket", "NO_SOCKET"), 0);
	assert_int_equal(topic_distance("kitten", "sitting"), 3);
}

static void test_function_names(void **state)
{
	char name[64];

	(void)state;
	function_source_name("br_nf_forward_ip.part.0", name, sizeof(name));
	assert_string_equal(name, "br_nf_forward_ip");
	function_source_name("kmem_cache_alloc_noprof", name, sizeof(name));
	assert_string_equal(name, "kmem_cache_alloc");
	function_source_name("__netif_receive_skb_core.constprop.0", name, sizeof(name));
	assert_non_null(function_find(name));
	assert_string_equal(function_find("do_softirq.part.0")->name, "do_softirq");
	assert_null(function_find("no_such_function"));
	assert_true(function_is_memory("kfree"));
	assert_false(function_is_memory("kfree_skb"));
}

/*
 * Most described functions are in the symbol table of a running kernel; those that are not are inlined, of another
 * architecture or of another version. All missing would mean that the names are wrong.
 */
static void test_functions_exist(void **state)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/kallsyms", "re");
	unsigned int n = 0, found = 0;
	char line[512], symbol[256], name[256];
	static bool seen[512];

	(void)state;
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %*c %255s", symbol) != 1)
			continue;
		function_source_name(symbol, name, sizeof(name));
		for (unsigned int i = 0; i < 512 && function_at(i); i++)
			if (!seen[i] && !strcmp(function_at(i)->name, name))
				seen[i] = true;
	}
	for (; function_at(n); n++) {
		found += seen[n];
		assert_true(strlen(function_at(n)->doc) > 10);
		assert_non_null(strchr(function_at(n)->file, '/'));
	}
	if (!found)
		skip(); /* no symbol table to be read */
	assert_true(found * 10 >= n * 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_point),	 cmocka_unit_test(test_every_cause),
		cmocka_unit_test(test_every_verdict),	 cmocka_unit_test(test_no_row_is_lost),
		cmocka_unit_test(test_names_are_unique), cmocka_unit_test(test_find),
		cmocka_unit_test(test_distance),	 cmocka_unit_test(test_function_names),
		cmocka_unit_test(test_functions_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

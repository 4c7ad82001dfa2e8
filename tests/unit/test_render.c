// SPDX-License-Identifier: GPL-2.0-only
/*
 * The renderers. JSON is read back with jansson and held against the contract; text is measured
 * with the C library's wcwidth(); both against golden files. CRUMB_UPDATE_GOLDEN=1 rewrites those:
 * the diff is then to be read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "cleanup.h"
#include "render.h"
#include "render_fixture.h"
#include "units.h"
#include "unusual.h"
#include "utf8.h"

static const struct fixture_case {
	const char *name;
	void (*make)(struct fixture *f);
} cases[] = {
	{ "muffin", make_muffin },   { "bulk", make_bulk },   { "dropped", make_dropped },
	{ "waiting", make_waiting }, { "left", make_left },   { "incomplete", make_incomplete },
	{ "odd", make_odd },	     { "empty", make_empty },
};

#define CASES	      (sizeof(cases) / sizeof(cases[0]))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct render_options plain = { .width = 100, .utf8 = true };

static void render(const struct renderer *r, const struct render_options *o,
		   const struct journey *j, struct strbuf *out)
{
	strbuf_clear(out);
	assert_int_equal(r->journey(o, j, out), 0);
	assert_true(out->len > 0);
	assert_int_equal(out->text[out->len - 1], '\n');
}

/* ---------------------------------------------------------------------------------------- JSON */

static json_t *parse_line(const struct strbuf *line)
{
	json_error_t error;
	json_t *o;

	assert_ptr_equal(strchr(line->text, '\n'), line->text + line->len - 1);
	o = json_loads(line->text, JSON_REJECT_DUPLICATES, &error);
	if (!o)
		fail_msg("%s at %d: %s", error.text, error.position, line->text);
	return o;
}

/* @o begins with these keys in this order. */
static void assert_keys(json_t *o, const char *const *keys)
{
	void *i = json_object_iter(o);

	for (; *keys; keys++, i = json_object_iter_next(o, i)) {
		assert_non_null(i);
		assert_string_equal(json_object_iter_key(i), *keys);
	}
}

static json_int_t int_of(json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static const char *text_of(json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	assert_true(json_is_string(v));
	return json_string_value(v);
}

static void check_steps(json_t *steps, uint32_t count)
{
	static const char *const keys[] = { "host", "point", "t_ns",  "cpu", "dev",
					    "via",  "func",  "exact", NULL };
	json_int_t last = 0;

	assert_true(json_is_array(steps));
	assert_int_equal(json_array_size(steps), count);
	for (size_t i = 0; i < json_array_size(steps); i++) {
		json_t *s = json_array_get(steps, i);

		assert_keys(s, keys);
		assert_int_not_equal(point_by_name(text_of(s, "point")), CRUMB_PT_NONE);
		assert_true(int_of(s, "t_ns") >= last);
		last = int_of(s, "t_ns");
	}
}

/* Law 1, on what a reader of the JSON sees. */
static void check_identity(json_t *o)
{
	static const char *const keys[] = { "from", "to", "host", "ns", "code", "cause", NULL };
	json_t *segments = json_object_get(o, "segments");
	json_int_t sum = int_of(o, "unexplained_ns");

	assert_true(json_is_array(segments));
	for (size_t i = 0; i < json_array_size(segments); i++) {
		json_t *s = json_array_get(segments, i);

		assert_keys(s, keys);
		assert_true(int_of(s, "ns") >= 0);
		assert_true(strlen(text_of(s, "code")) > 0);
		sum += int_of(s, "ns");
	}
	assert_int_equal(sum, int_of(o, "total_ns"));
}

static void test_json_contract(void **state)
{
	static const char *const keys[] = {
		"type",	    "id",	"verdict",     "reason",	 "proto",
		"src",	    "dst",	"offset",      "bytes",		 "sender",
		"receiver", "start_ns", "total_ns",    "unexplained_ns", "steps",
		"segments", "clock",	"retransmits", "lost_events",	 NULL
	};
	static const char *const end_keys[] = { "host", "pid", "comm", "fd", NULL };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		json_t *o;

		cases[i].make(&f);
		render(&render_json, &plain, &f.j, &out);
		o = parse_line(&out);
		assert_keys(o, keys);
		assert_string_equal(text_of(o, "type"), "journey");
		assert_int_equal(strlen(text_of(o, "id")), 32);
		assert_string_equal(text_of(o, "verdict"), verdict_name(f.j.verdict));
		assert_int_equal(int_of(o, "bytes"), f.j.bytes);
		assert_int_equal(int_of(o, "offset"), f.j.offset);
		assert_int_equal(int_of(o, "lost_events"), f.j.lost_events);
		if (f.j.receiver.known)
			assert_keys(json_object_get(o, "receiver"), end_keys);
		else
			assert_true(json_is_null(json_object_get(o, "receiver")));
		check_steps(json_object_get(o, "steps"), f.j.step_count);
		check_identity(o);
		json_decref(o);
	}
}

static void test_json_values(void **state)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	json_t *o, *s;
	struct fixture f;

	(void)state;
	make_muffin(&f);
	render(&render_json, &plain, &f.j, &out);
	o = parse_line(&out);
	assert_string_equal(text_of(o, "src"), "10.47.0.1:50312");
	assert_string_equal(text_of(o, "dst"), "10.47.0.2:4747");
	assert_string_equal(text_of(o, "proto"), "tcp");
	assert_true(json_is_null(json_object_get(o, "reason")));
	s = json_array_get(json_object_get(o, "steps"), 3);
	assert_string_equal(text_of(s, "dev"), "eth0");
	assert_string_equal(text_of(s, "via"), "tp_btf");
	assert_int_equal(json_array_size(json_object_get(s, "path")), 8);
	assert_true(json_is_true(json_object_get(s, "path_borrowed")));
	s = json_array_get(json_object_get(o, "steps"), 2);
	assert_true(json_is_null(json_object_get(s, "dev")));
	assert_null(json_object_get(s, "count"));
	s = json_array_get(json_object_get(o, "segments"), 4);
	assert_string_equal(text_of(s, "host"), "a>sw");
	assert_string_equal(text_of(s, "from"), "dev.xmit");
	assert_string_equal(text_of(s, "to"), "bridge.in");
	s = json_array_get(json_object_get(o, "before"), 0);
	assert_string_equal(text_of(s, "text"), "b\t4747");
	assert_int_equal(int_of(s, "t_ns"), -1312400);
	assert_string_equal(text_of(json_object_get(o, "clock"), "state"), "exact");
	json_decref(o);

	make_odd(&f);
	render(&render_json, &plain, &f.j, &out);
	o = parse_line(&out);
	assert_string_equal(text_of(o, "src"), "[fd47:c0de::1]:50312");
	assert_true(json_is_false(json_object_get(o, "offset_known")));
	assert_int_equal(int_of(json_object_get(o, "receiver"), "ret"), -104);
	assert_int_equal(json_array_size(json_object_get(o, "segments")), 2);
	json_decref(o);
}

/* What a reader must get for @s: valid UTF-8 as it is, any other byte as that code point. */
static size_t expected_text(const unsigned char *s, char *to)
{
	size_t at = 0;

	while (*s) {
		bool valid = false;
		int n;

		for (n = 1; n <= 4 && !valid; n++) {
			/* jansson's own judgement, not that of the code under test */
			json_t *one = memchr(s, 0, n) ? NULL : json_stringn((const char *)s, n);

			valid = one && (*s < 0x80) == (n == 1);
			json_decref(one);
		}
		if (valid) {
			memcpy(to + at, s, n - 1);
			at += n - 1;
			s += n - 1;
		} else {
			to[at++] = 0xc0 | *s >> 6;
			to[at++] = 0x80 | (*s & 0x3f);
			s++;
		}
	}
	to[at] = '\0';
	return at;
}

static void test_json_escapes_any_byte(void **state)
{
	static const unsigned char nasty[] = { '"',  '\\', '\n', 0x7f, 0x1f, 0xff, 0xc3, 0xa9, 0xed,
					       0xa0, 0x80, 0xf0, 0x9f, 0x98, 0x80, 0xc0, 0xe2, 'x' };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct fixture f;

	(void)state;
	make_muffin(&f);
	srand(4747);
	for (int round = 0; round < 3000; round++) {
		unsigned char name[40];
		char want[100];
		size_t n = rand() % sizeof(name);
		json_t *o;

		for (size_t i = 0; i < n; i++)
			name[i] = rand() % 2 ? nasty[rand() % sizeof(nasty)] : 1 + rand() % 255;
		name[n] = '\0';
		f.j.sender.comm = (char *)name;
		render(&render_json, &plain, &f.j, &out);
		o = parse_line(&out);
		expected_text(name, want);
		assert_string_equal(text_of(json_object_get(o, "sender"), "comm"), want);
		json_decref(o);
	}
}

static void make_info(struct trace_info *info)
{
	*info = (struct trace_info){ .version = "0.1.0",
				     .selection = "tcp port 4747 and host \"b\"",
				     .flags = CRUMB_TRACE_TASKS | CRUMB_TRACE_LIBC,
				     .host = "kernel-host",
				     .release = "6.18.44",
				     .machine = "x86_64",
				     .hook_count = 2 };
	for (int i = 0; i < 16; i++)
		info->boot_id[i] = 0x10 + i;
	info->hooks[0] =
		(struct trace_hook){ CRUMB_PT_DEV_QUEUE, true, "tp_btf", "net_dev_queue", "" };
	info->hooks[1] =
		(struct trace_hook){ CRUMB_PT_TCP_XMIT, false, "", "", "no kprobes in this kernel" };
}

static const struct trace_unusual *make_unusual(void)
{
	static const struct cause stack = { "tx.stack", "copy, TCP, IP, netfilter, neighbour" },
				  wakeup = { "rx.wakeup", "reader woken, waits for a CPU" },
				  again = { "tx.retransmit",
					    "an earlier transmission was lost: sent again" };
	static const struct usual_segment segments[] = {
		{ "a", "a", &stack, 1000, 4120, 8200, 21000 },
		{ "b", "b", &wakeup, 980, 11300, 80100, 12100000 },
		{ "a", "a", &again, 1, 0, 0, 210000000 },
		{ "a", "sw", NULL, 3, 0, 0, 900 },
	};
	static const struct usual usual[] = {
		{ "a", "redis-benchmark", "b", "redis-server", 6, 1000, 45100, 210000, 210051000,
		  segments, 4 },
		{ "", "", "b", "redis-server", 6, 40, 45100, 210000, 210051000, segments, 1 },
	};
	static const struct unusual_part parts[] = {
		{ &segments[2], 210000000, "timeout (RTO)" },
		{ &segments[1], 12100000, "behind hog (812)" },
	};
	static const struct unusual list[] = {
		{ { 0x3f, 0x4a, 0x55, 0x60 }, 1203400000, 210051000, &usual[0], parts, 1 },
		{ { 0x9d, 0x51, 0xd1, 0xad }, 800000, 12144000, &usual[0], parts + 1, 1 },
	};
	static const struct trace_unusual all = { usual, 2, list, 2, 7 };

	return &all;
}

static void make_summary(struct trace_summary *s)
{
	static const struct trace_loss losses[] = { { CRUMB_LOSS_RING, CRUMB_PT_DEV_XMIT, 9 },
						    { CRUMB_LOSS_MISSED, CRUMB_PT_NONE, 3 } };
	static const char *const hidden[] = { "sock.send", "tcp.xmit", "ip.output", "ip.receive",
					      "tcp.queue" };

	*s = (struct trace_summary){ .journeys = 1204,
				     .verdicts = { 1190, 2, 7, 1, 4 },
				     .events = 38211,
				     .lost_events = 12,
				     .losses = losses,
				     .loss_count = 2,
				     .unobservable = hidden,
				     .unobservable_count = 5,
				     .flows = 8,
				     .bytes = 104857600,
				     .stacked = 40,
				     .truncated = true,
				     .unusual = make_unusual() };
}

static void test_json_trace_and_summary(void **state)
{
	static const char *const summary_keys[] = { "type",	    "journeys", "delivered",
						    "dropped",	    "waiting",	"left",
						    "incomplete",   "events",	"lost_events",
						    "unobservable", NULL };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct trace_summary s;
	struct trace_info info;
	json_t *o, *hooks;

	(void)state;
	make_info(&info);
	assert_int_equal(render_json.begin(&plain, &info, &out), 0);
	o = parse_line(&out);
	assert_string_equal(text_of(o, "type"), "trace");
	assert_string_equal(text_of(o, "selection"), info.selection);
	assert_string_equal(text_of(json_array_get(json_object_get(o, "hosts"), 0), "boot_id"),
			    "10111213-1415-1617-1819-1a1b1c1d1e1f");
	hooks = json_object_get(o, "hooks");
	assert_string_equal(text_of(json_array_get(hooks, 0), "target"), "net_dev_queue");
	assert_true(json_is_null(json_object_get(json_array_get(hooks, 1), "via")));
	assert_string_equal(text_of(json_array_get(hooks, 1), "why"), info.hooks[1].why);
	json_decref(o);

	strbuf_clear(&out);
	make_summary(&s);
	assert_int_equal(render_json.end(&plain, &s, &out), 0);
	o = parse_line(&out);
	assert_keys(o, summary_keys);
	assert_int_equal(int_of(o, "journeys"), 1204);
	assert_int_equal(int_of(o, "incomplete"), 4);
	assert_int_equal(json_array_size(json_object_get(o, "unobservable")), 5);
	assert_string_equal(text_of(json_array_get(json_object_get(o, "losses"), 0), "point"),
			    "dev.xmit");
	assert_int_equal(json_array_size(json_object_get(o, "usual")), 2);
	assert_true(json_is_null(
		json_object_get(json_array_get(json_object_get(o, "usual"), 1), "sender")));
	hooks = json_array_get(json_object_get(o, "unusual"), 1);
	assert_int_equal(int_of(hooks, "usual"), 0);
	assert_string_equal(text_of(json_array_get(json_object_get(hooks, "because"), 0), "code"),
			    "rx.wakeup");
	json_decref(o);
}

/* ---------------------------------------------------------------------------------------- text */

/* Takes the colours out of @text in place; fails on any other control character. */
static void strip_colors(char *text)
{
	bool open = false;
	char *to = text;

	for (char *s = text; *s; s++) {
		if (*s == '\033') {
			size_t n = strspn(s + 2, "0123456789;");

			assert_int_equal(s[1], '[');
			assert_int_equal(s[2 + n], 'm');
			assert_true(open == !strncmp(s, "\033[0m", 4)); /* one at a time, closed */
			open = !open;
			s += 2 + n;
			continue;
		}
		if (*s == '\n')
			assert_false(open);
		*to++ = *s;
	}
	assert_false(open);
	*to = '\0';
}

/* Lines of valid UTF-8, no control characters, at most @width columns, no blanks at the end. */
static void check_lines(const char *text, unsigned int width, const char *what)
{
	unsigned int columns = 0;
	mbstate_t mb = { 0 };
	char last = '\n';

	for (size_t n = 0; *text; last = *text, text += n) {
		wchar_t c;

		n = mbrtowc(&c, text, 4, &mb);
		if ((ssize_t)n < 1)
			fail_msg("%s: not UTF-8: %.20s", what, text);
		if (c == L'\n') {
			if (columns > width)
				fail_msg("%s: %u columns of %u", what, columns, width);
			if (last == ' ')
				fail_msg("%s: blank at the end of a line", what);
			columns = 0;
			continue;
		}
		if (wcwidth(c) < 0)
			fail_msg("%s: character %x cannot be shown", what, (unsigned int)c);
		columns += wcwidth(c);
	}
}

static void test_text_keeps_to_the_width(void **state)
{
	static const unsigned int widths[] = { 0,  1,	60,  61,  70,  75,  79,	 80,  90,
					       99, 100, 101, 119, 132, 160, 199, 200, 4000 };
	_cleanup_strbuf_ struct strbuf out = { 0 }, colored = { 0 };
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < CASES * ARRAY_SIZE(widths) * 4; i++) {
		const struct fixture_case *c = &cases[i % CASES];
		unsigned int width = widths[i / CASES % ARRAY_SIZE(widths)], bits = i / CASES / 18;
		struct render_options o = { .width = width, .utf8 = bits & 1, .unfold = bits & 2 };
		char what[64];

		c->make(&f);
		render(&render_text, &o, &f.j, &out);
		width = width ? width : 100;
		snprintf(what, sizeof(what), "%s, width %u, options %u", c->name, width, bits);
		check_lines(out.text, width < 60 ? 60 : width > 200 ? 200 : width, what);
		if (!o.utf8)
			for (size_t k = 0; k < out.len; k++)
				assert_true((unsigned char)out.text[k] < 0x80);
		o.color = true;
		render(&render_text, &o, &f.j, &colored);
		assert_non_null(strstr(colored.text, "\033["));
		strip_colors(colored.text);
		assert_string_equal(colored.text, out.text);
	}
}

/* Names as long as the kernel allows, and of wide characters. */
static void test_text_survives_long_names(void **state)
{
	static const char host[] =
		"a-host-name-of-sixty-three-characters-the-most-that-linux-permits";
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct fixture f;

	(void)state;
	for (unsigned int width = 60; width <= 200; width++) {
		struct render_options o = { .width = width, .utf8 = true, .unfold = width & 1 };

		make_muffin(&f);
		for (uint32_t i = 0; i < f.j.step_count; i++) {
			f.steps[i].host = host;
			f.steps[i].dev = "enp130s0f0np0.4";
			f.steps[i].count = 4294967295;
			f.steps[i].exact = false;
		}
		f.j.sender.host = f.j.receiver.host = host;
		f.j.sender.comm = "漢字漢字漢";
		f.j.bytes = UINT64_MAX;
		f.j.total_ns = UINT64_MAX;
		render(&render_text, &o, &f.j, &out);
		check_lines(out.text, width, "long names");
	}
}

static void test_text_says_what_matters(void **state)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct fixture f;

	(void)state;
	make_incomplete(&f);
	render(&render_text, &plain, &f.j, &out);
	assert_non_null(strstr(out.text, "12 events lost: this journey may miss steps"));
	make_muffin(&f);
	render(&render_text, &plain, &f.j, &out);
	assert_non_null(strstr(out.text, "no events lost"));
	assert_non_null(strstr(out.text, "79.445 µs + unexplained 0 ns = total 79.445 µs"));
	/* a broken account is not painted over */
	f.j.total_ns++;
	render(&render_text, &plain, &f.j, &out);
	assert_non_null(strstr(out.text, "≠ total 79.446 µs"));
	make_odd(&f);
	render(&render_text, &plain, &f.j, &out);
	assert_null(strchr(out.text, '\033'));
	assert_non_null(strstr(out.text, "unexplained"));
	assert_non_null(strstr(out.text, "sock.ready ≈"));
}

/* --------------------------------------------------------------------------------------- units */

static void test_units_durations(void **state)
{
	static const struct {
		uint64_t ns;
		const char *words, *column, *exact;
	} known[] = {
		{ 0, "0 ns", "   0    ns", "0 ns" },
		{ 999, "999 ns", " 999    ns", "999 ns" },
		{ 1000, "1.00 µs", "   1.00 µs", "1.000 µs" },
		{ 9994, "9.99 µs", "   9.99 µs", "9.994 µs" },
		{ 9995, "10.0 µs", "  10.0  µs", "9.995 µs" },
		{ 84312, "84.3 µs", "  84.3  µs", "84.312 µs" },
		{ 99949, "99.9 µs", "  99.9  µs", "99.949 µs" },
		{ 99950, "100 µs", " 100    µs", "99.950 µs" },
		{ 999499, "999 µs", " 999    µs", "999.499 µs" },
		{ 999500, "1.00 ms", "   1.00 ms", "999.500 µs" },
		{ 40123456, "40.1 ms", "  40.1  ms", "40.123456 ms" },
		{ 1500000000, "1.50 s", "   1.50 s", "1.500000000 s" },
		{ 999499999999, "999 s", " 999    s", "999.499999999 s" },
		{ 1000000000000, "16.7 min", "  16.7 min", "1000.000000000 s" },
		{ 86400000000000, "24.0 h", "  24.0  h", "86400.000000000 s" },
	};
	char buf[UNITS_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		assert_string_equal(units_duration(buf, known[i].ns, true), known[i].words);
		assert_string_equal(units_duration_column(buf, "", known[i].ns, true),
				    known[i].column);
		assert_string_equal(units_duration_exact(buf, known[i].ns, true), known[i].exact);
	}
	assert_string_equal(units_duration_column(buf, "+", 2211, false), "  +2.21 us");
	assert_string_equal(units_duration_column(buf, "-", 498000, false), "-498    us");
	assert_string_equal(units_percent(buf, 1, 3), " 33.3 %");
	assert_string_equal(units_percent(buf, 3, 3), "100.0 %");
	assert_string_equal(units_percent(buf, 0, 0), "  0.0 %");
	assert_string_equal(units_count(buf, 999), "999");
	assert_string_equal(units_count(buf, 1048576), "1,048,576");
	assert_string_equal(units_count(buf, UINT64_MAX), "18,446,744,073,709,551,615");
}

/* Any figure: right to half a unit of its third digit, point and unit in their places. */
static void test_units_columns_align(void **state)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "ns", 1 },  { "us", 1e3 },   { "ms", 1e6 },
		      { "s", 1e9 }, { "min", 6e10 }, { "h", 3.6e12 } };

	(void)state;
	srand(4748);
	for (int i = 0; i < 200000; i++) {
		uint64_t ns = ((uint64_t)rand() << 31 | rand()) >> (rand() % 62);
		char buf[UNITS_BYTES], unit[8];
		double value, scale = 0;

		units_duration_column(buf, "", ns, false);
		assert_true(strlen(buf) <= UNITS_COLUMNS || ns > 3.5e15);
		assert_int_equal(sscanf(buf, "%lf %7s", &value, unit), 2);
		for (size_t u = 0; u < ARRAY_SIZE(units); u++)
			if (!strcmp(units[u].name, unit))
				scale = units[u].ns;
		assert_true(scale > 0);
		assert_true(value * scale >= ns * 0.9949 && value * scale <= ns * 1.0051);
		if (ns > 3.5e15)
			continue;
		assert_true(buf[3] != ' ' && (buf[4] == '.' || buf[4] == ' '));
		assert_true(!strcmp(unit, "min") || !strncmp(buf + 8, unit, strlen(unit)));
	}
}

static void test_utf8_against_libc(void **state)
{
	(void)state;
	srand(4749);
	for (int i = 0; i < 300000; i++) {
		char s[8] = { 0 };
		mbstate_t mb = { 0 };
		uint32_t cp = 0;
		wchar_t c = 0;
		size_t n;

		for (int k = 0; k < 4; k++)
			s[k] = k && rand() % 4 ? 0x80 | rand() % 64 : rand() % 256;
		n = mbrtowc(&c, s, 5, &mb);
		if ((ssize_t)n < 1 || c > 0x10ffff) /* glibc lets those above through */
			n = 0;
		assert_int_equal(utf8_decode(s, &cp), n);
		if (n > 0)
			assert_int_equal(cp, c);
	}
}

/* -------------------------------------------------------------------------------------- golden */

static void check_golden(const char *name, const struct strbuf *out)
{
	const char *top = getenv("CRUMB_SOURCE");
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *want = NULL;
	char path[512];
	size_t n;

	snprintf(path, sizeof(path), "%s/tests/golden/render/%s", top ? top : ".", name);
	if (getenv("CRUMB_UPDATE_GOLDEN")) {
		f = fopen(path, "we");
		assert_non_null(f);
		assert_int_equal(fwrite(out->text, 1, out->len, f), out->len);
		return;
	}
	f = fopen(path, "re");
	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	want = calloc(1, out->len + 2);
	assert_non_null(want);
	n = fread(want, 1, out->len + 1, f);
	if (n != out->len || memcmp(want, out->text, n))
		fail_msg("%s differs; now:\n%s", path, out->text);
}

static void test_golden_journeys(void **state)
{
	static const struct {
		const char *suffix;
		struct render_options o;
	} forms[] = {
		{ "100.txt", { .width = 100, .utf8 = true } },
		{ "60.txt", { .width = 60, .utf8 = true } },
		{ "80-ascii.txt", { .width = 80 } },
		{ "80-unfold.txt", { .width = 80, .utf8 = true, .unfold = true } },
		{ "160-unfold.txt", { .width = 160, .utf8 = true, .unfold = true } },
		{ "100-color.txt", { .width = 100, .utf8 = true, .color = true } },
	};
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct fixture f;
	char name[64];

	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		cases[i].make(&f);
		for (size_t k = 0; k < ARRAY_SIZE(forms); k++) {
			/* the shorter ones differ little: two widths tell enough */
			if (k > 1 && f.j.step_count < 10 && cases[i].make != make_odd)
				continue;
			snprintf(name, sizeof(name), "%s-%s", cases[i].name, forms[k].suffix);
			render(&render_text, &forms[k].o, &f.j, &out);
			check_golden(name, &out);
		}
		snprintf(name, sizeof(name), "%s.json", cases[i].name);
		render(&render_json, &plain, &f.j, &out);
		check_golden(name, &out);
	}
}

static void test_golden_frame(void **state)
{
	static const unsigned int widths[] = { 60, 100, 80 };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct trace_summary s,
		quiet = { .journeys = 1, .verdicts = { 1 }, .events = 31, .flows = 1, .bytes = 6 };
	struct trace_info info;
	char name[64];

	(void)state;
	make_info(&info);
	make_summary(&s);
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		struct render_options o = { .width = widths[i], .utf8 = true, .unfold = i == 2 };

		strbuf_clear(&out);
		assert_int_equal(render_text.begin(&o, &info, &out), 0);
		assert_int_equal(render_text.end(&o, &s, &out), 0);
		assert_int_equal(render_text.end(&o, &quiet, &out), 0);
		check_lines(out.text, widths[i], "frame");
		snprintf(name, sizeof(name), "frame-%u%s.txt", widths[i], o.unfold ? "-unfold" : "");
		check_golden(name, &out);
	}
	strbuf_clear(&out);
	assert_int_equal(render_json.begin(&plain, &info, &out), 0);
	assert_int_equal(render_json.end(&plain, &s, &out), 0);
	check_golden("frame.json", &out);
}

static void test_list_of_renderers(void **state)
{
	unsigned int n = 0;

	(void)state;
	assert_ptr_equal(renderer_by_name("text"), &render_text);
	assert_ptr_equal(renderer_by_name("json"), &render_json);
	assert_null(renderer_by_name("jso"));
	while (renderer_at(n)) {
		assert_ptr_equal(renderer_by_name(renderer_at(n)->name), renderer_at(n));
		n++;
	}
	assert_true(n >= 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_contract),
		cmocka_unit_test(test_json_values),
		cmocka_unit_test(test_json_escapes_any_byte),
		cmocka_unit_test(test_json_trace_and_summary),
		cmocka_unit_test(test_text_keeps_to_the_width),
		cmocka_unit_test(test_text_survives_long_names),
		cmocka_unit_test(test_text_says_what_matters),
		cmocka_unit_test(test_units_durations),
		cmocka_unit_test(test_units_columns_align),
		cmocka_unit_test(test_utf8_against_libc),
		cmocka_unit_test(test_golden_journeys),
		cmocka_unit_test(test_golden_frame),
		cmocka_unit_test(test_list_of_renderers),
	};

	/* wcwidth() and mbrtowc() judge UTF-8 only in such a locale; C.UTF-8 is part of glibc */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

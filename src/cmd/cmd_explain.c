// SPDX-License-Identifier: GPL-2.0-only
/* crumb explain WHAT: a point, a cause, a verdict, a drop reason; or a call, made for real and taken apart. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "cmd.h"
#include "explain_call.h"
#include "log.h"
#include "options.h"
#include "show.h"
#include "symbols.h"
#include "topic_text.h"

#define MORE_MAX 256 /* drop reasons that are not described */

struct names {
	struct symbols *symbols;
	const char *calls[64];
	const char *more[MORE_MAX + 1];
	uint32_t values[MORE_MAX];
};

/* MAX and the mask of subsystems are in the enum and no reasons. */
static bool is_reason(const char *name)
{
	return *name && strcmp(name, "MAX") != 0 && strcmp(name, "SUBSYS_MASK") != 0;
}

static int names_read(struct names *n)
{
	const char *name;
	unsigned int more = 0;
	struct topic t;
	uint32_t value;
	int err = symbols_new(NULL, &n->symbols);

	for (unsigned int i = 0; i + 1 < sizeof(n->calls) / sizeof(n->calls[0]); i++) {
		n->calls[i] = explain_call_at(i);
		if (!n->calls[i])
			break;
	}
	for (unsigned int i = 0;
	     !err && more < MORE_MAX && (name = symbols_drop_reason_at(n->symbols, i, &value)); i++)
		if (is_reason(name) && !topic_find(name, &t)) {
			n->values[more] = value;
			n->more[more++] = name;
		}
	return err;
}

/* ------------------------------------------------------------------------------------ unknown names */

#define SUGGESTIONS 3

struct suggestion {
	const char *name;
	unsigned int distance;
};

static void suggest(struct suggestion *best, const char *name, const char *what)
{
	/* a part of the name is as good as two letters that differ */
	unsigned int distance = strcasestr(name, what) ? 2 : topic_distance(what, name);

	for (int i = 0; i < SUGGESTIONS; i++) {
		if (best[i].name && best[i].distance <= distance)
			continue;
		memmove(&best[i + 1], &best[i], (SUGGESTIONS - 1 - i) * sizeof(best[0]));
		best[i] = (struct suggestion){ name, distance };
		return;
	}
}

static int unknown(const struct names *n, const char *what)
{
	struct suggestion best[SUGGESTIONS] = { 0 };
	size_t limit = 2 + strlen(what) / 3;
	char text[256] = "";
	struct topic t;
	size_t at = 0;

	for (unsigned int i = 0; n->calls[i]; i++)
		suggest(best, n->calls[i], what);
	for (unsigned int i = 0; topic_at(i, &t); i++)
		suggest(best, t.name, what);
	for (unsigned int i = 0; n->more[i]; i++)
		suggest(best, n->more[i], what);
	for (int i = 0; i < SUGGESTIONS && best[i].name && best[i].distance <= limit; i++)
		at += snprintf(text + at, sizeof(text) - at, "%s%s", at ? ", " : "", best[i].name);
	if (at)
		log_error("there is no topic '%s'; did you mean %s?", what, text);
	else
		log_error("there is no topic '%s'; crumb explain lists them", what);
	return EXIT_USAGE;
}

/* -------------------------------------------------------------------------------------------- topics */

static int put_out(const struct options *o, struct strbuf *out)
{
	struct error e = { 0 };
	int err = show_text(o, out, &e);

	if (err)
		log_error("%s", error_text(&e, err));
	return !err ? EXIT_DONE : err == -ENOENT || err == -EACCES ? EXIT_USAGE : EXIT_NOTHING;
}

static int list_topics(const struct options *o, const struct names *n)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct render_options r = options_render(o, fileno(stdout));
	struct topic t;

	if (!o->list) {
		topic_text_list(&r, n->calls, n->more, &out);
		return put_out(o, &out);
	}
	for (unsigned int i = 0; n->calls[i]; i++)
		strbuf_printf(&out, "%s\n", n->calls[i]);
	for (unsigned int i = 0; topic_at(i, &t); i++)
		strbuf_printf(&out, "%s\n", t.name);
	for (unsigned int i = 0; n->more[i]; i++)
		strbuf_printf(&out, "%s\n", n->more[i]);
	return put_out(o, &out);
}

static int explain_topic(const struct options *o, const struct names *n, const char *what)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct render_options r = options_render(o, fileno(stdout));
	struct topic t;

	if (topic_find(what, &t)) {
		topic_text(&r, &t, &out);
		return put_out(o, &out);
	}
	for (unsigned int i = 0; n->more[i]; i++)
		if (!strcasecmp(n->more[i], what)) {
			topic_text_bare(&r, n->more[i], n->values[i], &out);
			return put_out(o, &out);
		}
	return unknown(n, what);
}

/* --------------------------------------------------------------------------------------------- the call */

static int explain_call(const struct options *o, const char *what)
{
	struct explain_call c = {
		.wanted = what,
		.command = o->command,
		.fail = o->fail,
		.is_static = o->is_static,
		.direct = o->direct,
		.write = o->save,
		.read = o->load,
	};

	if (c.command && (c.fail || c.is_static || c.direct)) {
		log_error("explain: --fail, --static and --direct choose a program of crumb's own: not with "
			  "one behind --");
		return EXIT_USAGE;
	}
	if (c.direct && (c.fail || c.is_static)) {
		log_error("explain: --direct goes with neither --fail nor --static");
		return EXIT_USAGE;
	}
	if (c.direct && strcmp(what, "socket") && strcmp(what, "write") && strcmp(what, "close")) {
		log_error("explain: --direct knows socket, write and close; another program: -- PROGRAM");
		return EXIT_USAGE;
	}
	if (c.is_static && !strcmp(what, "getaddrinfo")) {
		log_error("explain: the C library has no static getaddrinfo, it loads its modules all the same: "
			  "without --static");
		return EXIT_USAGE;
	}
	return explain_call_run(&c, o);
}

static int explain(const struct options *o)
{
	const char *what = o->n_rest ? o->rest[0] : NULL;
	struct names n = { 0 };
	int ret;

	if (o->load && (what || o->command || o->fail || o->is_static || o->direct || o->save)) {
		log_error("explain: --load shows what the file holds: without a call, a program, --fail, --static, --direct, "
			  "--save");
		return EXIT_USAGE;
	}
	if (o->load)
		return explain_call(o, "");
	if (what && explain_is_call(what))
		return explain_call(o, what);
	if (o->command || o->fail || o->is_static || o->direct || o->save) {
		log_error(what ? "explain: %s is not a call: options and programs are for calls" :
				 "explain: which call? crumb explain connect -- PROGRAM%.0s",
			  what ? what : "");
		return EXIT_USAGE;
	}
	ret = names_read(&n) ? EXIT_NOTHING :
	      what	     ? explain_topic(o, &n, what) :
			       list_topics(o, &n);
	symbols_free(n.symbols);
	return ret;
}

int cmd_explain(int argc, char **argv)
{
	static const struct usage u = {
		.name = "explain",
		.synopsis = "[OPTIONS] [WHAT] [-- PROGRAM [ARGS]]",
		.about = "Explain a point, the cause of a segment, a verdict, a drop reason. Or a call of the C library:\n"
			 "it is made for real and taken apart, from the program's instruction to the kernel and back.\n"
			 "Without WHAT: the list of topics.",
		.groups = OPTIONS_CALL | OPTIONS_PAPER,
		.more = "Examples:\n"
			"  crumb explain socket\n"
			"  crumb explain connect --fail\n"
			"  crumb explain connect -- curl -s http://127.0.0.1/\n"
			"  crumb explain rx.wakeup\n"
			"  crumb explain NETFILTER_DROP\n",
	};
	struct options o;
	int ret = options_parse(argc, argv, &u, &o);

	if (ret >= 0)
		return ret;
	if (o.n_rest > 1) {
		log_error("explain: one topic at a time");
		return EXIT_USAGE;
	}
	return explain(&o);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "explain_call.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "call_text.h"
#include "call_watch.h"
#include "capture.h"
#include "cleanup.h"
#include "cmd.h"
#include "dispatch.h"
#include "log.h"
#include "show.h"
#include "source.h"
#include "story_file.h"

struct watching {
	struct call_watch *w;
	uint64_t alone_ns; /* what the call took in a run without stacks */
	char why[256];	   /* there is none */
};

const char *explain_call_at(unsigned int i)
{
	return capture_call_at(i);
}

bool explain_is_call(const char *name)
{
	const char *known;

	for (unsigned int i = 0; (known = capture_call_at(i)); i++)
		if (!strcmp(known, name))
			return true;
	return false;
}

/* ---------------------------------------------------------------------------------- the kernel's side */

static void before(void *ctx, pid_t tid)
{
	struct watching *w = ctx;

	if (w->w)
		call_watch_start(w->w, tid);
}

/* Kernels do not always list sys_call_table: then the code is followed that takes its place. */
static void follow_dispatcher(struct call_watch *w, struct story *s)
{
	struct disasm *d = NULL;
	const uint8_t *code;
	const char *name;
	uint64_t addr, to;
	uint32_t into, compares = 0;
	size_t n;

	code = call_watch_dispatcher(w, &addr, &n);
	if (!code || disasm_new(STORY_X86_64, &d))
		return;
	to = dispatch_follow(d, code, n, addr, (uint32_t)s->kernel.nr, &compares);
	name = to ? call_watch_function(w, to, &into) : NULL;
	if (name && !into) {
		snprintf(s->handler, sizeof(s->handler), "%.79s", name);
		s->handler_compares = compares;
	}
	disasm_free(d);
}

/* And if neither is to be had, the handler is the frame that is named like one. */
static void take_handler(struct story *s)
{
	for (uint32_t i = 0; i < s->seen_count && !s->handler[0]; i++)
		for (uint32_t d = 0; d < s->seen[i].depth; d++)
			if (!strncmp(s->seen[i].stack[d], "__x64_sys_", 10) ||
			    !strncmp(s->seen[i].stack[d], "__arm64_sys_", 12))
				snprintf(s->handler, sizeof(s->handler), "%.79s",
					 s->seen[i].stack[d]);
}

static void before_alone(void *ctx, pid_t tid)
{
	struct watching *w = ctx;

	call_watch_start_light(w->w, tid);
}

static void after_alone(void *ctx, struct story *s)
{
	struct watching *w = ctx;
	const struct crumb_watch_seen *list;
	uint64_t lost;
	size_t n;

	(void)s;
	call_watch_stop(w->w);
	list = call_watch_records(w->w, &n, &lost);
	if (n == 2)
		w->alone_ns = list[1].time_ns - list[0].time_ns;
}

/* What BPF adds to a stack: its own program, and the trampoline that calls it. */
static bool is_machinery(const char *name)
{
	return !name || !strncmp(name, "bpf_", 4) || !strncmp(name, "__bpf_", 6) ||
	       !strncmp(name, "__traceiter_", 12) || !strncmp(name, "__probestub_", 12) ||
	       !strncmp(name, "__ftrace_", 9);
}

/* An interrupt that came in the thread's time has nothing to do with its call. */
static bool is_foreign(struct call_watch *w, const struct crumb_watch_seen *r)
{
	for (uint32_t i = 0; i < r->depth && i < CRUMB_WATCH_DEPTH; i++) {
		uint32_t into;
		const char *name = call_watch_function(w, r->ip[i], &into);

		if (name && (!strncmp(name, "asm_", 4) || !strncmp(name, "el1h_", 5)))
			return true;
	}
	return false;
}

static void add_stack(struct call_watch *w, const struct crumb_watch_seen *r, struct story_seen *out)
{
	uint32_t first = 0, into;

	while (first < r->depth && is_machinery(call_watch_function(w, r->ip[first], &into)))
		first++;
	for (uint32_t i = r->depth; i-- > first && out->depth < STORY_STACK_MAX;) {
		const char *name = call_watch_function(w, r->ip[i], &into);

		out->stack[out->depth] = strdup(name ? name : "?");
		if (out->stack[out->depth])
			out->depth++;
	}
}

static void take_entry(struct call_watch *w, const struct crumb_watch_seen *r, struct story *s)
{
	uint32_t into;
	const char *name = r->handler ? call_watch_function(w, r->handler, &into) : NULL;

	s->kernel = (struct story_regs){
		.known = true, .nr = r->regs[0], .ret = r->regs[7], .ip = r->regs[8]
	};
	memcpy(s->kernel.arg, &r->regs[1], sizeof(s->kernel.arg));
	snprintf(s->handler, sizeof(s->handler), "%.79s", name ? name : "");
}

static void after(void *ctx, struct story *s)
{
	struct watching *w = ctx;
	const struct crumb_watch_seen *list;
	uint64_t cost = 0, start;
	size_t n;

	if (!w->w) {
		snprintf(s->watch_why, sizeof(s->watch_why), "%s", w->why);
		return;
	}
	call_watch_stop(w->w);
	list = call_watch_records(w->w, &n, &s->seen_lost);
	s->alone_ns = w->alone_ns;
	s->watched = n > 0;
	if (!n)
		snprintf(s->watch_why, sizeof(s->watch_why), "no tracepoint fired");
	start = n ? list[0].time_ns : 0;
	for (size_t i = 0; i < n; i++) {
		struct story_seen *out;

		if (list[i].point == CRUMB_WATCH_sys_enter)
			take_entry(w->w, &list[i], s);
		s->kernel_ns = list[i].time_ns - start - cost;
		out = is_foreign(w->w, &list[i]) ? NULL : story_add_seen(s);
		if (out) {
			out->ns = list[i].time_ns - start - cost;
			out->value = list[i].value;
			snprintf(out->point, sizeof(out->point), "%s",
				 call_watch_point(list[i].point));
			add_stack(w->w, &list[i], out);
		}
		cost += list[i].cost_ns;
	}
	s->watch_ns = cost;
	s->handler_in_table = s->handler[0];
	if (!s->handler[0])
		follow_dispatcher(w->w, s);
	if (!s->handler[0])
		take_handler(s);
}

/* Stacks are dear the first time: tables are read in. Better that a socket of ours pays than the call that is shown. */
static void warm_up(struct call_watch *w)
{
	call_watch_start(w, getpid());
	for (int i = 0; i < 2; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (fd >= 0)
			close(fd);
	}
	call_watch_stop(w);
}

/* ------------------------------------------------------------------------------------------ the child */

/* crumb's own small programs lie beside the binary (build tree) or in libexec (installed). */
static int find_program(const char *name, char *path, size_t size, struct error *e)
{
	static const char *const places[] = { "examples", "../libexec/crumb", "." };
	char self[PATH_MAX], *dir;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return error_set(e, -errno, "cannot read /proc/self/exe: is /proc mounted?");
	self[n] = '\0';
	dir = dirname(self);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, size, "%s/%s/%s", dir, places[i], name);
		if (!access(path, X_OK))
			return 0;
	}
	return error_set(e, -ENOENT, "%s is not beside %s: build crumb whole (./run build)", name,
			 dir);
}

static int show_story(const struct options *o, const struct story *s, struct error *e)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct source *source = NULL;
	struct render_options r;
	int err = 0;

	r = options_render(o, STDOUT_FILENO);
	if (o->links)
		err = show_links(&r, &source);
	if (!err && source && !strncmp(s->release, "Linux ", 6))
		source_set_kernel(source, s->release + 6);
	if (!err)
		err = call_text(&r, s, &out);
	source_free(source);
	if (err)
		return err;
	return show_text(o, &out, e);
}

static int save(const char *path, const struct story *s, struct error *e)
{
	_cleanup_fclose_ FILE *f = fopen(path, "we");

	if (!f || story_write(s, f))
		return error_set(e, -EIO, "cannot write %s: %s", path, strerror(errno));
	return 0;
}

static int show_file(const struct explain_call *c, const struct options *o, struct error *e)
{
	_cleanup_fclose_ FILE *f = fopen(c->read, "re");
	struct story *s = NULL;
	int err;

	if (!f)
		return error_set(e, -ENOENT, "cannot read %s: %s", c->read, strerror(errno));
	err = story_read(f, &s, e);
	if (!err)
		err = show_story(o, s, e);
	story_free(s);
	return err;
}

/*
 * crumb's own programs can be run once more than is shown: without stacks, so that there is a time to hold against the one
 * with them. What fails here will fail again, and be told, when it counts.
 */
static void run_alone(const struct capture_options *options, struct watching *w)
{
	struct capture_options o = *options;
	struct capture *capture = NULL;
	int status;

	o.before = before_alone;
	o.after = after_alone;
	o.ctx = w;
	if (!capture_run(&o, &capture, NULL))
		capture_let_go(capture, &status);
	capture_free(capture);
}

static int run_program(const struct explain_call *c, const struct options *o, char *const *argv,
		       struct error *e)
{
	_cleanup_close_ int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct watching w = { 0 };
	struct capture_options options = {
		.wanted = c->wanted,
		.argv = argv,
		.out = c->command ? -1 : null,
		.before = before,
		.after = after,
		.ctx = &w,
	};
	struct capture *capture = NULL;
	struct error why = { 0 };
	int err, status;

	err = call_watch_new(&w.w, &why);
	if (err)
		snprintf(w.why, sizeof(w.why), "%.255s", error_text(&why, err));
	else
		warm_up(w.w);
	if (w.w && !c->command)
		run_alone(&options, &w);
	err = capture_run(&options, &capture, e);
	if (!err && c->write)
		err = save(c->write, capture_story(capture), e);
	if (!err)
		err = show_story(o, capture_story(capture), e);
	if (!err)
		capture_let_go(capture, &status);
	capture_free(capture);
	call_watch_free(w.w);
	return err;
}

static int run_own(const struct explain_call *c, const struct options *o, struct error *e)
{
	const char *name = c->direct	? "call-direct" :
			   c->is_static ? "call-once-static" :
					  "call-once";
	char path[PATH_MAX];
	char *argv[] = { path, (char *)c->wanted, c->fail ? (char *)"fail" : NULL, NULL };
	int err = find_program(name, path, sizeof(path), e);

	return err ? err : run_program(c, o, argv, e);
}

int explain_call_run(const struct explain_call *c, const struct options *o)
{
	struct error e = { 0 };
	int err;

	signal(SIGPIPE, SIG_IGN);
	if (c->read)
		err = show_file(c, o, &e);
	else if (c->command)
		err = run_program(c, o, c->command, &e);
	else
		err = run_own(c, o, &e);
	if (!err)
		return EXIT_DONE;
	log_error("%s", error_text(&e, err));
	return err == -EPERM || err == -EACCES || err == -ENOTSUP ? EXIT_CANNOT : EXIT_NOTHING;
}

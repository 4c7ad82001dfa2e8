// SPDX-License-Identifier: GPL-2.0-only
/* `crumb lab up, down, exec, status`: the practice network. Documented in crumb-lab(1). */
#include "cmd_lab.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "lab.h"
#include "lab_look.h"
#include "lab_vm.h"
#include "log.h"
#include "strbuf.h"
#include "vm.h"

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_CANNOT };

#define EXIT_NOT_EXECUTABLE 126 /* as env(1) and the shell */
#define EXIT_NOT_FOUND	    127
#define GRACE_MS	    2000 /* between SIGTERM and SIGKILL */

struct lab_options {
	const char *lab;
	const char *topo_path;
	bool kill;
	bool json;
	bool vm, relay;
	char **args; /* after the subcommand */
	int n_args;
};

struct subcommand {
	const char *name;
	int (*run)(const struct lab_options *o);
};

static const char help_text[] =
	"Usage: crumb lab up     [--lab NAME] [--topo FILE] [--vm [--relay]]\n"
	"       crumb lab exec   [--lab NAME] HOST -- CMD [ARG...]\n"
	"       crumb lab status [--lab NAME] [--format text|json]\n"
	"       crumb lab down   [--lab NAME] [--kill]\n"
	"\n"
	"The practice network: hosts a and b and a switch sw between them, as network namespaces, or as\n"
	"virtual machines (QEMU) with kernels and clocks of their own.\n"
	"Nothing of the machine's own network is touched.\n"
	"\n"
	"  up      build it; clears what a killed run left\n"
	"  exec    run CMD on HOST, where the names a and b resolve\n"
	"  status  hosts, interfaces, addresses, bridge ports, processes inside\n"
	"  down    remove it\n"
	"\n"
	"  --lab NAME     another lab beside the default one\n"
	"  --topo FILE    another topology than a - sw - b (format: crumb-lab(1))\n"
	"  --vm           as virtual machines\n"
	"  --relay        each end E of their cables sends to the socket E.relay (see crumb-lab(1))\n"
	"  --kill         end the processes inside as well\n"
	"  --format FMT   text (default) or json\n"
	"  -h, --help     this text\n"
	"\n"
	"Exit status: 0 done, 1 failed, 2 usage, 3 this machine cannot; exec: that of CMD.\n";

/* What root, another kernel or a module would cure is 3, what another word or file would, 2. */
static int report(const struct error *e, int err)
{
	log_error("%s", error_text(e, err));
	switch (err) {
	case -EPERM:
	case -EACCES:
	case -ENOSYS:
	case -EOPNOTSUPP:
	case -EROFS:
		return EXIT_CANNOT;
	case -EINVAL:
		return EXIT_USAGE;
	default:
		return EXIT_FAILED;
	}
}

static int usage_error(const char *text)
{
	log_error("%s; see `crumb lab --help`", text);
	return EXIT_USAGE;
}

static int run_up(const struct lab_options *o)
{
	const struct vm_options vm = { .topo_path = o->topo_path, .relay = o->relay };
	struct error e = { 0 };
	int ret;

	if (o->vm)
		ret = vm_up(o->lab, &vm, &e);
	else if (vm_exists(o->lab))
		ret = error_set(&e, -EEXIST,
				"lab %s is up as virtual machines; take it down first (crumb lab down --lab "
				"%s), or choose another name with --lab",
				o->lab, o->lab);
	else
		ret = lab_up(o->lab, o->topo_path, &e);
	if (ret < 0)
		return report(&e, ret);
	if (ret == LAB_UNCHANGED)
		log_note("lab %s is up already", o->lab);
	return EXIT_DONE;
}

static int warn_process(const struct lab_process *p, void *arg)
{
	(void)arg;
	log_note("process %d (%s) still runs on host %s and keeps its namespace until it exits; --kill ends it",
		 p->pid, p->comm, p->host);
	return 0;
}

static int run_down(const struct lab_options *o)
{
	struct error e = { 0 };
	int err = 0;

	if (o->kill)
		err = lab_end_processes(o->lab, GRACE_MS, &e);
	else
		lab_for_each_process(o->lab, warn_process, NULL);
	if (!err && vm_exists(o->lab))
		err = vm_down(o->lab, &e);
	if (!err)
		err = lab_down(o->lab, &e);
	return err ? report(&e, err) : EXIT_DONE;
}

static int run_exec(const struct lab_options *o)
{
	struct error e = { 0 };
	char **cmd = o->args + 1;
	int err, status;

	if (o->n_args > 1 && !strcmp(cmd[0], "--"))
		cmd++;
	if (o->n_args == 0 || !cmd[0])
		return usage_error("exec needs a host and a command");
	if (vm_exists(o->lab)) {
		err = lab_vm_exec(o->lab, o->args[0], cmd, &status, &e);
		return err ? report(&e, err) : status;
	}
	err = lab_enter(o->lab, o->args[0], &e);
	if (err)
		return report(&e, err);
	execvp(cmd[0], cmd);
	err = errno;
	log_error("cannot run %s: %s", cmd[0], strerror(err));
	return err == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

static void put_json(struct strbuf *b, const char *s)
{
	strbuf_putc(b, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			strbuf_printf(b, "\\%c", *s);
		else if ((unsigned char)*s < ' ' || (unsigned char)*s >= 0x7f)
			strbuf_printf(b, "\\u%04x", (unsigned char)*s);
		else
			strbuf_putc(b, *s);
	}
	strbuf_putc(b, '"');
}

static void put_key(struct strbuf *b, const char *key, const char *value)
{
	strbuf_printf(b, "\"%s\":", key);
	put_json(b, value);
	strbuf_putc(b, ',');
}

static void put_mac(struct strbuf *b, const uint8_t mac[6])
{
	for (int i = 0; i < 6; i++)
		strbuf_printf(b, "%s%02x", i ? ":" : "", mac[i]);
}

static void put_iface_json(struct strbuf *b, const struct lab_iface *i)
{
	strbuf_putc(b, '{');
	put_key(b, "ifname", i->name);
	put_key(b, "kind", i->kind);
	strbuf_printf(b, "\"ifindex\":%d,\"up\":%s,\"mtu\":%u,\"mac\":\"", i->ifindex,
		      i->up ? "true" : "false", i->mtu_bytes);
	put_mac(b, i->mac);
	strbuf_puts(b, "\",\"addresses\":[");
	for (size_t n = 0; n < i->n_addrs; n++)
		strbuf_printf(b, "%s\"%s\"", n ? "," : "", i->addrs[n].text);
	strbuf_puts(b, "],\"bridge\":");
	if (!i->is_port) {
		strbuf_puts(b, "null}");
		return;
	}
	put_json(b, i->bridge);
	strbuf_printf(b, ",\"port_state\":\"%s\",\"fdb_learned\":%u}",
		      lab_port_state_name(i->port_state), i->n_learned);
}

/* Callbacks that write to one host's part of the report. */
struct host_report {
	struct strbuf *b;
	const char *host;
	int n;
};

static int put_process_json(const struct lab_process *p, void *arg)
{
	struct host_report *r = arg;

	if (strcmp(p->host, r->host))
		return 0;
	strbuf_printf(r->b, "%s{\"pid\":%d,\"comm\":", r->n++ ? "," : "", p->pid);
	put_json(r->b, p->comm);
	strbuf_putc(r->b, '}');
	return 0;
}

static void put_host_json(struct strbuf *b, const struct lab_host *h, const struct lab_look *l)
{
	struct host_report r = { .b = b, .host = h->name };

	strbuf_putc(b, '{');
	put_key(b, "name", h->name);
	put_key(b, "role", h->is_switch ? "switch" : "host");
	put_key(b, "netns", h->netns);
	strbuf_puts(b, "\"netns_inum\":");
	strbuf_u64(b, h->netns_inum);
	strbuf_puts(b, ",\"interfaces\":[");
	for (size_t i = 0; i < l->n_ifaces; i++) {
		strbuf_puts(b, i ? "," : "");
		put_iface_json(b, &l->ifaces[i]);
	}
	strbuf_puts(b, "],\"processes\":[");
	lab_for_each_process(h->lab, put_process_json, &r);
	strbuf_puts(b, "]}");
}

static void put_iface_text(struct strbuf *b, const struct lab_iface *i)
{
	bool any = false;

	strbuf_printf(b, "      %-10s %-5s ", i->name, i->up ? "up" : "down");
	put_mac(b, i->mac);
	strbuf_puts(b, "  ");
	if (i->is_port)
		strbuf_printf(b, "port of %s, %s, %u learned", i->bridge,
			      lab_port_state_name(i->port_state), i->n_learned);
	else if (!strcmp(i->kind, "bridge"))
		strbuf_puts(b, "bridge ");
	for (size_t n = 0; n < i->n_addrs; n++) {
		if (i->addrs[n].link_local)
			continue;
		strbuf_printf(b, "%s%s", any ? "  " : "", i->addrs[n].text);
		any = true;
	}
	while (!b->failed && b->len && b->text[b->len - 1] == ' ')
		b->text[--b->len] = '\0';
	strbuf_putc(b, '\n');
}

static int put_process_text(const struct lab_process *p, void *arg)
{
	struct host_report *r = arg;

	if (!strcmp(p->host, r->host))
		strbuf_printf(r->b, "      process %d (%s)\n", p->pid, p->comm);
	return 0;
}

static void put_host_text(struct strbuf *b, const struct lab_host *h, const struct lab_look *l)
{
	struct host_report r = { .b = b, .host = h->name };

	strbuf_printf(b, "%-5s %-10s netns %s\n", h->name, h->is_switch ? "switch" : "host",
		      h->netns);
	for (size_t i = 0; i < l->n_ifaces; i++)
		if (strcmp(l->ifaces[i].kind, "loopback"))
			put_iface_text(b, &l->ifaces[i]);
	lab_for_each_process(h->lab, put_process_text, &r);
}

static int put_hosts(const struct lab_options *o, const struct lab_host *hosts, size_t n,
		     struct strbuf *b, struct error *e)
{
	struct lab_look look = { 0 };
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		/* Without root the names can still be listed, but not looked into. */
		if (geteuid() == 0)
			err = lab_look(&hosts[i], &look, e);
		if (err)
			break;
		if (o->json) {
			strbuf_puts(b, i ? "," : "");
			put_host_json(b, &hosts[i], &look);
		} else {
			put_host_text(b, &hosts[i], &look);
		}
		lab_look_done(&look);
	}
	return err;
}

static int put_other_lab(const char *lab, void *arg)
{
	struct host_report *r = arg;

	if (strcmp(lab, r->host))
		strbuf_printf(r->b, "%s%s", r->n++ ? ", " : "also up: ", lab);
	return 0;
}

static int print(const struct strbuf *b)
{
	if (b->failed) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	if (fwrite(b->text, 1, b->len, stdout) != b->len || fflush(stdout)) {
		log_error("cannot write the output: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

static int print_down(const struct lab_options *o)
{
	_cleanup_strbuf_ struct strbuf b = { 0 };
	int status;

	if (o->json)
		strbuf_printf(&b, "{\"type\":\"lab\",\"name\":\"%s\",\"up\":false,\"hosts\":[]}\n",
			      o->lab);
	else
		strbuf_printf(&b, "lab %s is not up; `crumb lab up` builds it\n", o->lab);
	status = print(&b);
	return status ? status : EXIT_FAILED;
}

static int run_status(const struct lab_options *o)
{
	_cleanup_free_ struct lab_host *hosts = NULL;
	_cleanup_strbuf_ struct strbuf b = { 0 };
	struct host_report others = { .b = &b, .host = o->lab };
	struct error e = { 0 };
	size_t n;
	int err;

	if (vm_exists(o->lab)) {
		err = lab_vm_status(o->lab, o->json, &b, &e);
		return err ? report(&e, err) : print(&b);
	}
	err = lab_host_list(o->lab, &hosts, &n);
	if (err == -ENOENT)
		return print_down(o);
	if (err)
		return report(&e, err);
	if (o->json)
		strbuf_printf(&b, "{\"type\":\"lab\",\"name\":\"%s\",\"up\":true,\"hosts\":[",
			      o->lab);
	else
		strbuf_printf(&b, "lab %s is up\n", o->lab);
	err = put_hosts(o, hosts, n, &b, &e);
	if (err)
		return report(&e, err);
	if (o->json) {
		strbuf_puts(&b, "]}\n");
	} else {
		lab_for_each(put_other_lab, &others);
		strbuf_puts(&b, others.n ? "\n" : "");
	}
	if (geteuid() != 0)
		log_note("interfaces are shown to root only (sudo)");
	return print(&b);
}

static const struct subcommand subcommands[] = {
	{ "up", run_up },
	{ "down", run_down },
	{ "exec", run_exec },
	{ "status", run_status },
};

static int parse_option(struct lab_options *o, int c)
{
	switch (c) {
	case 'l':
		o->lab = optarg;
		return 0;
	case 't':
		o->topo_path = optarg;
		return 0;
	case 'v':
		o->vm = true;
		return 0;
	case 'r':
		o->relay = true;
		return 0;
	case 'k':
		o->kill = true;
		return 0;
	case 'f':
		o->json = !strcmp(optarg, "json");
		return o->json || !strcmp(optarg, "text") ? 0 :
							    usage_error("--format is text or json");
	default:
		return usage_error("unknown or incomplete option");
	}
}

/*
 * Options stand before or after the subcommand, but not after the first other word: what follows
 * `exec HOST` belongs to the command. Hence two passes of getopt in its '+' mode.
 */
static int parse_options(struct lab_options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "lab", required_argument, NULL, 'l' }, { "topo", required_argument, NULL, 't' },
		{ "kill", no_argument, NULL, 'k' },	 { "format", required_argument, NULL, 'f' },
		{ "vm", no_argument, NULL, 'v' },	 { "relay", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },	 { NULL, 0, NULL, 0 },
	};
	int c, status;

	optind = 0;
	while ((c = getopt_long(argc, argv, "+:h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(help_text, stdout);
			exit(fflush(stdout) ? EXIT_FAILED : EXIT_DONE);
		}
		status = parse_option(o, c);
		if (status)
			return status;
	}
	return 0;
}

int cmd_lab(int argc, char **argv)
{
	struct lab_options o = { .lab = LAB_DEFAULT_NAME };
	const struct subcommand *found = NULL;
	struct error e = { 0 };
	int status, at;

	status = parse_options(&o, argc, argv);
	if (status)
		return status;
	at = optind;
	if (at == argc)
		return usage_error("what shall be done? up, down, exec or status");
	for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
		if (!strcmp(argv[at], subcommands[i].name))
			found = &subcommands[i];
	if (!found)
		return usage_error("unknown subcommand; it is up, down, exec or status");
	status = parse_options(&o, argc - at, argv + at);
	if (status)
		return status;
	o.args = argv + at + optind;
	o.n_args = argc - at - optind;
	if (o.n_args && found->run != run_exec)
		return usage_error("too many words");
	if ((o.vm && found->run != run_up) || (o.relay && !o.vm))
		return usage_error("--vm belongs to up, --relay to --vm");
	if (lab_check_name(o.lab, &e)) {
		log_error("%s", e.text);
		return EXIT_USAGE;
	}
	return found->run(&o);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "lab_vm.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "vm.h"

struct find {
	const char *name;
	struct vm_host found;
};

struct listing {
	struct strbuf *b;
	const char *lab;
	bool json;
	int n;
};

static int match(const struct vm_host *h, void *arg)
{
	struct find *f = arg;

	if (strcmp(h->name, f->name))
		return 0;
	f->found = *h;
	return 1;
}

int lab_vm_exec(const char *lab, const char *host, char *const *cmd, int *ret_status, struct error *e)
{
	const int fds[3] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	struct find f = { .name = host };
	int status, err;
	sigset_t set;

	if (!vm_is_up(lab))
		return error_set(e, -ENOENT, "lab %s is not up; `crumb lab up --vm` builds it", lab);
	if (vm_for_each_host(lab, match, &f) != 1)
		return error_set(e, -ENOENT,
				 "lab %s has no host %.40s; `crumb lab status` lists them", lab,
				 host);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	err = vm_exec(lab, host, cmd, fds, &status, e);
	if (!err)
		*ret_status = vm_exec_status(status);
	return err;
}

static int put_host(const struct vm_host *h, void *arg)
{
	struct listing *l = arg;

	if (l->json)
		strbuf_printf(l->b,
			      "%s{\"name\":\"%s\",\"role\":\"%s\",\"kernel\":\"%s\",\"machine\":%d}",
			      l->n++ ? "," : "", h->name, h->is_switch ? "switch" : "host",
			      h->kernel, h->pid);
	else if (h->pid)
		strbuf_printf(l->b, "%-5s %-10s machine %d, kernel %s\n", h->name,
			      h->is_switch ? "switch" : "host", h->pid, h->kernel);
	else
		strbuf_printf(l->b,
			      "%-5s %-10s its machine ended; console: " VM_STATE_DIR
			      "/%s/%s.console\n",
			      h->name, h->is_switch ? "switch" : "host", l->lab, h->name);
	return 0;
}

int lab_vm_status(const char *lab, bool json, struct strbuf *b, struct error *e)
{
	struct listing l = { .b = b, .lab = lab, .json = json };
	int err;

	if (json)
		strbuf_printf(b,
			      "{\"type\":\"lab\",\"name\":\"%s\",\"up\":%s,\"vm\":true,\"hosts\":[",
			      lab, vm_is_up(lab) ? "true" : "false");
	else
		strbuf_printf(b, "lab %s is %s, as virtual machines\n", lab,
			      vm_is_up(lab) ? "up" : "half built: crumb lab down clears it");
	err = vm_for_each_host(lab, put_host, &l);
	if (err && err != -ENOENT)
		return error_set(e, err, "cannot read the hosts of lab %s: %s", lab, strerror(-err));
	strbuf_puts(b, json ? "]}\n" : "");
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Labs come and go: up, down, and who is there. A namespace is created nameless, recorded, then
 * named, so that a crash at any moment leaves nothing that the record does not know (lab_state.h).
 */
#include "lab.h"

#include <dirent.h>
#include <errno.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "lab_build.h"
#include "lab_make.h"
#include "lab_state.h"
#include "netns.h"
#include "strbuf.h"
#include "topo.h"

#define HOSTS_FILE	     "/etc/hosts"
#define HOSTS_FILE_BYTES_MAX (1 << 20)

int lab_check_name(const char *lab, struct error *e)
{
	size_t n = strlen(lab);

	if (n >= 1 && n < LAB_NAME_BYTES && strspn(lab, "abcdefghijklmnopqrstuvwxyz0123456789-") == n)
		return 0;
	return error_set(e, -EINVAL, "\"%.40s\" cannot be a lab name; use 1 to %d of a-z, 0-9 and -",
			 lab, LAB_NAME_BYTES - 1);
}

int lab_read_topology(const char *path, char **ret_text, struct topo **ret_topo, struct error *e)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	int err;

	if (path) {
		err = lab_state_read_file(path, TOPO_TEXT_BYTES_MAX, &text, &n);
		if (err)
			return error_set(e, err, "cannot read topology %s: %s", path, strerror(-err));
	} else {
		text = strdup(topo_default_text());
		if (!text)
			return error_set(e, -ENOMEM, "out of memory");
		n = strlen(text);
	}
	err = topo_parse(text, n, path ? path : "built-in topology", ret_topo, e);
	if (!err)
		*ret_text = steal_ptr(text);
	return err;
}

static bool names_lab_host(const struct topo *t, const char *word, size_t n)
{
	for (int i = 0; i < t->n_hosts; i++)
		if (strlen(t->hosts[i].name) == n && !strncmp(t->hosts[i].name, word, n))
			return true;
	return false;
}

/*
 * One line of the machine's own hosts file, without names that the lab uses: glibc returns the
 * addresses of every line that matches.
 */
static void add_own_line(struct strbuf *b, const struct topo *t, const char *line, size_t n)
{
	size_t at = 0, word_bytes, n_words = 0, start = b->len;

	while (at < n && line[at] != '#') {
		word_bytes = strcspn(line + at, " \t\r\n#");
		if (word_bytes && (n_words == 0 || !names_lab_host(t, line + at, word_bytes))) {
			strbuf_puts(b, n_words++ ? " " : "");
			strbuf_add(b, line + at, word_bytes);
		}
		at += word_bytes;
		at += strspn(line + at, " \t\r");
	}
	if (n_words >= 2)
		strbuf_putc(b, '\n');
	else if (!b->failed)
		b->len = start;
}

int lab_make_hosts_file(const struct topo *t, bool with_own, struct strbuf *b)
{
	_cleanup_free_ char *own = NULL;
	char text[INET6_ADDRSTRLEN];
	const struct topo_addr *a;
	size_t n, line_bytes;

	for (int i = 0; i < t->n_addrs; i++) {
		a = &t->addrs[i];
		inet_ntop(a->family, a->bytes, text, sizeof(text));
		strbuf_printf(b, "%s %s\n", text, t->hosts[t->ifaces[a->iface].host].name);
	}
	if (!with_own || lab_state_read_file(HOSTS_FILE, HOSTS_FILE_BYTES_MAX, &own, &n) < 0)
		n = 0;
	for (size_t at = 0; at < n; at += line_bytes + 1) {
		line_bytes = strcspn(own + at, "\n");
		add_own_line(b, t, own + at, line_bytes);
	}
	if (!own || !strstr(own, "localhost"))
		strbuf_puts(b, "127.0.0.1 localhost\n::1 localhost\n");
	return b->failed ? -ENOMEM : 0;
}

/* Names that stand there although no record of ours says so belong to the user. */
static int refuse_foreign(const char *lab, const struct topo *t, struct error *e)
{
	char netns[LAB_NETNS_BYTES];
	uint64_t inum;

	for (int h = 0; h < t->n_hosts; h++) {
		lab_state_netns_name(lab, t->hosts[h].name, netns);
		if (netns_look(netns, &inum) != NETNS_ABSENT)
			return error_set(e, -EEXIST,
					 NETNS_DIR
					 "/%s exists and was not made by crumb; choose another "
					 "name with --lab, or remove it with `ip netns del %s`",
					 netns, netns);
	}
	return 0;
}

static int make_netns(const char *lab, const struct topo_host *host, int *ret_fd, struct error *e)
{
	struct lab_host h = { .is_switch = host->role == TOPO_SWITCH };
	_cleanup_close_ int fd = -1;
	int err;

	snprintf(h.lab, sizeof(h.lab), "%s", lab);
	snprintf(h.name, sizeof(h.name), "%s", host->name);
	lab_state_netns_name(lab, host->name, h.netns);
	err = netns_new(&fd, e);
	if (err)
		return err;
	h.netns_inum = netns_inum(fd);
	h.netns_cookie = netns_cookie(fd);
	err = lab_state_add(&h, e);
	if (!err)
		err = netns_bind(fd, h.netns, e);
	if (!err)
		*ret_fd = steal_fd(fd);
	return err;
}

static int make_lab(const char *lab, const struct topo *t, struct error *e)
{
	int fds[TOPO_HOSTS_MAX], n_fds = 0, err = 0;

	while (n_fds < t->n_hosts && !err) {
		fds[n_fds] = -1;
		err = make_netns(lab, &t->hosts[n_fds], &fds[n_fds], e);
		n_fds++;
	}
	if (!err)
		err = lab_build(lab, t, fds, e);
	while (n_fds--)
		cleanup_closep(&fds[n_fds]);
	return err;
}

static int make_recorded(const char *lab, const char *topology, const struct topo *t, struct error *e)
{
	_cleanup_strbuf_ struct strbuf hosts = { 0 };
	int err;

	err = lab_make_hosts_file(t, true, &hosts);
	if (err)
		return error_set(e, err, "out of memory");
	err = netns_dir_make(e);
	if (err > 0)
		err = lab_state_note_netns_dir(e);
	if (!err)
		err = lab_state_begin(lab, topology, hosts.text ? hosts.text : "", e);
	if (!err)
		err = make_lab(lab, t, e);
	if (!err)
		err = lab_state_end(lab, e);
	return err;
}

/* A lab is up under this name: is it the one that is wanted? */
static int compare_topology(const char *lab, const char *topology, struct error *e)
{
	_cleanup_free_ char *used = NULL;
	char path[LAB_PATH_BYTES];
	size_t n;

	lab_state_path(lab, "topology", path);
	if (!lab_state_read_file(path, TOPO_TEXT_BYTES_MAX, &used, &n) && !strcmp(used, topology))
		return LAB_UNCHANGED;
	return error_set(e, -EEXIST,
			 "lab %s is up with another topology; take it down first "
			 "(crumb lab down --lab %s), or choose another name with --lab",
			 lab, lab);
}

int lab_up(const char *lab, const char *topo_path, struct error *e)
{
	_cleanup_(lab_state_unlock) int lock = -1;
	_cleanup_(topo_freep) struct topo *t = NULL;
	_cleanup_free_ char *topology = NULL;
	struct lab_state s = { 0 };
	bool live;
	int err;

	err = lab_check_name(lab, e);
	if (!err)
		err = lab_read_topology(topo_path, &topology, &t, e);
	if (!err && t->machines_line)
		err = error_set(e, -EINVAL,
				"%s:%d: services and routes are for virtual machines; add --vm",
				topo_path, t->machines_line);
	for (int i = 0; !err && i < t->n_ifaces; i++)
		if (t->ifaces[i].impair[0])
			err = error_set(e, -EINVAL,
					"%s: impairments are for virtual machines; add --vm, or remove the line",
					topo_path);
	if (!err)
		err = lab_state_lock(&lock, e);
	if (err)
		return err;
	err = lab_state_load(lab, &s);
	if (err)
		return error_set(e, err, "cannot read the state of lab %s: %s", lab, strerror(-err));
	live = s.live;
	lab_state_done(&s);
	if (live)
		return compare_topology(lab, topology, e);
	err = lab_state_clear(lab, e);
	if (!err)
		err = refuse_foreign(lab, t, e);
	if (err)
		return err;
	err = make_recorded(lab, topology, t, e);
	if (err)
		lab_state_clear(lab, NULL);
	return err;
}

int lab_down(const char *lab, struct error *e)
{
	_cleanup_(lab_state_unlock) int lock = -1;
	int err;

	err = lab_check_name(lab, e);
	if (!err)
		err = lab_state_lock(&lock, e);
	return err ? err : lab_state_clear(lab, e);
}

bool lab_is_up(const char *lab)
{
	struct lab_state s = { 0 };
	bool live;

	if (lab_check_name(lab, NULL) || lab_state_load(lab, &s))
		return false;
	live = s.live;
	lab_state_done(&s);
	return live;
}

static int is_lab_entry(const struct dirent *entry)
{
	return lab_check_name(entry->d_name, NULL) == 0;
}

static int for_each_state(bool up_only, lab_name_fn fn, void *arg)
{
	struct dirent **entries;
	int n = scandir(LAB_STATE_DIR, &entries, is_lab_entry, alphasort);
	int ret = 0;

	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		if (!ret && (!up_only || lab_is_up(entries[i]->d_name)))
			ret = fn(entries[i]->d_name, arg);
		free(entries[i]);
	}
	free(entries);
	return ret;
}

int lab_for_each(lab_name_fn fn, void *arg)
{
	return for_each_state(true, fn, arg);
}

int lab_for_each_state(lab_name_fn fn, void *arg)
{
	return for_each_state(false, fn, arg);
}

struct host_walk {
	lab_host_fn fn;
	void *arg;
};

static int walk_hosts(const char *lab, void *arg)
{
	struct host_walk *w = arg;
	struct lab_state s = { 0 };
	int ret;

	ret = lab_state_load(lab, &s);
	for (size_t i = 0; i < s.n_hosts && s.live && !ret; i++)
		ret = w->fn(&s.hosts[i], w->arg);
	lab_state_done(&s);
	return ret;
}

int lab_for_each_host(const char *lab, lab_host_fn fn, void *arg)
{
	struct host_walk w = { fn, arg };

	if (!lab)
		return lab_for_each(walk_hosts, &w);
	return lab_check_name(lab, NULL) ? -EINVAL : walk_hosts(lab, &w);
}

struct host_query {
	const char *name; /* NULL: by number */
	uint64_t netns_inum;
	struct lab_host found;
};

static int match_host(const struct lab_host *h, void *arg)
{
	struct host_query *q = arg;

	if (q->name ? strcmp(h->name, q->name) != 0 : h->netns_inum != q->netns_inum)
		return 0;
	q->found = *h;
	return 1;
}

static int query_host(const char *lab, struct host_query *q, struct lab_host *ret_host)
{
	int ret = lab_for_each_host(lab, match_host, q);

	if (ret <= 0)
		return ret ? ret : -ENOENT;
	*ret_host = q->found;
	return 0;
}

int lab_find_host(const char *lab, const char *host, struct lab_host *ret_host)
{
	struct host_query q = { .name = host };

	return query_host(lab, &q, ret_host);
}

int lab_lookup_netns(uint64_t netns_inum, struct lab_host *ret_host)
{
	struct host_query q = { .netns_inum = netns_inum };

	return query_host(NULL, &q, ret_host);
}

int lab_host_list(const char *lab, struct lab_host **ret_hosts, size_t *ret_n)
{
	struct lab_state s = { 0 };
	int err;

	if (lab_check_name(lab, NULL))
		return -EINVAL;
	err = lab_state_load(lab, &s);
	if (!err && !s.live) {
		lab_state_done(&s);
		err = -ENOENT;
	}
	if (err)
		return err;
	*ret_hosts = s.hosts;
	*ret_n = s.n_hosts;
	return 0;
}

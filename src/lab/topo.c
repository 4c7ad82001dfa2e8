// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parser of topology files: one statement a line, words separated by blanks, '#' starts a comment.
 * Each keyword is a row of statements[]. Names are declared before they are used, so one pass is
 * enough and every message points at the line that is wrong.
 */
#include "topo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX   64
#define SHOWN_BYTES 48 /* of a bad word, in a message */

static const char default_text[] =
#include "lab_topo_default.inc"
	;

struct parser {
	struct topo *t;
	const char *file;
	int line;
	char *words[WORDS_MAX];
	int n_words;
	struct error *e;
};

struct statement {
	const char *keyword;
	const char *usage;
	int min_words, max_words; /* the keyword included */
	int (*parse)(struct parser *p);
};

static int __attribute__((format(printf, 2, 3))) fail(struct parser *p, const char *fmt, ...)
{
	char text[ERROR_TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return error_set(p->e, -EINVAL, "%s:%d: %s", p->file, p->line, text);
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Host names are also namespace names (crumb-LAB-HOST) and names in /etc/hosts: without '-' the
 * first can be split again, and every resolver accepts the second.
 */
static bool host_name_ok(const char *s)
{
	size_t n = strlen(s);

	if (n >= TOPO_NAME_BYTES || !is_lower(s[0]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_lower(s[i]) && !is_digit(s[i]))
			return false;
	return true;
}

/*
 * Narrower than dev_valid_name() in the kernel; "all" and "default" are directories below
 * net.ipv6.conf.
 */
static bool iface_name_ok(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n >= TOPO_NAME_BYTES || s[0] == '.' || s[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_lower(s[i]) && !is_digit(s[i]) && !(s[i] >= 'A' && s[i] <= 'Z') &&
		    !strchr("._-", s[i]))
			return false;
	return strcmp(s, "lo") && strcmp(s, "all") && strcmp(s, "default");
}

static int find_host(const struct topo *t, const char *name)
{
	for (int i = 0; i < t->n_hosts; i++)
		if (!strcmp(t->hosts[i].name, name))
			return i;
	return TOPO_NONE;
}

static int find_iface(const struct topo *t, int host, const char *name)
{
	for (int i = 0; i < t->n_ifaces; i++)
		if (t->ifaces[i].host == host && !strcmp(t->ifaces[i].name, name))
			return i;
	return TOPO_NONE;
}

static int add_host(struct parser *p, enum topo_role role)
{
	const char *name = p->words[1];
	struct topo *t = p->t;

	if (!host_name_ok(name))
		return fail(p,
			    "\"%.*s\" cannot be a host name; use a letter a-z, then up to %d of a-z and 0-9",
			    SHOWN_BYTES, name, TOPO_NAME_BYTES - 2);
	if (!strcmp(name, "localhost"))
		return fail(p, "\"localhost\" names every host's own loopback; choose another name");
	if (find_host(t, name) != TOPO_NONE)
		return fail(p, "there is a host %s already; give each host its own name", name);
	if (t->n_hosts == TOPO_HOSTS_MAX)
		return fail(p, "more than %d hosts; remove some", TOPO_HOSTS_MAX);
	strcpy(t->hosts[t->n_hosts].name, name);
	strcpy(t->hosts[t->n_hosts].kernel, TOPO_KERNEL_DEFAULT);
	t->hosts[t->n_hosts++].role = role;
	return 0;
}

static int parse_host(struct parser *p)
{
	return add_host(p, TOPO_HOST);
}

static int parse_switch(struct parser *p)
{
	return add_host(p, TOPO_SWITCH);
}

/* Split HOST:IFNAME in place; the host must be known. */
static int parse_end(struct parser *p, char *word, int *ret_host, const char **ret_ifname)
{
	char *colon = strchr(word, ':');
	int host;

	if (!colon)
		return fail(p, "\"%.*s\" is not HOST:INTERFACE; write it as in \"a:eth0\"",
			    SHOWN_BYTES, word);
	*colon = '\0';
	host = find_host(p->t, word);
	if (host == TOPO_NONE)
		return fail(p,
			    "there is no host \"%.*s\"; declare it above with \"host %.*s\" or \"switch %.*s\"",
			    SHOWN_BYTES, word, SHOWN_BYTES, word, SHOWN_BYTES, word);
	*ret_host = host;
	*ret_ifname = colon + 1;
	return 0;
}

static int find_known_host(struct parser *p, const char *word)
{
	int host = find_host(p->t, word);

	if (host == TOPO_NONE)
		fail(p, "there is no host \"%.*s\"; declare it above with \"host %.*s\"",
		     SHOWN_BYTES, word, SHOWN_BYTES, word);
	return host;
}

static int add_iface(struct parser *p, char *word, enum topo_kind kind, int *ret_iface)
{
	struct topo *t = p->t;
	const char *name;
	int host, ordinal = 1, err;

	err = parse_end(p, word, &host, &name);
	if (err)
		return err;
	if (!iface_name_ok(name))
		return fail(p,
			    "\"%.*s\" cannot be an interface name; use up to %d of a-z A-Z 0-9 . _ - and not lo, "
			    "all or default",
			    SHOWN_BYTES, name, TOPO_NAME_BYTES - 1);
	if (find_iface(t, host, name) != TOPO_NONE)
		return fail(p, "%s has an interface %s already; give each its own name",
			    t->hosts[host].name, name);
	if (t->n_ifaces == TOPO_IFACES_MAX)
		return fail(p, "more than %d interfaces; remove some links", TOPO_IFACES_MAX);
	for (int i = 0; i < t->n_ifaces; i++)
		ordinal += t->ifaces[i].host == host;
	if (ordinal > TOPO_HOST_IFACES_MAX)
		return fail(p, "more than %d interfaces on %s; remove some links",
			    TOPO_HOST_IFACES_MAX, t->hosts[host].name);
	t->ifaces[t->n_ifaces] = (struct topo_iface){ .kind = kind,
						      .host = host,
						      .peer = TOPO_NONE,
						      .bridge = TOPO_NONE,
						      .over = TOPO_NONE,
						      .ordinal = ordinal };
	strcpy(t->ifaces[t->n_ifaces].name, name);
	*ret_iface = t->n_ifaces++;
	return 0;
}

static int parse_link(struct parser *p)
{
	int one, other, err;

	err = add_iface(p, p->words[1], TOPO_LINK_END, &one);
	if (!err)
		err = add_iface(p, p->words[2], TOPO_LINK_END, &other);
	if (err)
		return err;
	p->t->ifaces[one].peer = other;
	p->t->ifaces[other].peer = one;
	return 0;
}

static int add_port(struct parser *p, int bridge, const char *name)
{
	struct topo *t = p->t;
	int host = t->ifaces[bridge].host;
	int port = find_iface(t, host, name);

	if (port == TOPO_NONE || t->ifaces[port].kind != TOPO_LINK_END)
		return fail(p,
			    "%s has no link end \"%.*s\" to be a port; declare a link with the end %s:%.*s above",
			    t->hosts[host].name, SHOWN_BYTES, name, t->hosts[host].name,
			    SHOWN_BYTES, name);
	if (t->ifaces[port].bridge != TOPO_NONE)
		return fail(p, "%s is a port of %s already; name each port once", name,
			    t->ifaces[t->ifaces[port].bridge].name);
	for (int i = 0; i < t->n_addrs; i++)
		if (t->addrs[i].iface == port)
			return fail(p,
				    "%s has an address and cannot be a port; give the address to the bridge",
				    name);
	t->ifaces[port].bridge = bridge;
	return 0;
}

static int parse_bridge(struct parser *p)
{
	struct topo *t = p->t;
	int bridge, err;

	err = add_iface(p, p->words[1], TOPO_BRIDGE, &bridge);
	if (err)
		return err;
	if (t->hosts[t->ifaces[bridge].host].role != TOPO_SWITCH)
		return fail(p,
			    "%s is a host, and bridges are for switches; declare it with \"switch %s\"",
			    t->hosts[t->ifaces[bridge].host].name,
			    t->hosts[t->ifaces[bridge].host].name);
	for (int i = 2; i < p->n_words && !err; i++)
		err = add_port(p, bridge, p->words[i]);
	return err;
}

static void needs_machines(struct parser *p)
{
	if (!p->t->machines_line)
		p->t->machines_line = p->line;
}

static const struct {
	const char *word;
	enum topo_service bit;
} services[] = { { "ifupdown2", TOPO_IFUPDOWN2 },
		 { "lldpd", TOPO_LLDPD },
		 { "frr", TOPO_FRR },
		 { "chrony", TOPO_CHRONY } };

static int parse_service(struct parser *p)
{
	int host = find_known_host(p, p->words[1]);

	if (host == TOPO_NONE)
		return -EINVAL;
	needs_machines(p);
	for (int i = 2; i < p->n_words; i++) {
		size_t s = 0;

		while (s < sizeof(services) / sizeof(services[0]) &&
		       strcmp(p->words[i], services[s].word))
			s++;
		if (s == sizeof(services) / sizeof(services[0]))
			return fail(p,
				    "\"%.*s\" is no service; write ifupdown2, lldpd, frr or chrony",
				    SHOWN_BYTES, p->words[i]);
		p->t->hosts[host].services |= services[s].bit;
	}
	return 0;
}

static int parse_vid(struct parser *p, const char *word, int host, uint16_t *ret_vid)
{
	char *end;
	long vid = strtol(word, &end, 10);

	if (!is_digit(word[0]) || *end || vid < 1 || vid > TOPO_VLAN_MAX)
		return fail(p, "\"%.*s\" is no VLAN; they go from 1 to %d", SHOWN_BYTES, word,
			    TOPO_VLAN_MAX);
	if (!(p->t->hosts[host].services & TOPO_IFUPDOWN2))
		return fail(p,
			    "VLANs are set up by ifupdown2; declare above \"service %s ifupdown2\"",
			    p->t->hosts[host].name);
	*ret_vid = vid;
	return 0;
}

static int parse_vlan(struct parser *p)
{
	const char *name;
	int host, port, err;

	err = parse_end(p, p->words[1], &host, &name);
	if (err)
		return err;
	port = find_iface(p->t, host, name);
	if (port == TOPO_NONE || p->t->ifaces[port].bridge == TOPO_NONE)
		return fail(p, "%s has no bridge port \"%.*s\"; declare its bridge above",
			    p->t->hosts[host].name, SHOWN_BYTES, name);
	return parse_vid(p, p->words[2], host, &p->t->ifaces[port].vlan);
}

static int parse_svi(struct parser *p)
{
	uint16_t vid;
	int svi, bridge, err;

	err = add_iface(p, p->words[1], TOPO_SVI, &svi);
	if (err)
		return err;
	bridge = find_iface(p->t, p->t->ifaces[svi].host, p->words[2]);
	if (bridge == TOPO_NONE || p->t->ifaces[bridge].kind != TOPO_BRIDGE)
		return fail(p, "%s has no bridge \"%.*s\"; declare it above",
			    p->t->hosts[p->t->ifaces[svi].host].name, SHOWN_BYTES, p->words[2]);
	err = parse_vid(p, p->words[3], p->t->ifaces[svi].host, &vid);
	p->t->ifaces[svi].over = bridge;
	p->t->ifaces[svi].vlan = err ? 0 : vid;
	return err;
}

static bool prefix_ok(const char *s, int max_bits, uint8_t *ret_bits)
{
	int bits = 0;

	if (!s[0] || strlen(s) > 3)
		return false;
	for (; *s; s++) {
		if (!is_digit(*s))
			return false;
		bits = bits * 10 + (*s - '0');
	}
	if (bits < 1 || bits > max_bits)
		return false;
	*ret_bits = bits;
	return true;
}

/* What inet_pton() takes but an interface cannot own: unspecified, loopback, multicast. */
static bool address_usable(const struct topo_addr *a)
{
	static const uint8_t zero[16], v6_loopback[16] = { [15] = 1 };

	if (a->family == AF_INET)
		return a->bytes[0] != 0 && a->bytes[0] != 127 && a->bytes[0] < 224;
	return memcmp(a->bytes, zero, 16) && memcmp(a->bytes, v6_loopback, 16) && a->bytes[0] != 0xff;
}

static int add_address(struct parser *p, int iface, char *word)
{
	struct topo_addr a = { .iface = iface };
	struct topo *t = p->t;
	char *slash = strchr(word, '/');

	if (!slash)
		return fail(p, "\"%.*s\" has no prefix length; write it as in 10.47.0.1/24",
			    SHOWN_BYTES, word);
	*slash = '\0';
	a.family = strchr(word, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(a.family, word, a.bytes) != 1)
		return fail(p,
			    "\"%.*s\" is no IPv4 or IPv6 address; write it as in 10.47.0.1/24 or fd47:c0de::1/64",
			    SHOWN_BYTES, word);
	if (!prefix_ok(slash + 1, a.family == AF_INET ? 32 : 128, &a.prefix_bits))
		return fail(p, "\"%.*s\" is no prefix length; it goes from 1 to %d", SHOWN_BYTES,
			    slash + 1, a.family == AF_INET ? 32 : 128);
	if (!address_usable(&a))
		return fail(p, "%s cannot belong to an interface; choose a unicast address", word);
	for (int i = 0; i < t->n_addrs; i++)
		if (t->addrs[i].family == a.family &&
		    !memcmp(t->addrs[i].bytes, a.bytes, sizeof(a.bytes)))
			return fail(p, "%s is given twice; give each address to one interface", word);
	if (t->n_addrs == TOPO_ADDRS_MAX)
		return fail(p, "more than %d addresses; remove some", TOPO_ADDRS_MAX);
	t->addrs[t->n_addrs++] = a;
	return 0;
}

static int parse_address(struct parser *p)
{
	struct topo *t = p->t;
	const char *name;
	int host, iface, err;

	err = parse_end(p, p->words[1], &host, &name);
	if (err)
		return err;
	iface = find_iface(t, host, name);
	if (iface == TOPO_NONE)
		return fail(p, "%s has no interface \"%.*s\"; declare its link or bridge above",
			    t->hosts[host].name, SHOWN_BYTES, name);
	if (t->ifaces[iface].bridge != TOPO_NONE)
		return fail(p, "%s is a port; give the address to its bridge, %s:%s", name,
			    t->hosts[host].name, t->ifaces[t->ifaces[iface].bridge].name);
	for (int i = 2; i < p->n_words && !err; i++)
		err = add_address(p, iface, p->words[i]);
	return err;
}

/* default, or ADDRESS/BITS; then the next hop, of the same family. */
static int parse_route(struct parser *p)
{
	struct topo_route r = { .host = find_known_host(p, p->words[1]) };
	char *prefix = p->words[2], *slash = strchr(prefix, '/');

	if (r.host == TOPO_NONE)
		return -EINVAL;
	needs_machines(p);
	r.family = strchr(p->words[3], ':') ? AF_INET6 : AF_INET;
	if (inet_pton(r.family, p->words[3], r.via) != 1)
		return fail(p, "\"%.*s\" is no next hop; write its address", SHOWN_BYTES,
			    p->words[3]);
	if (slash)
		*slash = '\0';
	if (strcmp(prefix, "default") &&
	    (!slash || inet_pton(r.family, prefix, r.bytes) != 1 ||
	     !prefix_ok(slash + 1, r.family == AF_INET ? 32 : 128, &r.prefix_bits)))
		return fail(p, "\"%.*s\" is no prefix; write default, or as in 10.47.20.0/24",
			    SHOWN_BYTES, prefix);
	if (p->t->n_routes == TOPO_ROUTES_MAX)
		return fail(p, "more than %d routes; remove some", TOPO_ROUTES_MAX);
	p->t->routes[p->t->n_routes++] = r;
	return 0;
}

/* Which kernels there are is known where they are fetched. */
static int parse_kernel(struct parser *p)
{
	int host = find_known_host(p, p->words[1]);
	const char *name = p->words[2];
	size_t n = strlen(name);

	if (host == TOPO_NONE)
		return -EINVAL;
	if (n >= TOPO_NAME_BYTES || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.") != n)
		return fail(p,
			    "\"%.*s\" cannot be a kernel; lab/vm/kernels lists them: 6.1, 6.12, ...",
			    SHOWN_BYTES, name);
	strcpy(p->t->hosts[host].kernel, name);
	return 0;
}

static int parse_nic(struct parser *p)
{
	static const struct {
		const char *word, *model;
	} models[] = { { "virtio", "virtio-net-pci" }, { "vmxnet3", "vmxnet3" } };
	int host = find_known_host(p, p->words[1]);

	if (host == TOPO_NONE)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (!strcmp(p->words[2], models[i].word)) {
			strcpy(p->t->hosts[host].nic, models[i].model);
			return 0;
		}
	return fail(p, "\"%.*s\" is no card; write virtio, or vmxnet3 (which has TSO)", SHOWN_BYTES,
		    p->words[2]);
}

/* Words and numbers that tc-netem(8) takes; more than these would be a door into the guest's shell. */
static bool impair_word_ok(const char *word)
{
	static const char *const known[] = { "delay", "loss",	   "reorder", "gap",
					     "rate",  "duplicate", "corrupt" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(word, known[i]))
			return true;
	return is_digit(word[0]) &&
	       strspn(word, "0123456789.%abcdefghijklmnopqrstuvwxyz") == strlen(word);
}

static int parse_impair(struct parser *p)
{
	struct topo_iface *iface;
	const char *name;
	int host, at, err;

	err = parse_end(p, p->words[1], &host, &name);
	if (err)
		return err;
	at = find_iface(p->t, host, name);
	if (at == TOPO_NONE || p->t->ifaces[at].kind != TOPO_LINK_END)
		return fail(p, "%s has no link end \"%.*s\"; declare its link above",
			    p->t->hosts[host].name, SHOWN_BYTES, name);
	iface = &p->t->ifaces[at];
	if (iface->impair[0])
		return fail(p, "%s is impaired already; write all of it on one line", name);
	for (int i = 2; i < p->n_words; i++) {
		if (!impair_word_ok(p->words[i]))
			return fail(p,
				    "\"%.*s\" is no impairment; write delay 10ms, loss 1%%, reorder 5%%, "
				    "rate 10mbit (tc-netem(8))",
				    SHOWN_BYTES, p->words[i]);
		if (strlen(iface->impair) + strlen(p->words[i]) + 2 > TOPO_IMPAIR_BYTES)
			return fail(p, "the impairment is longer than %d bytes",
				    TOPO_IMPAIR_BYTES - 1);
		if (i > 2)
			strcat(iface->impair, " ");
		strcat(iface->impair, p->words[i]);
	}
	return 0;
}

static const struct statement statements[] = {
	{ "host", "host NAME", 2, 2, parse_host },
	{ "switch", "switch NAME", 2, 2, parse_switch },
	{ "link", "link HOST:INTERFACE HOST:INTERFACE", 3, 3, parse_link },
	{ "bridge", "bridge SWITCH:INTERFACE PORT...", 3, WORDS_MAX, parse_bridge },
	{ "address", "address HOST:INTERFACE ADDRESS/BITS...", 3, WORDS_MAX, parse_address },
	{ "kernel", "kernel HOST KERNEL", 3, 3, parse_kernel },
	{ "nic", "nic HOST MODEL", 3, 3, parse_nic },
	{ "impair", "impair HOST:INTERFACE WORD...", 3, WORDS_MAX, parse_impair },
	{ "service", "service HOST SERVICE...", 3, WORDS_MAX, parse_service },
	{ "vlan", "vlan SWITCH:PORT VLAN", 3, 3, parse_vlan },
	{ "svi", "svi SWITCH:INTERFACE BRIDGE VLAN", 4, 4, parse_svi },
	{ "route", "route HOST default|ADDRESS/BITS ADDRESS", 4, 4, parse_route },
};

static int parse_words(struct parser *p)
{
	const struct statement *s;

	if (p->n_words == 0)
		return 0;
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		s = &statements[i];
		if (strcmp(p->words[0], s->keyword))
			continue;
		if (p->n_words < s->min_words || p->n_words > s->max_words)
			return fail(p, "\"%s\" has %s words; write: %s", s->keyword,
				    p->n_words < s->min_words ? "too few" : "too many", s->usage);
		return s->parse(p);
	}
	return fail(p,
		    "unknown word \"%.*s\"; a line starts with host, switch, link, bridge, address, kernel, nic, "
		    "impair, service, vlan, svi or route",
		    SHOWN_BYTES, p->words[0]);
}

/* Cut @line, which is ours to change, into words. */
static int parse_line(struct parser *p, char *line)
{
	char *rest = NULL, *word;

	p->n_words = 0;
	line[strcspn(line, "#")] = '\0';
	for (const unsigned char *c = (unsigned char *)line; *c; c++)
		if ((*c < ' ' && *c != '\t' && *c != '\r') || *c >= 0x7f)
			return fail(p, "byte 0x%02x outside a comment; use plain ASCII", *c);
	for (word = strtok_r(line, " \t\r", &rest); word; word = strtok_r(NULL, " \t\r", &rest)) {
		if (p->n_words == WORDS_MAX)
			return fail(p, "more than %d words; split the line in two", WORDS_MAX);
		p->words[p->n_words++] = word;
	}
	return parse_words(p);
}

static int parse_text(struct parser *p, char *text, size_t n)
{
	char *line = text, *end;
	int err = 0;

	if (memchr(text, '\0', n)) {
		p->line = 1;
		return fail(p, "the file contains a NUL byte; a topology is a text file");
	}
	while (line && !err) {
		end = strchr(line, '\n');
		if (end)
			*end = '\0';
		p->line++;
		err = parse_line(p, line);
		line = end ? end + 1 : NULL;
	}
	if (!err && p->t->n_hosts == 0)
		err = fail(p, "there is no host in it; declare at least one with \"host NAME\"");
	return err;
}

int topo_parse(const char *text, size_t n, const char *name, struct topo **ret_topo, struct error *e)
{
	struct parser p = { .file = name, .e = e };
	char *copy;
	int err;

	if (n > TOPO_TEXT_BYTES_MAX)
		return error_set(e, -EINVAL, "%s: longer than %d bytes; is it a topology file?",
				 name, TOPO_TEXT_BYTES_MAX);
	p.t = calloc(1, sizeof(*p.t));
	copy = malloc(n + 1);
	if (!p.t || !copy) {
		free(p.t);
		free(copy);
		return error_set(e, -ENOMEM, "out of memory");
	}
	memcpy(copy, text, n);
	copy[n] = '\0';
	err = parse_text(&p, copy, n);
	free(copy);
	if (err) {
		topo_free(p.t);
		return err;
	}
	*ret_topo = p.t;
	return 0;
}

void topo_free(struct topo *t)
{
	free(t);
}

void topo_freep(struct topo **t)
{
	topo_free(*t);
}

const char *topo_default_text(void)
{
	return default_text;
}

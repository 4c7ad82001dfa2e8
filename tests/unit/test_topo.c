// SPDX-License-Identifier: GPL-2.0-only
/*
 * The topology parser: the built-in topology, each statement, each refusal with its line number,
 * and a long run of mutated texts that must end in a topology that keeps its invariants or in a
 * message.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strbuf.h"
#include "topo.h"

#define MUTATIONS 100000

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct topo *parse_ok(const char *text)
{
	struct topo *t = NULL;
	struct error e = { 0 };

	if (topo_parse(text, strlen(text), "test.topo", &t, &e))
		fail_msg("refused: %s", e.text);
	assert_string_equal(e.text, "");
	return t;
}

static void assert_refused(const char *text, const char *message_part)
{
	struct topo *t = (struct topo *)&t, *untouched = t;
	struct error e = { 0 };

	assert_int_equal(topo_parse(text, strlen(text), "test.topo", &t, &e), -EINVAL);
	assert_ptr_equal(t, untouched);
	if (!strstr(e.text, message_part))
		fail_msg("\"%s\" does not say \"%s\"", e.text, message_part);
}

static void assert_addr(const struct topo_addr *a, const char *text, int prefix_bits)
{
	char shown[INET6_ADDRSTRLEN];

	assert_non_null(inet_ntop(a->family, a->bytes, shown, sizeof(shown)));
	assert_string_equal(shown, text);
	assert_int_equal(a->prefix_bits, prefix_bits);
}

static void built_in_topology(void **state)
{
	struct topo *t = parse_ok(topo_default_text());

	(void)state;
	assert_int_equal(t->n_hosts, 3);
	assert_string_equal(t->hosts[0].name, "a");
	assert_string_equal(t->hosts[1].name, "sw");
	assert_string_equal(t->hosts[2].name, "b");
	assert_int_equal(t->hosts[0].role, TOPO_HOST);
	assert_int_equal(t->hosts[1].role, TOPO_SWITCH);
	assert_int_equal(t->n_ifaces, 5);
	assert_string_equal(t->ifaces[0].name, "eth0");
	assert_int_equal(t->ifaces[0].peer, 1);
	assert_int_equal(t->ifaces[1].peer, 0);
	assert_int_equal(t->ifaces[1].bridge, 4);
	assert_int_equal(t->ifaces[2].bridge, 4);
	assert_int_equal(t->ifaces[3].bridge, TOPO_NONE);
	assert_int_equal(t->ifaces[4].kind, TOPO_BRIDGE);
	assert_int_equal(t->ifaces[4].ordinal, 3);
	assert_int_equal(t->n_addrs, 4);
	assert_addr(&t->addrs[0], "10.47.0.1", 24);
	assert_addr(&t->addrs[1], "fd47:c0de::1", 64);
	assert_addr(&t->addrs[3], "fd47:c0de::2", 64);
	assert_int_equal(t->addrs[3].iface, 3);
	topo_free(t);
}

static void blanks_and_comments(void **state)
{
	struct topo *t =
		parse_ok("# caf\xc3\xa9\r\n\n\t host \t a # the first\r\nhost b\nlink a:e0 b:e0");

	(void)state;
	assert_int_equal(t->n_hosts, 2);
	assert_int_equal(t->n_ifaces, 2);
	topo_free(t);
}

static void address_on_bridge_and_veth_between_hosts(void **state)
{
	struct topo *t = parse_ok("switch s\nhost a\nlink s:p1 a:e0\nlink a:e1 a:e2\nbridge s:br p1\n"
				  "address s:br 192.168.7.1/32 2001:db8::1/128\n");

	(void)state;
	assert_int_equal(t->n_addrs, 2);
	assert_addr(&t->addrs[0], "192.168.7.1", 32);
	assert_addr(&t->addrs[1], "2001:db8::1", 128);
	assert_int_equal(t->ifaces[t->addrs[0].iface].kind, TOPO_BRIDGE);
	topo_free(t);
}

static void services_vlans_and_routes(void **state)
{
	struct topo *t = parse_ok(
		"host a\nswitch s\nlink a:e0 s:p1\nbridge s:br p1\n"
		"service s ifupdown2 frr\nservice a lldpd chrony\nvlan s:p1 10\nsvi s:v br 4094\n"
		"address s:v 10.0.0.1/8\nroute a default 10.0.0.1\n"
		"route a fd00::/8 fd00::1\n");

	(void)state;
	assert_int_equal(t->hosts[0].services, TOPO_LLDPD | TOPO_CHRONY);
	assert_int_equal(t->hosts[1].services, TOPO_IFUPDOWN2 | TOPO_FRR);
	assert_int_equal(t->machines_line, 5);
	assert_int_equal(t->ifaces[1].vlan, 10);
	assert_int_equal(t->ifaces[3].kind, TOPO_SVI);
	assert_int_equal(t->ifaces[3].over, 2);
	assert_int_equal(t->ifaces[3].vlan, 4094);
	assert_int_equal(t->n_routes, 2);
	assert_int_equal(t->routes[0].prefix_bits, 0);
	assert_int_equal(t->routes[1].family, AF_INET6);
	assert_int_equal(t->routes[1].prefix_bits, 8);
	topo_free(t);
}

struct refusal {
	const char *text;
	const char *message_part;
};

#define TWO "host a\nhost b\nswitch s\n"

static const struct refusal refusals[] = {
	{ "", "test.topo:1: there is no host in it" },
	{ "# nothing\n\n", "there is no host" },
	{ "hots a\n", "test.topo:1: unknown word \"hots\"" },
	{ "kernel a 6.1\n", "test.topo:1: there is no host \"a\"" },
	{ "host a\nkernel a ../x\n", "test.topo:2: \"../x\" cannot be a kernel" },
	{ "host a\nnic a e1000\n", "test.topo:2: \"e1000\" is no card" },
	{ "host a\nhost b\nlink a:e b:e\nimpair a:e $(reboot)\n",
	  "test.topo:4: \"$(reboot)\" is no impairment" },
	{ "host a\nhost b\nlink a:e b:e\nimpair a:f loss 1%\n",
	  "test.topo:4: a has no link end \"f\"" },
	{ "host a\nservice a sshd\n", "test.topo:2: \"sshd\" is no service" },
	{ TWO "link a:e0 s:p1\nbridge s:br0 p1\nvlan s:p1 10\n", "set up by ifupdown2" },
	{ TWO "service s ifupdown2\nlink a:e0 s:p1\nvlan s:p1 10\n", "s has no bridge port \"p1\"" },
	{ TWO "service s ifupdown2\nlink a:e0 s:p1\nbridge s:br0 p1\nvlan s:p1 4095\n", "is no VLAN" },
	{ TWO "service s ifupdown2\nlink a:e0 s:p1\nbridge s:br0 p1\nvlan s:p1 1;ls\n", "is no VLAN" },
	{ TWO "service s ifupdown2\nsvi s:v br0 10\n", "s has no bridge \"br0\"" },
	{ TWO "route a default b\n", "is no next hop" },
	{ TWO "route a 10.0.0.0 10.0.0.1\n", "is no prefix" },
	{ TWO "route a fd00::/8 10.0.0.1\n", "is no prefix" },
	{ "host\n", "too few words; write: host NAME" },
	{ "host a b\n", "too many words" },
	{ "host A\n", "cannot be a host name" },
	{ "host 1a\n", "cannot be a host name" },
	{ "host a-b\n", "cannot be a host name" },
	{ "host ../x\n", "cannot be a host name" },
	{ "host abcdefghijklmnop\n", "cannot be a host name" },
	{ "host localhost\n", "loopback" },
	{ "host a\n\nswitch a\n", "test.topo:3: there is a host a already" },
	{ "host a\x01\n", "byte 0x01" },
	{ "host \xc3\xa4\n", "byte 0xc3" },
	{ TWO "link a:e0\n", "too few words" },
	{ TWO "link a b\n", "is not HOST:INTERFACE" },
	{ TWO "link a:e0 c:e0\n", "test.topo:4: there is no host \"c\"" },
	{ TWO "link a:e0 a:e0\n", "a has an interface e0 already" },
	{ TWO "link a:lo b:e0\n", "cannot be an interface name" },
	{ TWO "link a:all b:e0\n", "cannot be an interface name" },
	{ TWO "link a: b:e0\n", "cannot be an interface name" },
	{ TWO "link a:.. b:e0\n", "cannot be an interface name" },
	{ TWO "link a:x/y b:e0\n", "cannot be an interface name" },
	{ TWO "link a:a234567890123456 b:e0\n", "cannot be an interface name" },
	{ TWO "link a:e0 b:e0 delay=1ms\n", "too many words" },
	{ TWO "bridge s:br0\n", "too few words" },
	{ TWO "bridge s:br0 p1\n", "s has no link end \"p1\"" },
	{ TWO "link a:e0 b:e0\nbridge a:br0 e0\n", "declare it with \"switch a\"" },
	{ TWO "link a:e0 s:p1\nbridge s:br0 p1 p1\n", "p1 is a port of br0 already" },
	{ TWO "link a:e0 s:p1\nbridge s:br0 p1\nbridge s:br1 p1\n", "test.topo:6: p1 is a port" },
	{ TWO "link a:e0 s:p1\nbridge s:br0 br0\n", "no link end \"br0\"" },
	{ TWO "link a:e0 s:p1\naddress s:p1 10.0.0.1/8\nbridge s:br0 p1\n", "p1 has an address" },
	{ TWO "link a:e0 s:p1\nbridge s:br0 p1\naddress s:p1 10.0.0.1/8\n", "p1 is a port" },
	{ TWO "address a:e0 10.0.0.1/8\n", "a has no interface \"e0\"" },
	{ TWO "link a:e0 b:e0\naddress a:e0 10.0.0.1\n", "has no prefix length" },
	{ TWO "link a:e0 b:e0\naddress a:e0 10.0.0.1/\n", "is no prefix length" },
	{ TWO "link a:e0 b:e0\naddress a:e0 10.0.0.1/33\n", "goes from 1 to 32" },
	{ TWO "link a:e0 b:e0\naddress a:e0 10.0.0.1/-1\n", "is no prefix length" },
	{ TWO "link a:e0 b:e0\naddress a:e0 10.0.0.1/0\n", "is no prefix length" },
	{ TWO "link a:e0 b:e0\naddress a:e0 fd00::1/129\n", "goes from 1 to 128" },
	{ TWO "link a:e0 b:e0\naddress a:e0 10.0.0.256/8\n", "is no IPv4 or IPv6 address" },
	{ TWO "link a:e0 b:e0\naddress a:e0 fd00:::1/64\n", "is no IPv4 or IPv6 address" },
	{ TWO "link a:e0 b:e0\naddress a:e0 127.0.0.1/8\n", "cannot belong to an interface" },
	{ TWO "link a:e0 b:e0\naddress a:e0 224.0.0.1/8\n", "cannot belong to an interface" },
	{ TWO "link a:e0 b:e0\naddress a:e0 ff02::1/8\n", "cannot belong to an interface" },
	{ TWO "link a:e0 b:e0\naddress a:e0 fd00::1/64\naddress b:e0 fd00:0::1/64\n", "given twice" },
};

static void refusals_name_line_and_remedy(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		assert_refused(refusals[i].text, refusals[i].message_part);
		assert_refused(refusals[i].text, "; ");
	}
}

static void nul_byte_is_refused(void **state)
{
	static const char text[] = "host a\0host b\n";
	struct topo *t = NULL;
	struct error e = { 0 };

	(void)state;
	assert_int_equal(topo_parse(text, sizeof(text) - 1, "x", &t, &e), -EINVAL);
	assert_non_null(strstr(e.text, "NUL"));
	assert_null(t);
}

/* A file of @n lines, each @format with its number. */
static char *many_lines(const char *before, const char *format, int n)
{
	struct strbuf b = { 0 };

	strbuf_puts(&b, before);
	for (int i = 0; i < n; i++) {
		char line[64];

		snprintf(line, sizeof(line), format, i, i);
		strbuf_puts(&b, line);
	}
	assert_false(b.failed);
	return b.text;
}

static void bounds_hold(void **state)
{
	char *text = many_lines("", "host h%d\n", TOPO_HOSTS_MAX);

	(void)state;
	topo_free(parse_ok(text));
	free(text);
	text = many_lines("", "host h%d\n", TOPO_HOSTS_MAX + 1);
	assert_refused(text, "test.topo:65: more than 64 hosts");
	free(text);
	text = many_lines("host a\nhost b\n", "link a:e%d b:e%d\n", TOPO_HOST_IFACES_MAX);
	topo_free(parse_ok(text));
	free(text);
	text = many_lines("host a\nhost b\n", "link a:e%d b:e%d\n", TOPO_HOST_IFACES_MAX + 1);
	assert_refused(text, "more than 250 interfaces on a");
	free(text);
	text = many_lines("host a\nhost b\nlink a:e0 b:e0\n", "address a:e0 fd00::%x/64\n", 1026);
	assert_refused(text, "test.topo:1028: more than 1024 addresses");
	free(text);
}

static void too_many_words_and_bytes(void **state)
{
	char *text = many_lines("host a\naddress a:e0", " x", 70);

	(void)state;
	assert_refused(text, "more than 64 words");
	free(text);
	text = many_lines("", "# a comment that fills the file, number %d\n", 2000);
	assert_refused(text, "longer than 65536 bytes");
	free(text);
}

static void check_iface(const struct topo *t, int i)
{
	const struct topo_iface *f = &t->ifaces[i];

	assert_in_range(f->host, 0, t->n_hosts - 1);
	assert_in_range(strnlen(f->name, TOPO_NAME_BYTES), 1, TOPO_NAME_BYTES - 1);
	if (f->kind == TOPO_LINK_END) {
		assert_in_range(f->peer, 0, t->n_ifaces - 1);
		assert_int_equal(t->ifaces[f->peer].peer, i);
	} else {
		assert_int_equal(f->peer, TOPO_NONE);
	}
	if (f->bridge != TOPO_NONE) {
		assert_in_range(f->bridge, 0, t->n_ifaces - 1);
		assert_int_equal(t->ifaces[f->bridge].kind, TOPO_BRIDGE);
		assert_int_equal(t->ifaces[f->bridge].host, f->host);
	}
}

static void check_invariants(const struct topo *t)
{
	assert_in_range(t->n_hosts, 1, TOPO_HOSTS_MAX);
	assert_in_range(t->n_ifaces, 0, TOPO_IFACES_MAX);
	assert_in_range(t->n_addrs, 0, TOPO_ADDRS_MAX);
	for (int i = 0; i < t->n_ifaces; i++)
		check_iface(t, i);
	for (int i = 0; i < t->n_addrs; i++)
		assert_in_range(t->addrs[i].iface, 0, t->n_ifaces - 1);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* One to four edits: another byte, a byte less, or a stretch copied over another place. */
static size_t mutate(char *text, size_t n, uint32_t *seed)
{
	static const char bytes[] = "\n\n  ::/#ab01.\t\xff\x00hlsa";

	for (int edits = 1 + next_random(seed) % 4; edits && n; edits--) {
		size_t at = next_random(seed) % n, from = next_random(seed) % n;
		size_t room = n - (at > from ? at : from);

		switch (next_random(seed) % 3) {
		case 0:
			text[at] = bytes[next_random(seed) % (sizeof(bytes) - 1)];
			break;
		case 1:
			memmove(text + at, text + at + 1, --n - at);
			break;
		case 2:
			memmove(text + at, text + from, next_random(seed) % room);
			break;
		}
	}
	return n;
}

static void mutated_texts(void **state)
{
	size_t n = strlen(topo_default_text()), n_mutated;
	uint32_t seed = 4747;
	int n_ok = 0;

	(void)state;
	for (int i = 0; i < MUTATIONS; i++) {
		/*
		 * Exactly as many bytes as there are, so that reading past the end shows under
		 * ASan.
		 */
		char *text = malloc(n);
		struct topo *t = NULL;
		struct error e = { 0 };

		assert_non_null(text);
		memcpy(text, topo_default_text(), n);
		n_mutated = mutate(text, n, &seed);
		if (topo_parse(text, n_mutated, "m", &t, &e) == 0) {
			check_invariants(t);
			topo_free(t);
			n_ok++;
		} else {
			assert_null(t);
			assert_memory_equal(e.text, "m:", 2);
		}
		free(text);
	}
	/* Both outcomes must have been seen often, or the mutations test nothing. */
	assert_in_range(n_ok, MUTATIONS / 100, MUTATIONS - MUTATIONS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_in_topology),
		cmocka_unit_test(blanks_and_comments),
		cmocka_unit_test(address_on_bridge_and_veth_between_hosts),
		cmocka_unit_test(services_vlans_and_routes),
		cmocka_unit_test(refusals_name_line_and_remedy),
		cmocka_unit_test(nul_byte_is_refused),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(too_many_words_and_bytes),
		cmocka_unit_test(mutated_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

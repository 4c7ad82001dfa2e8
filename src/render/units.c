// SPDX-License-Identifier: GPL-2.0-only
#include "units.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

struct duration {
	char whole[24];
	char fraction[16]; /* ".21" or "" */
	const char *unit;
};

static const struct unit {
	const char *name, *ascii;
	uint64_t ns;
	int decimals; /* at most */
} units[] = {
	{ "ns", "ns", 1, 0 },
	{ "µs", "us", 1000, 2 },
	{ "ms", "ms", 1000000, 2 },
	{ "s", "s", 1000000000, 2 },
	{ "min", "min", 60000000000, 2 },
	{ "h", "h", 3600000000000, 2 },
};

#define UNIT_COUNT (sizeof(units) / sizeof(units[0]))

/* The least unit, and in it the most decimals, that leave a rounded figure of three digits. */
static void duration_split(uint64_t ns, bool utf8, struct duration *d)
{
	static const unsigned int power[] = { 1, 10, 100 };
	static const char *const fraction_format[] = { "%.0u", ".%u", ".%02u" };

	for (size_t u = 0; u < UNIT_COUNT; u++) {
		d->unit = utf8 ? units[u].name : units[u].ascii;
		for (int decimals = units[u].decimals; decimals >= 0; decimals--) {
			unsigned int p = power[decimals];
			uint64_t unit = units[u].ns;
			uint64_t figure = ((unsigned __int128)ns * p + unit / 2) / unit;

			if (figure >= 1000 && (decimals > 0 || u + 1 < UNIT_COUNT))
				continue;
			snprintf(d->whole, sizeof(d->whole), "%llu", (unsigned long long)figure / p);
			snprintf(d->fraction, sizeof(d->fraction), fraction_format[decimals],
				 (unsigned int)(figure % p));
			return;
		}
	}
}

char *units_duration(char buf[UNITS_BYTES], uint64_t ns, bool utf8)
{
	struct duration d;

	duration_split(ns, utf8, &d);
	snprintf(buf, UNITS_BYTES, "%s%s %s", d.whole, d.fraction, d.unit);
	return buf;
}

char *units_duration_column(char buf[UNITS_BYTES], const char *sign, uint64_t ns, bool utf8)
{
	struct duration d;
	char whole[32];

	duration_split(ns, utf8, &d);
	snprintf(whole, sizeof(whole), "%s%s", sign, d.whole);
	/* minutes never have two decimals: the longer unit takes the blank */
	snprintf(buf, UNITS_BYTES, "%4s%-*s %s", whole, strcmp(d.unit, "min") ? 3 : 2, d.fraction,
		 d.unit);
	return buf;
}

char *units_duration_exact(char buf[UNITS_BYTES], uint64_t ns, bool utf8)
{
	static const int decimals[] = { 0, 3, 6, 9 };
	size_t u = ns < 1000 ? 0 : ns < 1000000 ? 1 : ns < 1000000000 ? 2 : 3;

	if (u == 0)
		snprintf(buf, UNITS_BYTES, "%u ns", (unsigned int)ns);
	else
		snprintf(buf, UNITS_BYTES, "%llu.%0*llu %s", (unsigned long long)(ns / units[u].ns),
			 decimals[u], (unsigned long long)(ns % units[u].ns),
			 utf8 ? units[u].name : units[u].ascii);
	return buf;
}

char *units_percent(char buf[UNITS_BYTES], uint64_t part, uint64_t whole)
{
	unsigned int tenths = 0;

	if (whole > 0)
		tenths = ((unsigned __int128)part * 1000 + whole / 2) / whole;
	snprintf(buf, UNITS_BYTES, "%3u.%u %%", tenths / 10, tenths % 10);
	return buf;
}

char *units_count(char buf[UNITS_BYTES], uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n), at = 0;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf[at++] = ',';
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
	return buf;
}

char *units_host(char buf[UNITS_BYTES], const uint8_t addr[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (!memcmp(addr, mapped, sizeof(mapped)))
		inet_ntop(AF_INET, addr + 12, buf, UNITS_BYTES);
	else
		inet_ntop(AF_INET6, addr, buf, UNITS_BYTES);
	return buf;
}

char *units_address(char buf[UNITS_BYTES], const struct journey_address *a)
{
	char host[UNITS_BYTES];

	units_host(host, a->addr);
	snprintf(buf, UNITS_BYTES, strchr(host, ':') ? "[%.45s]:%u" : "%.45s:%u", host, a->port);
	return buf;
}

char *units_proto(char buf[UNITS_BYTES], uint8_t proto)
{
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP)
		strcpy(buf, proto == IPPROTO_TCP ? "tcp" : "udp");
	else
		snprintf(buf, UNITS_BYTES, "%u", proto);
	return buf;
}

static const struct {
	const char *name, *words;
} losses[CRUMB_LOSS_MAX] = {
	[CRUMB_LOSS_RING] = { "ring", "ring buffer full" },
	[CRUMB_LOSS_FLOWS] = { "flows", "flow table full" },
	[CRUMB_LOSS_TASKS] = { "tasks", "no memory for a task" },
	[CRUMB_LOSS_MISSED] = { "missed", "program skipped by the kernel" },
	[CRUMB_LOSS_SPOOL] = { "spool", "could not be stored" },
	[CRUMB_LOSS_FUNCS] = { "functions",
			       "calls of kernel functions missed; the journeys themselves lack nothing" },
	[CRUMB_LOSS_JOIN] = { "join",
			      "left out where hosts are joined: a time that cannot be, or no room" },
	[CRUMB_LOSS_SAMPLES] = { "samples",
				 "samples of a switch's hardware missed; the journeys themselves lack nothing" },
};

const char *units_nat_name(unsigned int how)
{
	static const char *const names[] = {
		[CRUMB_NAT_SRC] = "snat",
		[CRUMB_NAT_DST] = "dnat",
		[CRUMB_NAT_SRC | CRUMB_NAT_DST] = "dnat+snat",
	};

	return how < sizeof(names) / sizeof(names[0]) && names[how] ? names[how] : "nat";
}

const char *units_loss_name(unsigned int cause)
{
	return cause < CRUMB_LOSS_MAX && losses[cause].name ? losses[cause].name : "unknown";
}

const char *units_loss_words(unsigned int cause)
{
	if (cause >= CRUMB_LOSS_MAX || !losses[cause].words)
		return "cause unknown";
	return losses[cause].words;
}

static const struct {
	const char *code, *one, *many;
} asides[CRUMB_ASIDE_MAX] = {
	[CRUMB_ASIDE_MPTCP] = { "mptcp", "connection of MPTCP", "connections of MPTCP" },
	[CRUMB_ASIDE_FASTOPEN] = { "fastopen", "message that made its connection (TCP Fast Open)",
				   "messages that made their connections (TCP Fast Open)" },
	[CRUMB_ASIDE_KTLS] = { "ktls", "connection of kTLS", "connections of kTLS" },
	[CRUMB_ASIDE_UNIX] = { "unix", "message on a Unix socket", "messages on Unix sockets" },
};

const char *units_aside_code(unsigned int what)
{
	return asides[what].code;
}

const char *units_aside_words(unsigned int what, uint64_t count)
{
	return count == 1 ? asides[what].one : asides[what].many;
}

const char *units_call_error(const struct trace_failed *f)
{
	static const char *const eai[] = {
		/* <netdb.h> */
		[1] = "EAI_BADFLAGS", [2] = "EAI_NONAME",    [3] = "EAI_AGAIN",
		[4] = "EAI_FAIL",     [5] = "EAI_NODATA",    [6] = "EAI_FAMILY",
		[7] = "EAI_SOCKTYPE", [8] = "EAI_SERVICE",   [10] = "EAI_MEMORY",
		[11] = "EAI_SYSTEM",  [12] = "EAI_OVERFLOW",
	};

	if (!f->libc)
		return strerrorname_np((int)-f->ret);
	return f->ret < 0 && (uint64_t)-f->ret < sizeof(eai) / sizeof(eai[0]) ? eai[-f->ret] : NULL;
}

const char *units_call_error_words(const struct trace_failed *f)
{
	return f->libc ? gai_strerror((int)f->ret) : strerrordesc_np((int)-f->ret);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expressions to classic BPF, with libpcap (pcap-filter(7), pcap_compile(3PCAP)), for DLT_RAW: the packet
 * begins at the IP header and the version nibble tells the family. At a socket there is no Ethernet header,
 * so an expression that needs one is refused with a remedy instead of silently matching nothing.
 */
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "filter.h"
#include "filter_packet.h"

_Static_assert(sizeof(struct bpf_insn) == sizeof(struct sock_filter) &&
		       offsetof(struct bpf_insn, jt) == offsetof(struct sock_filter, jt) &&
		       offsetof(struct bpf_insn, jf) == offsetof(struct sock_filter, jf) &&
		       offsetof(struct bpf_insn, k) == offsetof(struct sock_filter, k),
	       "libpcap's and the kernel's classic BPF instruction are the same bytes");

/* What a taken packet returns in classic BPF; any number but 0 does. */
#define SNAPLEN 262144

#define USE_IP \
	"crumb sees packets from the IP header on; use ip, ip6, host, net, port, tcp, udp, icmp"

/* Begin of libpcap's message (or a part of it) and what to do about it. */
static const struct {
	const char *part;
	const char *remedy;
} remedies[] = {
	{ "ethernet address", USE_IP },
	{ "link-layer multicast", "use 'ip multicast' or 'ip6 multicast'" },
	{ "not a broadcast link", "use 'host 255.255.255.255'" },
	{ "netmask not known", "use 'host' with the broadcast address" },
	{ "for Raw IP", USE_IP },
	{ "supported only on", USE_IP },
	{ "802.11", USE_IP },
	{ "rejects all packets",
	  "no IP packet can match: two parts contradict each other, or a protocol is not above IP" },
	{ "unknown host", "the name does not resolve here; use its address" },
	{ "unknown port", "the name is not in /etc/services; use its number" },
	{ "syntax error", "see pcap-filter(7); an example: 'tcp port 4747 and host 10.47.0.2'" },
};

static int refuse_compile(const char *expr, const char *message, struct error *e)
{
	for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
		if (strstr(message, remedies[i].part))
			return error_set(e, -EINVAL, "filter '%s': %s (%s)", expr, message,
					 remedies[i].remedy);
	return error_set(e, -EINVAL, "filter '%s': %s", expr, message);
}

/*
 * `ether[0]` is accepted for DLT_RAW, where it means byte 0 of the IP header: not what was meant. Return the
 * word, or NULL when @expr has no such access.
 */
static const char *find_link_access(const char *expr)
{
	static const char *const words[] = { "ether", "link", "fddi", "tr", "wlan", "ppp", "slip" };

	while (*expr) {
		size_t n = strcspn(expr, " \t\n[]()&|!<>=+-*/%^:,");
		const char *after = expr + n + strspn(expr + n, " \t\n");

		for (size_t i = 0; n && *after == '[' && i < sizeof(words) / sizeof(words[0]); i++)
			if (strlen(words[i]) == n && strncmp(words[i], expr, n) == 0)
				return words[i];
		expr += n ? n : 1;
	}
	return NULL;
}

static size_t load_bytes(const struct sock_filter *in)
{
	switch (in->code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_W | BPF_IND:
		return 4;
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_H | BPF_IND:
		return 2;
	case BPF_LD | BPF_B | BPF_ABS:
	case BPF_LD | BPF_B | BPF_IND:
	case BPF_LDX | BPF_B | BPF_MSH:
		return 1;
	}
	return 0;
}

/* What libpcap accepts but crumb_filter() could never answer: refuse it now rather than match nothing. */
static int check_answerable(const struct filter *f, const char *expr, struct error *e)
{
	for (size_t pc = 0; pc < f->n_insns; pc++) {
		const struct sock_filter *in = &f->insns[pc];
		size_t bytes = load_bytes(in);

		if (in->code == (BPF_JMP | BPF_JA) && in->k >= f->n_insns)
			return error_set(e, -EINVAL,
					 "filter '%s': protochain needs a loop, which crumb "
					 "does not run in the kernel (use ip proto or ip6 proto)",
					 expr);
		if (bytes && in->k >= (uint32_t)SKF_AD_OFF)
			return error_set(e, -EINVAL,
					 "filter '%s': inbound, outbound and the like are not "
					 "written in the packet (use src and dst)",
					 expr);
		if (bytes && in->k + bytes > CRUMB_FILTER_BYTES)
			return error_set(e, -E2BIG,
					 "filter '%s' looks at byte %u of a header, but only "
					 "the first %u bytes of the packet are at hand in the kernel",
					 expr, in->k, CRUMB_FILTER_BYTES);
	}
	return 0;
}

/* Can X be anything but the length of an IPv4 header? */
static bool sets_index_freely(const struct sock_filter *in)
{
	if (BPF_CLASS(in->code) == BPF_LDX)
		return in->code != (BPF_LDX | BPF_B | BPF_MSH);
	return in->code == (BPF_MISC | BPF_TAX);
}

size_t filter_reach(const struct filter *f)
{
	const size_t ip_header_max = 60;
	bool free_index = false, indexed = false;
	size_t reach = 0;

	for (size_t pc = 0; f && pc < f->n_insns; pc++) {
		const struct sock_filter *in = &f->insns[pc];
		bool index = BPF_CLASS(in->code) == BPF_LD && BPF_MODE(in->code) == BPF_IND;
		size_t end = load_bytes(in);

		if (end)
			end += in->k + (index ? ip_header_max : 0);
		if (end > reach)
			reach = end;
		indexed |= index;
		free_index |= sets_index_freely(in);
	}
	if ((indexed && free_index) || reach > CRUMB_FILTER_BYTES)
		return CRUMB_FILTER_BYTES;
	return reach;
}

static void merge_written(uint16_t *written, size_t n, size_t at, uint16_t now)
{
	if (at < n)
		written[at] &= now;
}

/*
 * libpcap 1.10 can make a program that reads a scratch word which it wrote on another branch only: with
 * `geneve`, after which every later part looks inside the tunnel, tunnel or not. The answer would depend on
 * what lay in that word. One pass: jumps go forward.
 */
static bool reads_unwritten(const struct filter *f, uint16_t *written)
{
	size_t n = f->n_insns;

	memset(written, 0xff, n * sizeof(*written)); /* as long as no way leads there */
	written[0] = 0;
	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *in = &f->insns[pc];
		uint16_t now = written[pc];

		switch (BPF_CLASS(in->code)) {
		case BPF_JMP:
			if (BPF_OP(in->code) == BPF_JA) {
				merge_written(written, n, pc + 1 + in->k, now);
			} else {
				merge_written(written, n, pc + 1 + in->jt, now);
				merge_written(written, n, pc + 1 + in->jf, now);
			}
			continue;
		case BPF_RET:
			continue;
		case BPF_LD:
		case BPF_LDX:
			if (BPF_MODE(in->code) == BPF_MEM && !(now & 1u << in->k))
				return true;
			break;
		case BPF_ST:
		case BPF_STX:
			now |= 1u << in->k;
			break;
		}
		merge_written(written, n, pc + 1, now);
	}
	return false;
}

static int check_scratch(const struct filter *f, const char *expr, struct error *e)
{
	_cleanup_free_ uint16_t *written = calloc(f->n_insns, sizeof(*written));

	if (!written)
		return error_set(e, -ENOMEM, "out of memory for the filter expression");
	if (reads_unwritten(f, written))
		return error_set(e, -EINVAL,
				 "filter '%s': after geneve libpcap looks inside the tunnel even of "
				 "packets that have none (join what follows geneve with 'and', put the rest "
				 "before it)",
				 expr);
	return 0;
}

static int filter_new(const struct bpf_program *program, struct filter **ret)
{
	_cleanup_(filter_freep) struct filter *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->insns = calloc(program->bf_len, sizeof(*f->insns));
	if (!f->insns)
		return -ENOMEM;
	memcpy(f->insns, program->bf_insns, program->bf_len * sizeof(*f->insns));
	f->n_insns = program->bf_len;
	*ret = steal_ptr(f);
	return 0;
}

static void pcap_donep(pcap_t **p)
{
	if (*p)
		pcap_close(*p);
}

int filter_compile(const char *expr, struct filter **ret, struct error *e)
{
	_cleanup_(filter_freep) struct filter *f = NULL;
	_cleanup_(pcap_donep) pcap_t *p = pcap_open_dead(DLT_RAW, SNAPLEN);
	struct bpf_program program = {};
	const char *word;
	int r;

	if (!p)
		return error_set(e, -ENOMEM, "out of memory for the filter expression");
	if (!expr)
		expr = "";
	word = find_link_access(expr);
	if (word)
		return error_set(e, -EINVAL,
				 "filter '%s': there is no %s header at a socket (" USE_IP
				 ", or ip[...], tcp[...])",
				 expr, word);
	if (pcap_compile(p, &program, expr, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return refuse_compile(expr, pcap_geterr(p), e);
	r = filter_new(&program, &f);
	pcap_freecode(&program);
	if (r < 0)
		return error_set(e, r, "out of memory for the filter expression");
	r = check_answerable(f, expr, e);
	if (r == 0)
		r = check_scratch(f, expr, e);
	if (r < 0)
		return r;
	*ret = steal_ptr(f);
	return 0;
}

bool filter_takes_proto(const char *expr, int proto)
{
	_cleanup_free_ char *both = NULL;
	struct bpf_program program;
	pcap_t *p;
	bool takes;

	if (asprintf(&both, "(%s) and %s", expr, proto == IPPROTO_UDP ? "udp" : "tcp") < 0)
		return true;
	p = pcap_open_dead(DLT_RAW, SNAPLEN);
	if (!p)
		return true;
	takes = pcap_compile(p, &program, both, 1, PCAP_NETMASK_UNKNOWN) == 0;
	if (takes)
		pcap_freecode(&program);
	else
		takes = !strstr(pcap_geterr(p), "rejects all");
	pcap_close(p);
	return takes;
}

int filter_check_protos(const char *expr, struct error *e)
{
	if (filter_takes_proto(expr, IPPROTO_TCP) || filter_takes_proto(expr, IPPROTO_UDP))
		return 0;
	return error_set(e, -EINVAL,
			 "filter '%s' matches no TCP or UDP packet, and crumb follows these two only",
			 expr);
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	free(f->insns);
	free(f);
}

void filter_freep(struct filter **f)
{
	filter_free(*f);
}

bool filter_match_user(const struct filter *f, const void *l3, size_t caplen, size_t len)
{
	if (caplen > CRUMB_FILTER_BYTES)
		caplen = CRUMB_FILTER_BYTES;
	return !f || bpf_filter((const struct bpf_insn *)f->insns, l3, len, caplen) != 0;
}

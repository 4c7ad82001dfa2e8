// SPDX-License-Identifier: GPL-2.0-only
#include "lab_names.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "lab.h"
#include "lab_state.h"
#include "strbuf.h"

/* Words after which pcap-filter(7) takes a host's name. */
static bool takes_host(const char *word, size_t n)
{
	static const char *const words[] = { "host", "src", "dst" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (n == strlen(words[i]) && !strncmp(word, words[i], n))
			return true;
	return false;
}

/* "(10.47.0.2 or fd47:c0de::2)" from the lab's hosts file. False: the lab has no such host. */
static bool put_addresses(struct strbuf *out, const char *lab, const char *name, size_t n)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[LAB_PATH_BYTES], line[512], addr[64], host[64], word[LAB_HOST_BYTES];
	struct lab_host h;
	unsigned int found = 0;

	if (n >= sizeof(word))
		return false;
	memcpy(word, name, n);
	word[n] = '\0';
	if (lab_find_host(lab, word, &h))
		return false;
	lab_state_path(lab, "hosts", path);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %63s", addr, host) != 2 || strcmp(host, word))
			continue;
		strbuf_puts(out, found++ ? " or " : "(");
		strbuf_puts(out, addr);
	}
	if (found)
		strbuf_putc(out, ')');
	return found;
}

char *lab_names_in(const char *expr, const char *lab)
{
	struct strbuf out = { 0 };
	bool host_next = false;

	while (*expr) {
		size_t n = 0;

		while (expr[n] && (isalnum((unsigned char)expr[n]) || strchr("_-.:", expr[n])))
			n++;
		if (!n) {
			strbuf_putc(&out, *expr++);
			continue;
		}
		if (!host_next || takes_host(expr, n) || !put_addresses(&out, lab, expr, n))
			strbuf_add(&out, expr, n);
		host_next = takes_host(expr, n);
		expr += n;
	}
	if (!out.text)
		strbuf_puts(&out, "");
	if (out.failed) {
		strbuf_done(&out);
		return NULL;
	}
	return out.text;
}

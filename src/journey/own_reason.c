// SPDX-License-Identifier: GPL-2.0-only
#include "own_reason.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "hash.h"

#define OWN_REASONS  0x800000u /* numbers of ours begin here: the kernel's are some hundred */
#define REASONS_MAX  65536u    /* with their proofs, and ... */
#define REASONS_KEPT 65000u    /* ... the last ones without */
#define LATE_NS	     100000000ull
#define NOT_KEPT     "proof not kept: there are too many"

struct reason {
	uint32_t number;
	char *text; /* name, then proof: what is the same is one */
	const char *proof;
	UT_hash_handle hh, by_number;
};

struct own_reasons {
	struct reason *all, *numbers;
	uint32_t next;
};

struct own_reasons *own_reasons_new(void)
{
	return calloc(1, sizeof(struct own_reasons));
}

void own_reasons_free(struct own_reasons *rs)
{
	struct reason *r, *next;

	if (!rs)
		return;
	HASH_CLEAR(by_number, rs->numbers);
	HASH_ITER(hh, rs->all, r, next)
	{
		HASH_DEL(rs->all, r);
		free(r->text);
		free(r);
	}
	free(rs);
}

uint32_t own_reason(struct own_reasons *rs, struct facts *f, const char *name, const char *proof)
{
	struct crumb_ev_reason fact = {
		.h = { .type = CRUMB_EV_REASON, .size = sizeof(fact) },
	};
	size_t at = strlen(name) + 1, len = at + strlen(proof);
	char *text = malloc(len + 1);
	struct reason *r;
	bool full;

	if (!text)
		return 0;
	memcpy(text, name, at);
	memcpy(text + at, proof, len - at + 1);
	HASH_FIND(hh, rs->all, text, len, r);
	full = rs->next >= REASONS_KEPT && strcmp(proof, NOT_KEPT) != 0;
	if (r || full || rs->next == REASONS_MAX) {
		free(text);
		return r ? r->number : full ? own_reason(rs, f, name, NOT_KEPT) : 0;
	}
	r = calloc(1, sizeof(*r));
	if (!r) {
		free(text);
		return 0;
	}
	r->text = text;
	r->proof = text + at;
	r->number = OWN_REASONS + rs->next++;
	HASH_ADD_KEYPTR(hh, rs->all, r->text, len, r);
	HASH_ADD(by_number, rs->numbers, number, sizeof(r->number), r);
	fact.value = r->number;
	strncpy(fact.name, name, sizeof(fact.name) - 1);
	return facts_event(f, &fact.h) ? 0 : r->number;
}

const char *own_reason_proof(const struct own_reasons *rs, uint32_t number)
{
	struct reason *r;

	HASH_FIND(by_number, rs->numbers, &number, sizeof(number), r);
	return r ? r->proof : NULL;
}

const char *own_reason_late(uint64_t drop_ns, uint64_t read_ns)
{
	if (read_ns <= drop_ns + LATE_NS)
		return "";
	if (read_ns <= drop_ns + 1000000000)
		return " (read within 1 s after it)";
	return read_ns <= drop_ns + 10000000000 ? " (read within 10 s after it)" :
						  " (read more than 10 s after it)";
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What kernel functions of the network path do, a sentence each: for the tree of a call and for the walk of the demo. */
#ifndef CRUMB_TOPIC_FUNCTIONS_H
#define CRUMB_TOPIC_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct function_doc {
	const char *name; /* as the kernel's source has it */
	const char *file; /* where it stands in Linux 6.18 */
	const char *doc;
};

/* @symbol as kallsyms has it: .constprop.0, .part.0, _noprof and the like are looked through. NULL: not described. */
const struct function_doc *function_find(const char *symbol);
const struct function_doc *function_at(unsigned int i); /* NULL past the last */

/* @symbol without what compilers and macros append. */
void function_source_name(const char *symbol, char *buf, size_t size);

/* Tracepoints of watch_record.h in words: "memory from a slab cache"; NULL unknown. */
const char *function_tracepoint_words(const char *tracepoint);
/* It says only that memory was taken or given back. */
bool function_is_memory(const char *tracepoint);

#endif

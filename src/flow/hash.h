/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uthash, told to report a failed allocation instead of ending the process: after HASH_ADD the
 * element's hh.tbl is NULL if there was no memory. The tables here own their elements.
 */
#ifndef CRUMB_FLOW_HASH_H
#define CRUMB_FLOW_HASH_H

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* Adds a zeroed element with that key, which must not be there. @out: NULL if there is no memory. */
#define HASH_NEW(head, keyfield, keyptr, out)                               \
	do {                                                                \
		(out) = calloc(1, sizeof(*(out)));                          \
		if (!(out))                                                 \
			break;                                              \
		memcpy(&(out)->keyfield, keyptr, sizeof((out)->keyfield));  \
		HASH_ADD(hh, head, keyfield, sizeof((out)->keyfield), out); \
		if (!(out)->hh.tbl) {                                       \
			free(out);                                          \
			(out) = NULL;                                       \
		}                                                           \
	} while (0)

/* Finds the element with that key, or adds one. @out: NULL if there is no memory. */
#define HASH_MAKE(head, keyfield, keyptr, out)                              \
	do {                                                                \
		HASH_FIND(hh, head, keyptr, sizeof((head)->keyfield), out); \
		if (!(out))                                                 \
			HASH_NEW(head, keyfield, keyptr, out);              \
	} while (0)

/* The same of at most @most: the eldest goes (uthash keeps the order of arrival). */
#define HASH_MAKE_BOUNDED(head, keyfield, keyptr, most, out)                \
	do {                                                                \
		HASH_FIND(hh, head, keyptr, sizeof((head)->keyfield), out); \
		if (!(out) && HASH_COUNT(head) == (most)) {                 \
			(out) = (head);                                     \
			HASH_DEL(head, out);                                \
			free(out);                                          \
			(out) = NULL;                                       \
		}                                                           \
		if (!(out))                                                 \
			HASH_NEW(head, keyfield, keyptr, out);              \
	} while (0)

/* Empties it; elements that own more than themselves are for their owner to free. */
#define HASH_FREE(head)                            \
	do {                                       \
		__typeof__(head) item_, after_;    \
                                                   \
		HASH_ITER(hh, head, item_, after_) \
		{                                  \
			HASH_DEL(head, item_);     \
			free(item_);               \
		}                                  \
	} while (0)

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of a line of JSON that stand in files of their own; json.c puts them in order. */
#ifndef CRUMB_RENDER_JSON_PARTS_H
#define CRUMB_RENDER_JSON_PARTS_H

#include "journey.h"
#include "json_out.h"
#include "unusual.h"

void json_transmissions(struct json_out *j, const struct journey *y); /* ,"transmissions":[...] */

void json_hardware(struct json_out *j, const struct journey_segment *s); /* ,"hardware":[...] */

void json_reset(struct json_out *j, const struct journey_reset *r); /* ,"reset":{...} */

void json_unmade(struct json_out *j, const struct trace_summary *s); /* ,"not_connected":[...] */
void json_failed(struct json_out *j, const struct trace_summary *s); /* ,"failed_calls":[...] */

void json_outside(struct json_out *j, const struct trace_summary *s); /* ,"outside":[...] */

void json_unusual(struct json_out *j,
		  const struct trace_unusual *u); /* ,"usual":[...],"unusual":[...] */

#endif

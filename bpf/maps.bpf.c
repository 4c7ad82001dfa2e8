// SPDX-License-Identifier: GPL-2.0-only
#include "maps.h"

struct news news SEC(".maps");
struct woken woken SEC(".maps");
struct calls_apart calls_apart SEC(".maps");
struct rings rings SEC(".maps");
struct flows flows SEC(".maps");
struct zones zones SEC(".maps");
struct listeners listeners SEC(".maps");
struct selected_tasks selected_tasks SEC(".maps");
struct task_states task_states SEC(".maps");
struct task_map task_map SEC(".maps");
struct flow_ids flow_ids SEC(".maps");
struct filter_room filter_room SEC(".maps");
struct flow_room flow_room SEC(".maps");
struct func_calls func_calls SEC(".maps");
struct func_args func_args SEC(".maps");

const volatile struct crumb_settings crumb_cfg = {};
const volatile __u64 crumb_zeroes[64] = {};
_Static_assert(sizeof(struct task_state) <= sizeof(crumb_zeroes), "task_map starts from these");
struct crumb_counters crumb_counters = {};
__u8 crumb_listen[65536] = {};
__u8 crumb_bloom[CRUMB_BLOOM_SLOTS] = {};
struct crumb_cpu crumb_cpus[CRUMB_MAX_CPUS] = {};

char LICENSE[] SEC("license") = "GPL";

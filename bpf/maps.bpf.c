// SPDX-License-Identifier: GPL-2.0-only
#include "maps.h"

struct news news SEC(".maps");
struct woken woken SEC(".maps");
struct rings rings SEC(".maps");
struct flows flows SEC(".maps");
struct zones zones SEC(".maps");
struct listeners listeners SEC(".maps");
struct selected_tasks selected_tasks SEC(".maps");
struct task_states task_states SEC(".maps");

const volatile struct crumb_settings crumb_cfg = {};
struct crumb_counters crumb_counters = {};
__u8 crumb_listen[65536] = {};
__u8 crumb_bloom[CRUMB_BLOOM_SLOTS] = {};
struct crumb_armed crumb_armed[CRUMB_MAX_CPUS] = {};
struct crumb_handed crumb_handed[CRUMB_MAX_CPUS] = {};

char LICENSE[] SEC("license") = "GPL";

// SPDX-License-Identifier: GPL-2.0-only
#include "maps.h"

struct news news SEC(".maps");
struct woken woken SEC(".maps");
struct calls_apart calls_apart SEC(".maps");
struct rings rings SEC(".maps");
struct flows flows SEC(".maps");
struct flow_cells flow_cells SEC(".maps");
struct zones zones SEC(".maps");
struct listeners listeners SEC(".maps");
struct selected_tasks selected_tasks SEC(".maps");
struct task_states task_states SEC(".maps");
struct task_map task_map SEC(".maps");
struct readers readers SEC(".maps");
struct flow_ids flow_ids SEC(".maps");
struct connects connecting SEC(".maps");
struct filter_room filter_room SEC(".maps");
struct text_room text_room SEC(".maps");
struct head_room head_room SEC(".maps");
struct aliases aliases SEC(".maps");
struct nat_room nat_room SEC(".maps");
struct tunnels tunnels SEC(".maps");
struct seals seals SEC(".maps");
struct qdiscs qdiscs SEC(".maps");
struct func_calls func_calls SEC(".maps");
struct func_args func_args SEC(".maps");
struct verdicts verdicts SEC(".maps");

const volatile struct crumb_settings crumb_cfg = {};
const volatile __u64 crumb_zeroes[192] = {};
_Static_assert(sizeof(struct task_state) <= sizeof(crumb_zeroes), "task_map starts from these");
_Static_assert(sizeof(struct reader) <= sizeof(crumb_zeroes), "readers start from these");
/* What CPUs write begins at a line of the cache. */
#define LINE __attribute__((aligned(64)))
struct crumb_counters crumb_counters LINE = {};
__u8 crumb_listen[65536] = {};
__u8 crumb_sock_marks[CRUMB_SOCK_MARKS] = {};
__u32 crumb_slots[CRUMB_BLOOM_SLOTS] = {};
struct crumb_zone crumb_zones[CRUMB_ZONE_SLOTS] LINE = {};
struct crumb_arrived crumb_arrived[CRUMB_MAX_CPUS] LINE = {};
__u8 crumb_readers[CRUMB_READER_MARKS] LINE = {};
struct crumb_cpu crumb_cpus[CRUMB_MAX_CPUS] LINE = {};
struct crumb_asked crumb_nf_asked[CRUMB_NF_SLOTS] LINE = {};
struct crumb_softirq crumb_softirqs[CRUMB_MAX_CPUS] LINE = {};
struct crumb_cards crumb_cards[CRUMB_MAX_CPUS] LINE = {};
struct crumb_irqs crumb_irqs LINE = {};

char LICENSE[] SEC("license") = "GPL";

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a switch's hardware drops: the traps of kind drop that devlink names for all drivers (include/net/devlink.h;
 * Documentation/networking/devlink/devlink-trap.rst). A driver may have others of its own. A trap's packets are only seen where its action is trap.
 */
#include "topic.h"

#include <stddef.h>

#define COUNTERS "devlink -s trap show DEV trap NAME\tits action, what it has counted"

/* clang-format off */
const struct topic_whole topic_traps[] = {
	{ "hw.source_mac_is_multicast", "A switch's hardware dropped the frame: its source address is a group's.",
	  "No machine has such an address: the frame is damaged or made up.", "The source address of the frame.", COUNTERS },
	{ "hw.vlan_tag_mismatch", "A switch's hardware dropped the frame: it came without a tag, or with one of priority only, where the port has no PVID.",
	  "The bridge's port takes tagged frames only.", "PVID of the port.", COUNTERS "\nbridge vlan show dev PORT\tits VLANs, PVID" },
	{ "hw.ingress_vlan_filter", "A switch's hardware dropped the frame: its VLAN is not among those of the port by which it came.",
	  "What br_allowed_ingress() is for a bridge of the kernel's.", "VLANs of the port.", COUNTERS "\nbridge vlan show dev PORT\tits VLANs\nbridge vlan add dev PORT vid N\tadds one" },
	{ "hw.ingress_spanning_tree_filter", "A switch's hardware dropped the frame: the port by which it came is not forwarding in that VLAN.",
	  "Spanning tree (the kernel's, mstpd) has set the port's state.", "STP state of the port.", COUNTERS "\nbridge -d link\tstates" },
	{ "hw.port_list_is_empty", "A switch's hardware dropped the frame: there was no port to send it out of.",
	  "An unknown destination or a group, of which no other port takes anything.", "Flooding of the ports, the MDB.", COUNTERS "\nbridge -d link\tflood, mcast_flood\nbridge mdb show\tgroups" },
	{ "hw.port_loopback_filter", "A switch's hardware dropped the frame: it should leave by the port by which it came.",
	  "The destination was learned behind the same port; there is no hairpin.", "FDB entry of the destination.", COUNTERS "\nbridge fdb show\twhere the address is" },
	{ "hw.blackhole_route", "A switch's hardware dropped the packet: its route says so.",
	  "The longest prefix is a route of type blackhole.", "The routing table, as the hardware has it.", COUNTERS "\nip route show type blackhole\tsuch routes" },
	{ "hw.blackhole_nexthop", "A switch's hardware dropped the packet: the next hop of its route says so.",
	  "The route leads to a nexthop object that is a blackhole.", "The nexthop objects.", COUNTERS "\nip nexthop show\tthem" },
	{ "hw.tail_drop", "A switch's hardware dropped the packet: a queue had no room.",
	  "A port out gets more than it can send, or the shared buffer is used up.", "Queues and buffers of the port out.", COUNTERS "\nethtool -S PORT\tdrops by queue\ndevlink sb occupancy show DEV\tbuffers" },
	{ "hw.early_drop", "A switch's hardware dropped the packet: RED chose it before the queue was full.",
	  "A qdisc of kind red is offloaded, and its queue is long.", "Length of the queue, min, max, probability.", COUNTERS "\ntc -s qdisc show dev PORT\tearly drops" },
	{ "hw.ingress_flow_action_drop", "A switch's hardware dropped the packet: a rule on the way in says so.",
	  "A tc filter (flower, matchall) with the action drop that is in_hw. Its cookie, if it has one, tells which.", "The port's rules on ingress.", COUNTERS "\ntc -s filter show dev PORT ingress\trules, counters, cookies" },
	{ "hw.egress_flow_action_drop", "A switch's hardware dropped the packet: a rule on the way out says so.",
	  "A tc filter with the action drop that is in_hw.", "The rules on egress.", COUNTERS "\ntc -s filter show dev PORT egress\trules, counters, cookies" },
	{ "hw.non_ip", "A switch's hardware dropped the packet: it should be routed, and is neither IPv4 nor IPv6.",
	  "It was sent to the switch's own MAC address.", "EtherType.", COUNTERS },
	{ "hw.uc_dip_over_mc_dmac", "A switch's hardware dropped the packet: an address of one machine in a frame to a group.",
	  "It should be routed, and RFC 1812 forbids to.", "Destination addresses of frame and packet.", COUNTERS },
	{ "hw.dip_is_loopback_address", "A switch's hardware dropped the packet: it is to a loopback address.", "127.0.0.0/8 or ::1 must not be seen on a wire.", "Destination address.", COUNTERS },
	{ "hw.sip_is_mc", "A switch's hardware dropped the packet: its source address is a group's.", "No machine has such an address.", "Source address.", COUNTERS },
	{ "hw.sip_is_loopback_address", "A switch's hardware dropped the packet: its source is a loopback address.", "127.0.0.0/8 or ::1 must not be seen on a wire.", "Source address.", COUNTERS },
	{ "hw.ip_header_corrupted", "A switch's hardware dropped the packet: its IP header is wrong.", "Checksum, version, or a length that cannot be.", "The IP header.", COUNTERS },
	{ "hw.ipv4_sip_is_limited_bc", "A switch's hardware dropped the packet: its source is 255.255.255.255.", "No machine has such an address.", "Source address.", COUNTERS },
	{ "hw.non_routable_packet", "A switch's hardware dropped the packet: it came to the router and must not be routed.",
	  "For instance a group that is bridged and for which no route was asked.", "What the hardware's router takes.", COUNTERS },
	{ "hw.locked_port", "A switch's hardware dropped the frame: its sender is not known behind that port, which is locked.",
	  "A bridge port with `locked on`: 802.1X has not let that address in.", "FDB entry of the source address.", COUNTERS "\nbridge -d link show dev PORT\tlocked\nbridge fdb show dev PORT\tlocked entries" },
	{ "hw.dmac_filter", "A switch's hardware dropped the frame: its destination address is not one that the port takes.", "The filter of the port's own addresses.", "MAC addresses of the port.", COUNTERS },
	{ "hw.overlay_smac_is_mc", "A switch's hardware dropped the packet: in a tunnel, a frame whose source address is a group's.", "No machine has such an address.", "The inner frame.", COUNTERS },
	{ "hw.ipv6_mc_dip_reserved_scope", "A switch's hardware dropped the packet: it should be routed, and is to a group of a reserved scope (ffx0::/16).", "Nobody may send to such a group (RFC 4291, 2.7).", "Destination address.", COUNTERS },
	{ "hw.ipv6_mc_dip_interface_local_scope", "A switch's hardware dropped the packet: it should be routed, and is to a group of its sender's own interface (ffx1::/16).", "Such packets must not leave a machine (RFC 4291, 2.7).", "Destination address.", COUNTERS },
	{ "hw.vlan_parsing", "A switch's hardware dropped the frame: it could not read the VLAN tag.", "The frame is cut off.", "Tags of the frame.", COUNTERS },
	{ "hw.mpls_parsing", "A switch's hardware dropped the packet: it could not read the MPLS header.", "The packet is cut off.", "Labels.", COUNTERS },
	{ "hw.pppoe_ppp_parsing", "A switch's hardware dropped the packet: it could not read the headers of PPPoE and PPP.", "A reserved session number, or a length that cannot be.", "PPPoE header.", COUNTERS },
	{ "hw.ip_1_parsing", "A switch's hardware dropped the packet: its first IP header is wrong.", "Checksum, header length, or a total length that is more than came.", "The outer IP header.", COUNTERS },
	{ "hw.ip_n_parsing", "A switch's hardware dropped the packet: its last IP header is wrong.", "In a tunnel, the inner one: checksum, header length, or a total length that is more than came.", "The inner IP header.", COUNTERS },
	{ "hw.gre_parsing", "A switch's hardware dropped the packet: it could not read the GRE header.", "The packet is damaged or cut off.", "GRE header.", COUNTERS },
	{ "hw.vxlan_parsing", "A switch's hardware dropped the packet: it could not read the VXLAN header.", "The packet is cut off, or the flag I (a network's number is there) is not set.", "VXLAN header.", COUNTERS },
	{ "hw.udp_parsing", "A switch's hardware dropped the packet: its UDP header is wrong.", "Checksum, a length below 8, or cut off.", "UDP header.", COUNTERS },
	{ "hw.tcp_parsing", "A switch's hardware dropped the packet: its TCP header is wrong.", "Checksum, or flags that do not go together (SYN with FIN, RST).", "TCP header.", COUNTERS },
	{ NULL, NULL, NULL, NULL, NULL },
};

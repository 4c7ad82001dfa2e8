# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Two hosts and a router between them, as namespaces: a (10.1.0.2, fd01::2) - west gw east - b (10.2.0.2, fd02::2).
# Sourced after net.sh.

NET=t$$

on()		# HOST COMMAND...
{
	local host=$1
	shift
	ip netns exec "$NET-$host" "$@"
}

host_add()	# HOST
{
	ip netns add "$NET-$1" || bail "no namespace"
	undo ip netns del "$NET-$1"
	ip -n "$NET-$1" link set lo up
	on "$1" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
}

# A cable.
cable()		# HOST DEVICE HOST DEVICE
{
	ip link add "$2" netns "$NET-$1" type veth peer name "$4" netns "$NET-$3" || bail "no veth"
	ip -n "$NET-$1" link set "$2" up
	ip -n "$NET-$3" link set "$4" up
}

routed_up()
{
	local host
	for host in a gw b; do
		host_add $host
	done
	cable a eth0 gw west
	cable b eth0 gw east
	ip -n "$NET-a" addr add 10.1.0.2/24 dev eth0
	ip -n "$NET-gw" addr add 10.1.0.1/24 dev west
	ip -n "$NET-gw" addr add 10.2.0.1/24 dev east
	ip -n "$NET-b" addr add 10.2.0.2/24 dev eth0
	ip -n "$NET-a" addr add fd01::2/64 dev eth0 nodad
	ip -n "$NET-gw" addr add fd01::1/64 dev west nodad
	ip -n "$NET-gw" addr add fd02::1/64 dev east nodad
	ip -n "$NET-b" addr add fd02::2/64 dev eth0 nodad
	ip -n "$NET-a" route add default via 10.1.0.1
	ip -n "$NET-b" route add default via 10.2.0.1
	ip -n "$NET-a" -6 route add default via fd01::1
	ip -n "$NET-b" -6 route add default via fd02::1
	on gw sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}

# In the background, output to $work/NAME.out; its pid is $spawned.
spawn_on()	# NAME HOST COMMAND...
{
	local name=$1 host=$2
	shift 2
	ip netns exec "$NET-$host" "$@" >"$work/$name.out" 2>&1 </dev/null &
	spawned=$!
	undo end_process $spawned
}

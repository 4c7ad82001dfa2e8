#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What asic.pcapng is: run in a guest (lab/vm/boot; Linux 6.12 of Debian, linux-image-6.12-amd64) as root, with asic.ko made of asic.c against that
# kernel's headers, crumb and tests/readers, tests/writers in PATH. The machine is the switch; both hosts are namespaces of it.
set -eu
for module in psample bridge cls_flower cls_matchall sch_ingress act_gact; do modprobe $module; done
insmod "${1:?asic.ko}"
dev=$(devlink dev | grep asic)
hostname sw
ip netns add a
ip netns add b
ip link set h1 netns a name eth0
ip link set h2 netns b name eth0
sysctl -q net.ipv6.conf.all.disable_ipv6=1
ip link add br0 type bridge
for port in swp1 swp2; do ip link set $port master br0 up; done
ip link set br0 address 02:47:00:00:00:fe up
ip addr add 10.47.0.254/24 dev br0
ip -n a link set eth0 up
ip -n b link set eth0 up
ip -n a addr add 10.47.0.1/24 dev eth0
ip -n b addr add 10.47.0.2/24 dev eth0
ip -n a neigh add 10.47.0.254 lladdr 02:47:00:00:00:fe dev eth0 # the hardware gives the CPU no ARP
for trap in ingress_vlan_filter tail_drop; do devlink trap set "$dev" trap $trap action trap; done
devlink trap set "$dev" trap port_loopback_filter action mirror
# ACLs in hardware: of the first it only counts, of the second a trap tells.
tc qdisc add dev swp1 clsact
acl()	# PREF PROTOCOL PORT ACTION...
{
	local pref=$1 protocol=$2 port=$3
	shift 3
	tc filter add dev swp1 ingress protocol ip pref "$pref" flower skip_sw ip_proto "$protocol" dst_port "$port" action "$@"
}
acl 10 udp 7105 drop
acl 20 udp 7108 drop cookie ab01ff
acl 30 tcp 7109 drop
# The hardware learns, and marks its entries: both addresses must be known before.
ip netns exec a python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("10.47.0.2", 9))'
sleep 1

crumb record -w asic.pcapng --stacks off --snaplen 0 "portrange 7101-7109" 2>crumb.err &
crumb=$!
until grep -q recording crumb.err; do sleep 0.1; done

ip netns exec a python3 - <<'END'
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(2):
    s.sendto(b"datagram %d " % i * 4, ("10.47.0.2", 7101))
    time.sleep(0.02)
END
# What the hardware drops and only counts; by a filter of which a trap tells; what it forwards, and the CPU has a copy, by a drop trap; what is the CPU's own.
datagrams()	# ADDRESS PORT
{
	ip netns exec a python3 -c "import socket
for i in range(2): socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'datagram %d of %d ' % (i, $2) * 4, ('$1', $2))"
	sleep 1.5 # a reading of the counters between each two
}
ip netns exec b python3 -c "import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', 7107))
for i in range(2): s.recv(999)" &
python3 -c "import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', 7106))
for i in range(2): s.recv(999)" &
until ip netns exec b ss -Hlun | grep -q :7107 && ss -Hlun | grep -q :7106; do sleep 0.1; done
datagrams 10.47.0.2 7105
timeout 2 ip netns exec a python3 -c "import socket; socket.create_connection(('10.47.0.2', 7109))" 2>/dev/null || :
devlink trap set "$dev" trap ingress_flow_action_drop action trap
datagrams 10.47.0.2 7108
datagrams 10.47.0.2 7107
datagrams 10.47.0.254 7106
transfer()	# PORT BYTES WRITES
{
	ip netns exec b readers -M 4000 -l r.log "$1" &
	until ip netns exec b ss -ltn | grep -q ":$1"; do sleep 0.1; done
	ip netns exec a writers -l w.log -n "$3" -m "$2" -M "$2" 10.47.0.2 "$1"
	wait $!
}
transfer 7102 1000 3
transfer 7103 500 2
transfer 7104 500 2
kill -INT $crumb
wait $crumb
# The truth from outside: packets by trap, by filter.
devlink -s trap show
tc -s filter show dev swp1 ingress

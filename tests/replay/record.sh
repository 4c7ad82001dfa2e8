#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Records the traces of this directory anew, in a lab of its own: sudo CRUMB=build/crumb tests/replay/record.sh. Then
# UPDATE=1 tests/replay/replay.test, and read the diff.
# Not offload.pcapng: of a guest with QEMU's rocker (-global rocker.len-ports=2 -device rocker,ports[0]=...,ports[1]=...), whose two ports are in
# one bridge and, by a hub each, joined to a virtio NIC in a namespace of its own; Linux 6.1 with rocker.ko built for it. `bridge -d fdb`
# said of both addresses there: extern_learn offload. Nor asic.pcapng: asic.sh.
# shellcheck source=tests/lib/net.sh
. "$(dirname "$0")/../lib/net.sh"
need python3 ss curl nginx redis-server redis-benchmark nft
need_program writers readers
to=$(dirname "$(realpath "$0")")
cd "$work" || exit
lab_up

muffin()	# NAME ADDRESS
{
	spawn_in recv b "$MUFFIN_DIR/muffin-recv" -p $PORT
	wait_text "$work/recv.out" listening
	ln -sf "$MUFFIN_DIR/muffin-send" muffin-send
	"$CRUMB" run --lab "$LAB" --in a --stacks all -w "$1.pcapng" -o /dev/null -- ./muffin-send -p $PORT "$2" muffin
}

transfer()	# NAME READERS-OPTIONS WRITERS-OPTIONS CRUMB-OPTION...
{
	local name=$1 read_with=$2 write_with=$3
	shift 3
	# shellcheck disable=SC2086 # options
	spawn_in readers b "$PROGRAMS/readers" $read_with -l "$work/r" $PORT
	readers=$spawned
	wait_text "$work/readers.out" listening
	start_crumb "$name" record -w "$name.pcapng" --snaplen 54 "$@" "tcp port $PORT"
	# shellcheck disable=SC2086
	in_host a "$PROGRAMS/writers" $write_with -l "$work/w" 10.47.0.2 $PORT
	wait "$readers"
	stop_crumb
}

muffin muffin-v4 10.47.0.2
muffin muffin-v6 fd47:c0de::2
transfer nagle "-M 64" "-n 16 -M 10" --stacks off
transfer shared "-M 4000" "-t 3 -n 4 -m 3000 -M 40000 -b 8192" --stacks off
in_host b nft "add table inet lossy; add chain inet lossy input { type filter hook input priority 0; };
	add rule inet lossy input tcp dport $PORT meta length > 100 numgen inc mod 4 == 0 drop"
transfer lossy "-M 4000" "-n 6 -m 2000 -M 9000" --stacks off
in_host b nft delete table inet lossy
in_host b nft "add table inet lossy; add chain inet lossy input { type filter hook input priority 0; };
	add rule inet lossy input tcp dport $PORT meta length > 100 numgen inc mod 1000000 17-21 drop"
transfer repair "-M 4000" "-n 40 -m 500 -M 900" --stacks off
in_host b nft delete table inet lossy
head -c $(($(wc -c <nagle.pcapng) * 2 / 3)) nagle.pcapng >cut.pcapng

mkdir -p www nginx
chmod 755 "$work" www
echo "<p>a small page</p>" >www/index.html
cat >nginx/nginx.conf <<END
user root; worker_processes 1; daemon off; pid $work/nginx/pid; error_log $work/nginx/error.log;
events { worker_connections 64; }
http { access_log off; client_body_temp_path $work/nginx/b; proxy_temp_path $work/nginx/p;
	fastcgi_temp_path $work/nginx/f; uwsgi_temp_path $work/nginx/u; scgi_temp_path $work/nginx/s;
	server { listen $PORT; root $work/www; } }
END
spawn_in nginx b nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" -e "$work/nginx/error.log"
wait_for 10 listens b $PORT || bail nginx
"$CRUMB" run --lab "$LAB" --in a --stacks all --snaplen 96 -w curl.pcapng -o /dev/null -- \
	curl -s -o /dev/null -4 "http://b:$PORT/"
end_process "$spawned"
spawn_in redis b redis-server --port $PORT --bind 0.0.0.0 --protected-mode no --save "" --appendonly no --dir "$work"
wait_for 10 listens b $PORT || bail redis
"$CRUMB" run --lab "$LAB" --in a --stacks off --snaplen 0 -w redis.pcapng -o /dev/null -- \
	redis-benchmark -h b -p $PORT -n 6 -c 2 -t get -q
mv ./*.pcapng "$to"
ls -l "$to"

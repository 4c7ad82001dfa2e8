# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# What the net tests share: TAP, a lab of the test's own, crumb in the background, an end for everything that was
# started, in reverse order. Sourced; the test's options come first: need TOOL..., then lab_up.

skip_all()	# REASON
{
	echo "1..0 # SKIP $1"
	exit 77
}

[ "$(id -u)" = 0 ] || skip_all "needs root"
[ -x "${CRUMB:=build/crumb}" ] || skip_all "CRUMB does not name the binary"
CRUMB=$(realpath "$CRUMB")
BUILD=$(realpath "${CRUMB_BUILD:-$(dirname "$CRUMB")}")
MUFFIN_DIR=$(realpath "${MUFFIN_DIR:-$BUILD/examples}")
LIB=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
PROGRAMS=$BUILD/tests
LAB=t-$$
# Two tests on one machine may meet in the lab's addresses, not in the ports.
PORT=$((20000 + $$ % 20000))
work=$(mktemp -d /tmp/crumb-test.XXXXXX)
count=0
failed=0
undo_stack=()

undo()		# COMMAND...: at the end, newest first
{
	undo_stack+=("$(printf '%q ' "$@")")
}

cleanup()
{
	trap '' INT TERM
	for ((i = ${#undo_stack[@]} - 1; i >= 0; i--)); do
		eval "${undo_stack[i]}"
	done
	undo_stack=()
	if [ -n "$KEEP" ]; then echo "# kept $work"; else rm -rf "$work"; fi
}

trap cleanup EXIT
trap 'exit 130' INT TERM

need()		# TOOL...: where CI runs, packages.txt has them all
{
	local tool
	for tool; do
		command -v "$tool" >/dev/null && continue
		[ -z "$CI" ] || bail "needs $tool: packages.txt installs none"
		skip_all "needs $tool"
	done
}

need_program()	# NAME...: programs of tests/net
{
	local name
	for name; do
		[ -x "$PROGRAMS/$name" ] || skip_all "$PROGRAMS/$name is not built"
	done
}

ok()		# STATUS NAME
{
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		failed=$((failed + 1))
		return 1
	fi
}

is()		# GOT WANTED NAME
{
	[ "$1" = "$2" ]
	ok $? "$3" && return
	printf '%s\n' "got $1" "wanted $2" | sed 's/^/#   /'
	return 1
}

has()		# TEXT PART NAME
{
	[[ "$1" == *"$2"* ]]
	ok $? "$3" && return
	printf '%s\n' "no \"$2\" in: $1" | sed 's/^/#   /'
	return 1
}

# The first lines of a file, as the explanation of a point.
explain_by()	# FILE
{
	local shown
	mapfile -t -n 30 shown <"$1"
	[ ${#shown[@]} = 0 ] || printf '#   %s\n' "${shown[@]}"
}

# Run it, with what it prints as the explanation of a failure.
try()		# NAME COMMAND...
{
	local name=$1
	shift
	timeout 120 "$@" >"$work/try" 2>&1
	ok $? "$name"
	explain_by "$work/try"
}

# A row of docs/SCENARIOS.md: what was made to happen, what crumb said, and what it was held against. `./run check` takes
# the rows of a test that passed whole; no figures in them that differ from run to run.
scenario()	# NAME VERDICT CAUSE HOW-VERIFIED
{
	printf '# scenario: %s | %s | %s | %s\n' "$1" "$2" "$3" "$4"
}

skip()		# NAME REASON
{
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

finish()
{
	echo "1..$count"
	exit $((failed != 0))
}

bail()		# REASON: what the rest of the test needs is not there
{
	echo "Bail out! $1"
	exit 1
}

# Until COMMAND succeeds, with a limit. To begin a program takes longer than the pause where all is emulated: none is.
exec {never}<><(:)
wait_for()	# SECONDS COMMAND...
{
	local end=$((SECONDS + $1))
	shift
	until "$@" 2>/dev/null; do
		[ $SECONDS -lt $end ] || return 1
		read -r -t 0.02 -u "$never" || :
	done
}

end_process()	# PID
{
	kill "$1" 2>/dev/null
	wait_for 3 gone "$1" || kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

gone()		# PID
{
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	[[ ${stat##*) } == Z* ]]
}

lab_up()
{
	undo lab_down
	timeout 20 "$CRUMB" lab up --lab "$LAB" >"$work/lab.err" 2>&1 || bail "lab: $(<"$work/lab.err")"
}

lab_down()
{
	timeout 20 "$CRUMB" lab down --kill --lab "$LAB" >/dev/null 2>&1
}

in_host()	# HOST COMMAND...
{
	local host=$1
	shift
	timeout 60 "$CRUMB" lab exec --lab "$LAB" "$host" -- "$@"
}

# In the background, output to $work/NAME.out; its pid is $spawned.
spawn_in()	# NAME HOST COMMAND...
{
	local name=$1 host=$2
	shift 2
	"$CRUMB" lab exec --lab "$LAB" "$host" -- "$@" >"$work/$name.out" 2>&1 </dev/null &
	spawned=$!
	undo end_process $spawned
}

has_text()	# FILE PATTERN: as grep -q
{
	local text
	if [[ $2 == *[]^$.*\\[]* ]]; then
		grep -q -- "$2" "$1"
		return
	fi
	IFS= read -r -d '' text <"$1"
	[[ $text == *"$2"* ]]
}

wait_text()	# FILE PATTERN [SECONDS]
{
	wait_for "${3:-10}" has_text "$1" "$2" || bail "no \"$2\" in $1: $(head -c 500 "$1")"
}

listens()	# HOST PORT
{
	in_host "$1" ss -Hltn "sport = :$2" | grep -q .
}

# crumb in the background, ready when this returns: standard output to $work/NAME.out, error to $work/NAME.err.
start_crumb()	# NAME COMMAND OPTION...
{
	local name=$1 command=$2 line
	shift 2
	journeys_begin # meanwhile
	rm -f "$work/ready"
	mkfifo "$work/ready"
	"$CRUMB" "$command" --ready-fd 8 "$@" >"$work/$name.out" 2>"$work/$name.err" 8>"$work/ready" </dev/null &
	crumb_pid=$!
	undo end_process $crumb_pid
	exec 7<"$work/ready"
	read -r -t 150 line <&7 # emulated and on a busy machine a minute was not enough
	exec 7<&-
	[ "$line" = 1 ] || bail "crumb $command $*: not ready: $(<"$work/$name.err")"
}

# SIGINT, then its exit status in $crumb_status. It may have to catch up.
stop_crumb()
{
	kill -INT "$crumb_pid" 2>/dev/null
	if wait_for 60 gone "$crumb_pid"; then
		wait "$crumb_pid"
		crumb_status=$?
	else
		kill -KILL "$crumb_pid"
		wait "$crumb_pid" 2>/dev/null
		crumb_status=timeout
	fi
}

# tcpdump on a device of a host, into $work/NAME.pcap. An empty datagram to the discard port marks the end.
start_capture()	# NAME HOST DEVICE FILTER
{
	"$CRUMB" lab exec --lab "$LAB" "$2" -- tcpdump -i "$3" -n -s 128 -B 65536 -Z root -U --immediate-mode \
		-w "$work/$1.pcap" "($4) or udp port 9" >"$work/$1.tcpdump" 2>&1 </dev/null &
	capture_pid=$!
	capture_host=$2
	undo end_process $capture_pid
	wait_text "$work/$1.tcpdump" "listening on"
}

end_captured()	# NAME
{
	tcpdump -n -r "$work/$1.pcap" udp port 9 2>/dev/null | grep -q .
}

# Ends when everything that passed is in the file.
stop_capture()	# NAME
{
	in_host "$capture_host" bash -c 'printf . >/dev/udp/10.47.0.2/9 || printf . >/dev/udp/10.47.0.1/9'
	wait_for 10 end_captured "$1" || bail "the capture does not end"
	kill -INT "$capture_pid"
	wait_for 10 gone "$capture_pid"
	grep -q "^0 packets dropped by kernel" "$work/$1.tcpdump" || bail "tcpdump: $(<"$work/$1.tcpdump")"
}

# What crumb doctor says, into FILE; its exit status. In a guest of the matrix the first test's answer serves all of them.
doctor_json()	# FILE
{
	if [ -s "${CRUMB_DOCTOR:-}" ]; then
		cp "$CRUMB_DOCTOR" "$1"
		return
	fi
	"$CRUMB" doctor --format json >"$1" 2>"$work/err" || return
	[ -z "${CRUMB_DOCTOR:-}" ] || cp "$1" "$CRUMB_DOCTOR"
}

# A program of tests/lib as a module: where it has been compiled (the guests), that counts. Without site's search for packages.
as_module='import sys; sys.path.insert(0, sys.argv[1]); sys.exit(__import__(sys.argv[2]).main(sys.argv[3:]))'
journeys=(python3 -S -B -c "$as_module" "$LIB" journeys)

# To begin Python and to import JSON takes half a second in a guest: one process answers what is asked of journeys.
ask=
journeys_begin()
{
	[ -z "$ask" ] || return
	mkfifo "$work/ask" "$work/told"
	: >"$work/serve.err" # before it is there somebody may ask
	"${journeys[@]}" serve "$work/answer" <"$work/ask" >"$work/told" 2>"$work/serve.err" &
	undo end_process $!
	exec {ask}<>"$work/ask" {told}<>"$work/told"
}

# What journeys.py TASK FILE [EXPRESSION] says into $answer; its exit status.
journeys_ask()
{
	local status
	if [ -z "$ask" ]; then # in a subshell, before anything was begun
		answer=$(timeout 60 "${journeys[@]}" "$@" 2>&1)
		return
	fi
	printf '%s\0' "$1" "$2" "${3:-}" >&"$ask"
	answer="no answer from journeys.py: $(<"$work/serve.err")"
	read -r -t 120 status <&"$told" || return 1
	IFS= read -r -d '' answer <"$work/answer"
	return "$status"
}

check()		# FILE NAME: the contract of product.md
{
	journeys_begin
	journeys_ask check "$1"
	ok $? "$2: every line keeps the contract"
	explain_by <(printf '%s' "$answer")
}

# One trace of several scenarios, apart: beginning a trace takes longer than most of what is traced, in a guest by far.
by_port()	# NAME NAME=PORT...: the journeys of each port, from $work/NAME.out into files likewise
{
	journeys_ask ports "$work/$1.out" "$work ${*:2}" || bail "$answer"
}

query()		# FILE EXPRESSION of J (journeys), S (summary), T (trace)
{
	journeys_ask eval "$1" "$2"
	printf '%s\n' "${answer%$'\n'}"
}

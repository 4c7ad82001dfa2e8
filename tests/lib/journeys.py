#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The JSON of journeys: held against its contract, and against what others saw of the same bytes.

usage: journeys.py check FILE                      every line, every key, every sum
       journeys.py eval FILE EXPRESSION            print it; J journeys, S summary, T trace. Held against the contract, too
       journeys.py writers FILE WRITERS READERS    against the logs of tests/net/writers.c and readers.c
       journeys.py apart FILE WRITERS READERS      the same, of programs on machines: clocks differ, events may be lost
       journeys.py shared FILE WRITERS READERS     the same, where several threads wrote to one socket
       journeys.py ports FILE "DIR NAME=PORT..."   the journeys to or from each port as a file DIR/NAME.out of their own
       journeys.py serve ANSWER                    any of these, asked on standard input (see requests())
       journeys.py capture FILE PCAP [DISPLAY-FILTER]    bytes by direction, against what tshark reads in PCAP

Exit status 1 with the complaints printed. FILE may be - for standard input.
"""
import bisect
import collections
import contextlib
import ipaddress
import json
import os
import re
import select
import subprocess
import sys

VERDICTS = ("delivered", "dropped", "waiting", "left", "incomplete")
FATES = ("arrived", "dropped", "late", "not_needed", "unseen")
RESENT = ("first", "tlp", "fast", "rto", "repair", "unknown")
VIAS = ("tp_btf", "raw_tp", "tracepoint", "fentry", "kprobe.multi", "kprobe", "netfilter", "uprobe", "derived")
COMPLAINTS_SHOWN = 25
UINT, INT, TEXT, BOOL, LIST, OBJECT, NULL = "uint", "int", "text", "bool", "list", "object", "null"

JOURNEY = {
    "type": TEXT, "id": TEXT, "verdict": TEXT, "reason": (TEXT, NULL), "proto": TEXT, "src": TEXT, "dst": TEXT,
    "offset": UINT, "bytes": UINT, "sender": (OBJECT, NULL), "receiver": (OBJECT, NULL), "start_ns": UINT,
    "total_ns": UINT, "unexplained_ns": UINT, "steps": LIST, "segments": LIST, "clock": OBJECT,
    "retransmits": UINT, "lost_events": UINT,
}
END = {"host": TEXT, "pid": UINT, "comm": TEXT, "fd": (UINT, NULL)}
STEP = {"host": TEXT, "point": TEXT, "t_ns": UINT, "cpu": UINT, "dev": (TEXT, NULL), "via": TEXT, "func": TEXT,
        "exact": BOOL}
SEGMENT = {"from": TEXT, "to": TEXT, "host": TEXT, "ns": UINT, "code": TEXT, "cause": TEXT}
CLOCK = {"state": TEXT, "bound_ns": (UINT, NULL)}
SUMMARY = {"type": TEXT, "journeys": UINT, "delivered": UINT, "dropped": UINT, "waiting": UINT, "left": UINT,
           "incomplete": UINT, "events": UINT, "lost_events": UINT, "unobservable": LIST}

complaints = collections.Counter()


def complain(text):
    complaints[text] += 1


def kind_of(value):
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return UINT if value >= 0 else INT
    return {str: TEXT, list: LIST, dict: OBJECT}.get(type(value), "number")


def has_keys(what, value, wanted):
    """All keys there, each of its type."""
    if not isinstance(value, dict):
        complain(f"{what}: not an object")
        return False
    fine = True
    for key, kinds in wanted.items():
        if key not in value:
            complain(f"{what}: no {key}")
            fine = False
        elif kind_of(value[key]) not in (kinds if isinstance(kinds, tuple) else (kinds,)):
            complain(f"{what}: {key} is {kind_of(value[key])}")
            fine = False
    return fine


def unique_keys(pairs):
    seen = dict(pairs)
    if len(seen) != len(pairs):
        complain(f"a key twice in one object: {[key for key, _ in pairs]}")
    return seen


class Trace:
    def __init__(self, path):
        self.trace, self.summary, self.journeys = None, None, []
        with (sys.stdin if path == "-" else open(path, encoding="utf-8")) as file:
            for number, line in enumerate(file, 1):
                self.take(number, line)
        if not self.summary:
            complain("no summary")

    def take(self, number, line):
        try:
            value = json.loads(line, object_pairs_hook=unique_keys)
        except ValueError as error:
            complain(f"line {number} is not JSON ({error}): {line[:60]!r}")
            return
        if self.summary:
            complain(f"line {number} comes after the summary")
        kind = value.get("type") if isinstance(value, dict) else None
        if kind == "journey":
            self.journeys.append(value)
        elif kind == "summary":
            self.summary = value
        elif kind == "trace" and number == 1:
            self.trace = value
        else:
            complain(f"line {number}: type {kind!r}")

    def by_stream(self):
        """Journeys by (source, destination), in the order of their bytes."""
        streams = collections.defaultdict(list)
        for journey in self.journeys:
            streams[journey["src"], journey["dst"]].append(journey)
        for journeys in streams.values():
            journeys.sort(key=lambda journey: journey["offset"])
        return streams


def address(text):
    """("10.47.0.1", 80) of "10.47.0.1:80" or "[fd47::1]:80"."""
    match = re.fullmatch(r"(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d{1,5})", text)
    if not match or int(match[3]) > 65535:
        raise ValueError(f"address {text!r}")
    host = ipaddress.ip_address(match[1] or match[2])
    if (host.version == 6) != bool(match[1]):
        raise ValueError(f"address {text!r}")
    return str(host), int(match[3])


def extents(journey):
    """The byte ranges of a message; more than one where writers shared the socket."""
    if "extents" in journey:
        return [tuple(extent) for extent in journey["extents"]]
    return [(journey["offset"], journey["offset"] + journey["bytes"])]


# ------------------------------------------------------------------------------------------------ the contract

def check_steps(journey):
    steps, previous = journey["steps"], 0
    if not steps:
        return complain("a journey without steps")
    for step in steps:
        if not has_keys("step", step, STEP):
            return None
        if not re.fullmatch(r"[a-z]+(\.[a-z]+)*", step["point"]):
            complain(f"point {step['point']!r}")
        if step["via"] not in VIAS:
            complain(f"{step['point']}: via {step['via']!r}")
        if step["t_ns"] < previous:
            complain(f"{step['point']}: t_ns goes back")
        if not step["host"]:
            complain(f"{step['point']}: no host")
        previous = step["t_ns"]
    if steps[0]["t_ns"] != 0:
        complain("the first step is not at 0")
    if steps[-1]["t_ns"] != journey["total_ns"]:
        complain(f"{journey['verdict']}: total_ns is not the last step's t_ns")
    return True


def check_segments(journey):
    """Each stands for one gap between neighbours; what is not listed is unexplained, to the nanosecond."""
    steps, at, listed = journey["steps"], 0, 0
    for segment in journey["segments"]:
        if not has_keys("segment", segment, SEGMENT):
            return
        if not re.fullmatch(r"(tx|net|rx)\.[a-z_]+", segment["code"]) or not segment["cause"]:
            complain(f"code {segment['code']!r}")
        listed += segment["ns"]
        while at + 1 < len(steps):
            here, there = steps[at], steps[at + 1]
            host = here["host"] if here["host"] == there["host"] else f"{here['host']}>{there['host']}"
            at += 1
            if (here["point"], there["point"], host, there["t_ns"] - here["t_ns"]) == \
               (segment["from"], segment["to"], segment["host"], segment["ns"]):
                break
        else:
            complain(f"segment {segment['from']} to {segment['to']} fits no gap")
            return
    if listed + journey["unexplained_ns"] != journey["total_ns"]:
        complain(f"{journey['verdict']}: segments + unexplained_ns != total_ns: "
                 f"{listed} + {journey['unexplained_ns']} != {journey['total_ns']}")


def check_transmissions(journey):
    """In the order of time, each but the first after an earlier one; the costs lie within the waits for what came again."""
    sent = journey.get("transmissions", [])
    for number, one in enumerate(sent, 1):
        if one["number"] != number or one["fate"] not in FATES or one["how"] not in RESENT or one["start"] >= one["end"]:
            complain(f"transmission {one}")
        if "after" in one and not (0 < one["after"]["number"] < number and one["after"]["fate"] in FATES):
            complain(f"transmission {one}")
        if (one["fate"] == "dropped") != ("lost" in one):
            complain(f"transmission {one}")
    if any(a["t_ns"] > b["t_ns"] for a, b in zip(sent, sent[1:])):
        complain("transmissions: t_ns goes back")
    if sum(one["cost_ns"] for one in sent) != journey.get("repair_ns", 0):
        complain("transmissions: costs do not add up")
    waits = sum(s["ns"] for s in journey["segments"] if s["code"] in ("tx.retransmit", "rx.hol") or
                s["from"] in ("tcp.xmit", "ip.queue", "ip.output", "netfilter") and s["code"][:3] == "tx." or
                s["code"] == "tx.queue" and any(one["how"] == "unknown" for one in sent))
    if journey["verdict"] == "delivered" and not journey["unexplained_ns"] and journey.get("repair_ns", 0) > waits:
        complain(f"repair_ns {journey['repair_ns']}, and {waits} in tx.retransmit and rx.hol")


def check_clock(journey):
    """Exact within one kernel; between two each segment has its bound, null where there are packets one way only."""
    bounds = [segment["bound_ns"] for segment in journey.get("segments", []) if "bound_ns" in segment]
    if not has_keys("clock", journey["clock"], CLOCK):
        return
    clock = journey["clock"]
    if not bounds:
        if clock != {"state": "exact", "bound_ns": 0}:
            complain(f"one kernel, and clock {clock}")
    elif None in bounds:
        if clock["bound_ns"] is not None or clock["state"] not in ("one_way", "none"):
            complain(f"no bound for a segment, and clock {clock}")
    elif clock["state"] not in ("bounded", "synced", "inconsistent") or clock["bound_ns"] < max(bounds):
        complain(f"bounds {bounds}, and clock {clock}")


def check_journey(journey, summary):
    if not has_keys("journey", journey, JOURNEY):
        return
    verdict = journey["verdict"]
    if not re.fullmatch("[0-9a-f]{32}", journey["id"]):
        complain(f"id {journey['id']!r}")
    if verdict not in VERDICTS:
        complain(f"verdict {verdict!r}")
    if verdict == "delivered" and journey["reason"] is not None and \
       not (journey["proto"] == "udp" and journey["reason"].startswith("truncated: ")):
        complain(f"delivered with reason {journey['reason']!r}")
    if verdict == "dropped" and not journey["reason"]:
        complain("dropped without a reason")
    if journey["proto"] not in ("tcp", "udp"):
        complain(f"proto {journey['proto']!r}")
    for end in ("src", "dst"):
        try:
            address(journey[end])
        except ValueError as error:
            complain(str(error))
    if not journey["bytes"] and journey["proto"] != "udp":
        complain("a message of 0 bytes")
    if sum(end - start for start, end in extents(journey)) != journey["bytes"]:
        complain("the extents are not the bytes")
    for end in ("sender", "receiver"):
        if journey[end] is not None:
            has_keys(end, journey[end], END)
        elif verdict == "delivered" and (end == "receiver" or {"sys.send", "tcp.append"} & {s.get("point") for s in journey["steps"]}):
            complain(f"delivered and no {end}")     # a sender on a machine that was not recorded is not known
    check_clock(journey)
    if journey["lost_events"] and verdict != "incomplete":
        complain(f"{verdict} with lost_events")
    if verdict == "incomplete" and summary and not summary["lost_events"] and not summary.get("truncated") \
            and not summary.get("absent"):
        complain("incomplete, and nothing was lost")
    if check_steps(journey):
        check_segments(journey)
        check_transmissions(journey)


def check_unusual(trace, summary):
    """Quantiles against the journeys themselves, where all of them are here; the unusual against the rule that says who is."""
    totals = collections.defaultdict(list)
    for journey in trace.journeys:
        if journey["verdict"] == "delivered":
            totals[tuple((journey[end]["host"], journey[end]["comm"]) if journey[end] else None
                         for end in ("sender", "receiver")) + (journey["proto"],)].append(journey["total_ns"])
    for usual in summary.get("usual", []):
        mine = sorted(totals[tuple((usual[end]["host"], usual[end]["comm"]) if usual[end] else None
                                   for end in ("sender", "receiver")) + (usual["proto"],)])
        if len(mine) != usual["journeys"]:
            continue    # a filter hides some
        for name, part in (("p50_ns", 50), ("p99_ns", 99)):
            exact = mine[-(-part * len(mine) // 100) - 1]
            if abs(usual[name] - exact) > exact / 32 + 1:
                complain(f"usual: {name} {usual[name]}, and {exact} of {len(mine)} journeys")
        if usual["max_ns"] != mine[-1]:
            complain("usual: max_ns")
    excess = [one["total_ns"] - one["p50_ns"] for one in summary.get("unusual", [])]
    if excess != sorted(excess, reverse=True):
        complain("unusual: not ranked")
    for one in summary.get("unusual", []):
        if one["total_ns"] < one["p99_ns"] or one["total_ns"] <= 2 * one["p50_ns"] or not one["because"]:
            complain(f"unusual: {one}")
        journey = next((j for j in trace.journeys if j["id"] == one["id"]), None)
        for part in one["because"]:
            if part["ns"] <= part["p50_ns"]:
                complain(f"unusual: {part}")
            if journey and part["code"] and part["ns"] != sum(s["ns"] for s in journey["segments"]
                                                              if (s["host"], s["code"]) == (part["host"], part["code"])):
                complain(f"unusual: {part} is not the journey's")


def check(trace):
    summary = trace.summary
    if summary and has_keys("summary", summary, SUMMARY):
        verdicts = collections.Counter(journey.get("verdict") for journey in trace.journeys)
        for key, value in {"journeys": len(trace.journeys), **{v: verdicts[v] for v in VERDICTS}}.items():
            if summary[key] != value:
                complain(f"summary: {key} {summary[key]}, counted {value}")
        if "bytes" in summary and summary["bytes"] != sum(journey.get("bytes", 0) for journey in trace.journeys):
            complain("summary: bytes are not those of the journeys")
        if sum(loss["count"] for loss in summary.get("losses", [])) != summary["lost_events"]:
            complain(f"summary: lost_events {summary['lost_events']}, losses {summary.get('losses')}")
        check_unusual(trace, summary)
    else:
        summary = None
    for journey in trace.journeys:
        check_journey(journey, summary)
    # A multicast datagram has a journey for each reader: the same message, the same name.
    for (name, _), times in collections.Counter((journey.get("id"), journey["proto"] == "udp" and str(journey["receiver"]))
                                                for journey in trace.journeys).items():
        if times > 1:
            complain(f"id {name} {times} times")
    print(f"{len(trace.journeys)} journeys, {sum(len(j.get('steps', [])) for j in trace.journeys)} steps")


# ----------------------------------------------------------------------------------------- the programs' own logs

class Logs:
    """What writers.c and readers.c wrote down; by the port of the connecting side."""

    def __init__(self, writers, readers):
        self.writes, self.reads = collections.defaultdict(list), collections.defaultdict(list)
        self.runs, self.tids = collections.defaultdict(list), {}
        self.skipped = collections.Counter()
        for line in open(writers, encoding="ascii"):
            word = line.split()
            if word[0] == "w":      # port tid length ret before_ns call index
                self.writes[int(word[1])].append(dict(tid=int(word[2]), len=int(word[3]), ret=int(word[4]),
                                                      ns=int(word[5]), call=word[6], index=int(word[7])))
            elif word[0] == "skip":
                self.skipped[int(word[1])] += int(word[2])
        for line in open(readers, encoding="ascii"):
            word = line.split()
            if word[0] == "r":      # port tid length ret after_ns call peek
                self.reads[int(word[1])].append(dict(tid=int(word[2]), len=int(word[3]), ret=int(word[4]),
                                                     ns=int(word[5]), call=word[6], peek=word[7] == "1"))
            elif word[0] == "run":  # port thread bytes
                self.runs[int(word[1])].append((int(word[2]), int(word[3])))


def tile(name, journeys, total):
    """Each byte of [0, total) in exactly one journey."""
    at = 0
    for start, end, journey in sorted((start, end, index) for index, journey in enumerate(journeys)
                                      for start, end in extents(journey)):
        if start != at:
            complain(f"{name}: {'bytes twice' if start < at else 'bytes missing'}: {at} then {start}..{end} "
                     f"({journeys[journey]['bytes']} bytes, {journeys[journey]['verdict']})")
        at = max(at, end)
    if at != total:
        complain(f"{name}: {at} bytes in journeys, {total} were written")


def thread_of(end):
    return end.get("tid", end["pid"])


def compare_reads(name, journey, reads, ends):
    """The reader's log: `ends` are the stream offsets behind each read that took bytes. The one that crosses offset
    0 of a connection older than the trace may have begun before it: then nobody saw its call."""
    start, end = min(extents(journey))[0], max(extents(journey), key=lambda e: e[1])[1]
    first, last = bisect.bisect_right(ends, start), bisect.bisect_left(ends, end)
    if last >= len(reads):
        return complain(f"{name}: {journey['verdict']}, but it was not read")
    if len(extents(journey)) == 1 and journey.get("reads") != last - first + 1:
        complain(f"{name}: reads {journey.get('reads')}, the reader's log has {last - first + 1}")
    receiver = journey["receiver"]
    begun = ends[0] <= 0 and last == bisect.bisect_right(ends, 0)
    for key, got in (("tid", thread_of(receiver)), ("ret", receiver.get("ret")), ("call", receiver.get("call"))):
        if got != reads[last][key] and not (begun and key == "call" and got is None):
            complain(f"{name}: receiver's {key} {got}, log {reads[last][key]}")
    return reads[last]["ns"]


def compare_write(name, journey, write, done_ns):
    sender = journey["sender"]
    for key, got in (("tid", thread_of(sender)), ("ret", sender.get("ret")), ("call", sender.get("call"))):
        if got != write[key]:
            complain(f"{name}: sender's {key} {got}, log {write[key]}")
    if journey["bytes"] != write["ret"]:
        complain(f"{name}: {journey['bytes']} bytes, the call returned {write['ret']}")
    # Several hosts' times are on one of their clocks, which is off itself; and how fast they drift is known only after a while.
    clock = journey["clock"]
    slack = 0 if clock["state"] == "exact" else 2 * (clock["bound_ns"] or 0) + journey["total_ns"] // 2000
    if done_ns and journey["total_ns"] > done_ns - write["ns"] + slack:
        complain(f"{name}: took {journey['total_ns']} ns, the programs saw {done_ns - write['ns']}")


def took_bytes(reads):
    taken, ends, at = [], [], 0
    for read in reads:
        if read["ret"] > 0 and not read["peek"]:
            at += read["ret"]
            taken.append(read)
            ends.append(at)
    return taken, ends


def compare_streams(trace, logs, one, losses=False):
    """Every stream of the log has its journeys, and there are no others; with losses some may be incomplete, and no less whole."""
    ports, total = {}, 0
    for (source, _), journeys in trace.by_stream().items():
        port = address(source)[1]
        if port not in logs.writes or port in ports:
            complain(f"{len(journeys)} journeys of {source}, which wrote nothing")
            continue
        ports[port] = journeys
    for port, writes in logs.writes.items():
        journeys = ports.get(port, [])
        taken, ends = took_bytes(logs.reads[port])
        tile(f"port {port}", journeys, sum(write["ret"] for write in writes) - logs.skipped[port])
        for verdict, times in collections.Counter(journey["verdict"] for journey in journeys
                                                  if not (losses and journey["lost_events"])).items():
            if verdict != "delivered":
                complain(f"port {port}: {times} {verdict}")
        one(port, journeys, taken, [end - logs.skipped[port] for end in ends])
        total += len(journeys)
    print(f"{total} journeys of {len(logs.writes)} connections compared, "
          f"{sum(j['bytes'] for j in trace.journeys)} bytes")


def compare_writers(trace, logs, apart=False):
    def one(port, journeys, taken, ends):
        writes = logs.writes[port]
        skip = logs.skipped[port]
        while skip > 0:
            skip -= writes.pop(0)["ret"]
        if len(writes) != len(journeys):
            complain(f"port {port}: {len(journeys)} journeys, {len(writes)} writes")
        for write, journey in zip(writes, journeys):
            name = f"port {port} {write['call']}"
            if journey["verdict"] == "delivered":
                done_ns = compare_reads(name, journey, taken, ends)
                compare_write(name, journey, write, None if apart else done_ns)

    compare_streams(trace, logs, one, losses=apart)


def compare_shared(trace, logs):
    """Bytes tell whose they are: the reader wrote down the runs, the n-th byte of a thread is of a known call."""
    def one(port, journeys, taken, ends):
        mine = collections.defaultdict(list)
        for write in logs.writes[port]:
            mine[write["index"]].append(write)
        bounds = {index: list(accumulate(write["ret"] for write in writes)) for index, writes in mine.items()}
        owner, starts, at, of_thread = [], [], 0, collections.Counter()
        for index, length in logs.runs[port]:
            while length:
                call = bisect.bisect_right(bounds[index], of_thread[index])
                part = min(length, bounds[index][call] - of_thread[index])
                if not owner or owner[-1] != (index, call):
                    starts.append(at)
                    owner.append((index, call))
                of_thread[index] += part
                at, length = at + part, length - part
        print(f"port {port}: {len(owner)} runs for {len(logs.writes[port])} writes")
        starts.append(at)
        seen = collections.Counter()
        for journey in journeys:
            run = bisect.bisect_right(starts, journey["offset"]) - 1
            index, call = owner[min(run, len(owner) - 1)]
            seen[index, call] += 1
            for start, end in extents(journey):
                run = bisect.bisect_right(starts, start) - 1
                if owner[min(run, len(owner) - 1)] != (index, call) or end > starts[min(run + 1, len(starts) - 1)]:
                    complain(f"port {port}: a journey with bytes of several calls: {start}..{end} of "
                             f"{extents(journey)}")
            name = f"port {port} thread {index}"
            if journey["verdict"] == "delivered":
                compare_write(name, journey, mine[index][call], compare_reads(name, journey, taken, ends))
        for key, times in seen.items():
            if times > 1:
                complain(f"port {port}: {times} journeys of one call, {key}")

    compare_streams(trace, logs, one)


def accumulate(numbers):
    total = 0
    for number in numbers:
        total += number
        yield total


# ------------------------------------------------------------------------------------------------------- tshark

def captured(pcap, display_filter):
    """Payload by direction in a capture: {(src, sport, dst, dport): bytes of the sequence space that were seen}."""
    fields = ["ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "tcp.seq_raw", "tcp.len",
              "tcp.flags.syn"]
    done = subprocess.run(["tshark", "-n", "-r", pcap, "-Y", display_filter or "tcp", "-T", "fields",
                           *[word for field in fields for word in ("-e", field)]],
                          check=True, capture_output=True, text=True, timeout=100)
    ranges, first = collections.defaultdict(list), {}
    for line in done.stdout.splitlines():
        v4, v6, sport, to4, to6, dport, seq, length, syn = line.split("\t")
        key = (str(ipaddress.ip_address(v4 or v6)), int(sport), str(ipaddress.ip_address(to4 or to6)), int(dport))
        if syn in ("1", "True"):
            first[key] = int(seq) + 1
        if int(length):
            start = first.setdefault(key, int(seq))
            ranges[key].append(((int(seq) - start) % 2**32, int(length)))
    totals = {}
    for key, parts in ranges.items():
        at = totals[key] = 0
        for start, length in sorted(parts):
            totals[key] += max(0, start + length - max(at, start))
            at = max(at, start + length)
    return totals


def compare_capture(trace, pcap, display_filter):
    ours = collections.Counter()
    for journey in trace.journeys:
        ours[address(journey["src"]) + address(journey["dst"])] += journey["bytes"]
    theirs = captured(pcap, display_filter)
    if not theirs:
        complain("tshark saw no payload")
    for key in ours.keys() | theirs.keys():
        name = f"{key[0]} port {key[1]} to {key[2]} port {key[3]}"
        if ours[key] != theirs.get(key, 0):
            complain(f"{name}: {ours[key]} bytes in journeys, tshark saw {theirs.get(key, 0)}")
    print(f"{len(theirs)} directions, {sum(theirs.values())} bytes by tshark, {sum(ours.values())} in journeys")


def split_by_port(path, to, names):
    """One trace of several scenarios, as if each had been traced by itself. What stands once in it stands in each."""
    lines = [json.loads(line) for line in open(path, encoding="utf-8")]
    for name, port in (pair.split("=") for pair in names):
        mine = [line for line in lines if line["type"] == "trace" or
                port in (line.get("src", "").rpartition(":")[2], line.get("dst", "").rpartition(":")[2])]
        verdicts = [line["verdict"] for line in mine if line["type"] == "journey"]
        summary = {**lines[-1], "bytes": sum(line["bytes"] for line in mine if line["type"] == "journey"), "journeys": len(verdicts),
                   **{verdict: verdicts.count(verdict) for verdict in VERDICTS}}
        with open(f"{to}/{name}.out", "w", encoding="utf-8") as out:
            out.write("".join(json.dumps(line) + "\n" for line in [*mine, summary]))


kept = set()


def keep_contract(path, trace):
    """Of whatever is asked about: a scenario whose journeys do not add up proves nothing. Looked at once for each file."""
    stat = os.stat(path) if path != "-" else os.stat_result((0,) * 10)
    known = path, stat.st_mtime_ns, stat.st_size
    if known in kept or not trace.summary:  # none: crumb still writes
        return
    with contextlib.redirect_stdout(None):
        check(trace)
    if complaints:
        print("the contract is broken:", *list(complaints)[:5], sep="\n")
    else:
        kept.add(known)


def requests(descriptor):
    """Three fields each, every field ended by a zero byte; none any more when who asks is gone."""
    asker, pending = os.getppid(), b""
    while os.getppid() == asker:
        if not select.select([descriptor], [], [], 5)[0]:
            continue
        pending += os.read(descriptor, 65536)
        while pending.count(b"\0") >= 3:
            *fields, pending = pending.split(b"\0", 3)
            yield [field.decode() for field in fields]


def serve(answer):
    """Many questions to one process: what the task prints goes into the file, then its exit status to standard output."""
    os.closerange(3, 256)  # whose end somebody else waits for
    for request in requests(sys.stdin.fileno()):
        complaints.clear()
        with open(answer, "w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
            try:
                status = main(request)
            except (Exception, SystemExit) as error:
                status = 1
                print(f"{type(error).__name__}: {error}")
        print(status, flush=True)


def main(args):
    if len(args) < 2:
        sys.exit(__doc__)
    if args[0] == "serve":
        return serve(args[1])
    task, trace = args[0], Trace(args[1])
    if task == "check":
        check(trace)
    elif task == "eval":
        keep_contract(args[1], trace)
        names = {**globals(), "Counter": collections.Counter, "J": trace.journeys, "S": trace.summary, "T": trace.trace}
        try:
            print(eval(f"({args[2]})", names))
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
        return 0
    elif task == "writers":
        compare_writers(trace, Logs(args[2], args[3]))
    elif task == "apart":
        compare_writers(trace, Logs(args[2], args[3]), apart=True)
    elif task == "shared":
        compare_shared(trace, Logs(args[2], args[3]))
    elif task == "ports":
        to, *names = args[2].split()
        split_by_port(args[1], to, names)
    elif task == "capture":
        compare_capture(trace, args[2], args[3] if len(args) > 3 else None)
    else:
        sys.exit(__doc__)
    for text, times in list(complaints.items())[:COMPLAINTS_SHOWN]:
        print(f"{times} x {text}" if times > 1 else text)
    if len(complaints) > COMPLAINTS_SHOWN:
        print(f"... and {len(complaints) - COMPLAINTS_SHOWN} more kinds")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The events in a trace file, read as docs/TRACE-FORMAT.md says and not by crumb's own reader.

usage: events.py FILE EXPRESSION    print it; E is the list of events, each with type, time_ns, cpu and what follows:
       flow (number, 0 none), point, dir; for flows ends: ((address, port), (address, port)), why; for SKB and SOCK
       seq, payload; for SOCK write_ns; for SKB segs (GSO: TCP segments in it), tunnel (0 none); for DROP reason, too: its name on that kernel; for
       LOSS cause, count; for SYMBOL addr, offset, name. symbols_differ(E): those that /proc/kallsyms says otherwise
"""
import bisect
import collections
import ipaddress
import struct
import sys

PEN, EVENTS, PACKET = 0x63726D62, 2, 3
FLOW, STATE, SEND_BEGIN, SEND_EXTENT, SEND_END, SKB, SOCK, WAKE, RUN, COPY, RECV_EXTENT, RECV, CALL, DROP, NEIGH, \
    STACK, HELD, FUNC, DGRAM_SEND, DGRAM_RECV, AWAY, DECISION, PROCESS, RESET, NAT, TUNNEL, UNFOLLOWED = range(1, 28)
TRACE, HOST, NETNS, DEV, FDB, HOOK, SYMBOL, REASON, LOSS, END = range(64, 74)
TCP_XMIT, TCP_RETRANSMIT, IP_OUTPUT, DEV_QUEUE, DEV_XMIT, DEV_RECEIVE, SOCK_READY, NETFILTER, IP_QUEUE = 8, 9, 10, 13, 16, 19, 25, 42, 57      # enum crumb_point
KERNEL = range(FLOW, UNFOLLOWED + 1)


def records(data):
    at = count = 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        body = data[at + 8:at + size - 4]
        at += size
        if kind == 0x0A0D0D0A:
            count = 0
        elif kind in (0x8063726D, 0xBAD):
            pen, what, _, number = struct.unpack_from("<IHHQ", body)
            if (pen, what) != (PEN, EVENTS):
                continue
            assert number == count, "events are missing"
            pos = 16
            while pos < len(body):
                length, = struct.unpack_from("<H", body, pos + 10)
                yield body[pos:pos + length]
                pos += length
                count += 1
        elif kind == 6:
            captured, = struct.unpack_from("<I", body, 12)
            pos = 20 + (captured + 3) // 4 * 4
            while pos < len(body):
                code, length = struct.unpack_from("<HH", body, pos)
                value = body[pos + 4:pos + 4 + length]
                pos += 4 + (length + 3) // 4 * 4
                if code == 2989 and struct.unpack_from("<IH", value) == (PEN, PACKET):
                    assert struct.unpack_from("<Q", value, 8)[0] == count, "events are missing"
                    yield value[16:112] + body[20:20 + captured].ljust(128, b"\0") + value[112:]
                    count += 1


def address(raw):
    whole = ipaddress.ip_address(raw)
    return str(whole.ipv4_mapped or whole)


def decode(raw):
    time_ns, kind, _, cpu = struct.unpack_from("<QHHI", raw)
    event = {"type": kind, "time_ns": time_ns, "cpu": cpu, "flow": 0}
    if kind in KERNEL and kind not in (CALL, NEIGH, PROCESS):
        event["flow"], event["dir"] = struct.unpack_from("<IB", raw, 16)
    if kind == FLOW:
        ports = struct.unpack_from("<HH", raw, 56)
        event["ends"] = ((address(raw[24:40]), ports[0]), (address(raw[40:56]), ports[1]))
        event["why"] = raw[22]
    elif kind in (SKB, DROP, DECISION):
        event["point"] = raw[21]
        event["netns"], event["ifindex"], event["seq"], event["payload"] = struct.unpack_from("<IIII", raw, 24)
        event["segs"], = struct.unpack_from("<H", raw, 60)
        event["tunnel"] = struct.unpack_from("<H", raw, 72)[0] if raw[23] & 0x08 else 0
        if kind == DECISION:
            event["what"], event["hook"] = raw[108], raw[109]
        if kind == DROP:
            event["reason"], = struct.unpack_from("<I", raw, 104)
    elif kind == SOCK:
        event["point"] = raw[21]
        event["netns"], event["seq"], event["payload"] = struct.unpack_from("<III", raw, 24)
        event["write_ns"], = struct.unpack_from("<I", raw, 76)
    elif kind == SYMBOL:
        event["addr"], event["offset"] = struct.unpack_from("<QI", raw, 16)
        event["name"] = raw[32:].split(b"\0")[0].decode()
    elif kind == REASON:
        event["value"], = struct.unpack_from("<I", raw, 16)
        event["name"] = raw[24:].split(b"\0")[0].decode()
    elif kind == LOSS:
        event["count"], event["cause"], event["point"] = struct.unpack_from("<QHH", raw, 24)
    return event


def symbols_differ(events):
    """Several names of one address: any of them. Needs root. crumb's own programs (bpf_prog_*) are gone by now."""
    names = collections.defaultdict(set)
    with open("/proc/kallsyms", encoding="ascii") as file:
        for line in file:
            addr, kind, name = line.split()[:3]
            if kind in "tTwW":
                names[int(addr, 16)].add(name[:63])
    starts = sorted(names)
    differ = []
    for event in events:
        if event["type"] == SYMBOL and not event["name"].startswith("bpf_prog_"):
            start = starts[bisect.bisect_right(starts, event["addr"]) - 1]
            if event["name"] not in names[start] or event["offset"] != event["addr"] - start:
                differ.append((hex(event["addr"]), event["name"], event["offset"], sorted(names[start])))
    return differ


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        events = [decode(raw) for raw in records(file.read())]
    names = {e["value"]: e["name"] for e in events if e["type"] == REASON}
    for event in events:
        if event["type"] == DROP:
            event["reason"] = names.get(event["reason"], event["reason"])
    print(eval(f"({sys.argv[2]})", {**globals(), "E": events, "Counter": collections.Counter}))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Journeys across a, sw, b (the default topology, as machines) against the log of the relay between them (relay.c).

usage: relayed.py clocks JOURNEYS LOG        aligned times do not contradict the relay's order and intervals
       relayed.py again JOURNEYS LOG A B     what was sent again; A and B: how many segments a's and b's kernels counted

The relay stamped each frame with one clock, H, that no guest has. Each guest's CLOCK_MONOTONIC is a straight line of H: nobody sets it, and
all come from this machine's counter. So there is one line L, from H to the axis of the report (the clock of a), with

    dev.xmit on X <= L(stamp on the cable) <= first step on Y

for every frame that both saw, if crumb's times are right within their bounds; for a, whose clock the axis is, without any. The line
is looked for as a linear program in two variables. How far another host's times can be moved until there is no such line is how much the
relay knows about them: printed, and it must be of use.
"""
import bisect
import collections
import json
import sys

TO_SWITCH = {"a": "a-eth0", "b": "b-eth0"}      # ends at which frames leave a host, and the switch for it
FROM_SWITCH = {"a": "sw-swp1", "b": "sw-swp2"}
HOSTS = {"10.47.0.1": "a", "10.47.0.2": "b"}
ARRIVALS = ("dev.backlog", "dev.gro", "dev.receive", "bridge.in")
SLOPE = 1e-3            # no clock of a guest is further from this machine's
RATE = 1e-4             # nor do two guests' differ more, for times within one host
SHARP_NS = 20e6         # the relay must know the clocks better than this, or it proves little
SEQ = 1 << 32
FIN, SYN = 1, 2
SOON_NS = 5e6           # the journey's end and the relay's stamps are compared to this

complaints = collections.Counter()


def complain(text):
    complaints[text] += 1


# ---------------------------------------------------------------------------------------------------- the relay's log

Frame = collections.namedtuple("Frame", "start end in_ns out_ns fate")


def parse(data):
    """(source, destination, sequence number, payload, flags) of a TCP segment in IPv4, else None."""
    if len(data) < 54 or data[12:14] != b"\x08\x00" or data[23] != 6:
        return None
    header = 14 + (data[14] & 15) * 4
    port = int.from_bytes(data[header:header + 2], "big"), int.from_bytes(data[header + 2:header + 4], "big")
    payload = int.from_bytes(data[16:18], "big") - (header - 14) - (data[header + 12] >> 4) * 4
    name = [".".join(map(str, data[at:at + 4])) for at in (26, 30)]
    return (f"{name[0]}:{port[0]}", f"{name[1]}:{port[1]}", int.from_bytes(data[header + 4:header + 8], "big"), payload,
            data[header + 13])


class Relay:
    """Frames with payload by end and stream, in the order in which they came to the relay; offsets as journeys have them."""

    def __init__(self, path):
        self.first, self.frames, self.lost, self.overtaken = {}, collections.defaultdict(list), 0, 0
        self.empty = collections.Counter()  # SYN and FIN without payload, by end, stream and number
        for line in open(path, encoding="ascii"):
            end, in_ns, out_ns, fate, _, data = line.split(" ")
            self.lost += fate == "lost"
            self.overtaken += fate == "overtaken"
            got = parse(bytes.fromhex(data))
            if got:
                self.take(end, got, int(in_ns), int(out_ns), fate)
        for frames in self.frames.values():
            frames.sort(key=lambda f: f.in_ns)

    def take(self, end, got, in_ns, out_ns, fate):
        source, destination, seq, payload, flags = got
        if flags & SYN:
            self.first[source, destination] = seq + 1
        if flags & (SYN | FIN) and not payload:
            self.empty[end, source, destination, flags & (SYN | FIN), seq] += 1
        if payload and (source, destination) in self.first:
            start = (seq - self.first[source, destination]) % SEQ
            self.frames[end, source, destination].append(Frame(start, start + payload, in_ns, out_ns, fate))

    def sent_once(self):
        """By end and stream: frames none of whose bytes were sent another time there, as (starts, frames)."""
        once = {}
        for key, frames in self.frames.items():
            alone, top = [], 0
            ordered = sorted(frames, key=lambda f: f.start)
            for i, frame in enumerate(ordered):
                ahead = ordered[i + 1].start if i + 1 < len(ordered) else SEQ
                alone.append(frame if top <= frame.start and frame.end <= ahead and frame.fate == "passed" else None)
                top = max(top, frame.end)
            once[key] = [frame.start for frame in ordered], alone
        return once


# ------------------------------------------------------------------------------------------------------------- clocks

class Line:
    """Lower and upper limits of L(h), as (h, limit): is there a line between them?"""

    def __init__(self):
        self.lower, self.upper = collections.defaultdict(list), collections.defaultdict(list)

    def add(self, host, lower, h, limit):
        (self.lower if lower else self.upper)[host].append((h, limit))

    def reduce(self):
        """Only the corners matter."""
        for limits, sign in ((self.lower, 1), (self.upper, -1)):
            for host, points in limits.items():
                hull = []
                for h, y in sorted(points):
                    while len(hull) > 1 and sign * ((hull[-1][0] - hull[-2][0]) * (y - hull[-2][1]) -
                                                    (hull[-1][1] - hull[-2][1]) * (h - hull[-2][0])) >= 0:
                        hull.pop()
                    hull.append((h, y))
                limits[host] = hull

    def room(self, hosts, moved=None, by=0):
        """The most by which a line can keep off all limits of these hosts, and its slope; negative: there is none."""
        lower = [(h, y + (by if host == moved else 0)) for host in hosts for h, y in self.lower[host]]
        upper = [(h, y + (by if host == moved else 0)) for host in hosts for h, y in self.upper[host]]

        def at(slope):
            return min(y - slope * h for h, y in upper) - max(y - slope * h for h, y in lower)

        low, high = 1 - SLOPE, 1 + SLOPE
        for _ in range(80):     # concave
            one, two = low + (high - low) / 3, high - (high - low) / 3
            if at(one) < at(two):
                low = one
            else:
                high = two
        return at(low), low

    def reach(self, hosts, moved, sign):
        """How far one host's times can be moved until no line is left."""
        near, far = 0.0, 1e12
        while far - near > 100:
            middle = (near + far) / 2 if far < 1e12 else max(2 * near, 1e5)
            if self.room(hosts, moved, sign * middle)[0] >= 0:
                near = middle
            else:
                far = middle
            if near > 1e10:
                break
        return near


def hops(journey):
    """Its two cables: (end, step of leaving, step of arrival), where both were seen."""
    away, to = HOSTS[journey["src"].split(":")[0]], HOSTS[journey["dst"].split(":")[0]]
    leaves, arrives = {}, {}
    for step in journey["steps"]:
        if step["point"] == "dev.xmit":
            leaves[step["host"]] = step
        elif step["point"] in ARRIVALS:
            arrives.setdefault(step["host"], step)
    for end, here, there in ((TO_SWITCH[away], away, "sw"), (FROM_SWITCH[to], "sw", to)):
        if here in leaves and there in arrives:
            yield end, leaves[here], arrives[there]


def bounds(journey):
    """By host: the sum of bounds on the way from a."""
    cables = {frozenset(s["host"].split(">")): s["bound_ns"] for s in journey["segments"] if "bound_ns" in s}
    switch = cables.get(frozenset(("a", "sw")))
    beyond = cables.get(frozenset(("sw", "b")))
    return {"a": 0, "sw": switch, "b": None if switch is None or beyond is None else switch + beyond}


def only_frame(once, key, journey):
    """The one frame that carried it, if it was one, and carried it once."""
    starts, frames = once.get(key, ((), ()))
    at = bisect.bisect_right(starts, journey["offset"]) - 1
    frame = frames[at] if at >= 0 else None
    return frame if frame and frame.end >= journey["offset"] + journey["bytes"] else None


def limit_line(journeys, relay, base):
    """What journeys and stamps say of L, and how much of it is by which cable; by host the largest bound."""
    once, line = relay.sent_once(), Line()
    used, widest, within = collections.Counter(), collections.Counter(), 0
    for journey in journeys:
        known, met = bounds(journey), []
        for end, leaves, arrives in hops(journey):
            frame = only_frame(once, (end, journey["src"], journey["dst"]), journey)
            here, there = leaves["host"], arrives["host"]
            # Several sightings at one place are of copies, of which the journey's step is one.
            if not frame or "count" in leaves or "count" in arrives or None in (known[here], known[there]):
                continue
            out, came = (journey["start_ns"] + step["t_ns"] for step in (leaves, arrives))
            line.add(here, True, frame.in_ns - base, out - known[here])
            line.add(there, False, frame.out_ns - base, came + known[there])
            used[end] += 1
            met.append((frame, out, came))
            for host in (here, there):
                widest[host] = max(widest[host], known[host])
        if len(met) == 2:
            # The time within the switch needs no line: it lies between the two stamps of the packet.
            (first, _, came), (second, out, _) = met
            within += 1
            if out - came > (second.in_ns - first.out_ns) * (1 + RATE) + 1000:
                complain(f"{out - came} ns within the switch, and {second.in_ns - first.out_ns} between the relay's stamps")
    for end in (*TO_SWITCH.values(), *FROM_SWITCH.values()):
        if not used[end]:
            complain(f"no frame of {end} was met")
    print(f"{sum(used.values())} crossings of a cable, {within} messages on both")
    line.reduce()
    return line, widest


def compare_clocks(journeys, relay):
    base = min(frames[0].in_ns for frames in relay.frames.values())
    line, widest = limit_line(journeys, relay, base)
    if complaints:
        return
    for hosts in (["a"], ["a", "sw", "b"]):
        room, slope = line.room(hosts)
        print(f"{' '.join(hosts)}: room of {room / 1000:.1f} us for the line, {1e6 * (slope - 1):+.2f} ppm")
        if room < 0:
            complain(f"{' '.join(hosts)}: no line fits, {-room / 1000:.1f} us short")
            return
    for host in hosts[1:]:
        back, ahead = line.reach(hosts, host, -1), line.reach(hosts, host, 1)
        print(f"{host}: bound {widest[host] / 1000:.1f} us; refused when moved by -{back / 1000:.1f} or +{ahead / 1000:.1f} us")
        if max(back, ahead) > SHARP_NS:
            complain(f"{host}: the relay knows too little of its clock: {max(back, ahead) / 1e6:.1f} ms")


# ------------------------------------------------------------------------------------------------- what was sent again

def copies(relay):
    """By stream: what its sender's cable carried once more, as frames, and of each whether it came over both cables."""
    again = {}
    for (end, source, destination), frames in relay.frames.items():
        if end != TO_SWITCH[HOSTS[source.split(":")[0]]]:
            continue
        beyond = relay.frames.get((FROM_SWITCH[HOSTS[destination.split(":")[0]]], source, destination), [])
        came = collections.defaultdict(list)
        for frame in beyond:
            came[frame.end].append(frame)
        sent, top = [], 0
        for frame in frames:
            passed = frame.fate != "lost"
            there = came[frame.end].pop(0) if passed and came[frame.end] else None
            sent.append((frame, frame.start < top, passed and there and there.fate != "lost"))
            top = max(top, frame.end)
        again[source, destination] = sent
    return again


def same_copies(told, frames):
    """An skb may have gone as several frames. Returns for each that is told whether all of it came; None: they are not the same."""
    came, at = [], 0
    for one in told:
        start, whole = one["start"], True
        while start < one["end"]:
            if at == len(frames) or frames[at][0] != start or frames[at][1] > one["end"]:
                return None
            start, whole = frames[at][1], whole and frames[at][2]
            at += 1
        came.append(whole)
    return came if at == len(frames) else None


def until_read(journey, frames):
    """What was sent again until the message had been read; then its journey is over, and a lost ACK's repair no part of it."""
    if journey["verdict"] != "delivered" or not frames:
        return []
    left = [step for step in journey["steps"] if step["point"] == "dev.xmit"][:1]
    if not left:
        return [frame for frame in frames if frame[1]]
    end_ns = frames[0][0].in_ns + journey["total_ns"] - left[0].get("first_ns", left[0]["t_ns"]) - SOON_NS
    return [frame for frame in frames if frame[1] and frame[0].in_ns < end_ns]


def compare_again(journeys, relay):
    """Each of crumb's transmissions is the relay's, and the other way round. Returns how many frames the relay saw again, by host."""
    streams, fates, by_relay = collections.defaultdict(list), collections.Counter(), collections.Counter()
    wrong = 0
    for journey in journeys:
        streams[journey["src"], journey["dst"]].append(journey)
    for stream, sent in copies(relay).items():
        if stream not in streams:
            continue    # of another recording
        by_relay[HOSTS[stream[0].split(":")[0]]] += sum(second for _, second, _ in sent)
        for journey in streams[stream]:
            start, end = journey["offset"], journey["offset"] + journey["bytes"]
            frames = [one for one in sent if one[0].start < end and one[0].end > start]
            needed = len(until_read(journey, frames))
            frames = [(max(f.start, start), min(f.end, end), came) for f, second, came in frames if second]
            told = [t for t in journey.get("transmissions", []) if t["number"] > 1]
            for n in range(needed, len(frames) + 1):
                came = same_copies(told, frames[:n])
                if came is not None:
                    break
            else:
                complain(f"{journey['verdict']} {stream[0]} offset {start}: sent again {[(t['start'], t['end']) for t in told]}, "
                         f"the relay saw {[f[:2] for f in frames]}, {needed} of them before it was read")
                continue
            for one, whole in zip(told, came):
                fates[one["fate"], "came" if whole else "lost"] += 1
                wrong += (one["fate"] == "unseen") == whole or one["fate"] == "dropped"
    for (end, source, destination, *_), times in relay.empty.items():
        if streams.keys() & {(source, destination), (destination, source)} and end == TO_SWITCH[HOSTS[source.split(":")[0]]]:
            by_relay[HOSTS[source.split(":")[0]]] += times - 1
    # Which of several copies of a byte was lost, no machine sees.
    if wrong * 50 > sum(fates.values()) + 50:
        complain(f"{wrong} copies of {sum(fates.values())} have another fate than the relay gave them")
    print(f"sent again: {dict(by_relay)}; {relay.lost} frames lost, {relay.overtaken} overtaken; copies as told, and by the relay: "
          + ", ".join(f"{mine} ({theirs}) {n}" for (mine, theirs), n in sorted(fates.items())))
    return by_relay


def main(args):
    if len(args) not in (3, 5) or args[0] not in ("clocks", "again"):
        sys.exit(__doc__)
    lines = [json.loads(line) for line in open(args[1], encoding="utf-8")]
    journeys = [line for line in lines if line["type"] == "journey"]
    relay = Relay(args[2])
    if args[0] == "clocks":
        compare_clocks(journeys, relay)
    else:
        by_relay = compare_again(journeys, relay)
        for host, kernel in zip("ab", map(int, args[3:])):
            if kernel != by_relay[host]:
                complain(f"{host}: its kernel counted {kernel}, the relay {by_relay[host]}")
    for text, times in list(complaints.items())[:20]:
        print(f"{times} x {text}" if times > 1 else text)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

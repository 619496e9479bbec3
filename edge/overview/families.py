"""What is counted at a node, as Prometheus wants it: base units, `_total` for counters."""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from msgspec import Struct

from edge import VERSION
from edge.contract.notices import Device, Health
from edge.health import Waiting
from edge.journal import Contact
from edge.media.outlet import Sent
from edge.media.packet import Kind
from edge.media.record.place import Place
from edge.media.record.recorder import RecordingState
from edge.media.stream import Stream
from edge.overview import running
from edge.overview.exposition import Family, alone, counter, gauge
from sync.budget import Class
from sync.tree import Standing
from sync.wellbeing import Told

MOST_NODES = 2000  # below this one that are listed: twice a region's
SEVERITY = {"good": 0, "none": 0, "poor": 1, "bad": 2}
LIGHT = "How a light is: 0 good or nothing there, 1 poor, 2 bad."
CAME = "Packets of a publication that came, by what they were: new, or twice, malformed, of nobody."
FAULTS = {"received": "new", "duplicates": "duplicate", "malformed": "malformed", "foreign": "foreign"}
REPAIRS = {"asked": "asked", "recovered": "recovered", "lost": "lost"}


class Recorded(Struct, frozen=True):
    """Some recordings taken together."""

    count: int = 0
    octets: int = 0
    seconds: float = 0.0
    lost: int = 0  # packets and frames that are known to be missing


class Kept(Struct, frozen=True):
    """What is on the disk; `now` is the journal's clock (milliseconds)."""

    recordings: dict[str, Recorded]
    waiting: Waiting
    facts: int
    octets: int
    nodes: list[Standing]
    told: dict[str, Told]
    now: int


def of_process() -> Iterable[Family]:
    """Return what this process takes."""
    release = running.installed()
    labels = {"version": VERSION, "release": release.name}
    yield gauge("build_info", "Which tirek runs here.", [(labels, 1)])
    yield gauge("release_on_trial", "Whether the release has still to prove itself.", alone(release.on_trial))
    yield gauge("process_start_time_seconds", "When it began, since 1970, by this computer's clock.",
                alone(time.time() - running.uptime()))  # fmt: skip
    yield counter("process_cpu_seconds_total", "Processor time used.", alone(running.seconds_of_cpu()))
    yield gauge("process_resident_memory_bytes", "Memory in use.", alone(running.memory()))
    yield gauge("process_open_fds", "Open descriptors.", alone(running.open_files()))


def of_streams(streams: Iterable[Stream], viewers: Callable[[Stream], int]) -> Iterable[Family]:
    """Return what comes in, stream by stream."""
    listed = [({"stream": each.name}, each, each.counts()) for each in streams]
    yield gauge("stream_live", "Whether somebody publishes.", [(on, each.live) for on, each, _ in listed])
    yield gauge("stream_viewers", "Who watch.", [(on, viewers(each)) for on, each, _ in listed])
    yield gauge("stream_bitrate_bits_per_second", "Rate of the last two seconds.",
                [(on, each.bitrate) for on, each, _ in listed])  # fmt: skip
    yield counter("stream_received_bytes_total", "Bytes of the publication that runs, or ran last.",
                  [(on, counts.get("bytes", 0)) for on, _, counts in listed])  # fmt: skip
    yield counter("stream_received_packets_total", CAME, _by(listed, FAULTS, "kind"))
    yield counter("stream_repair_packets_total",
                  "Packets asked for again, that came then, and that were given up for lost.",
                  _by(listed, REPAIRS, "result"))  # fmt: skip
    yield counter("stream_key_requests_total", "Key frames that the publisher was asked for.",
                  [(on, each.key_requests) for on, each, _ in listed])  # fmt: skip


def _by(
    listed: Sequence[tuple[dict[str, str], Stream, Mapping[str, int]]], names: Mapping[str, str], label: str
) -> list[tuple[dict[str, str], float]]:
    return [
        (on | {label: called}, counts.get(name, 0))
        for on, _, counts in listed
        for name, called in names.items()
    ]


def of_recorders(states: Iterable[RecordingState]) -> Iterable[Family]:
    """Return what the recorders do."""
    found = [each.state for each in states]
    listed = [({"state": each}, found.count(each)) for each in ("recording", "stopped", "off")]
    yield gauge("recorders", "Recorders of the streams that are there, by what they do.", listed)


def of_watchers(sent: Sent) -> Iterable[Family]:
    """Return what went out to all watchers, and what did not."""
    yield counter(
        "viewer_sent_packets_total", "Packets sent to viewers for the first time.", alone(sent.packets)
    )
    yield counter("viewer_sent_bytes_total", "Their bytes, without headers.", alone(sent.octets))
    yield counter(
        "viewer_resent_packets_total", "Packets sent again because a viewer asked.", alone(sent.resent)
    )
    yield counter("viewer_refused_resends_total", "Packets not sent again: a share is reserved for that.",
                  alone(sent.refused))  # fmt: skip
    yield counter("viewer_unsent_packets_total", "Packets that this computer's own queue had no room for.",
                  alone(sent.unsent))  # fmt: skip
    yield counter("viewer_left_out_pictures_total", "Pictures that a narrow link had no room for.",
                  alone(sent.left_out))  # fmt: skip


def of_classes(connected: int, unasked: Mapping[Kind, int]) -> Iterable[Family]:
    """Return what classes send back."""
    yield gauge("classes_connected", "Classes whose camera or microphone can be had here.", alone(connected))
    yield counter("class_refused_packets_total",
                  "Packets of classes that nobody wanted, such as sound without the floor. Dropped.",
                  [({"kind": kind}, count) for kind, count in unasked.items()])  # fmt: skip


def of_kept(kept: Kept) -> Iterable[Family]:
    """Return recordings and journal."""
    listed = [({"state": state}, each) for state, each in sorted(kept.recordings.items())]
    yield gauge("recordings", "Recordings on the disk.", [(on, each.count) for on, each in listed])
    yield gauge("recordings_bytes", "Their size.", [(on, each.octets) for on, each in listed])
    yield gauge("recordings_seconds", "Their length.", [(on, each.seconds) for on, each in listed])
    yield gauge("recordings_lost_packets", "Packets and frames that are known to be missing in them.",
                [(on, each.lost) for on, each in listed])  # fmt: skip
    yield gauge("journal_facts", "Facts in the journal.", alone(kept.facts))
    yield gauge("journal_size_bytes", "Size of its file.", alone(kept.octets))
    waiting = (({"kind": "registers"}, kept.waiting.registers), ({"kind": "others"}, kept.waiting.others))
    yield gauge("journal_waiting_facts", "Facts that the hub does not hold yet.", waiting)


def of_disk(place: Place) -> Iterable[Family]:
    """Return the disk that recordings are on."""
    folder = place.folder if place.folder.is_dir() else place.folder.parent
    with suppress(OSError):
        found = os.statvfs(folder)
        yield gauge("disk_size_bytes", "Size of the disk.", alone(found.f_blocks * found.f_frsize))
        yield gauge("disk_free_bytes", "What is free of it.", alone(found.f_bavail * found.f_frsize))
        yield gauge("disk_read_only", "Whether it is read-only.", alone(bool(found.f_flag & os.ST_RDONLY)))
    yield gauge("disk_reserve_bytes", "What recordings leave free.", alone(place.reserve))


def of_hub(contact: Contact, joined: bool, now: int) -> Iterable[Family]:
    """Return how the hub is reached; `now` in milliseconds of the clock that `contact` has."""
    yield gauge("hub_joined", "Whether this node was enrolled with a hub.", alone(joined))
    if joined:
        yield counter("hub_tries_total", "Tries to reach it that have ended.", alone(contact.tries))
        yield gauge("hub_failing", "Whether the last one came to nothing.", alone(bool(contact.failed)))
    if contact.reached:
        age = max(0, now - contact.reached) / 1000
        yield gauge("hub_exchange_age_seconds", "Since the hub was last even with this node.", alone(age))


def of_nodes(kept: Kept) -> Iterable[Family]:
    """Return the nodes below this one."""
    below = [({"node": each.node, "school": each.school}, each) for each in kept.nodes[:MOST_NODES]
             if not each.revoked]  # fmt: skip
    heard = [(on, max(0, kept.now - each.heard) / 1000) for on, each in below if each.heard]
    yield gauge("node_heard_age_seconds", "Since a node below was heard.", heard)
    yield gauge("node_waiting_facts", "What it had still to bring.",
                [(on, each.waiting) for on, each in below if each.heard])  # fmt: skip
    yield gauge("node_only_lessons", "Whether it keeps nothing, because of its disk or its journal.",
                [(on, bool(each.trouble)) for on, each in below if each.heard])  # fmt: skip
    told = [(on, kept.told[each.node]) for on, each in below if each.node in kept.told]
    yield gauge("node_told_age_seconds", "Since it said how it is, which it does every day.",
                [(on, max(0, kept.now - each.at) / 1000) for on, each in told])  # fmt: skip
    yield gauge("node_light", LIGHT,
                [(on | {"light": name}, SEVERITY.get(state, 0))
                 for on, each in told for name, state in each.fact.lights.items()])  # fmt: skip


def of_devices(devices: Iterable[Device], stopped: bool) -> Iterable[Family]:
    """Return the instruments and robots."""
    states = [each.state for each in devices]
    yield gauge("devices", "Devices, by how they are.",
                [({"state": state}, states.count(state)) for state in sorted(set(states))])  # fmt: skip
    yield gauge("devices_stopped", "Whether everything that moves is kept stopped.", alone(stopped))


def of_traffic(spent: Mapping[Class, int], refused: int) -> Iterable[Family]:
    """Return what was fetched from the hub in bulk, and what nobody could read on this network."""
    classes: list[Class] = sorted({"content", "repair", *spent})
    yield counter("fetched_bytes_total", "Bytes fetched in bulk from the hub.",
                  [({"class": each}, spent.get(each, 0)) for each in classes])  # fmt: skip
    yield counter("discovery_refused_total", "Announcements of hubs that were not taken.", alone(refused))


def of_health(health: Health, now: float) -> Iterable[Family]:
    """Return the lights of the screen; `now` in seconds since 1970."""
    yield gauge("light", LIGHT, [({"light": each.name}, SEVERITY[each.state]) for each in health.lights])
    yield gauge("recording_room_seconds", "Of recording that still fit on the disk.",
                alone(health.minutes_free * 60))  # fmt: skip
    if health.backup:
        yield gauge("backup_age_seconds", "Since the newest backup of the journal.",
                    alone(max(0.0, now - health.backup / 1000)))  # fmt: skip

"""A node's configuration: strict with people, so a typo never changes silently what a school gets.

Whatever the file lists is what the node does; nothing in it names a program.
"""

import difflib
import ipaddress
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct, field, structs

from devices.errors import DeviceError
from devices.simulate import NAMES
from devices.workshop import setting
from edge.errors import ConfigWrong
from edge.tokens import Token
from sync import streams

PLAIN = r"^[^\x00-\x1f\x7f]{1,63}\Z"  # 63: what one label of a DNS name can hold
SCHOOL = rf"^({streams.SCHOOL.pattern})?\Z"
STREAM = r"^[a-z0-9-]{1,64}\Z"
LAB = "lab"  # the laboratory's folder in the state folder
SOCKET = "tirek.sock"  # in the state folder, where no other place is configured
LISTEN = re.compile(r"(?P<v4>[0-9.]+|\[(?P<v6>[0-9a-fA-F:.]+)\]):(?P<port>[0-9]{1,5})")
SECRET = {"parent_token", "sha256", "pin"}  # values a complaint must not repeat
MAX_SHOWN = 60  # letters of a wrong value in a complaint: enough to find it, and still one line

T = TypeVar("T", bound=Struct)
Secret = Annotated[str, Meta(min_length=1, max_length=256)]
Simulated = Annotated[str, Meta(pattern=rf"^({'|'.join(NAMES)})\Z", description="a simulated instrument")]
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", description="a time such as 07:30")]
StreamName = Annotated[str, Meta(pattern=STREAM, description="1 to 64 of a-z, 0-9 and -")]


class Limits(Struct, frozen=True):
    """What a node refuses to go beyond; the reasons are in docs/config.md."""

    viewers: Annotated[int, Meta(ge=1, le=1000, description="a whole number from 1 to 1000")] = 80
    streams: Annotated[int, Meta(ge=1, le=64, description="a whole number from 1 to 64")] = 8
    bitrate: Annotated[
        int, Meta(ge=100_000, le=50_000_000, description="bits a second, from 100000 to 50000000")
    ] = 6_000_000
    names_days: Annotated[int, Meta(ge=1, le=36_500, description="a whole number from 1 to 36500")] = 365
    disk_reserve: Annotated[int, Meta(ge=0, le=1_000_000, description="mebibytes, from 0 to 1000000")] = 512


class Library(Struct, frozen=True):
    """What of the library is on this disk, and who may read it; the reasons are in docs/config.md."""

    quota_mb: Annotated[int, Meta(ge=0, le=100_000_000, description="mebibytes, from 0 to 100000000")] = 0
    keep_days: Annotated[int, Meta(ge=0, le=36_500, description="days, from 0 to 36500")] = 0
    fetch: bool = True
    missed: bool = True
    share: bool = True
    kiwix_port: Annotated[int, Meta(ge=0, le=65535, description="a port from 0 to 65535")] = 0


class LinkBudget(Struct, frozen=True):
    """What may be fetched in bulk over the link to the hub, and when; the reasons are in docs/config.md."""

    metered: bool = False
    quiet: Annotated[
        tuple[Clock, ...], Meta(max_length=2, description='two times such as ["08:00", "18:00"]')
    ] = ()
    daily_mb: Annotated[int, Meta(ge=0, le=1_000_000, description="megabytes, from 0 to 1000000")] = 0
    rate: Annotated[int, Meta(ge=16, le=1_000_000, description="kbit/s, from 16 to 1000000")] = 4000


class Classroom(Struct, frozen=True):
    """What of the class may be seen and heard, and kept; the reasons are in docs/config.md."""

    camera: bool = True
    microphone: bool = True
    record: bool = False


class SerialPort(Struct, frozen=True):
    """A port that nobody can recognise by itself: a bus, a computer's own port, a simulator's."""

    path: Annotated[str, Meta(pattern="^/", description="a path that begins with /")]
    driver: Annotated[str, Meta(max_length=64, description="the name of a driver")] = ""
    profile: Annotated[str, Meta(max_length=200, description="a profile of this driver")] = ""
    label: Annotated[str, Meta(pattern=rf"({PLAIN}|^\Z)", description="1 to 63 letters on one line")] = ""
    baud: Annotated[int, Meta(ge=0, le=4_000_000, description="a speed such as 9600")] = 0


class Config(Struct, frozen=True):
    """What a node does; every key is explained in docs/config.md."""

    name: Annotated[str, Meta(pattern=PLAIN, description="1 to 63 letters on one line")]
    state: Annotated[str, Meta(pattern="^/", description="a path that begins with /")]
    listen: Annotated[
        tuple[str, ...], Meta(min_length=1, description='a list of "ADDRESS:PORT" with at least one')
    ] = ("0.0.0.0:8080",)
    listen_nodes: Annotated[tuple[str, ...], Meta(description='a list of "ADDRESS:PORT"')] = ()
    school: Annotated[str, Meta(pattern=SCHOOL, description="1 to 32 of a-z, 0-9 and -, or nothing")] = ""
    parent: Annotated[str | None, Meta(description="an address such as http://10.0.0.1:8080")] = None
    parent_token: Annotated[Secret | None, Meta(description="a token of 1 to 256 letters")] = None
    announce: bool = False
    discover: bool = True
    follow: Annotated[
        tuple[StreamName, ...] | None, Meta(description="a list of stream names of a-z, 0-9 and -")
    ] = None
    record: bool = True
    vision: bool = True
    room: bool = False
    library_open: bool = True
    allow_anyone: bool = False
    lang: Annotated[Literal["kk", "ru", "en"], Meta(description='"kk", "ru" or "en"')] = "kk"
    socket: Annotated[str, Meta(pattern="^(/.*)?$", description="a path that begins with /, or nothing")] = ""
    pin: Annotated[str, Meta(pattern=r"^([0-9]{4,8})?\Z", description="4 to 8 digits, in quotes")] = ""
    simulate: Annotated[tuple[Simulated, ...], Meta(description=f"a list of {', '.join(NAMES)}")] = ()
    usb: bool = True
    ports: tuple[SerialPort, ...] = field(name="port", default=())
    limits: Limits = Limits()
    library: Library = Library()
    budget: LinkBudget = LinkBudget()
    classroom: Classroom = field(name="class", default=Classroom())
    tokens: tuple[Token, ...] = field(name="token", default=())

    def __post_init__(self) -> None:
        for text in self.listen:
            address(text)
        for text in self.listen_nodes:
            address(text, "listen_nodes")
        if self.parent is not None:
            _check_parent(self.parent)
        if len(set(self.budget.quiet)) == 1:
            raise ValueError("`quiet` in the table [budget] needs two times, from and until")
        if self.parent_token is not None and self.parent is None:
            raise ValueError("`parent_token` needs `parent`: it is never sent to a hub that was only found")
        _check_ports(self.ports, Path(self.state) / LAB)
        names = [token.name for token in self.tokens]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two [[token]] tables have the name {twice!r}")

    @property
    def screen_socket(self) -> Path:
        """Where the teacher's screen finds this node."""
        return Path(self.socket) if self.socket else Path(self.state) / SOCKET

    @property
    def finds_parent(self) -> bool:
        """True where the network is asked for a hub: nothing is configured and nobody is to find us."""
        return self.discover and self.parent is None and not self.announce

    def follows(self, stream: str) -> bool:
        """Say whether this stream of the parent is wanted."""
        return self.follow is None or stream in self.follow


def load(path: Path) -> Config:
    """Read a configuration file; ConfigWrong says file, table, key and value."""
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigWrong(f"{path}: cannot be read: {exc}") from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigWrong(f"{path}: not TOML: {exc}") from exc
    return from_table(table, str(path))


def from_table(table: dict[str, Any], source: str) -> Config:
    """Build a configuration from plain values; `source` opens every complaint."""
    try:
        return _struct(Config, table, "the top table")
    except ValueError as exc:
        raise ConfigWrong(f"{source}: {exc}") from exc


def address(text: str, key: str = "listen") -> tuple[str, int]:
    """Split "127.0.0.1:8080" or "[::1]:8080"; ValueError names what is wrong."""
    wrong = f'`{key}`: "{text}" is not ADDRESS:PORT such as 127.0.0.1:8080 or [::1]:8080'
    match = LISTEN.fullmatch(text)
    if match is None:
        raise ValueError(wrong)
    host, port = match["v6"] or match["v4"], int(match["port"])
    try:
        version = ipaddress.ip_address(host).version
    except ValueError as exc:
        raise ValueError(f'`{key}`: "{host}" is not an IP address') from exc
    if port > 65535 or (version == 6) != (match["v6"] is not None):
        raise ValueError(wrong)
    return host, port


def _check_parent(url: str) -> None:
    try:
        parts = urlsplit(url)
        plain = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    except ValueError:  # a port that is no number, half an IPv6 address
        plain, extra = None, ""
    if not plain or extra:
        raise ValueError(f'`parent`: "{url}" is not an address such as http://10.0.0.1:8080')


def _check_ports(ports: Sequence[SerialPort], folder: Path) -> None:
    paths = [port.path for port in ports]
    if twice := next((path for path in paths if paths.count(path) > 1), None):
        raise ValueError(f"two [[port]] tables have the path {twice!r}")
    for number, port in enumerate(ports, 1):
        if not port.driver and port.profile:
            raise ValueError(f"`profile` in [[port]] number {number} needs `driver`")
        try:
            if port.driver:
                setting(folder, port.driver, port.profile)
        except DeviceError as exc:
            raise ValueError(f"[[port]] number {number}: {exc}") from exc


def _struct(kind: type[T], table: dict[str, Any], where: str) -> T:
    fields = {f.encode_name: f for f in structs.fields(kind)}
    for key in table:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, 1)
            raise ValueError(
                f"unknown key `{key}` in {where}" + (f"; did you mean `{near[0]}`?" if near else "")
            )
    for key, f in fields.items():
        if f.required and key not in table:
            raise ValueError(f"`{key}` is missing in {where}")
    return kind(**{f.name: _value(f, table[key], where) for key, f in fields.items() if key in table})


def _value(f: structs.FieldInfo, value: object, where: str) -> object:
    key = f.encode_name
    if f.type in (Limits, Library, LinkBudget, Classroom):
        return _struct(f.type, _table(value, f"[{key}]"), f"the table [{key}]")
    for kind in (Token, SerialPort):
        if f.type == tuple[kind, ...]:  # type: ignore[valid-type]  # it is compared, and annotates nothing
            return _structs(kind, value, key)
    try:
        return msgspec.convert(value, f.type)
    except msgspec.ValidationError as exc:
        shown = "this" if key in SECRET else repr(value)[:MAX_SHOWN]
        raise ValueError(f"`{key}` in {where} must be {_words(f.type)}, not {shown}") from exc


def _structs(kind: type[T], value: object, key: str) -> tuple[T, ...]:
    rows = value if isinstance(value, list) else [value]
    places = [f"[[{key}]] number {n}" for n in range(1, len(rows) + 1)]
    return tuple(_struct(kind, _table(row, place), place) for row, place in zip(rows, places, strict=True))


def _table(value: object, form: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{form} must be a table, not {repr(value)[:MAX_SHOWN]}")
    return value


def _words(kind: object) -> str:
    notes = [note.description for note in get_args(kind) if isinstance(note, Meta)]
    return notes[0] if notes and notes[0] else "true or false"

"""Addresses of hubs as people type them (core)."""

import ipaddress
import re

from msgspec import Struct

from sync.errors import JournalError

PORT = 8443  # where a hub listens for nodes unless it says otherwise
MAX_ADDRESS = 300  # letters: the longest host name has 253

HOST_PORT = re.compile(r"(?:https://)?(\[[^\[\]]*\]|[^\[\]:/?#@]*)(?::([0-9]+))?/?", re.IGNORECASE)
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE)
NUMBERS = re.compile(r"[0-9.]+")


class AddressWrong(JournalError):
    """This is no address of a hub."""


class Address(Struct, frozen=True):
    """Where a hub listens."""

    host: str  # a name or an address, IPv6 without brackets
    port: int = PORT

    def __str__(self) -> str:
        """Return it as `host:port`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse(text: str) -> Address:
    """Return the address that somebody typed; raise AddressWrong."""
    typed = text.strip()
    if len(typed) > MAX_ADDRESS:
        raise AddressWrong(f"an address of {len(typed)} letters: at most {MAX_ADDRESS}")
    if typed.lower().startswith("http://"):
        raise AddressWrong(f"{typed!r}: a hub speaks https, not http")
    if _is_ipv6(typed):
        return Address(typed)
    match = HOST_PORT.fullmatch(typed)
    if match is None:
        raise AddressWrong(f"{typed!r} is not an address such as 10.20.0.1, hub.example:8443 or [::1]:8443")
    return Address(_host(match[1], typed), _port(match[2], typed))


def _host(host: str, typed: str) -> str:
    if host.startswith("["):
        if not _is_ipv6(host[1:-1]):
            raise AddressWrong(f"{typed!r}: {host} is not an IPv6 address")
        return host[1:-1]
    try:
        plain = host.encode("idna").decode()
    except UnicodeError as exc:
        raise AddressWrong(f"{typed!r}: {host!r} is not a host's name") from exc
    named = all(LABEL.fullmatch(label) for label in plain.removesuffix(".").split("."))
    if not named or (NUMBERS.fullmatch(plain) and not _is_ipv4(plain)):
        raise AddressWrong(f"{typed!r}: {host!r} is not a host's name or address")
    return plain.lower()


def _port(digits: str | None, typed: str) -> int:
    if digits is None:
        return PORT
    if not 0 < int(digits[:6]) <= 65535 or len(digits) > 5:
        raise AddressWrong(f"{typed!r}: a port is a number from 1 to 65535, not {digits}")
    return int(digits)


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _is_ipv6(text: str) -> bool:
    try:
        # A link-local address needs the name of a network card of one computer: no address to keep.
        return ipaddress.IPv6Address(text).scope_id is None
    except ValueError:
        return False

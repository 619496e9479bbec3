"""Mutual TLS by pinned certificates: each side trusts exactly those it was told of, whatever the date.

A hub lets strangers knock, because they may want to enrol, and says who somebody is by the certificate alone.
A node talks to nobody but the one hub that it was enrolled with.
"""

import asyncio
import logging
import os
import ssl
from collections.abc import Iterable

import aiohttp

from sync.errors import JournalError
from sync.joining.certificates import NotACertificate, der_of, fingerprint_of, load
from sync.joining.identity import Identity, Parent

# Python has no name for it. Without it a PC with a dead battery finds certificates "not yet valid".
X509_V_FLAG_NO_CHECK_TIME = 0x200000
NOT_KNOWN = ("ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE")  # how OpenSSL calls the alerts of a refusing hub

log = logging.getLogger(__name__)


class LinkFailed(JournalError):
    """The hub cannot be talked to."""


class HubUnreachable(LinkFailed):
    """Nobody answers, or the link broke: worth another try."""


class HubMismatch(LinkFailed):
    """Somebody else answers at the hub's address."""

    def __init__(self, address: str) -> None:
        super().__init__(f"the hub at {address} is not the one this school was enrolled with")


class NodeUnknown(LinkFailed):
    """The hub does not let this node in."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"the hub at {address} does not know this node: it was revoked, or this is another hub"
        )


def server_context(identity: Identity, certificates: Iterable[str]) -> ssl.SSLContext:
    """Return what a hub listens with; it lets in these certificates (PEM), and strangers without any."""
    context = _context(ssl.PROTOCOL_TLS_SERVER)
    context.sslobject_class = _SayingWhy
    context.load_cert_chain(identity.path)
    context.verify_mode = ssl.CERT_OPTIONAL
    # Nobody resumes: aiohttp cannot. Two tickets are 1,180 bytes, all the rest of a handshake 1,550.
    context.num_tickets = 0
    for certificate in certificates:
        try:
            trust(context, certificate)
        except NotACertificate as exc:  # one node stays outside, not all of them
            log.warning("certificate not usable reason=%r", str(exc))
    return context


def trust(context: ssl.SSLContext, certificate: str) -> None:
    """Let a certificate in from now on. It cannot be taken out again: whom to serve is asked by node id."""
    load(context, der_of(certificate))


def client_context(identity: Identity, parent: Parent) -> ssl.SSLContext:
    """Return what a node calls its hub with; the handshake with anybody else fails before a word is said."""
    context = pinned_context(parent.certificate)
    context.load_cert_chain(identity.path)
    return context


def pinned_context(certificate: str) -> ssl.SSLContext:
    """Return what somebody without a certificate calls the owner of this one with, and nobody else."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    # The only anchor, and not an authority: OpenSSL accepts this very certificate or none.
    load(context, der_of(certificate))
    return context


def stranger_context() -> ssl.SSLContext:
    """Return what looks at a certificate before anything is known of it; nothing may be said over it."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def peer_fingerprint(transport: asyncio.BaseTransport | None) -> str:
    """Return the fingerprint of the other end's certificate, "" for a stranger; a node's id begins it."""
    secured = transport.get_extra_info("ssl_object") if transport is not None else None
    der = secured.getpeercert(True) if secured is not None else None
    return fingerprint_of(der) if der else ""


def explained(failure: aiohttp.ClientError | OSError, address: str) -> LinkFailed:
    """Return in words why a connection made with `client_context` failed."""
    if isinstance(failure, aiohttp.ClientConnectorCertificateError | ssl.SSLCertVerificationError):
        return HubMismatch(address)
    if any(alert in str(failure) for alert in NOT_KNOWN):
        return NodeUnknown(address)
    if isinstance(failure, TimeoutError):
        return HubUnreachable(f"the hub at {address} does not answer in time")
    if isinstance(failure, aiohttp.ClientConnectorSSLError | ssl.SSLError):
        return HubMismatch(address)
    return HubUnreachable(f"the hub at {address} cannot be reached: {_cause(failure)}")


def _cause(failure: aiohttp.ClientError | OSError) -> str:
    """aiohttp's own sentence shows the insides of a context."""
    cause = failure.os_error if isinstance(failure, aiohttp.ClientConnectorError) else failure
    if not isinstance(cause, OSError):
        return str(cause)
    number, words = cause.errno or 0, cause.strerror or str(cause)
    return os.strerror(number) if number > 0 and "SSL" not in words else words


def _context(protocol: int) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VerifyFlags(ssl.VERIFY_X509_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME)
    return context


class _SayingWhy(ssl.SSLObject):
    """Sends the alert before it gives up.

    asyncio and uvloop close the socket with OpenSSL's last words still in the buffer, so a revoked node would
    see nothing but a reset connection, as from a broken link. They do send what is there when more is wanted.
    """

    _failure: ssl.SSLCertVerificationError | None = None

    def do_handshake(self) -> None:
        """Shake hands; a refusal is raised only after the other side could hear of it."""
        if self._failure is not None:
            raise self._failure
        try:
            super().do_handshake()
        except ssl.SSLCertVerificationError as exc:
            self._failure = exc
            raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "the alert goes first") from exc

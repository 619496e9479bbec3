"""A hub lets nodes in: `POST /enroll`, the one thing that somebody without a certificate may do."""

import asyncio
import logging
import math
import ssl
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
from aiohttp import web

from sync.errors import BadRequest, TooLarge
from sync.joining.certificates import (
    NotACertificate,
    der_of,
    fingerprint_of,
    has_signed,
    node_of,
    pem_of,
)
from sync.joining.enrolment import (
    MAX_BODY,
    Ends,
    EnrolReply,
    EnrolRequest,
    Invitation,
    match,
    proof,
    read_request,
)
from sync.joining.identity import Identity
from sync.joining.limiter import Limiter
from sync.joining.tls import trust

BODY_SECONDS = 30.0  # a request of 1 KB on the worst link we know, three times over

log = logging.getLogger(__name__)


class Invitations(Protocol):
    """Where a hub keeps whom it invited."""

    def invitations(self) -> Sequence[Invitation]:
        """Return those that have not expired; used ones say by which node, unless it was revoked."""

    async def admit(self, invitation: Invitation, node: str, certificate: str, name: str) -> bool:
        """Let a node in and use up its invitation, durably and at once; false if it was used meanwhile."""


class Admission:
    """The door for strangers."""

    def __init__(
        self,
        identity: Identity,
        name: str,
        invited: Invitations,
        context: ssl.SSLContext,
        wall: Callable[[], int],
    ) -> None:
        self._identity = identity
        self._name = name
        self._invited = invited
        self._context = context
        self._wall = wall  # milliseconds since 1970, as invitations have them
        self._limiter = Limiter()
        self._turn = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """Return what is mounted."""
        return [web.post("/enroll", self._enrol)]

    async def _enrol(self, request: web.Request) -> web.Response:
        address = request.remote or ""
        if wait := self._limiter.wait(address, asyncio.get_running_loop().time()):
            return _too_many(wait)
        try:
            body = await _body(request)
            # One at a time: what is right costs no try, however many ask at once behind one router.
            async with self._turn:
                if wait := self._limiter.take(address, asyncio.get_running_loop().time()):
                    return _too_many(wait)
                reply = await self._answer(read_request(body))
                if reply is not None:
                    self._limiter.give_back(address)
        except TooLarge as exc:
            return web.Response(status=413, text=str(exc))
        except (BadRequest, NotACertificate) as exc:
            return web.Response(status=400, text=str(exc))
        if reply is None:
            log.warning("enrolment refused address=%s", address)
            return web.Response(status=403, text="this code is wrong, used or expired")
        return web.Response(body=msgspec.json.encode(reply), content_type="application/json")

    async def _answer(self, asked: EnrolRequest) -> EnrolReply | None:
        """Return the answer to a node that was let in, None to one that was not."""
        der = der_of(asked.certificate)
        ends = Ends(fingerprint_of(der), self._identity.fingerprint, asked.nonce)
        is_his = has_signed(der, bytes.fromhex(asked.signature), ends.text)
        if not is_his or ends.client == ends.server:  # somebody else's certificate, or the hub's own
            return None
        invitation = await self._let_in(asked, der, ends)
        if invitation is None:
            return None
        trust(self._context, pem_of(der))
        return EnrolReply(proof(invitation.key, "hub", ends), invitation.school, self._name)

    async def _let_in(self, asked: EnrolRequest, der: bytes, ends: Ends) -> Invitation | None:
        node = node_of(der)
        found = self._match(asked, ends, node)
        if found is None or found.node:
            return found
        if await self._invited.admit(found, node, pem_of(der), asked.name):
            log.info("node enrolled node=%s school=%s", node, found.school)
            return found
        # Used while we asked. If it was by this very node, its first request was slower than its patience.
        again = self._match(asked, ends, node)
        return again if again is not None and again.node else None

    def _match(self, asked: EnrolRequest, ends: Ends, node: str) -> Invitation | None:
        return match(asked.proof, ends, node, self._invited.invitations(), self._wall())


def _too_many(wait: float) -> web.Response:
    seconds = str(math.ceil(wait))
    words = f"too many tries; wait {seconds} seconds"
    return web.Response(status=429, text=words, headers={"Retry-After": seconds})


async def _body(request: web.Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > MAX_BODY:
                    raise TooLarge(f"longer than {MAX_BODY} bytes")
    except web.RequestPayloadError as exc:
        raise BadRequest("cut short") from exc
    except ConnectionError as exc:
        raise BadRequest("the connection broke") from exc
    except TimeoutError as exc:
        raise BadRequest(f"not whole after {BODY_SECONDS:.0f} seconds") from exc
    return bytes(body)

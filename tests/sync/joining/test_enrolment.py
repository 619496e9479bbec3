"""One code joins a node and a hub; whoever lacks it, or used it, or stands between, is refused."""

import asyncio
import json
import secrets
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.joining.enroll import CodeRefused, HubUnproven, NotAHub, TooManyTries, enroll
from sync.joining.enrolment import (
    CODE_BYTES,
    LIFETIME,
    MAX_BODY,
    Ends,
    EnrolReply,
    EnrolRequest,
    fresh_code,
    key_of,
    proof,
    proves,
)
from sync.joining.identity import Identity, Parent, load_or_create
from sync.joining.limiter import ADDRESS_BURST, ADDRESS_RATE
from sync.joining.tls import HubUnreachable, stranger_context
from tests.sync.joining.wires import GUESSER, Hub, answering, hub, man_in_the_middle, post, saying, school_of

CODE = fresh_code(bytes(range(CODE_BYTES)))
ENDS = Ends("a" * 64, "b" * 64, "c" * 32)


def _code() -> str:
    return fresh_code(secrets.token_bytes(CODE_BYTES))


def _identity(folder: Path) -> Identity:
    folder.mkdir()
    return load_or_create(folder)


@pytest.fixture
def node(tmp_path: Path) -> Identity:
    """Return the identity of a node that wants to join."""
    return _identity(tmp_path / "node")


@pytest.fixture
async def inviting(tmp_path: Path) -> AsyncIterator[Hub]:
    """Serve a hub that gave out CODE."""
    (tmp_path / "hub").mkdir()
    async with hub(tmp_path / "hub") as serving:
        serving.invited.invite(CODE, "school-1")
        yield serving


async def test_a_code_joins_a_node_and_a_hub_for_good(inviting: Hub, node: Identity) -> None:
    parent = await enroll(inviting.address, CODE, node, "Room 5")
    hub_itself = inviting.identity
    assert parent == Parent(
        inviting.address, hub_itself.certificate, hub_itself.node, "school-1", "Hub school"
    )
    assert await school_of(node, parent) == "school-1"


async def test_a_code_may_be_typed_as_people_type(inviting: Hub, node: Identity) -> None:
    parent = await enroll(f" https://{inviting.address}/ ", CODE.lower().replace("-", " "), node, "")
    assert await school_of(node, parent) == "school-1"


async def test_a_wrong_code_is_refused_and_the_right_one_still_works(inviting: Hub, node: Identity) -> None:
    with pytest.raises(CodeRefused, match="wrong, used or expired"):
        await enroll(inviting.address, _code(), node, "")
    assert inviting.invited.nodes == {}
    assert (await enroll(inviting.address, CODE, node, "")).school == "school-1"


async def test_a_code_opens_only_once(inviting: Hub, node: Identity, tmp_path: Path) -> None:
    await enroll(inviting.address, CODE, node, "")
    with pytest.raises(CodeRefused):
        await enroll(inviting.address, CODE, _identity(tmp_path / "second"), "")
    assert list(inviting.invited.nodes) == [node.node]


async def test_a_node_whose_answer_was_lost_may_ask_again(inviting: Hub, node: Identity) -> None:
    first = await enroll(inviting.address, CODE, node, "")
    again = await enroll(inviting.address, CODE, node, "")
    assert first == again
    assert len(inviting.invited.certificates) == 1


async def test_of_two_that_use_a_code_at_once_one_gets_in(
    inviting: Hub, node: Identity, tmp_path: Path
) -> None:
    others = [_identity(tmp_path / f"other-{number}") for number in range(ADDRESS_BURST)]
    tries = [enroll(inviting.address, CODE, each, "") for each in (node, *others)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(each).__name__ for each in results) == ["CodeRefused"] * ADDRESS_BURST + ["Parent"]
    assert len(inviting.invited.nodes) == 1


async def test_a_code_used_while_we_ask_is_refused(inviting: Hub, node: Identity) -> None:
    inviting.invited.overtaken_by = "f" * 16
    with pytest.raises(CodeRefused):
        await enroll(inviting.address, CODE, node, "")


async def test_an_expired_code_is_refused_like_a_wrong_one(inviting: Hub, node: Identity) -> None:
    inviting.now = LIFETIME
    with pytest.raises(CodeRefused, match="wrong, used or expired"):
        await enroll(inviting.address, CODE, node, "")


async def test_a_code_works_until_its_last_millisecond(inviting: Hub, node: Identity) -> None:
    inviting.now = LIFETIME - 1
    assert (await enroll(inviting.address, CODE, node, "")).school == "school-1"


async def test_who_guesses_has_to_wait_and_locks_nobody_out(inviting: Hub, node: Identity) -> None:
    guess = msgspec.json.encode(EnrolRequest(node.certificate, "0" * 32, "0" * 64))
    statuses = [(await post(inviting.address, guess, GUESSER))[0] for _ in range(2 * ADDRESS_BURST)]
    assert statuses == [403] * ADDRESS_BURST + [429] * ADDRESS_BURST
    assert (await enroll(inviting.address, CODE, node, "")).school == "school-1"


async def test_who_guesses_is_told_how_long_to_wait(inviting: Hub, node: Identity) -> None:
    for _ in range(ADDRESS_BURST):
        await post(inviting.address, b"a guess")
    with pytest.raises(TooManyTries, match=r"the next one in \d+ seconds") as refused:
        await enroll(inviting.address, CODE, node, "")
    assert 0 < refused.value.seconds <= 1 / ADDRESS_RATE


async def test_a_whole_school_may_enrol_at_once_behind_one_router(tmp_path: Path, inviting: Hub) -> None:
    codes = [_code() for _ in range(4 * ADDRESS_BURST)]
    for number, code in enumerate(codes):
        inviting.invited.invite(code, f"school-{number}")
    async with asyncio.TaskGroup() as tasks:
        for number, code in enumerate(codes):
            tasks.create_task(enroll(inviting.address, code, _identity(tmp_path / f"room-{number}"), ""))
    assert len(inviting.invited.nodes) == len(codes)


async def test_guesses_that_come_all_at_once_are_no_more_tries(inviting: Hub, node: Identity) -> None:
    guess = msgspec.json.encode(EnrolRequest(node.certificate, "0" * 32, "0" * 64))
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(post(inviting.address, guess, GUESSER)) for _ in range(20)]
    assert Counter(each.result()[0] for each in asked) == {403: ADDRESS_BURST, 429: 20 - ADDRESS_BURST}


async def test_a_relaying_man_in_the_middle_gets_nothing(
    inviting: Hub, node: Identity, tmp_path: Path
) -> None:
    (tmp_path / "middle").mkdir()
    async with man_in_the_middle(tmp_path / "middle", inviting.address) as middle:
        with pytest.raises(CodeRefused):
            await enroll(middle, CODE, node, "")
    assert inviting.invited.nodes == {}
    assert (await enroll(inviting.address, CODE, node, "")).school == "school-1"


async def test_a_man_in_the_middle_who_says_yes_is_not_believed(node: Identity, tmp_path: Path) -> None:
    yes = EnrolReply("0" * 64, "school-1", "Hub school")
    async with saying(_identity(tmp_path / "middle"), web.Response(body=msgspec.json.encode(yes))) as middle:
        with pytest.raises(HubUnproven, match="somebody stands between"):
            await enroll(middle, CODE, node, "")


async def test_the_proof_of_a_node_is_no_proof_of_a_hub(node: Identity) -> None:
    """A liar who sends our own proof back does not know the code."""
    key = key_of(CODE)
    assert not proves(proof(key, "node", ENDS), key, "hub", ENDS)


async def test_the_code_itself_is_never_sent(node: Identity) -> None:
    heard = EnrolRequest(node.certificate, "0" * 32, proof(key_of(CODE), "node", ENDS), "Room 5")
    text = msgspec.json.encode(heard).decode()
    assert CODE not in text
    assert CODE.replace("-", "") not in text
    assert key_of(CODE) not in text


async def test_what_is_no_hub_is_told_from_a_wrong_code(node: Identity) -> None:
    async with answering("HTTP/1.1 200 OK", "Content-Length: 0", "", "") as printer:
        with pytest.raises(NotAHub, match="no TLS as between nodes"):
            await enroll(printer, CODE, node, "")
    with pytest.raises(HubUnreachable, match="Connection refused"):
        await enroll(printer, CODE, node, "")


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"[]", "not an answer"),
        (200, b'{"proof": "' + b"0" * 64 + b'", "school": "../x"}', "not an answer"),
        (200, b" " * (MAX_BODY + 1), "longer than"),
        (302, b"", "it says 302"),
        (404, b"", "it says 404 Not Found"),
        (500, b"", "it says 500"),
    ],
)
async def test_another_server_with_a_certificate_like_ours_is_no_hub(
    tmp_path: Path, node: Identity, status: int, body: bytes, words: str
) -> None:
    async with saying(_identity(tmp_path / "other"), web.Response(status=status, body=body)) as other:
        with pytest.raises(NotAHub, match=words):
            await enroll(other, CODE, node, "")


@pytest.mark.parametrize(("said", "waits"), [("7", 7), ("soon", 60), ("", 60), ("999999", 86_400)])
async def test_how_long_to_wait_is_believed_within_reason(
    tmp_path: Path, node: Identity, said: str, waits: int
) -> None:
    busy = web.Response(status=429, headers={"Retry-After": said})
    async with saying(_identity(tmp_path / "other"), busy) as other:
        with pytest.raises(TooManyTries) as refused:
            await enroll(other, CODE, node, "")
    assert refused.value.seconds == waits


async def test_a_name_that_nobody_knows_is_told(node: Identity) -> None:
    with pytest.raises(HubUnreachable, match=r"nowhere\.invalid:8443 cannot be reached"):
        await enroll("nowhere.invalid", CODE, node, "")


async def test_a_node_does_not_join_itself(inviting: Hub) -> None:
    with pytest.raises(NotAHub, match="this very node"):
        await enroll(inviting.address, CODE, inviting.identity, "")


@pytest.mark.parametrize("whose", ["the hub's own", "somebody else's"])
async def test_who_knows_the_code_enrols_nobody_elses_certificate(
    inviting: Hub, node: Identity, tmp_path: Path, whose: str
) -> None:
    named = inviting.identity if whose == "the hub's own" else _identity(tmp_path / "other")
    ends = Ends(named.fingerprint, inviting.identity.fingerprint, "0" * 32)
    shown = proof(key_of(CODE), "node", ends)
    for signature in (node.sign(ends.text), "00" * 8, "00" * 72):
        asked = EnrolRequest(named.certificate, ends.nonce, shown, "", signature)
        assert (await post(inviting.address, msgspec.json.encode(asked)))[0] == 403
    assert inviting.invited.nodes == {}


async def test_what_is_no_request_is_answered_in_words(inviting: Hub, node: Identity) -> None:
    whole = EnrolRequest(node.certificate, "0" * 32, "0" * 64)
    certificate = {"certificate": node.certificate * 2, "nonce": "0" * 32, "proof": "0" * 64}
    bodies = [b"", b"[" * MAX_BODY, b"\xff", json.dumps(certificate).encode()]
    bodies += [msgspec.json.encode(msgspec.structs.replace(whole, name="a\nb")), b"x" * (MAX_BODY + 1)]
    # Each from an address of its own: what is no request is a try, too.
    answers = [
        await post(inviting.address, body, f"127.0.1.{number + 1}") for number, body in enumerate(bodies)
    ]
    assert [status for status, _ in answers] == [400, 400, 400, 400, 400, 413]
    assert all(words for _, words in answers)


async def test_who_leaves_in_the_middle_of_a_request_is_no_fault_of_ours(
    inviting: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = inviting.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=stranger_context())
    writer.write(b"POST /enroll HTTP/1.1\r\nHost: hub\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
    assert b"100 Continue" in await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()
    assert (await post(inviting.address, b"the next one"))[0] == 400
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


_certificate = load_or_create(Path(tempfile.mkdtemp())).certificate
_field = st.one_of(st.none(), st.integers(), st.text(max_size=80), st.just("0" * 32), st.just("0" * 64))
_almost = st.fixed_dictionaries(
    {},
    optional={
        "certificate": st.one_of(_field, st.just(_certificate), st.just(_certificate[:-90])),
        "nonce": _field,
        "proof": _field,
        "name": _field,
    },
).map(lambda fields: json.dumps(fields).encode())


@given(st.lists(st.one_of(_almost, st.binary(max_size=300)), min_size=1, max_size=ADDRESS_BURST))
@settings(max_examples=30)
def test_no_garbage_breaks_the_door_for_strangers(bodies: list[bytes]) -> None:
    async def knock() -> set[int]:
        with tempfile.TemporaryDirectory() as folder:
            async with hub(Path(folder)) as serving:
                serving.invited.invite(CODE, "school-1")
                return {(await post(serving.address, body))[0] for body in bodies}

    assert asyncio.run(knock()) <= {400, 403}

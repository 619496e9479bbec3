"""The contract on the wire: one JSON object a line over HTTP on a Unix socket.

`GET /notices` answers with a line for each notice, first `Hello`, then all that is true, then what changes.
`POST /commands` takes one command and answers with its answer, or with status 409 and a `Refusal`.
A notice that the other side does not know is passed over: the daemon may be newer.
"""

import msgspec

from edge.contract.answers import Answer, Refusal
from edge.contract.commands import Command, ScreenCommand
from edge.contract.notices import Notice, ScreenNotice
from edge.contract.talkback import ClassCommand, ClassNotice

CONTRACT = 1  # counted up when an older side would misunderstand
BEAT = 5.0  # seconds between lines when nothing is new
DEAF = 15.0  # seconds without a line until the daemon is taken for dead: three beats
MAX_COMMAND = 65_536  # bytes; a register of 999 pupils has 17,000
MAX_LINE = 1 << 20  # bytes of a notice or an answer: a day of 200 lessons has 40,000

AnyCommand = ScreenCommand | ClassCommand
AnyNotice = ScreenNotice | ClassNotice

_notices: msgspec.json.Decoder[AnyNotice] = msgspec.json.Decoder(AnyNotice)
_commands: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)


class BadMessage(ValueError):
    """What came is no message of this contract."""


def encode(message: Notice | Command | Answer) -> bytes:
    """Return a message as one line, its end included."""
    return msgspec.json.encode(message) + b"\n"


def decode_notice(line: bytes) -> AnyNotice | None:
    """Return the notice of a line; None for one that is not known here; raise BadMessage."""
    try:
        return _notices.decode(line)
    except msgspec.ValidationError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise BadMessage(f"not a notice: {line[:80]!r}") from exc


def decode_command(body: bytes) -> AnyCommand:
    """Return a command; raise BadMessage."""
    try:
        return _commands.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise BadMessage(f"not a command: {exc}") from exc


def decode_answer(body: bytes, kind: type[Answer]) -> Answer:
    """Return an answer of the kind that the command names, or a Refusal; raise BadMessage."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise BadMessage(f"not a {kind.__name__}: {body[:80]!r}") from exc


def decode_refusal(body: bytes) -> Refusal:
    """Return a refusal; raise BadMessage."""
    answer = decode_answer(body, Refusal)
    assert isinstance(answer, Refusal)
    return answer

"""The way to a recording's thread while the disk hangs: full, and no fuller."""

from edge.media.packet import Frame
from edge.media.record.inbox import MAX_FRAMES, Inbox, Losses


def test_what_is_said_of_frames_thrown_away_takes_no_room_of_its_own() -> None:
    inbox = Inbox()
    for number in range(3 * MAX_FRAMES):
        inbox.put(Losses({"video": number}, inbox.dropped))
        inbox.put(Frame("video", number, b"x", True, 0.0))
    assert inbox.backlog <= MAX_FRAMES + 1
    newest = inbox._items[-1]
    assert isinstance(newest, Losses)
    assert newest.dropped == inbox.dropped - 1

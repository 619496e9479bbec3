"""Whether this class is seen and heard, what is in the way of it, and who may speak to all."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from tui import capture as capturing
from tui import lesson as lessons
from tui.capture import Organ
from tui.telling import Telling
from tui.widgets.line import Line, Part
from tui.world import World


class Presence(Vertical):
    """Three lines of a lesson: microphone and camera with their keys, a trouble, the floor."""

    DEFAULT_CSS = """
    Presence { height: auto; padding: 0 2; }
    Presence #organs { height: 1; }
    Presence #trouble, Presence #floor { max-height: 2; }
    """

    def __init__(self, keys: dict[Organ, str]) -> None:
        super().__init__()
        self._keys = keys  # what is written on the key that switches it

    def compose(self) -> ComposeResult:
        """Yield the lines."""
        with Horizontal(id="organs"):
            for organ in self._keys:
                yield Line(organ)
        yield Line("trouble")
        yield Line("floor")

    def put(self, world: World, telling: Telling) -> bool:
        """Write what is true; tell whether it takes more than the line of the keys."""
        capture = world.capture
        self.display = capture is not None
        if capture is None:
            return False
        for organ, key in self._keys.items():
            self.query_one(f"#{organ}", Line).put(*telling.eye(capture, organ, key))
        mute = capturing.only_listens(world.lesson, world.link, world.settings)
        words = ["class-only-listens"] if mute else capturing.troubles(capture)
        trouble = telling.troubles(words if lessons.has_hub(world.lesson) else ())
        return any([self._write("trouble", trouble), self._write("floor", *telling.floor(capture))])

    def _write(self, line_id: str, *parts: Part) -> bool:
        line, said = self.query_one(f"#{line_id}", Line), [part for part in parts if part[0]]
        line.display = bool(said)
        line.put(*said)
        return line.display

"""The places of a recording, one below the other, to play it from."""

from tui.screens.choice import Choice
from tui.world import World


class ChaptersPage(Choice):
    """A question whose answers may be more than the screen has lines."""

    DEFAULT_CSS = """
    ChaptersPage #body { padding: 1 2; }
    """

    def show(self, world: World) -> None:
        """Write them in as much room as there is."""
        super().show(world)
        self.query_one("#answers").styles.height = "1fr"

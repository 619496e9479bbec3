"""The Linux console's keyboard, where it differs from what Textual expects."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from textual import constants
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.keys import Keys

# The kernel's keymap (defkeymap.map) sends this for Pause. Terminals with the kitty protocol send the same
# for F1, and there Pause has a code of its own.
PAUSE = "\x1b[P"


@contextmanager
def teach_pause() -> Iterator[None]:
    """Take Pause for F12, which stops everything; a console has no kitty protocol, so that it is off."""
    kitty, sequences = constants.DISABLE_KITTY_KEY, cast(dict[str, tuple[Keys, ...]], ANSI_SEQUENCES_KEYS)
    vars(constants)["DISABLE_KITTY_KEY"] = True
    sequences[PAUSE] = (Keys.F12,)
    try:
        yield
    finally:
        del sequences[PAUSE]
        vars(constants)["DISABLE_KITTY_KEY"] = kitty

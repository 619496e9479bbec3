"""Signs on every terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.tui.fake_daemon import FakeDaemon
from tests.tui.screens import a_screen, screen_text, sees, shown
from tui.skin import ASCII, GRAPHICAL, UNICODE, Skin, skin_of


def test_both_skins_have_the_same_signs() -> None:
    assert set(UNICODE) == set(ASCII)


@pytest.mark.parametrize("sign", [*UNICODE.values(), *ASCII.values()])
def test_a_sign_is_one_cell_wide(sign: str) -> None:
    assert cell_len(sign) == 1


@pytest.mark.parametrize("signs", [UNICODE, ASCII])
def test_the_five_marks_of_a_register_differ_in_shape(signs: dict[str, str]) -> None:
    assert len({signs[code] for code in ("present", "late", "ill", "excused", "unexcused")}) == 5


@pytest.mark.parametrize(
    ("encoding", "terminal", "asked", "plain"),
    [
        ("utf-8", "foot", False, False),
        ("UTF-8", "xterm-256color", False, False),
        ("UTF8", "tmux-256color", False, False),
        ("utf-8", "linux", False, True),
        ("koi8-r", "xterm", False, True),
        ("ascii", "xterm", False, True),
        (None, "", False, True),
        ("utf-8", "foot", True, True),
    ],
)
def test_a_terminal_gets_the_skin_that_it_can_show(
    encoding: str | None, terminal: str, asked: bool, plain: bool
) -> None:
    assert skin_of(encoding, terminal, asked).plain is plain


def test_a_bare_console_has_sixteen_colours() -> None:
    assert skin_of("utf-8", "linux", False).colours == "standard"
    assert skin_of("utf-8", "foot", True).colours == "truecolor"
    assert skin_of("utf-8", "xterm-256color", False, "256").colours == "256"


@given(st.text())
def test_what_is_readable_has_as_many_letters_and_can_be_written(text: str) -> None:
    skin = Skin(ASCII, True, "koi8-r")
    readable = skin.readable(text)
    assert len(readable) == len(text)
    assert skin.writes(readable)


def test_kazakh_letters_stay_where_the_terminal_has_them() -> None:
    assert Skin(ASCII, True).readable("Қазақша ✓ — «ә»…") == 'Қазақша + - "ә".'
    assert GRAPHICAL.readable("✓ ⣿") == "✓ ⣿"


async def test_a_bare_console_sees_letters_and_ascii_only(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket, skin=skin_of("utf-8", "linux", False))
    async with shown(app) as pilot:
        await sees(pilot, "^ Байланыс жақсы.", "10:00-10:45")
        seen = "".join(screen_text(app))
        assert not [letter for letter in seen if not (letter.isascii() or letter.isalpha())]


async def test_a_terminal_without_kazakh_letters_is_spoken_to_in_russian(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket, skin=skin_of("koi8-r", "xterm", False))
    async with shown(app) as pilot:
        await sees(pilot, "Сегодня", "^ Связь хорошая.")
        assert "".join(screen_text(app)).encode("koi8-r")


async def test_a_terminal_with_ascii_only_is_spoken_to_in_english(daemon: FakeDaemon) -> None:
    app = a_screen(daemon.socket, skin=skin_of("ascii", "vt100", False))
    async with shown(app) as pilot:
        await sees(pilot, "Today", "^ The link is good.")
        assert "".join(screen_text(app)).isascii()

"""Formulas at a console that has nothing but ASCII and the letters of three languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.talkback import QuickCheck
from sync.formulas import FormulaWrong, rendered
from sync.formulas.symbols import ACCENTS, APART, GREEK, LETTERS, TIGHT
from tests.tui.fake_daemon import FakeDaemon
from tests.tui.screens import a_screen, at, sees, shown, until
from tui.formulas import spelled
from tui.skin import GRAPHICAL, Skin, skin_of

CONSOLE = skin_of("utf-8", "linux", False)
COMMANDS = [*GREEK, *LETTERS, *APART, *TIGHT]
PIECES = [*(f"\\{each} " for each in COMMANDS), *(f"\\{each}{{x}}" for each in ACCENTS)]
PIECES += [
    "x",
    "12",
    "\\frac{x}{2}",
    "\\sqrt{x}",
    "\\sqrt[3]{x}",
    "\\sqrt[n]{x}",
    "^2",
    "^{-x}",
    "_1",
    "_{n}",
]


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (r"$x^2+y_0^{10}=\sqrt[3]{8}$", "x^2 + y0^10 = sqrt[3](8)"),
        (r"$\sqrt{x+1}$ және $\sqrt{2}x$", "sqrt(x + 1) және sqrt(2)*x"),
        (r"$\ce{2H2 + O2 -> 2H2O}$", "2H2 + O2 -> 2H2O"),
        (r"$\ce{SO4^{2-}}$", "SO4^2-"),
        (r"$S=\pi r^2$", "S = pi r^2"),
        (r"$2\pi$", "2 pi"),
        (r"$\alpha\beta$", "alpha beta"),
        (r"$\Delta t\ge 3$", "Delta t >= 3"),
        (r"$x^2y$", "x^2*y"),
        (r"$e^{x+1}$", "e^(x+1)"),
        (r"$\vec{F}=m\vec{a}$", "vec(F) = mvec(a)"),
        (r"$\overline{AB}$", "bar(AB)"),
        (r"$-5\le x<3$", "-5 <= x < 3"),
        (r"$\sqrt[n]{x}$", "sqrt[n](x)"),
        (r"$10^{-3}\,\unit{м/с^2}$", "10^-3 м/с^2"),
        ("Ұзындығы қанша?", "Ұзындығы қанша?"),
    ],
)
def test_a_formula_can_be_read_at_a_console(typed: str, line: str) -> None:
    assert spelled(rendered(typed).plain) == line


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join))
def test_no_sign_of_a_formula_becomes_a_question_mark_at_a_console(typed: str) -> None:
    try:
        line = rendered(f"${typed}$").plain
    except FormulaWrong:
        return
    assert "?" not in CONSOLE.readable(spelled(line))


@pytest.mark.parametrize(
    ("skin", "text", "choice"), [(GRAPHICAL, "√2·x = x²", "1/(2x)"), (CONSOLE, "sqrt(2)*x = x^2", "1/(2x)")]
)
async def test_a_question_with_formulas_is_shown_in_what_the_terminal_has(
    daemon: FakeDaemon, skin: Skin, text: str, choice: str
) -> None:
    asked, first = rendered(r"$\sqrt{2}x=x^2$").plain, rendered(r"$\frac{1}{2x}$").plain
    app = a_screen(daemon.socket, "en", skin=skin)
    async with shown(app) as pilot:
        daemon.tell(QuickCheck("asked", "1", asked, (first, "x²")))
        await until(pilot, lambda: at(app) == "quick")
        await sees(pilot, text, choice)

"""Text with formulas as people type it, as MathML for pages and as plain text for everything else (core).

A formula stands between two dollar signs; a dollar itself is typed with a backslash before it. `reading`
takes a formula apart, `writing` writes it as MathML and `lining` on one line; `cleaning` lets nothing through
that is none of ours.
What is understood is in docs/checks.md.
"""

import re
from html import escape

from msgspec import Struct

from sync.formulas import lining, writing
from sync.formulas.reading import FormulaWrong, read
from sync.records import MOST_MARKUP

__all__ = ["FormulaWrong", "Rendered", "rendered"]

FORMULA = re.compile(r"(?<!\\)\$")


class Rendered(Struct, frozen=True):
    """A text in both ways; without formulas there is no markup."""

    plain: str
    markup: str = ""


def rendered(text: str) -> Rendered:
    """Return a text with its formulas; raise FormulaWrong."""
    parts = FORMULA.split(text)
    if len(parts) % 2 == 0:
        raise FormulaWrong("a $ without a second one", text, text.rfind("$"))
    if len(parts) == 1:
        return Rendered(_dollars(text))
    plain, markup = [], []
    for number, part in enumerate(parts):
        if number % 2:
            formula = read(part)
            plain.append(lining.plain(formula))
            markup.append(writing.mathml(formula))
        else:
            plain.append(_dollars(part))
            markup.append(escape(_dollars(part), quote=False))
    if sum(map(len, markup)) > MOST_MARKUP:
        raise FormulaWrong("formulas that are too long", text, 0)
    return Rendered(" ".join("".join(plain).split()), "".join(markup))


def _dollars(text: str) -> str:
    return text.replace("\\$", "$")

"""MathML that came from elsewhere, let through only if it is such as ours (core).

What is let through is written anew, letter by letter: no element, attribute or value that is not listed below
ever reaches a page.
"""

from html import escape
from xml.etree import ElementTree

from sync.records import MOST_MARKUP

DEEPEST = 40  # elements within each other; the formulas of school books have eight
# Elements, and how many children each has: None for any number, 0 for text and nothing else.
ELEMENTS: dict[str, int | None] = {
    **dict.fromkeys(("math", "mrow", "msqrt"), None),
    **dict.fromkeys(("mi", "mn", "mo", "mtext", "mspace"), 0),
    **dict.fromkeys(("mfrac", "mroot", "msub", "msup", "mover", "munder"), 2),
    **dict.fromkeys(("msubsup", "munderover"), 3),
}
ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "mathvariant": ("normal",),
    "stretchy": ("true", "false"),
    "accent": ("true", "false"),
    "width": ("0.2em", "0.5em", "1em"),
}
DECLARES = ("<!", "<?")  # a document type, a comment, an instruction: nothing of them is in a formula


class MarkupWrong(ValueError):
    """It is no text with formulas such as ours; the sentence says what is wrong."""


def clean(markup: str) -> str:
    """Return text with formulas as a page may show it; "" for anything else."""
    try:
        return checked(markup)
    except MarkupWrong:
        return ""


def checked(markup: str) -> str:
    """Return text with formulas, written anew; raise MarkupWrong."""
    if not markup:
        return ""
    if len(markup) > MOST_MARKUP or any(each in markup for each in DECLARES):
        raise MarkupWrong(f"more than {MOST_MARKUP} letters, or a declaration")
    try:
        root = ElementTree.fromstring(f"<t>{markup}</t>")
    except (ElementTree.ParseError, ValueError) as exc:  # ValueError: half a letter
        raise MarkupWrong(f"not well-formed: {exc}") from exc
    parts = [_text(root.text)]
    for each in root:
        if each.tag != "math":
            raise MarkupWrong(f"{str(each.tag)[:40]!r} beside formulas")
        parts += [_written(each, 1), _text(each.tail)]
    return "".join(parts)


def _written(element: ElementTree.Element, depth: int) -> str:
    name = element.tag
    if name not in ELEMENTS or (name == "math") != (depth == 1):
        raise MarkupWrong(f"{str(name)[:40]!r} has no place here")
    if depth > DEEPEST:
        raise MarkupWrong(f"more than {DEEPEST} elements within each other")
    count = ELEMENTS[name]
    if count is not None and len(element) != count:
        raise MarkupWrong(f"{name} with {len(element)} parts")
    attributes = "".join(_attribute(*each) for each in element.items())
    inside = _text(element.text) if count == 0 else _parts(element, depth)
    return f"<{name}{attributes}>{inside}</{name}>"


def _parts(element: ElementTree.Element, depth: int) -> str:
    stray = [element.text, *(each.tail for each in element)]
    if any(text and text.strip() for text in stray):
        raise MarkupWrong(f"text between the parts of {element.tag}")
    return "".join(_written(each, depth + 1) for each in element)


def _attribute(name: str, value: str) -> str:
    if value not in ATTRIBUTES.get(name, ()):
        raise MarkupWrong(f"the attribute {name[:40]}={value[:40]!r}")
    return f' {name}="{value}"'


def _text(text: str | None) -> str:
    kept = "".join(letter if letter.isprintable() else " " for letter in text or "")
    return escape(kept, quote=False)

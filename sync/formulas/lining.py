"""Formulas written on one line of plain text, for terminals and files (core).

On one line nothing but signs tells where a fraction, a root or a power ends. So whatever would be read as
more or less than was meant is put in brackets, or gets a point behind it: 1/(2x) and (1/2)x, √(2x) and √2·x.
"""

from sync.formulas.reading import Accent, Fraction, Node, Root, Row, Script, Space, Symbol
from sync.formulas.symbols import ACCENTS, FUNCTIONS, LOWERED, RAISED, ROOTS, SPACED

UNDER = "∑∏"  # signs whose limits stand below and above: what is summed stands apart
OPENS = "([{|=+−<>≤≥≠≈·×/,"  # after these a sign is that of a number: −2, not minus 2
LOOSE_BEFORE = "([{|,;+−·"  # after these a fraction is seen to begin, …
LOOSE_BEHIND = ")]}|,;.′"  # … and before these to end
TIMES = "·"


def plain(row: Row) -> str:
    """Return a formula as text on one line."""
    return " ".join(_joined(row).split())


def _joined(row: Row) -> str:
    items, text = [_bare(each) for each in row.items], ""
    for at, node in enumerate(items):
        before = items[at - 1] if at else None
        behind = items[at + 1] if at + 1 < len(items) else None
        text += _between(before, node) + _beside(text, node, before, behind)
    return " ".join(text.split()) + (" " if text.endswith(" ") else "")


def _bare(node: Node) -> Node:
    """Return what stands alone in braces without them."""
    while isinstance(node, Row) and len(node.items) == 1:
        node = node.items[0]
    return node


def _beside(text: str, node: Node, before: Node | None, behind: Node | None) -> str:
    """Return a thing as it stands between others: operators and functions apart, but no sign of a number."""
    said = _said(node)
    if isinstance(node, Symbol) and node.text in SPACED:
        is_sign = node.text in "+−" and (not text.strip() or text.strip()[-1] in OPENS)
        return said if is_sign else f" {said} "
    if isinstance(node, Fraction):
        ends = _is_loose(behind, LOOSE_BEHIND)
        if _is_mixed(before, node):
            return f" {said}" if ends else f" {said}{TIMES}"
        return said if ends and _is_loose(before, LOOSE_BEFORE) else f"({said})"
    base = _base(node)
    if isinstance(base, Symbol) and base.text in FUNCTIONS:
        return f" {said} "
    return f"{said} " if isinstance(base, Symbol) and base.text in UNDER else said


def _between(before: Node | None, node: Node) -> str:
    """Return what keeps a thing from being read as a part of the one before it."""
    if isinstance(node, Root) and node.degree is not None and _degree(node) not in ROOTS:
        return TIMES if _is_one(before) or _is_row(before) else ""  # 2·ⁿ√x: else two to the nth
    if before is None or not _is_open(before, node):
        return ""
    return TIMES if _is_one(node) or _is_row(node) else ""


def _is_mixed(before: Node | None, fraction: Fraction) -> bool:
    """Tell whether it is a mixed number: 2 1/3."""
    parts = (before, _bare(fraction.top), _bare(fraction.bottom))
    return all(isinstance(each, Symbol) and each.kind == "mn" for each in parts)


def _has_number(node: Node) -> bool:
    """Tell whether it begins with a digit, which behind a small one would look like a part of it."""
    if isinstance(node, Row):
        return bool(node.items) and _has_number(_bare(node.items[0]))
    base = _base(node)
    return isinstance(base, Symbol) and base.kind == "mn"


def _is_open(before: Node, node: Node) -> bool:
    """Tell whether what follows would be read as still under a root, or in an index or a power."""
    if isinstance(before, Root):
        return not _said(before).endswith(")")
    if isinstance(before, Row):
        return bool(before.items) and _is_open(_bare(before.items[-1]), node)
    if not isinstance(before, Script) or (isinstance(before.base, Symbol) and before.base.text in UNDER):
        return False
    return _is_bare_index(before) or _has_number(node)


def _is_bare_index(script: Script) -> bool:
    """Tell whether the last of index and power is a letter that there is none of in small: v_т."""
    last = _said(script)[-2:]
    return len(last) == 2 and last[0] in "_^"


def _is_loose(node: Node | None, signs: str) -> bool:
    """Tell whether this neighbour keeps apart by itself."""
    base = _base(node) if node is not None else None
    if base is None or isinstance(base, Space):
        return True
    return isinstance(base, Symbol) and (base.text in SPACED or base.text in signs)


def _base(node: Node) -> Node:
    while isinstance(node, Script):
        node = _bare(node.base)
    return node


def _is_one(node: Node | None) -> bool:
    """Tell whether it is a number, a letter or a word, which may have an index or a power."""
    base = _base(node) if node is not None else None
    if isinstance(base, Accent):
        return True
    return isinstance(base, Symbol) and base.kind != "mo" and base.text.replace(",", "").isalnum()


def _is_row(node: Node | None) -> bool:
    """Tell whether it is several of these, multiplied: mv²."""
    items = [_bare(each) for each in node.items] if isinstance(node, Row) else []
    functions = [each for each in items if isinstance(base := _base(each), Symbol) and base.text in FUNCTIONS]
    return bool(items) and all(map(_is_one, items)) and not functions


def _said(node: Node) -> str:
    node = _bare(node)
    if isinstance(node, Symbol):
        return node.text
    if isinstance(node, Space):
        return " "
    if isinstance(node, Row):
        return _joined(node).strip()
    if isinstance(node, Fraction):
        return f"{_top(_bare(node.top))}/{_alone(_bare(node.bottom))}"
    if isinstance(node, Root):
        return _rooted(node)
    if isinstance(node, Accent):
        return "".join(letter + ACCENTS[node.name][1] for letter in _said(node.base))
    return _scripted(node)


def _top(node: Node) -> str:
    """Return what is divided: a product needs no brackets."""
    return _said(node) if _is_row(node) else _alone(node)


def _alone(node: Node) -> str:
    """Return something so that it is seen where it begins and ends."""
    return _said(node) if _is_one(node) else f"({_said(node)})"


def _rooted(root: Root) -> str:
    inside, degree = _bare(root.inside), _degree(root)
    sign = ROOTS.get(degree) or f"{_moved(degree, RAISED, '^')}√"
    return f"{sign}{f'({_said(inside)})' if isinstance(inside, Script) else _alone(inside)}"


def _degree(root: Root) -> str:
    return _said(root.degree) if root.degree is not None else ""


def _scripted(script: Script) -> str:
    base = _bare(script.base)
    below = _moved(_said(script.below), LOWERED, "_") if script.below is not None else ""
    above = _moved(_said(script.above), RAISED, "^") if script.above is not None else ""
    whole = isinstance(base, Symbol | Accent | Space) or base == Row(())
    return f"{_said(base) if whole else f'({_said(base)})'}{below}{above}"


def _moved(text: str, letters: dict[int, int], mark: str) -> str:
    """Return an index or a power in small letters, if there are such of all of it."""
    if set(text) <= {"′", "°", "∘"}:
        return text.replace("∘", "°")
    tight = text.replace(" ", "")
    if all(ord(letter) in letters for letter in tight):
        return tight.translate(letters)
    return f"{mark}{text}" if len(text) == 1 else f"{mark}({text})"

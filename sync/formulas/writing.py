"""Formulas written as MathML (core)."""

from html import escape

from sync.formulas.reading import Accent, Fraction, Node, Root, Row, Script, Space, Symbol
from sync.formulas.symbols import ACCENTS

UNDER = "∑∏"  # signs that have their limits below and above


def mathml(row: Row) -> str:
    """Return a formula as an element for pages."""
    return f"<math>{''.join(map(_marked, row.items))}</math>"


def _marked(node: Node) -> str:
    if isinstance(node, Symbol):
        return _symbol(node)
    if isinstance(node, Space):
        return f'<mspace width="{node.width}"></mspace>'
    if isinstance(node, Row):
        return _row(node)
    if isinstance(node, Fraction):
        return f"<mfrac>{_marked(node.top)}{_marked(node.bottom)}</mfrac>"
    if isinstance(node, Root):
        inside = _marked(node.inside)
        return f"<mroot>{inside}{_marked(node.degree)}</mroot>" if node.degree else f"<msqrt>{inside}</msqrt>"
    if isinstance(node, Accent):
        sign = escape(ACCENTS[node.name][0], quote=False)
        return f'<mover accent="true">{_marked(node.base)}<mo stretchy="true">{sign}</mo></mover>'
    return _script(node)


def _row(row: Row) -> str:
    if len(row.items) == 1:
        return _marked(row.items[0])
    return f"<mrow>{''.join(map(_marked, row.items))}</mrow>"


def _symbol(symbol: Symbol) -> str:
    attributes = ' mathvariant="normal"' if symbol.kind == "mi" and symbol.upright else ""
    if symbol.kind == "mo" and symbol.text in "()[]|":
        attributes = f' stretchy="{"true" if symbol.fence else "false"}"'
    return f"<{symbol.kind}{attributes}>{escape(symbol.text, quote=False)}</{symbol.kind}>"


def _script(script: Script) -> str:
    parts = [_marked(script.base)]
    parts += [_marked(each) for each in (script.below, script.above) if each is not None]
    limits = isinstance(script.base, Symbol) and script.base.text in (*UNDER, "lim")
    names = ("munder", "mover", "munderover") if limits else ("msub", "msup", "msubsup")
    name = names[2] if len(parts) == 3 else names[0] if script.below is not None else names[1]
    return f"<{name}>{''.join(parts)}</{name}>"

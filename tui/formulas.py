"""Signs of formulas spelled in letters that every terminal has: x^2, sqrt(x + 1), alpha, <= (core).

A bare console has no small digits, no roots and no Greek: cell for cell a formula would be nothing but `?`.
"""

import re
from unicodedata import name

SMALL, FULL = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵃᵇᶜˣ", "0123456789+-=()niabcx"
LOW, LOWERED = "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₙ", "0123456789+-=()aeoxn"
RAISED, DROPPED = str.maketrans(SMALL, FULL), str.maketrans(LOW, LOWERED)
DEGREES = {"√": "", "∛": "[3]", "∜": "[4]"}
ABOVE = {"\u20d7": "vec", "\u0305": "bar", "\u0302": "hat", "\u0307": "dot"}
# Each sign, and behind it what is written instead.
SPELLED = (
    *("≤<=", "≥>=", "≠!=", "≈~=", "≡==", "∼~", "±+-", "∓-+", "−-", "·*", "÷/", "→->", "←<-", "⇒=>", "⇔<=>"),
    *("⇌<=>", "′'", "⋯...", "∞inf", "∈in", "∉not in", "∪cup", "∩cap", "⊂subset", "⊆subseteq", "⊥perp", "∥||"),
    *("∧and", "∨or", "¬not ", "∀for all ", "∃exists ", "∑sum", "∏prod", "∫int ", "△triangle ", "∠angle "),
    *("∅{}", "° deg", "∘o", "ℓl", "ℏh"),
)
WORDS = str.maketrans({each[0]: each[1:] for each in SPELLED})
ROOT = re.compile(rf"([{SMALL}]*)([√∛∜])(\w+(?:,\d+)?)?")
POWER = re.compile(rf"[{SMALL}]+")
INDEX = re.compile(rf"[{LOW}]+")
GREEK = re.compile("[Α-Ωα-ω]")
MARKED = re.compile(rf"(?:\w([{''.join(ABOVE)}]))+")
SHORT = re.compile(r"[+-]?\w|[+-]?\d+[+-]?|[+-]")  # a power that needs no brackets


def spelled(text: str) -> str:
    """Return a text whose formulas are in letters, digits and signs of ASCII; all other letters stay."""
    if text.isascii():
        return text
    text = MARKED.sub(_marked, text)
    text = POWER.sub(_power, ROOT.sub(_root, text))
    return GREEK.sub(_greek, INDEX.sub(_index, text)).translate(WORDS)


def _marked(found: re.Match[str]) -> str:
    letters = "".join(letter for letter in found[0] if letter not in ABOVE)
    return f"{ABOVE[found[1]]}({letters})"


def _root(found: re.Match[str]) -> str:
    degree = f"[{found[1].translate(RAISED)}]" if found[1] else DEGREES[found[2]]
    return f"sqrt{degree}{f'({found[3]})' if found[3] else ''}"


def _power(found: re.Match[str]) -> str:
    """Return a power; what is multiplied behind it is no part of it: x^2*y."""
    power = found[0].translate(RAISED)
    times = "*" if _letter(found, found.end()).isalnum() else ""
    return (f"^{power}" if SHORT.fullmatch(power) else f"^({power})") + times


def _index(found: re.Match[str]) -> str:
    """Return an index; digits stand behind their letter as they are, as in H2O."""
    index = found[0].translate(DROPPED)
    if index.isdigit():
        return index
    return f"_{index}" if len(index) == 1 else f"_({index})"


def _greek(found: re.Match[str]) -> str:
    """Return the name of a letter, apart from those beside it."""
    kind, word = name(found[0]).split()[1], name(found[0]).split()[3]
    word = word.title() if kind == "CAPITAL" else word.lower()
    behind = _letter(found, found.end())
    apart = behind == "(" or (behind.isalnum() and not GREEK.match(behind))
    return f"{' ' if _letter(found, found.start() - 1).isalnum() else ''}{word}{' ' if apart else ''}"


def _letter(found: re.Match[str], at: int) -> str:
    return found.string[at : at + 1] if at >= 0 else ""

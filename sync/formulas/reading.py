r"""Formulas as people type them, taken apart (core).

The notation is what a teacher knows of TeX, and small: `\frac{a}{b}`, `\sqrt[3]{x}`, `x^2`, `v_0`, `\alpha`,
`\text{…}`, `\unit{…}` for units, `\ce{…}` for chemistry. What is not known is an error with its place: a
formula that is shown must be the one that was meant.
"""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from sync.formulas.symbols import ACCENTS, APART, FUNCTIONS, GREEK, LETTERS, SPACES, TIGHT, TYPED

MOST_TYPED = 1000  # letters of one formula: a line of a school book has 80
DEEPEST = 16  # things within each other; three levels of fractions are hard to read already
DELIMITERS = "()[]|"


class FormulaWrong(ValueError):
    """What was typed is no formula; the sentence says what is wrong and where."""

    def __init__(self, wrong: str, formula: str, at: int) -> None:
        super().__init__(f"{wrong} at letter {at + 1} of {formula[:60]!r}")
        self.formula = formula
        self.letter = at + 1


class Symbol(Struct, frozen=True):
    """One letter, number, sign or word; `upright` is what is not a variable: a unit, an element."""

    kind: Literal["mi", "mn", "mo", "mtext"]
    text: str
    upright: bool = False
    fence: bool = False  # a bracket that grows with what is in it


class Space(Struct, frozen=True):
    """A gap of one of the widths that there are."""

    width: str


class Row(Struct, frozen=True):
    """One after another."""

    items: tuple["Node", ...]


class Fraction(Struct, frozen=True):
    """One above the other."""

    top: "Node"
    bottom: "Node"


class Root(Struct, frozen=True):
    """A root; without a degree it is the square root."""

    inside: "Node"
    degree: "Node | None" = None


class Script(Struct, frozen=True):
    """Something with an index, a power or both."""

    base: "Node"
    below: "Node | None" = None
    above: "Node | None" = None


class Accent(Struct, frozen=True):
    """Something with a sign above it."""

    base: "Node"
    name: str


Node = Symbol | Space | Row | Fraction | Root | Script | Accent


def read(formula: str) -> Row:
    """Return what a formula is made of; raise FormulaWrong."""
    if len(formula) > MOST_TYPED:
        raise FormulaWrong(f"more than {MOST_TYPED} letters", formula, MOST_TYPED)
    reader = _Reader(formula)
    row = reader.row("")
    if not row.items:
        raise FormulaWrong("an empty formula", formula, 0)
    return row


class _Reader:
    """Reads one formula from left to right."""

    def __init__(self, formula: str, depth: int = 0) -> None:
        self._formula = formula
        self._at = 0
        self._depth = depth
        self._commands: dict[str, Callable[[], Node]] = {
            "frac": self._fraction,
            "sqrt": self._root,
            "text": lambda: Symbol("mtext", self._raw()),
            "unit": lambda: self._nested(_Unit),
            "ce": lambda: self._nested(_Chemistry),
            "left": self._delimiter,
            "right": self._delimiter,
        }

    def row(self, end: str) -> Row:
        """Return everything up to a letter that ends it, "" for the end of the formula."""
        self._deeper()
        items: list[Node] = []
        while (letter := self._peek()) != end:
            if not letter:
                raise self.wrong(f"no {end} closes what was opened")
            if letter in "_^'":
                items.append(self._script(items.pop() if items else Row(())))
            elif (node := self._one()) is not None:
                items.append(node)
        self._depth -= 1
        return Row(tuple(items))

    def wrong(self, what: str) -> FormulaWrong:
        """Return the refusal of what stands here."""
        return FormulaWrong(what, self._formula, self._at)

    def _peek(self) -> str:
        return self._formula[self._at : self._at + 1]

    def _one(self) -> Node | None:
        """Return one thing without its indices; None for a blank."""
        letter = self._peek()
        if letter == "{":
            return self._braced()
        if letter == "}":
            raise self.wrong("a } that closes nothing")
        if letter == "\\":
            return self._command()
        if letter.isspace():
            self._at += 1
            return None
        return self._plain(letter)

    def _plain(self, letter: str) -> Node:
        if letter.isascii() and letter.isdigit():
            return Symbol("mn", self._run(_is_number))
        if letter.isalpha():
            if letter.isascii() or _is_greek(letter):
                self._at += 1
                return Symbol("mi", letter)
            word = self._run(lambda text: text.isalpha() and not text.isascii())
            return Symbol("mi", word) if len(word) == 1 else Symbol("mtext", word)
        if not letter.isprintable() or letter in '$#&~`@"':
            raise self.wrong(f"{letter!r} means nothing in a formula")
        self._at += 1
        return Symbol("mo", TYPED.get(letter, letter))

    def _run(self, goes_on: Callable[[str], bool]) -> str:
        begins = self._at
        while self._at < len(self._formula) and goes_on(self._formula[begins : self._at + 1]):
            self._at += 1
        text = self._formula[begins : self._at]
        if text[-1] in ".,":  # it belongs to the sentence
            text, self._at = text[:-1], self._at - 1
        return text

    def _script(self, base: Node) -> Node:
        below: Node | None = None
        above: Node | None = None
        while (mark := self._peek()) and mark in "_^'":
            if mark == "'":
                if above is not None:
                    raise self.wrong("two powers of one thing")
                above = Symbol("mo", self._run(lambda text: set(text) == {"'"}).replace("'", "′"))
                continue
            self._at += 1
            part = self._argument(mark)
            if (below if mark == "_" else above) is not None:
                raise self.wrong("two indices of one thing" if mark == "_" else "two powers of one thing")
            below, above = (part, above) if mark == "_" else (below, part)
        return Script(base, below, above)

    def _argument(self, of: str) -> Node:
        """Return what stands in braces, or one thing without them."""
        while self._peek().isspace():
            self._at += 1
        if not self._peek() or self._peek() in "_^'}":
            raise self.wrong(f"nothing after {of}")
        if self._peek().isascii() and self._peek().isdigit():  # unlike in TeX all of 10 in x^10
            return Symbol("mn", self._run(_is_digits))
        self._deeper()
        node = self._one()
        self._depth -= 1
        assert node is not None
        return node

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.wrong(f"more than {DEEPEST} things within each other")

    def _braced(self) -> Row:
        self._at += 1
        row = self.row("}")
        self._at += 1
        return row

    def _raw(self) -> str:
        """Return what stands in braces, letter by letter."""
        if self._peek() != "{":
            raise self.wrong("no { after the command")
        end = self._formula.find("}", self._at)
        if end < 0:
            raise self.wrong("no } closes what was opened")
        text = self._formula[self._at + 1 : end]
        self._at = end + 1
        return text

    def _nested(self, kind: "type[_Reader]") -> Node:
        """Return what stands in braces, read in another way."""
        if self._peek() != "{":
            raise self.wrong("no { after the command")
        begins, depth = self._at + 1, 0
        for place in range(self._at, len(self._formula)):
            depth += {"{": 1, "}": -1}.get(self._formula[place], 0)
            if not depth:
                self._at = place + 1
                return kind(self._formula[begins:place], self._depth).row("")
        raise self.wrong("no } closes what was opened")

    def _command(self) -> Node:
        begins = self._at
        self._at += 1
        name = self._peek()
        if name.isascii() and name.isalpha():
            name = self._run(lambda text: text.isascii() and text.isalpha())
        else:
            self._at += 1
        if (known := self._commands.get(name)) is not None:
            return known()
        if name in ACCENTS:
            return Accent(self._argument(f"\\{name}"), name)
        if (found := _named(name)) is not None:
            return found
        self._at = begins
        raise self.wrong(f"\\{name} is not known")

    def _fraction(self) -> Node:
        return Fraction(self._argument("\\frac"), self._argument("\\frac"))

    def _root(self) -> Node:
        degree = None
        if self._peek() == "[":
            self._at += 1
            degree = self.row("]")
            self._at += 1
        return Root(self._argument("\\sqrt"), degree)

    def _delimiter(self) -> Node:
        letter = self._peek()
        if not letter or letter not in DELIMITERS:
            raise self.wrong(f"no bracket of {' '.join(DELIMITERS)} after \\left or \\right")
        self._at += 1
        return Symbol("mo", letter, fence=True)


class _Unit(_Reader):
    """Reads a unit: letters are words, upright, and powers may be written without a sign: м/с^2."""

    def _plain(self, letter: str) -> Node:
        if letter.isalpha():
            return Symbol("mi", self._run(str.isalpha), upright=True)
        return super()._plain(letter)


class _Chemistry(_Reader):
    """Reads chemistry: elements upright, numbers behind them small, -> for an arrow, ^ for a charge."""

    def __init__(self, formula: str, depth: int = 0) -> None:
        for typed, arrow in (("<=>", "⇌"), ("<->", "⇌"), ("-->", "→"), ("->", "→")):
            formula = formula.replace(typed, arrow)
        super().__init__(formula, depth)

    def _plain(self, letter: str) -> Node:
        if letter.isascii() and letter.isalpha():
            return self._counted(Symbol("mi", self._run(_is_element), upright=True))
        if letter in ")]":
            self._at += 1
            return self._counted(Symbol("mo", letter))
        return super()._plain(letter)

    def _counted(self, base: Symbol) -> Node:
        """Return an element with its number, which may be followed by a charge."""
        if not (self._peek().isascii() and self._peek().isdigit()):
            return base
        number = Symbol("mn", self._run(_is_digits))
        if self._peek() == "^":
            self._at += 1
            return Script(base, number, self._argument("^"))
        return Script(base, number)


def _named(name: str) -> Node | None:
    if name in GREEK:
        return Symbol("mi", GREEK[name])
    if name in LETTERS:
        return Symbol("mi", LETTERS[name], upright=True)
    if name in APART or name in TIGHT:
        return Symbol("mo", APART.get(name) or TIGHT[name])
    if name in FUNCTIONS:
        return Symbol("mi", name, upright=True)
    return Space(SPACES[name]) if name in SPACES else None


def _is_number(text: str) -> bool:
    whole = text.replace(",", ".")
    return whole.isascii() and whole.replace(".", "", 1).isdigit()


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_greek(letter: str) -> bool:
    return "Α" <= letter <= "ω"


def _is_element(text: str) -> bool:
    return text.isascii() and text.isalpha() and (len(text) == 1 or (len(text) == 2 and text.istitle()))

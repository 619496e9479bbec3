"""Formulas: what school books need, in both ways; what is none is an error with its place."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.formulas import FormulaWrong, rendered
from sync.formulas.cleaning import ATTRIBUTES, ELEMENTS, MarkupWrong, checked, clean

TAG = re.compile(r"<(/?)([a-z]+)((?: [a-z]+=\"[^\"<>]*\")*)>")
PIECES = st.sampled_from(
    [
        *("\\frac", "\\sqrt", "[3]", "{", "}", "^", "_", "'", "\\text{a<b}", "\\ce{H2O}", "\\unit{м/с^2}"),
        *(
            "x",
            "12,5",
            "+",
            "-",
            "\\left(",
            "\\right)",
            "\\vec",
            "\\alpha",
            "ж",
            "жол",
            "<",
            "&",
            "\\",
            " ",
            "$",
        ),
    ]
)

LETTERS = {"x": 1.5, "y": 2.5, "α": 3.5}
TOKEN = re.compile(r"\d+|[xyα]|[⁰¹²³⁴⁵⁶⁷⁸⁹ˣ]+|[()+·/√∛]")
SMALL = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹ˣ", "0123456789x")
ATOMS = st.sampled_from([*LETTERS.items(), ("\\alpha ", LETTERS["α"]), ("2", 2.0), ("12", 12.0)])
POWERS = st.sampled_from([("2", 2.0), ("10", 10.0), ("x", LETTERS["x"])])


def _larger(parts: st.SearchStrategy[tuple[str, float]]) -> st.SearchStrategy[tuple[str, float]]:
    """Build fractions, roots, powers, sums and products of what there is."""
    pairs = st.tuples(parts, parts)
    return st.one_of(
        pairs.map(lambda p: (f"\\frac{{{p[0][0]}}}{{{p[1][0]}}}", p[0][1] / p[1][1])),
        parts.map(lambda p: (f"\\sqrt{{{p[0]}}}", p[1] ** 0.5)),
        parts.map(lambda p: (f"\\sqrt[3]{{{p[0]}}}", p[1] ** (1 / 3))),
        st.tuples(parts, POWERS).map(lambda p: (f"{{{p[0][0]}}}^{{{p[1][0]}}}", p[0][1] ** p[1][1])),
        pairs.map(lambda p: (f"({p[0][0]}+{p[1][0]})", p[0][1] + p[1][1])),
        # Two numbers beside each other are one, or a mixed number: between them is a letter.
        pairs.map(lambda p: (f"{p[0][0]}x{p[1][0]}", p[0][1] * LETTERS["x"] * p[1][1])),
    )


EXPRESSIONS = st.recursive(ATOMS, _larger, max_leaves=5)


class Reckoner:
    """Reads one line from left to right as it is taught: a root is of the next thing, a power of the last."""

    def __init__(self, line: str) -> None:
        self._tokens = TOKEN.findall(line.replace(" ", ""))
        assert "".join(self._tokens) == line.replace(" ", "")

    def sum(self) -> float:
        worth = self._product()
        while self._tokens and self._tokens[0] == "+":
            self._tokens.pop(0)
            worth += self._product()
        return worth

    def _product(self) -> float:
        worth = self._factor()
        while self._tokens and self._tokens[0] not in "+)":
            sign = self._tokens.pop(0) if self._tokens[0] in "·/" else "·"
            worth = worth / self._factor() if sign == "/" else worth * self._factor()
        return worth

    def _factor(self) -> float:
        token = self._tokens.pop(0)
        if token in "√∛":
            return float(self._factor() ** (1 / 2 if token == "√" else 1 / 3))
        if token == "(":
            worth = self.sum()
            assert self._tokens.pop(0) == ")"
        else:
            worth = LETTERS.get(token) or float(token)
        if self._tokens and self._tokens[0][0] in "⁰¹²³⁴⁵⁶⁷⁸⁹ˣ":
            power = self._tokens.pop(0).translate(SMALL)
            worth **= LETTERS.get(power) or float(power)
        return worth


def worth_of(line: str) -> float:
    """Return what a line is worth."""
    return Reckoner(line).sum()


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        (r"$\frac{a+b}{2}$", "(a + b)/2"),
        (r"$x^2+y_0^{10}=\sqrt[3]{8}$", "x² + y₀¹⁰ = ∛8"),
        (r"$\sqrt{x+1}$ және $\sqrt{2}$", "√(x + 1) және √2"),
        (r"$\ce{2H2 + O2 -> 2H2O}$", "2H₂ + O₂ → 2H₂O"),
        (r"$\ce{Fe^{3+} + 3OH^{-} -> Fe(OH)3\downarrow}$", "Fe³⁺ + 3OH⁻ → Fe(OH)₃ ↓"),
        (r"$\ce{SO4^{2-}}$", "SO₄²⁻"),
        (r"$v=12,5\,\unit{км/сағ}$", "v = 12,5 км/сағ"),
        (r"$\unit{м/с^2}$", "м/с²"),
        (r"$S_{жалпы}=\pi r^2$", "S_(жалпы) = πr²"),
        (r"$\vec{F}=m\vec{a}$", "F⃗ = ma⃗"),
        (r"$\sin^2\alpha+\cos^2\alpha=1$", "sin² α + cos² α = 1"),
        (r"$-5\le x<3$", "−5 ≤ x < 3"),
        (r"$\left(\frac{1}{2}\right)^n$", "(1/2)ⁿ"),
        (r"$30^\circ$", "30°"),
        (r"$x^10$", "x¹⁰"),
        (r"$10^{-3}$", "10⁻³"),
        (r"$\lambda=\frac{h}{p}$, $\Delta t$", "λ = h/p, Δt"),
        (r"бағасы 5\$", "бағасы 5$"),
        (r"$\frac{1}{2x}$", "1/(2x)"),
        (r"$\frac{1}{2}x$", "(1/2)x"),
        (r"$E=\frac{mv^2}{2}$", "E = mv²/2"),
        (r"$2\frac{1}{3}+x$", "2 1/3 + x"),
        (r"$2\frac{1}{3}x$", "2 1/3·x"),
        (r"$3\cdot\frac{1}{2}\,\text{м}$", "3·1/2 м"),
        (r"$\sqrt{2x}$", "√(2x)"),
        (r"$\sqrt{2}x$", "√2·x"),
        (r"$\sqrt{x^2}$", "√(x²)"),
        (r"$\sqrt{x}^2$", "(√x)²"),
        (r"${ab}^2$", "(ab)²"),
        (r"${-2}^2$", "(−2)²"),
        (r"${x^2}^3$", "(x²)³"),
        (r"$\frac{a}{b}^2$", "(a/b)²"),
        (r"$2\sqrt[n]{x}$", "2·ⁿ√x"),
        (r"$2\sqrt[3]{x}$", "2∛x"),
        (r"$2^{10}5$", "2¹⁰·5"),
        (r"$F_{т}s$", "F_т·s"),
        (r"$1 000$", "1000"),
        (r"$\sum_{i=1}^n i^2$", "∑_(i = 1)ⁿ i²"),
    ],
)
def test_a_formula_of_a_school_book_is_plain_text_too(typed: str, plain: str) -> None:
    assert rendered(typed).plain == plain


@given(EXPRESSIONS)
def test_the_plain_text_of_a_formula_is_worth_what_the_formula_is(expression: tuple[str, float]) -> None:
    typed, worth = expression
    assert worth_of(rendered(f"${typed}$").plain) == pytest.approx(worth)


@pytest.mark.parametrize(
    ("typed", "markup"),
    [
        ("жай сөз", ""),
        (r"a<b: $\frac{1}{2}$", "a&lt;b: <math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>"),
        (r"$x_1^2$", "<math><msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup></math>"),
        (
            r"$\text{<img src=x onerror=alert(1)>}$",
            "<math><mtext>&lt;img src=x onerror=alert(1)&gt;</mtext></math>",
        ),
    ],
)
def test_a_page_gets_mathml_and_the_words_around_it(typed: str, markup: str) -> None:
    assert rendered(typed).markup == markup


@pytest.mark.parametrize(
    ("typed", "wrong", "letter"),
    [
        (r"$\frac{a}$", "nothing after \\frac", 9),
        (r"$2\foo$", "\\foo is not known", 2),
        ("a $b", "a $ without a second one", 3),
        ("$$", "an empty formula", 1),
        ("$x^2^3$", "two powers of one thing", 6),
        ("$}$", "a } that closes nothing", 1),
        ("${$", "no } closes what was opened", 2),
        ("$a_$", "nothing after _", 3),
        (r"$\left{$", "no bracket", 6),
        ("$a#b$", "'#' means nothing", 2),
        (r"$\href{javascript:alert(1)}{x}$", "\\href is not known", 1),
        ("$" + "{" * 40 + "}" * 40 + "$", "within each other", 17),
        ("$" + r"\ce{" * 200 + "}" * 200 + "$", "within each other", 1),
        ("$" + "a" * 1001 + "$", "more than 1000 letters", 1001),
    ],
)
def test_what_is_no_formula_is_refused_with_its_place(typed: str, wrong: str, letter: int) -> None:
    with pytest.raises(FormulaWrong, match=re.escape(wrong)) as refused:
        rendered(typed)
    assert refused.value.letter == letter


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=80))
def test_whatever_is_typed_is_refused_or_is_such_as_a_page_may_show(typed: str) -> None:
    try:
        markup = rendered(typed).markup
    except FormulaWrong:
        return
    assert checked(markup) == markup


@given(st.text(alphabet="<>/\"'= &;mathirowfcsn!?-[]CDAT\x00\ud800éж", max_size=120) | st.text(max_size=60))
def test_nothing_but_listed_elements_and_attributes_ever_comes_through(markup: str) -> None:
    let_through = clean(markup)
    tags = TAG.findall(let_through)
    assert {name for _, name, _ in tags} <= ELEMENTS.keys()
    attributes = [pair for _, _, more in tags for pair in re.findall(r'(\w+)="([^"]*)"', more)]
    assert all(value in ATTRIBUTES[name] for name, value in attributes)
    assert "<" not in TAG.sub("", let_through)


@pytest.mark.parametrize(
    "markup",
    [
        "<math><script>alert(1)</script></math>",
        '<math onclick="alert(1)"><mi>a</mi></math>',
        '<math href="javascript:alert(1)"><mi>a</mi></math>',
        '<math><mi style="position:fixed">a</mi></math>',
        "<math><mtext><img src='x' onerror='alert(1)'/></mtext></math>",
        "<math><annotation-xml encoding='text/html'><b>x</b></annotation-xml></math>",
        "<math><mi><math><mi>a</mi></math></mi></math>",
        "<b>x</b>",
        '<math xmlns="http://www.w3.org/1999/xhtml"><mi>a</mi></math>',
        "<math><mfrac><mi>a</mi></mfrac></math>",
        "<math><mrow>text<mi>a</mi></mrow></math>",
        '<!DOCTYPE t [<!ENTITY a "b">]><math><mi>&a;</mi></math>',
        "<math><mi>a</mi>",
        "<math>" + "<mrow>" * 50 + "</mrow>" * 50 + "</math>",
        "<math><mi>" + "a" * 6000 + "</mi></math>",
    ],
)
def test_markup_that_is_none_of_ours_is_not_let_through(markup: str) -> None:
    assert clean(markup) == ""
    with pytest.raises(MarkupWrong):
        checked(markup)

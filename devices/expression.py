"""Columns computed from columns: `p * V`, `ln(T - 22)`, `derivative(x)`; nothing else can be said (core).

An expression stands in an experiment's file, which may come from a stick: it is parsed into a tree, each node
that is not arithmetic is refused, and it is computed here, not by Python.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence

MAX_LENGTH = 200  # letters
MAX_NODES = 60
MAX_POWER = 16.0  # of an exponent: r⁴ is the highest a school needs
SMOOTHED = 2  # neighbours on each side that a smoothed value is the mean of

Column = Sequence[float]

_BINARY: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
}
_FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "ln": math.log,
    "lg": math.log10,
    "exp": math.exp,
    "abs": abs,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
}
_OF_COLUMNS = ("derivative", "smooth")


class ExpressionWrong(ValueError):
    """This cannot be computed; the sentence says what and where."""


class Expression:
    """One computed column; raises ExpressionWrong for what is no arithmetic of these names."""

    def __init__(self, text: str, names: Sequence[str]) -> None:
        self._text = text
        if len(text) > MAX_LENGTH:
            raise ExpressionWrong(f"longer than {MAX_LENGTH} letters: {text[:40]!r}…")
        try:
            self._tree = ast.parse(text.replace("^", "**"), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
            raise ExpressionWrong(f"no expression: {text!r}") from exc
        nodes = list(ast.walk(self._tree))
        if len(nodes) > MAX_NODES:
            raise ExpressionWrong(f"too long to follow: {text!r}")
        self._check(self._tree, frozenset(names))

    def compute(self, times: Column, columns: Mapping[str, Column]) -> list[float]:
        """Return the column; NaN where it has no value: a logarithm of nothing, a division by zero."""
        length = len(times)
        return self._column(self._tree, times, {"t": times, **columns}, length)

    def _check(self, node: ast.expr, names: frozenset[str]) -> None:
        match node:
            case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
                return
            case ast.Name(id=name) if name in names or name == "t":
                return
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=inner):
                self._check(inner, names)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                self._check(left, names)
                self._check(right, names)
            case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if (
                name in _FUNCTIONS or name in _OF_COLUMNS
            ):
                self._check(inner, names)
            case _:
                where = ast.unparse(node)[:40]
                raise ExpressionWrong(f"{where!r} in {self._text!r} is no arithmetic of {sorted(names)}")

    def _column(
        self, node: ast.expr, times: Column, columns: Mapping[str, Column], length: int
    ) -> list[float]:
        match node:
            case ast.Constant(value=int() | float() as number):
                return [float(number)] * length
            case ast.Name(id=name):
                return list(columns[name])
            case ast.UnaryOp(op=op, operand=inner):
                sign = -1.0 if isinstance(op, ast.USub) else 1.0
                return [sign * each for each in self._column(inner, times, columns, length)]
            case ast.BinOp(left=left, op=op, right=right):
                pairs = zip(
                    self._column(left, times, columns, length),
                    self._column(right, times, columns, length),
                    strict=True,
                )
                return [_safely(_binary(op), *pair) for pair in pairs]
            case ast.Call(func=ast.Name(id=name), args=[inner]):
                return _called(name, times, self._column(inner, times, columns, length))
        raise AssertionError(f"not checked: {ast.dump(node)}")


def _binary(op: ast.operator) -> Callable[[float, float], float]:
    if isinstance(op, ast.Pow):
        return lambda base, power: math.pow(base, power) if abs(power) <= MAX_POWER else math.nan
    return _BINARY[type(op)]


def _called(name: str, times: Column, column: list[float]) -> list[float]:
    if name == "derivative":
        return derivative(times, column)
    if name == "smooth":
        return smooth(column)
    return [_safely(_FUNCTIONS[name], each) for each in column]


def derivative(times: Column, column: Column) -> list[float]:
    """Return the slope at each sample: through both neighbours, at the ends through the one there is."""
    last = len(column) - 1
    pairs = [(max(at - 1, 0), min(at + 1, last)) for at in range(len(column))]
    return [_safely(operator.truediv, column[j] - column[i], times[j] - times[i]) for i, j in pairs]


def smooth(column: Column) -> list[float]:
    """Return the mean of each sample and its neighbours."""
    near = [column[max(0, at - SMOOTHED) : at + SMOOTHED + 1] for at in range(len(column))]
    return [math.fsum(each) / len(each) for each in near]


def _safely(function: Callable[..., float], *values: float) -> float:
    try:
        return function(*values)
    except (ValueError, ZeroDivisionError, OverflowError):
        return math.nan

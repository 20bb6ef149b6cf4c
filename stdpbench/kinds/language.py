"""Expression language of custom rules and neurons, and its checks.

It has arithmetic on known names, comparisons inside ``int(…)``, and the functions of `FUNCTIONS`; one statement per
line, ``w = …``, or ``my_NAME = …`` for an intermediate result, also ``+= -= *= /=``. A text from a file is data and is
never run as Python: it is parsed to a tree with a fixed set of node types, and only code generated from that tree
reaches Brian2 and the compiler. Rules written as Python classes are checked against the same language
(`stdpbench.kinds.plasticity.declared`), but their text is passed to Brian2 unchanged.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from stdpbench.base.errors import StdpbenchError, nearest
from stdpbench.declare.expressions import FUNCTIONS as COMPUTED
from stdpbench.declare.expressions import OPERATORS

Dimension = tuple[float, float]
"""Exponents of time and voltage."""
NUMBER: Dimension = (0.0, 0.0)
DIMENSIONS: dict[str, Dimension] = {
    "": NUMBER,
    "ms": (1.0, 0.0),
    "s": (1.0, 0.0),
    "Hz": (-1.0, 0.0),
    "mV": (0.0, 1.0),
    "V": (0.0, 1.0),
}
"""Unit that a parameter may have -> dimension."""
FUNCTIONS = {
    **dict.fromkeys(("exp", "expm1", "log", "log1p", "log10", "sin", "cos", "tanh", "floor", "ceil"), 1),
    **{"sqrt": 1, "abs": 1, "sign": 1, "int": 1, "minimum": 2, "maximum": 2, "clip": 3},
}
"""Name of a function -> number of arguments. ``int`` converts a comparison to 0 or 1."""
ALL = FUNCTIONS | dict.fromkeys(("arcsin", "arccos", "arctan", "sinh", "cosh", "tan", "exprel"), 1)
"""`FUNCTIONS` and the other functions of Brian2, except random numbers, since a presentation is a pure function."""
_BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_CHARACTERS = re.compile(r"[^A-Za-z0-9_+\-*/(),.<>=! ]")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_LONGEST, _DEEPEST = 2000, 50


class ExpressionError(StdpbenchError):
    """An error in an expression, with its position for highlighting.

    Attributes
    ----------
    line, column, end : int
        Line, column of the first character, and column after the last character, counted from 0.
    message : str
        The message without the position.
    """

    def __init__(self, sentence: str, line: int, column: int, end: int, message: str) -> None:
        super().__init__(sentence)
        self.line, self.column, self.end, self.message = line, column, end, message


@dataclass(frozen=True)
class _Value:
    """A part of an expression: generated code, dimension, and value if it is a constant.

    `factor` is the product of its numeric factors, which Brian2 combines.
    """

    text: str
    dimension: Dimension
    is_condition: bool = False
    constant: float | None = None
    factor: float = 1.0

    @property
    def scale(self) -> float:
        """Numeric factor that it contributes to a product."""
        return self.factor if self.constant is None else self.constant


def checked(
    text: object, names: Mapping[str, Dimension], where: str, assignable: Mapping[str, Dimension] | None = None
) -> str:
    """Parse statements and generate code for Brian2 from them.

    Parameters
    ----------
    text : object
        Content of a file: one statement per line.
    names : mapping of str to Dimension
        Names that may be read, including ``w``.
    where : str
        Dotted path for error messages.
    assignable : mapping of str to Dimension, optional
        Names that may be assigned; default: ``w``, to which a statement must assign a value.

    Returns
    -------
    str
        The same statements in Brian2's syntax, with floats for numbers and parentheses around all operations; empty if
        there is no statement.

    Raises
    ------
    StdpbenchError
        If a statement is invalid; an `ExpressionError` if the column of the error is known.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise StdpbenchError(
            f"{where} must be a text of at most {_LONGEST} characters, such as 'w = clip(w + eta*x, 0, w_max)', not "
            f"{str(text)[:40]!r}"
        )
    lines = text.split("\n")
    scope = _Scope(dict(names)) if assignable is None else _Scope(dict(names), assignable)
    statements = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            place = f"{where}, line {number}" if len([other for other in lines if other.strip()]) > 1 else where
            statements.append(_Line(line, scope, place, number - 1).generate())
    if assignable is None and statements and not any(statement.startswith("w = ") for statement in statements):
        raise StdpbenchError(f"{where} does not assign to w; write, for example, w = clip(w + eta*x, 0, w_max)")
    return "\n".join(statements)


def check_code(code: str, names: Mapping[str, Dimension], assignable: Mapping[str, Dimension]) -> list[str]:
    """Return errors in the statements of a rule that is a Python class, a clause each.

    Statements may assign any new name and span several lines; the functions are those of `ALL`.

    Parameters
    ----------
    code : str
        Statements.
    names : mapping of str to Dimension
        Names that may be read.
    assignable : mapping of str to Dimension
        Names that may be assigned.
    """
    try:
        body = ast.parse("\n".join(line.strip() for line in code.strip().splitlines())).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return [f"{code.strip()!r} cannot be read ({getattr(error, 'msg', error)})"]
    scope, errors = _Scope(dict(names), assignable, ALL, any_new_name=True), []
    for statement in map(ast.unparse, body):
        try:
            _Line(statement, scope, "", 0).generate()
        except ExpressionError as error:
            errors.append(f"{error.message} (in {statement!r})")
    return errors


def is_name(text: str) -> bool:
    """Return whether a text is a valid name: an ASCII letter, then up to 39 ASCII letters, digits and underscores."""
    return _NAME.fullmatch(text) is not None


@dataclass
class _Scope:
    """Names and functions of a list of statements.

    Statements may assign the `assignable` names, and new names that begin with ``my_``; with `any_new_name`, any new
    name.
    """

    known: dict[str, Dimension]
    assignable: Mapping[str, Dimension] = field(default_factory=lambda: {"w": NUMBER})
    functions: Mapping[str, int] = field(default_factory=lambda: FUNCTIONS)
    any_new_name: bool = False

    def __post_init__(self) -> None:
        self.initial = frozenset(self.known)

    def allows(self, name: str) -> bool:
        """Return whether a name may be assigned."""
        if name in self.assignable:
            return True
        allowed = self.any_new_name or (
            name.startswith("my_") and is_name(name) and not name.endswith(("_pre", "_post"))
        )
        return allowed and (name not in self.initial or (name.startswith("my_") and not self.any_new_name))


class _Line:
    """Parser of one statement; adds the assigned name to the known names."""

    def __init__(self, line: str, scope: _Scope, where: str, number: int) -> None:
        self.line, self.scope, self.known, self.where, self.number = line, scope, scope.known, where, number
        self.lead = len(line) - len(line.lstrip())

    def generate(self) -> str:
        self._check_characters()
        try:
            body = ast.parse(self.line.strip()).body
        except SyntaxError as error:
            raise self._wrong(self.lead + (error.offset or 1) - 1, f"syntax error ({error.msg})") from None
        except (ValueError, RecursionError, MemoryError):
            raise self._wrong(self.lead, "syntax error") from None
        node = body[0]
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            target, expression = node.targets[0], node.value
            value = self._value(expression, 0)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and type(node.op) in _BINARY:
            target = node.target
            whole = ast.BinOp(ast.copy_location(ast.Name(target.id, ast.Load()), target), node.op, node.value)
            value = self._value(ast.copy_location(whole, target), 0)
        else:
            raise self._wrong(self.lead, "only statements such as w = … or w += … are allowed")
        name = target.id
        if value.is_condition:
            raise self._at(node, "a comparison is not a number; int(…) converts it to 0 or 1")
        if value.dimension != self.scope.assignable.get(name, value.dimension):
            expected = (
                "has no unit"
                if self.scope.assignable[name] == NUMBER
                else f"is {_describe(self.scope.assignable[name])}"
            )
            raise self._at(node.value, f"{name} {expected}, but this is {_describe(value.dimension)}")
        if not self.scope.allows(name):
            others = "new names" if self.scope.any_new_name else "names that start with my_"
            assignable = ", ".join(sorted(self.scope.assignable))
            raise self._at(target, f"{name} cannot be assigned; only {assignable} and {others} can")
        self.known[name] = value.dimension
        return f"{name} = {value.text}"

    def _check_characters(self) -> None:
        if invalid := _CHARACTERS.search(self.line):
            raise self._wrong(invalid.start(), f"{invalid[0]!r} is not allowed in an expression")
        open_columns: list[int] = []
        for column, character in enumerate(self.line):
            if character == "(":
                open_columns.append(column)
                if len(open_columns) > _DEEPEST:
                    raise self._wrong(column, f"brackets are nested more than {_DEEPEST} deep")
            elif character == ")":
                if not open_columns:
                    raise self._wrong(column, "this ')' has no matching '('")
                open_columns.pop()
        if open_columns:
            raise self._wrong(open_columns[-1], "this '(' has no matching ')'")

    def _value(self, node: ast.expr, depth: int) -> _Value:
        if depth > 4 * _DEEPEST:
            raise self._at(node, "this is nested too deeply")
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return self._number(node, number)
            case ast.Name(id=name):
                if name not in self.known:
                    near = nearest(name, [*self.known, *self.scope.functions])
                    hint = f"did you mean {near}?" if near else f"known names are {', '.join(self.known)}"
                    raise self._at(node, f"unknown name {name}; {hint}")
                return _Value(name, self.known[name])
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=inner):
                value = self._numeric(inner, depth)
                constant = None if value.constant is None else -value.constant
                if isinstance(op, ast.UAdd):
                    return value
                return _Value(f"(-{value.text})", value.dimension, constant=constant, factor=-value.scale)
            case ast.BinOp(op=op, left=left, right=right) if type(op) in _BINARY:
                return self._binary(node, op, self._numeric(left, depth), self._numeric(right, depth))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
                first, second = self._numeric(left, depth), self._numeric(right, depth)
                self._same(node, first, second, "compares")
                return _Value(f"({first.text} {_COMPARE[type(op)]} {second.text})", NUMBER, is_condition=True)
            case ast.BoolOp(op=join, values=parts):
                conditions = [self._value(part, depth + 1) for part in parts]
                if not all(condition.is_condition for condition in conditions):
                    raise self._at(node, "and and or can only join comparisons")
                word = " and " if isinstance(join, ast.And) else " or "
                return _Value(f"({word.join(condition.text for condition in conditions)})", NUMBER, is_condition=True)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                value = self._value(inner, depth + 1)
                if not value.is_condition:
                    raise self._at(node, "not can only precede a comparison")
                return _Value(f"(not {value.text})", NUMBER, is_condition=True)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(node, name, arguments, depth)
        functions = ", ".join(self.scope.functions)
        raise self._at(node, f"{ast.unparse(node)!r} is not arithmetic; functions are {functions}")

    def _numeric(self, node: ast.expr, depth: int) -> _Value:
        value = self._value(node, depth + 1)
        if value.is_condition:
            raise self._at(node, "a comparison is not a number; int(…) converts it to 0 or 1")
        return value

    def _number(self, node: ast.expr, number: float) -> _Value:
        try:
            value = float(number)
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            raise self._at(node, "this number is too large")
        return _Value(repr(value), NUMBER, constant=value)

    def _binary(self, node: ast.BinOp, op: ast.operator, left: _Value, right: _Value) -> _Value:
        dimension = left.dimension
        if isinstance(op, ast.Add | ast.Sub):
            self._same(node, left, right, "adds" if isinstance(op, ast.Add) else "subtracts")
        elif isinstance(op, ast.Pow):
            if right.dimension != NUMBER:
                raise self._at(node.right, f"an exponent has no unit, but this is {_describe(right.dimension)}")
            if left.dimension != NUMBER:
                if right.constant is None:
                    raise self._at(node.right, f"the exponent of {_describe(left.dimension)} must be a plain number")
                dimension = (dimension[0] * right.constant, dimension[1] * right.constant)
        else:
            sign = 1 if isinstance(op, ast.Mult) else -1
            dimension = (dimension[0] + sign * right.dimension[0], dimension[1] + sign * right.dimension[1])
        text = f"({left.text}{_BINARY[type(op)]}{right.text})"
        if left.constant is not None and right.constant is not None:
            value = self._computed(node, op, left.constant, right.constant)
            return _Value(text, dimension, constant=value)
        if isinstance(op, ast.Div):
            self._computed(node, op, 1.0, right.scale)  # division is multiplication by the inverse
        factor = self._computed(node, op, left.scale, right.scale) if isinstance(op, ast.Mult | ast.Div) else 1.0
        return _Value(text, dimension, factor=factor)

    def _computed(self, node: ast.expr, op: ast.operator, left: float, right: float) -> float:
        """Compute a constant, or a product of numeric factors; it must be finite, since Brian2 evaluates it."""
        try:
            value = float(OPERATORS[type(op)](left, right))
        except (ArithmeticError, ValueError, TypeError):  # a power may be a complex number
            value = math.nan
        by_zero = isinstance(op, ast.Div) and right == 0
        if not math.isfinite(value):
            raise self._at(node, f"{ast.unparse(node)!r} {'divides by zero' if by_zero else 'is not a number'}")
        return value

    def _call(self, node: ast.Call, name: str, arguments: list[ast.expr], depth: int) -> _Value:
        functions = self.scope.functions
        if name not in functions:
            near = nearest(name, functions)
            hint = f"did you mean {near}?" if near else f"functions are {', '.join(functions)}"
            raise self._at(node, f"unknown function {name}; {hint}")
        count = functions[name]
        if len(arguments) != count:
            raise self._at(node, f"{name} takes {count} argument{'s' if count > 1 else ''}, not {len(arguments)}")
        if name == "int":
            condition = self._value(arguments[0], depth + 1)
            if not condition.is_condition:
                raise self._at(node, "int takes a comparison, such as int(x > 0.5)")
            return _Value(f"(1.0*int({condition.text}))", NUMBER)
        values = [self._numeric(argument, depth) for argument in arguments]
        first, texts = values[0], [value.text for value in values]
        constant = self._of_constants(node, name, values)
        if name in ("clip", "minimum", "maximum"):
            for other in values[1:]:
                self._same(node, first, other, "compares")
            if name != "clip" and first.dimension != NUMBER:
                raise self._at(node, f"{name} takes numbers without unit, but this is {_describe(first.dimension)}")
            # Brian2 has no minimum and maximum
            texts = {"minimum": [texts[0], "-1e308", texts[-1]], "maximum": [*texts, "1e308"]}.get(name, texts)
            return _Value(f"clip(1.0*{', '.join(texts)})", first.dimension, constant=constant)
        if name in ("sqrt", "abs"):
            half = 0.5 if name == "sqrt" else 1.0
            dimension = (first.dimension[0] * half, first.dimension[1] * half)
            return _Value(f"{name}({first.text})", dimension, constant=constant)
        if first.dimension != NUMBER and name != "sign":
            raise self._at(
                arguments[0], f"{name} takes a number without unit, but this is {_describe(first.dimension)}"
            )
        return _Value(f"{name}({first.text})", NUMBER, constant=constant)

    def _of_constants(self, node: ast.Call, name: str, values: list[_Value]) -> float | None:
        """Compute a function of constants, which must be finite; None if an argument contains names."""
        constants = [value.constant for value in values if value.constant is not None]
        if len(constants) < len(values) or name not in COMPUTED:
            return None
        with np.errstate(all="ignore"):
            value = float(COMPUTED[name](*constants))
        if not math.isfinite(value):
            raise self._at(node, f"{ast.unparse(node)!r} is not a number")
        return value

    def _same(self, node: ast.expr, first: _Value, second: _Value, verb: str) -> None:
        if first.dimension != second.dimension:
            raise self._at(
                node, f"{ast.unparse(node)!r} {verb} {_describe(first.dimension)} and {_describe(second.dimension)}"
            )

    def _at(self, node: ast.AST, message: str) -> StdpbenchError:
        end = getattr(node, "end_col_offset", None)
        return self._wrong(
            self.lead + getattr(node, "col_offset", 0), message, None if end is None else self.lead + end
        )

    def _wrong(self, column: int, message: str, end: int | None = None) -> StdpbenchError:
        sentence = f"{self.where}, column {column + 1}: {message}"
        return ExpressionError(sentence, self.number, column, max(column + 1, end or 0), message)


def _describe(dimension: Dimension) -> str:
    """Return a dimension in words."""
    names = {NUMBER: "a number without unit", (1.0, 0.0): "a time", (-1.0, 0.0): "a rate", (0.0, 1.0): "a voltage"}
    if dimension in names:
        return names[dimension]
    parts = zip(("s", "V"), dimension, strict=True)
    return "a quantity in " + "·".join(f"{unit}^{power:g}" for unit, power in parts if power)

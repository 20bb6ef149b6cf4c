"""Evaluate expressions of rules and neurons in Brian2's syntax, with NumPy instead of Brian2.

Allowed are numbers, names, ``+ - * / // % **``, comparisons, ``and``/``or``/``not``, and the functions of `FUNCTIONS`;
statements ``name = …`` and ``name += …`` (also ``-= *= /=``). Attributes, indices and other calls are refused, so that
text from a file is safe to evaluate.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from stdpbench.base.errors import StdpbenchError, suggestion

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "clip": np.clip,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "floor": np.floor,
    "ceil": np.ceil,
    "int": lambda value: np.asarray(value).astype(np.int64),
}
"""Name in Brian2 -> function."""
_CONSTANTS = {"pi": np.pi, "e": np.e, "inf": np.inf, "second": 1.0, "volt": 1.0, "ms": 1e-3, "mV": 1e-3}
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
"""Binary operator -> function."""
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: np.logical_not,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class Code:
    """Statements that are parsed once and run repeatedly.

    Parameters
    ----------
    text : str
        One statement per line, such as ``"w = clip(w - nu_pre*y1, 0, w_max)"``.

    Attributes
    ----------
    text : str
        Text of the statements.
    assigned : tuple of str
        Assigned names, in order.

    Raises
    ------
    StdpbenchError
        If a statement is not supported.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._statements = [_statement(node) for node in _parse("\n".join(map(str.strip, text.strip().splitlines())))]
        self.assigned = tuple(dict.fromkeys(name for name, _ in self._statements))

    def run(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Run the statements and return the values of the assigned names.

        Parameters
        ----------
        values : mapping of str to float or ndarray
            Values of the names; not modified.

        Raises
        ------
        StdpbenchError
            If a name has no value.
        """
        scope = dict(values)
        for name, expression in self._statements:
            scope[name] = _value(expression, scope)
        return {name: scope[name] for name in self.assigned}


def evaluate(text: str, values: Mapping[str, Any]) -> Any:
    """Evaluate one expression, such as ``"v_thresh - theta_offset + theta"``.

    Raises
    ------
    StdpbenchError
        If the expression is not supported, or a name has no value.
    """
    nodes = _parse(text.strip())
    if len(nodes) != 1 or not isinstance(nodes[0], ast.Expr):
        raise StdpbenchError(f"{text!r} is not an expression")
    return _value(nodes[0].value, values)


def _parse(text: str) -> list[ast.stmt]:
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError) as error:
        raise StdpbenchError(f"{text!r} cannot be parsed: {getattr(error, 'msg', error)}") from None


def _statement(node: ast.stmt) -> tuple[str, ast.expr]:
    """Return name and expression of an assignment; ``w += x`` becomes ``w = w + x``."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        name = node.target.id
        return name, ast.BinOp(ast.Name(name, ast.Load()), node.op, node.value)
    raise StdpbenchError(f"{ast.unparse(node)!r} is not an assignment to a name")


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=bool() | int() | float() as number):
            return number
        case ast.Name(id=name):
            return _lookup(name, values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_value(left, values), _value(right, values))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return _UNARY[type(op)](_value(operand, values))
        case ast.BoolOp(op=op, values=operands):
            join = np.logical_and if isinstance(op, ast.And) else np.logical_or
            operand_values = [_value(operand, values) for operand in operands]
            result = operand_values[0]
            for other in operand_values[1:]:
                result = join(result, other)
            return result
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
            return _COMPARE[type(op)](_value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            try:
                return FUNCTIONS[name](*(_value(argument, values) for argument in arguments))
            except TypeError as error:
                raise StdpbenchError(f"{ast.unparse(node)!r} cannot be computed: {error}") from None
    raise StdpbenchError(f"{ast.unparse(node)!r} is not supported; functions are {', '.join(FUNCTIONS)}")


def _lookup(name: str, values: Mapping[str, Any]) -> Any:
    if name in values:
        return values[name]
    if name in _CONSTANTS:
        return _CONSTANTS[name]
    raise StdpbenchError(f"{name} has no value; {suggestion(name, values)}")

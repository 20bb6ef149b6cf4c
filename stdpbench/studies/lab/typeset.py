r"""Typeset the equations of a rule from the code that Brian2 runs.

The traces, averages and expressions that the rule declares are parsed, and each syntax tree is written as TeX, term by
term in its original order. Custom rules are therefore typeset as well, and the equations shown are those that run.
``clip(E, 0, w_max)`` is written :math:`[E]_0^{w_{max}}`.

`lines_of` has no dependencies; `picture` draws with matplotlib's mathtext.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.plasticity import PlasticityRule

_LETTERS = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega
    Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega
"""
_GREEK = frozenset(_LETTERS.split())
_SIGNS = {"plus": "+", "minus": "-"}
_COMPARE = {ast.Lt: "<", ast.LtE: r"\leq", ast.Gt: ">", ast.GtE: r"\geq", ast.Eq: "=", ast.NotEq: r"\neq"}
_NAMED = {"exp": r"\exp", "log": r"\ln", "log10": r"\log_{10}", "sin": r"\sin", "cos": r"\cos", "tanh": r"\tanh"}
_NAMED |= {"minimum": r"\min", "maximum": r"\max", "sign": r"\mathrm{sgn}"}
_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)
"""Operator precedence: a term is put in brackets if its place needs a higher one."""
_UNITS = {"second": r"\mathrm{s}", "ms": r"\mathrm{ms}", "volt": r"\mathrm{V}", "mV": r"\mathrm{mV}"}


@dataclass(frozen=True)
class Line:
    """A line of mathematics.

    Attributes
    ----------
    label : str
        A label; empty for a continuation of the line above.
    tex : str
        TeX without dollar signs.
    """

    label: str
    tex: str


def lines_of(rule: PlasticityRule) -> list[Line]:
    """Return all equations of a rule: traces, averages, effects of spikes, continuous changes."""
    lines = []
    for side in ("input", "output"):
        for trace in (trace for trace in rule.traces if trace.side == side):
            name = name_tex(trace.name)
            jump = f"{name} + 1" if trace.on_spike == "add" else "1"
            decay = rf"{name_tex(trace.tau)}\,{_dotted(trace.name)} = -{name}"
            lines.append(Line(f"trace of {side} spikes", rf"{decay},\quad {name} \leftarrow {jump}"))
    for average in rule.averages:
        name = name_tex(average.name)
        of = statement_tex(f"of = {average.of}").partition(r"\leftarrow ")[2]
        tex = rf"{name_tex(average.tau)}\,{_dotted(average.name)} = {of} - {name}"
        if average.on_spike:
            jump = statement_tex(f"of = {average.on_spike}").partition(r"\leftarrow ")[2]
            tex += rf",\quad {name} \leftarrow {name} + {jump}"
        lines.append(Line("filtered potential" if average.follows_v else "average, slowly", tex))
    for label, text in _expressions(rule):
        statements = filter(None, map(str.strip, text.splitlines()))
        for number, tex in enumerate(map(statement_tex, statements)):
            lines.append(Line(label if number == 0 else "", tex))
    return [
        Line("" if number and line.label == lines[number - 1].label else line.label, line.tex)
        for number, line in enumerate(lines)
    ]


def notes_of(rule: PlasticityRule) -> list[str]:
    """Return notes on the equations."""
    notes = []
    read = [
        trace.name
        for trace in rule.traces
        if re.search(rf"\b{trace.name}\b", rule.on_input_spike if trace.side == "input" else rule.on_output_spike)
    ]
    if read:
        several = len(read) > 1
        notes.append(
            f"{' and '.join(read)} {'are' if several else 'is'} read just before the spike of "
            f"{'their' if several else 'its'} own side changes {'them' if several else 'it'}."
        )
    late = {average.name: getattr(rule, average.delay) for average in rule.averages if average.delay}
    notes += [f"{name} is read with a delay of {delay:g} ms." for name, delay in late.items()]
    if any(average.on_spike for average in rule.averages):
        notes.append("A filtered potential makes its jump with an output spike.")
    if "clip" in rule.on_input_spike + rule.on_output_spike + rule.each_step:
        notes.append("[…] with bounds below and above: the value is clipped to them.")
    if rule.each_step:
        notes.append("Δt is a time step, of any length: each takes its part of the integral exactly.")
    return notes


def statement_tex(line: str) -> str:
    """Return a statement such as ``w = clip(w + eta*x, 0, w_max)`` as TeX; ``w += x`` is written out.

    Raises
    ------
    StdpbenchError
        If it is not an assignment.
    """
    try:
        node = ast.parse(line).body[0]
    except (SyntaxError, ValueError, IndexError, RecursionError):
        raise StdpbenchError(f"{line!r} is not a statement that can be typeset") from None
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        target, value = node.targets[0].id, node.value
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        target, value = node.target.id, ast.BinOp(ast.Name(node.target.id), node.op, node.value)
    else:
        raise StdpbenchError(f"{line!r} is not a statement that can be typeset")
    return rf"{name_tex(target)} \leftarrow {_tex(value, _SUM)}"


def name_tex(name: str) -> str:
    r"""Return a name as TeX: ``tau_plus`` is :math:`\tau_+`, ``a2_minus`` :math:`a_2^-`, ``y1`` :math:`y_1`."""
    if name in _UNITS:
        return _UNITS[name]
    if name == "dt":
        return r"\Delta t"
    first, *others = name.split("_")
    match = re.fullmatch(r"([A-Za-z]+?)(\d*)", first)
    letters, digits = (match[1], match[2]) if match else (first, "")
    below = [digits] if digits else []
    above = ""
    for part in others:
        if part in _SIGNS and below and not above:
            above = _SIGNS[part]
        elif part:
            below.append(_SIGNS.get(part) or _symbol(part))
    tex = _symbol(letters)
    if below:
        tex += f"_{{{','.join(below)}}}"
    return tex + (f"^{{{above}}}" if above else "")


def _dotted(name: str) -> str:
    """Return the derivative of a name, with a dot on its letter, not on its subscript."""
    letter, mark, below = name_tex(name).partition("_")
    return rf"\dot{{{letter}}}{mark}{below}"


def _symbol(word: str) -> str:
    if word == "lam":
        return r"\lambda"
    if word in _GREEK:
        return f"\\{word}"
    return word if re.fullmatch(r"[A-Za-z]?\d*", word) else rf"\mathrm{{{word}}}"


def _tex(node: ast.expr, place: int) -> str:
    """Return a term as TeX, in brackets if its precedence is too low for its place."""
    tex, precedence = _part(node)
    return tex if precedence >= place else rf"\left({tex}\right)"


def _part(node: ast.expr) -> tuple[str, int]:
    """Return the TeX of a term, and its precedence."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return _number_tex(number)
        case ast.Name(id=name):
            return name_tex(name), _ATOM
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return f"-{_tex(inner, _PRODUCT)}", _SUM
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _part(inner)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return rf"\mathrm{{not}}\ {_tex(inner, _ATOM)}", _PRODUCT
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(left, op, right)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
            return f"{_tex(left, _SUM)} {_COMPARE[type(op)]} {_tex(right, _SUM)}", _SUM
        case ast.BoolOp(op=join, values=parts):
            word = r"\ \mathrm{and}\ " if isinstance(join, ast.And) else r"\ \mathrm{or}\ "
            return word.join(_tex(part, _SUM) for part in parts), _SUM
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _call(name, arguments)
    raise StdpbenchError(f"{ast.unparse(node)!r} cannot be typeset")


def _number_tex(number: float) -> tuple[str, int]:
    text = f"{number:g}" if isinstance(number, float) else str(number)
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text, _ATOM
    power = rf"10^{{{int(exponent)}}}"
    return (power, _POWER) if mantissa == "1" else (rf"{mantissa}\cdot {power}", _PRODUCT)


def _binary(left: ast.expr, op: ast.operator, right: ast.expr) -> tuple[str, int]:
    match op:
        case ast.Add():
            return f"{_tex(left, _SUM)} + {_tex(right, _PRODUCT)}", _SUM
        case ast.Sub():
            return f"{_tex(left, _SUM)} - {_tex(right, _PRODUCT)}", _SUM
        case ast.Mult() | ast.Div() if isinstance(left, ast.UnaryOp) and isinstance(left.op, ast.USub):
            return f"-{_tex(ast.BinOp(left.operand, op, right), _PRODUCT)}", _SUM
        case ast.Mult():
            first, second = _tex(left, _PRODUCT), _tex(right, _PRODUCT)
            # a number on the right would merge with what precedes it
            times = r" \cdot " if second[:1].isdigit() else r"\,"
            return f"{first}{times}{second}", _PRODUCT
        case ast.Div():
            if isinstance(left, ast.Name | ast.Constant) and isinstance(right, ast.Name | ast.Constant):
                return f"{_tex(left, _ATOM)} / {_tex(right, _ATOM)}", _PRODUCT
            return rf"\dfrac{{{_tex(left, _SUM)}}}{{{_tex(right, _SUM)}}}", _PRODUCT
        case ast.Pow():
            base = _tex(left, _ATOM)
            if "^" in base and not base.startswith(r"\left("):  # a power above a power
                base = rf"\left({base}\right)"
            return f"{base}^{{{_tex(right, _SUM)}}}", _POWER
    raise StdpbenchError("this operation cannot be typeset")


def _call(name: str, arguments: Sequence[ast.expr]) -> tuple[str, int]:
    inner = [_tex(argument, _SUM) for argument in arguments]
    match name, inner:
        case "clip", [argument_tex, low, high]:
            return rf"\left[{argument_tex}\right]_{{{low}}}^{{{high}}}", _ATOM
        case "sqrt", [argument_tex]:
            return rf"\sqrt{{{argument_tex}}}", _ATOM
        case "abs", [argument_tex]:
            return rf"\left|{argument_tex}\right|", _ATOM
        case "floor" | "ceil", [argument_tex]:
            return rf"\left\l{name} {argument_tex}\right\r{name}", _ATOM
        case "expm1", [argument_tex]:
            return rf"\exp\left({argument_tex}\right) - 1", _SUM
        case "log1p", [argument_tex]:
            return rf"\ln\left(1 + {argument_tex}\right)", _PRODUCT
        case "int", [argument_tex]:
            return rf"\mathbf{{1}}\left[{argument_tex}\right]", _ATOM
    return rf"{_NAMED.get(name, _symbol(name))}\left({', '.join(inner)}\right)", _PRODUCT


def _expressions(rule: PlasticityRule) -> list[tuple[str, str]]:
    """Return label and text of each expression; for a custom rule as the user wrote it."""
    written: Mapping[str, str] = getattr(rule, "definition", {})
    expressions = [
        ("on an input spike", written.get("on_input_spike", rule.on_input_spike)),
        ("on an output spike", written.get("on_output_spike", rule.on_output_spike)),
        ("in every step", rule.each_step),
        ("once per period", rule.periodically),
    ]
    return [(label, text) for label, text in expressions if text.strip()]


def picture(
    lines: Sequence[Line], colour: str, faint: str, width: float, size: float, dpi: float
) -> tuple[bytes, float, float]:
    """Draw lines on a transparent background.

    Parameters
    ----------
    lines : sequence of Line
        Labels are drawn above their lines.
    colour, faint : str
        Colours of mathematics and of labels, as ``"#rrggbb"``.
    width : float
        Available width in points (1/72 inch): long lines are drawn smaller to fit, down to two thirds.
    size : float
        Font size in points.
    dpi : float
        Dots per inch.

    Returns
    -------
    bytes, float, float
        PNG, and its width and height in points.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(dpi=dpi)
    canvas = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    rows: list[tuple[float, float, float, float, object]] = []
    wide = high = 0.0
    for line in lines:
        if line.label:
            if rows:
                high += 0.45 * size
            label = figure.text(0, 0, line.label, color=faint, fontsize=0.85 * size)
            high += 1.35 * size
            label.set_position((0, high))
        tex = f"${line.tex}$"
        text = figure.text(0, 0, tex, color=colour, fontsize=1.2 * size, math_fontfamily="dejavusans")
        text_width, height, descent = renderer.get_text_width_height_descent(tex, text.get_fontproperties(), True)
        points = 72.0 / dpi
        if text_width * points > width - size:
            factor = max(2 / 3, (width - size) / (text_width * points))
            text.set_fontsize(1.2 * size * factor)
            text_width, height, descent = (factor * length for length in (text_width, height, descent))
        high += max(1.25 * size, 0.35 * size + (height - descent) * points)
        text.set_position((size, high))
        high += descent * points
        wide = max(wide, size + text_width * points)
    wide, high = wide + 2, high + 0.4 * size
    figure.set_size_inches(wide / 72, high / 72)
    for text in figure.texts:
        x, y = text.get_position()
        text.set_position((x / wide, 1 - y / high))
    content = io.BytesIO()
    figure.savefig(content, format="png", transparent=True)
    return content.getvalue(), wide, high

"""Formulas as MathML, which browsers draw themselves: no JavaScript, and nothing from the network."""

from __future__ import annotations

import re
from typing import Any

from docutils.nodes import SkipNode
from latex2mathml.converter import convert


def mathml(tex: str, display: str = "inline") -> str:
    r"""Return a formula as a ``<math>`` element; lines that ``\\`` separates are aligned at ``&``."""
    tex = re.sub(r"\\mathrm\{([A-Za-z]{2,})\}", r"\\operatorname{\1}", tex.strip())
    rows = [re.split(r"(?<!\\)&", row) for row in re.split(r"\\\\", tex) if row.strip()]
    if len(rows) == 1 and len(rows[0]) == 1:
        return str(convert(tex, display=display))
    lines = []
    for row in rows:
        cells = [convert(cell.strip() or "{}", display=display) for cell in row]
        inner = [re.sub(r"^<math[^>]*>|</math>$", "", cell) for cell in cells]
        lines.append("<mtr>" + "".join(f"<mtd>{cell}</mtd>" for cell in inner) + "</mtr>")
    table = f'<mtable columnalign="left left" displaystyle="true">{"".join(lines)}</mtable>'
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="{display}">{table}</math>'


def _inline(writer: Any, node: Any) -> None:
    writer.body.append(mathml(node.astext()))
    raise SkipNode


def _displayed(writer: Any, node: Any) -> None:
    writer.body.append(f'<div class="math">{mathml(node.astext(), "block")}</div>\n')
    raise SkipNode


def setup(app: Any) -> None:
    """Register the renderer, which ``html_math_renderer = "mathml"`` selects."""
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_displayed, None))

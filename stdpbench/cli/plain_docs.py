r"""Docstrings for the terminal: mathematics in Unicode, such as ``τ_c`` for ``:math:`\tau_c```."""

from __future__ import annotations

import inspect
import re

_INLINE = re.compile(r":math:`([^`]*)`")
_DISPLAYED = re.compile(r"^\.\. math::(.*(?:\n(?:[ ]+.*)?)*)$", re.MULTILINE)  # with everything indented below


def plain_doc(cls: type) -> str:
    """Return the docstring of a class without mathematical markup, a line per paragraph; empty if it has none."""
    text = _DISPLAYED.sub(lambda found: _displayed(found[1]), inspect.getdoc(cls) or "")
    text = _INLINE.sub(lambda found: _unicode(found[1]), text)
    paragraphs = [part.strip("\n") for part in re.split(r"\n\s*\n", text) if part.strip()]
    return "\n\n".join(part if _is_set(part) else " ".join(part.split()) for part in paragraphs)


def _is_set(paragraph: str) -> bool:
    """Whether to keep the line breaks of a paragraph: indented text, a list, a table."""
    return any(re.match(r"\s|[*-] |[=|]", line) for line in paragraph.splitlines())


def _displayed(tex: str) -> str:
    lines = [_unicode(line) for line in tex.strip().split(r"\\")]
    return "".join(f"\n    {line}" for line in lines if line) + "\n\n"


def _unicode(tex: str) -> str:
    from pylatexenc.latex2text import LatexNodes2Text

    text = LatexNodes2Text(math_mode="text").latex_to_text(
        tex.replace("&", " ").replace(r"\leftarrow", r"\leftarrow{} ")
    )
    return re.sub(r"\s+", " ", text).strip()

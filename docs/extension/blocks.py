"""Above a code block that tests do not run, the page says so, and why.

In the Markdown, the reason is a comment before the block: ``<!-- not run: takes an hour -->``.
"""

from __future__ import annotations

import re
from typing import Any

from pygments.lexers.special import TextLexer

MARK = re.compile(r"<!-- not run: (.*?) -->", re.DOTALL)
"""A comment that says why the next code block is not run."""


def _read(app: Any, docname: str, source: list[str]) -> None:
    source[0] = MARK.sub(lambda found: f"```{{not-run}} {' '.join(found[1].split())}\n```", source[0])


def _directive() -> Any:
    from docutils import nodes
    from sphinx.util.docutils import SphinxDirective

    class NotRun(SphinxDirective):
        """A small line that says why the next block is not run."""

        required_arguments = 1
        final_argument_whitespace = True

        def run(self) -> list[nodes.Node]:
            line = nodes.paragraph("", "", classes=["not-run"])
            line += nodes.Text(f"Not run by the tests: {self.arguments[0]}.")
            return [line]

    return NotRun


def setup(app: Any) -> None:
    """Show the comments."""
    app.add_directive("not-run", _directive())
    app.add_lexer("csv", TextLexer)  # which GitHub knows, and Pygments does not
    app.connect("source-read", _read)

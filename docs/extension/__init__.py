"""The Sphinx extension of the documentation: what the pages need beyond Sphinx, without network and JavaScript."""

from __future__ import annotations

from typing import Any

from . import blocks, links, mathematics, reference


def setup(app: Any) -> dict[str, Any]:
    """Connect the parts of the extension to Sphinx."""
    for part in (reference, links, blocks, mathematics):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

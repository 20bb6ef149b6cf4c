"""Paths of an expanded network, translated to those of the experiment."""

from __future__ import annotations

import re

from stdpbench.base.errors import StdpbenchError, nearest
from stdpbench.experiment.templates.base import Parts, Template

_LONG = ("network.populations.", "network.projections.")
_LONG_PATH = re.compile(r"network\.(?:populations|projections)(?:\.\w+)+")


def short_path(path: str, template: Template, parts: Parts) -> str:
    """Translate the path of a parameter to its path in the experiment.

    Parameters
    ----------
    path : str
        Path in the experiment, or in the expanded network, such as ``network.projections.feed.plasticity.nu_post``.
    template : Template
        The network.
    parts : Parts
        Sections of the experiment that it may use.

    Raises
    ------
    StdpbenchError
        If the expanded network has no such parameter, or the template fixes it.
    """
    if not path.startswith(_LONG) or "populations" in type(template).model_fields:
        return path
    known = template.paths(parts)
    for above in sorted(known, key=len, reverse=True):
        if path == above or path.startswith(f"{above}."):
            return known[above] + path[len(above) :]
    kind = getattr(template, "kind", "")
    hint = f"did you mean {near}?" if (near := nearest(path, _all(template, parts))) else "it fixes the others"
    raise StdpbenchError(
        f"{path} cannot be set with the network {kind!r}, unless network.kind=graph spells it out; {hint}"
    )


def in_short(text: str, template: Template, parts: Parts) -> str:
    """Return a text with the paths of an experiment in place of those of its expanded network, where it has them."""

    def short(match: re.Match[str]) -> str:
        try:
            return short_path(match[0], template, parts)
        except StdpbenchError:
            return match[0]

    return _LONG_PATH.sub(short, text)


def long_path(path: str, template: Template, parts: Parts) -> str:
    """Translate a path in the experiment to the expanded network; return other paths unchanged."""
    known = template.paths(parts)
    for long in sorted(known, key=lambda key: len(known[key]), reverse=True):
        if path == known[long] or path.startswith(f"{known[long]}."):
            return long + path[len(known[long]) :]
    return path


def _all(template: Template, parts: Parts) -> list[str]:
    """Return all paths of the expanded network that can be translated."""
    paths = []
    for long, short in template.paths(parts).items():
        owner = getattr(parts, short, None)
        paths += (
            [long] if owner is None else [f"{long}.{name}" for name in ("kind", *(p.name for p in owner.describe()))]
        )
    return paths

"""Origin of the weights of a run: trained with or without labels, also in an earlier run or an imported file.

This module has no expensive imports, since a list of runs may read a thousand folders.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import read_regular
from stdpbench.base.units import label
from stdpbench.runs.folder.summary import read_summary

KEY = "weights_origin"
"""Entry of `RunFolder.about`: the `Origin` of the weights that the run started from."""


class Origin(StrEnum):
    """Whether the weights of a run were trained with labels."""

    LABELS = "labels"
    NO_LABELS = "no labels"
    UNKNOWN = "unknown"

    @classmethod
    def read(cls, text: str) -> Origin:
        """Return the origin with this name; unknown for any other text."""
        return cls(text) if text in tuple(cls) else cls.UNKNOWN

    @property
    def word(self) -> str:
        """Remark shown with every accuracy of the run; empty for weights trained without labels."""
        return _WORDS.get(self, "")

    @property
    def supervised(self) -> bool | None:
        """Whether the weights were trained with labels; None if unknown."""
        return None if self is Origin.UNKNOWN else self is Origin.LABELS

    def marked(self, name: str) -> str:
        """Return the name of a run, followed by `word` in brackets unless it is empty."""
        return label(name, self.word)


_WORDS = {Origin.LABELS: "supervised", Origin.UNKNOWN: "origin of the weights unknown"}


def origin_of(
    folder: Path, metadata: Mapping[str, Any] | None = None, experiment: Mapping[str, Any] | None = None
) -> Origin:
    """Return whether the weights of a run were trained with labels.

    They were if the experiment trains with labels, or if the first line of the journal says so of the start weights.

    Parameters
    ----------
    folder : Path
        The run folder.
    metadata, experiment : mapping, optional
        Its description in the journal, and the contents of its ``experiment.toml``, if already read.

    Raises
    ------
    StdpbenchError
        If the files of the run cannot be read.
    """
    metadata = read_summary(folder).about if metadata is None else metadata
    experiment = _experiment(folder) if experiment is None else experiment
    reference = experiment.get("reference")
    if isinstance(reference, Mapping) and reference.get("kind", "none") != "none":
        return Origin.LABELS
    return Origin.read(metadata[KEY]) if KEY in metadata else Origin.NO_LABELS


def start_origin_of(folder: Path) -> Origin:
    """Return whether the weights that a run started from, if any, were trained with labels.

    Raises
    ------
    StdpbenchError
        If the files of the run cannot be read.
    """
    return origin_of(folder, experiment={})


def _experiment(folder: Path) -> dict[str, Any]:
    path = folder / "experiment.toml"
    try:
        return tomllib.loads(read_regular(path).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise StdpbenchError(f"{path} cannot be read: {error}") from None

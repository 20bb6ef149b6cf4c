"""The experiment that a run is based on, and the settings that differ from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stdpbench.base.toml_lines import flat
from stdpbench.experiment import Experiment, read_experiment, shipped_experiments
from stdpbench.runs.catalog.filters import value_text
from stdpbench.runs.folder.run_folder import RunFolder

_MOST = 12  # maximum number of settings in a caption
_OMITTED = ("about.", "plasticity.parameters.", "plasticity.traces.")
"""Prefixes of settings that a caption omits: the expressions of a rule from a file are sufficient."""

Changes = Sequence[tuple[int, Mapping[str, tuple[Any, Any]]]]
"""Positions of changes during a run, with (old, new) by path."""


@dataclass(frozen=True)
class Base:
    """An experiment that a run started from.

    Attributes
    ----------
    name : str
        Its name; ``"defaults"`` for an experiment without any settings.
    title : str
        Its name in a sentence.
    experiment : Experiment
        The experiment.
    """

    name: str
    title: str
    experiment: Experiment


def base_of(folder: RunFolder) -> Base:
    """Return the shipped experiment with the name of the experiment of a run or of its sweep; else the defaults."""
    for name in (folder.stored_experiment.name, _of_sweep(folder)):
        if name in shipped_experiments():
            return Base(name, f"the shipped experiment {name}", read_experiment(name))
    return Base("defaults", "the defaults", Experiment.from_mapping({}))


def _of_sweep(folder: RunFolder) -> str:
    """Return the name of the experiment of the run's sweep, from the results in its folder; empty without a sweep."""
    with suppress(OSError, ValueError, AttributeError):
        if "sweep" in folder.about:
            results = json.loads((folder.path.parent / "results.json").read_text(encoding="utf-8"))
            return str(results.get("experiment"))
    return ""


def settings_text(folder: RunFolder, changes: Changes = ()) -> str:
    """Return sentences for a caption: the settings of a run that differ from its base, and their changes.

    Parameters
    ----------
    folder : RunFolder
        The run.
    changes : sequence
        Changes of parameters during training.
    """
    base = base_of(folder)
    base_values, values = flat(base.experiment.to_mapping()), flat(folder.stored_experiment.to_mapping())
    differing = [
        f"{path} = {_plain(value)}"
        for path, value in values.items()
        if value_text(value) != value_text(base_values.get(path))
        and path not in ("name", "seed")
        and not path.startswith(_OMITTED)
    ]
    listed = f"Settings that differ from {base.title}: {_listed(differing)}."
    text = listed if differing else f"Settings: those of {base.title}."
    changed = [
        f"{path} = {_plain(new)} from presentation {position} on"
        for position, change in changes
        for path, (_, new) in change.items()
    ]
    return f"{text} Changed during training: {_listed(changed)}." if changed else text


def _listed(settings: Sequence[str]) -> str:
    more = len(settings) - _MOST
    return ", ".join(settings[:_MOST]) + (f" and {more} more (see the run folder)" if more > 0 else "")


def _plain(value: Any) -> str:
    """Format a value; for the path of a file, only its name."""
    text = value_text(value) or "none"
    return Path(text).name if Path(text).is_absolute() else text

"""The experiment whose settings a run is compared with, and the settings that differ from it."""

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

_MOST = 12  # settings that a caption lists
_UNTOLD = ("about.", "plasticity.parameters.", "plasticity.traces.")
"""What a caption leaves out: a rule from a file is named by its expressions."""

Changes = Sequence[tuple[int, Mapping[str, tuple[Any, Any]]]]
"""Positions of changes during a run, with (old, new) by path."""


@dataclass(frozen=True)
class Base:
    """An experiment that a run started from.

    Attributes
    ----------
    name : str
        Its name; ``"defaults"`` for those of an experiment without any settings.
    title : str
        What it is called in a sentence.
    experiment : Experiment
        The experiment.
    """

    name: str
    title: str
    experiment: Experiment


def base_of(folder: RunFolder) -> Base:
    """Return the shipped experiment with the name of the run's experiment or of its sweep's; else the defaults."""
    for name in (folder.stored_experiment.name, _of_sweep(folder)):
        if name in shipped_experiments():
            return Base(name, f"the shipped experiment {name}", read_experiment(name))
    return Base("defaults", "the defaults", Experiment.from_mapping({}))


def _of_sweep(folder: RunFolder) -> str:
    """Return the experiment whose arms a sweep compares, by what lies beside the run."""
    with suppress(OSError, ValueError, AttributeError):
        if "sweep" in folder.about:
            results = json.loads((folder.path.parent / "results.json").read_text(encoding="utf-8"))
            return str(results.get("experiment"))
    return ""


def settings_text(folder: RunFolder, changes: Changes = ()) -> str:
    """Return the settings of a run that differ from its base, and their changes, in sentences of a caption.

    Parameters
    ----------
    folder : RunFolder
        The run.
    changes : sequence
        Changes of parameters while it learned.
    """
    base = base_of(folder)
    theirs, own = (flat(one.to_mapping()) for one in (base.experiment, folder.stored_experiment))
    differing = [
        f"{path} = {_plain(value)}"
        for path, value in own.items()
        if value_text(value) != value_text(theirs.get(path))
        and path not in ("name", "seed")
        and not path.startswith(_UNTOLD)
    ]
    listed = f"Settings that differ from {base.title}: {_listed(differing)}."
    text = listed if differing else f"Settings: those of {base.title}."
    changed = [
        f"{path} = {_plain(new)} from presentation {position} on"
        for position, both in changes
        for path, (_, new) in both.items()
    ]
    return f"{text} Changed while it learned: {_listed(changed)}." if changed else text


def _listed(settings: Sequence[str]) -> str:
    more = len(settings) - _MOST
    return ", ".join(settings[:_MOST]) + (f" and {more} more (see the run folder)" if more > 0 else "")


def _plain(value: Any) -> str:
    """Format a value; of a file, its name only."""
    text = value_text(value) or "none"
    return Path(text).name if Path(text).is_absolute() else text

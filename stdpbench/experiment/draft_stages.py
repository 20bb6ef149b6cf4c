"""The stages of training in a draft: which projections learn, one after the other, and for how long.

Each step returns another draft, as those of `stdpbench.experiment.draft_steps`. Stages are counted from 0 here, and
from 1 in sentences, as in paths (``schedule.stages.1``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from stdpbench.declare.learned_names import listed
from stdpbench.experiment.draft import NetworkDraft
from stdpbench.experiment.draft_steps import Step
from stdpbench.experiment.experiment import Experiment
from stdpbench.experiment.sections import Stage

_PATH = "schedule.stages"
WITHOUT_STAGES = "All projections that have a rule learn throughout."
"""Placeholder text for a schedule without stages."""
_OF_STAGE = re.compile(r"schedule\.stages\.(\d+)\b")


@dataclass(frozen=True)
class StageRow:
    """A stage as a form shows it.

    Attributes
    ----------
    projections : tuple of str
        Names of the projections that learn.
    length : str
        Number of passes, or in a stream the duration with its unit.
    """

    projections: tuple[str, ...]
    length: str


def learnable(draft: NetworkDraft) -> tuple[str, ...]:
    """Return the names of the projections that have a rule, and can be named in stages."""
    return tuple(name for name, projection in draft.projections.items() if projection.plasticity is not None)


def unit_of_stages(draft: NetworkDraft) -> str:
    """Return the unit of the length of a stage: ``"passes"``, or in a stream ``"duration"``."""
    return "duration" if draft.unchecked.schedule.is_stream else "passes"


def stages_of(draft: NetworkDraft) -> tuple[StageRow, ...]:
    """Return the stages of a draft; empty if all plastic projections learn throughout."""
    return tuple(
        StageRow(tuple(table["projections"]), str(table.get(unit_of_stages(draft), 1))) for table in _tables(draft)
    )


def stages_in_words(experiment: Experiment) -> str:
    """Return a sentence that says which projections learn in which stage, and for how long."""
    if not experiment.schedule.stages:
        return WITHOUT_STAGES
    parts = [
        f"{number}. {listed(list(stage.projections)) if stage.projections else 'none'}, for {_length(stage)}"
        for number, stage in enumerate(experiment.schedule.stages, 1)
    ]
    return "; ".join(parts) + "."


def _length(stage: Stage) -> str:
    if stage.duration is not None:
        return f"{stage.duration:g} s"
    return f"{stage.passes} pass{'' if stage.passes == 1 else 'es'}"


def stage_of(sentence: str) -> int | None:
    """Return the number of the stage that a problem is about; None if it is about none."""
    match = _OF_STAGE.match(sentence)
    return int(match[1]) - 1 if match else None


def adding_stage(draft: NetworkDraft) -> Step:
    """Return the step that adds a stage at the end.

    The first stage has all plastic projections, and the length of the training without stages. Each further stage has
    the projections that no stage has yet, or all, and the length of the last stage.
    """
    tables, plastic, unit = _tables(draft), learnable(draft), unit_of_stages(draft)
    if not tables:
        schedule = draft.unchecked.schedule
        length: Any = f"{schedule.duration:g} s" if schedule.is_stream else max(schedule.passes, 1)
        new = {"projections": list(plastic), unit: length}
    else:
        used = {name for table in tables for name in table["projections"]}
        new = {"projections": [name for name in plastic if name not in used] or list(plastic), unit: tables[-1][unit]}
    return Step("add stage", _with(draft, [*tables, new]))


def removing_stage(draft: NetworkDraft, number: int) -> Step:
    """Return the step that removes a stage; without stages, all plastic projections learn for the total length."""
    tables = _tables(draft)
    text = f"remove stage {number + 1}"
    if len(tables) == 1:
        return Step(text, draft.without_stages(), sentence="Without stages, all that can learn does throughout.")
    return Step(text, _with(draft, [*tables[:number], *tables[number + 1 :]]))


def moving_stage(draft: NetworkDraft, number: int, by: int) -> Step:
    """Return the step that moves a stage: earlier (-1) or later (1)."""
    tables = _tables(draft)
    place = min(max(number + by, 0), len(tables) - 1)
    tables.insert(place, tables.pop(number))
    return Step(f"move stage {number + 1}", _with(draft, tables))


def choosing_projections(draft: NetworkDraft, number: int, names: Iterable[str]) -> Step:
    """Return the step that changes which projections learn in a stage, in the order of the network."""
    tables, chosen = _tables(draft), set(names)
    kept = [name for name in draft.projections if name in chosen]
    tables[number] = {**tables[number], "projections": kept}
    return Step(f"stage {number + 1} → {listed(kept) if kept else 'none'}", _with(draft, tables))


def setting_length(draft: NetworkDraft, number: int, text: str) -> Step:
    """Return the step that changes the number of passes of a stage, or in a stream its duration.

    Raises
    ------
    StdpbenchError
        If the text is not a number of passes, or not a duration.
    """
    tables, unit, stripped = _tables(draft), unit_of_stages(draft), text.strip()
    value: Any = stripped
    if unit == "passes" and stripped.isdigit():
        value = int(stripped)
    elif unit == "duration" and stripped.replace(".", "", 1).isdigit():
        value = f"{stripped} s"
    tables[number] = {**tables[number], unit: value}
    return Step(f"stage {number + 1}: {unit} → {stripped}", _with(draft, tables))


def _tables(draft: NetworkDraft) -> list[dict[str, Any]]:
    return [stage.to_mapping() for stage in draft.unchecked.schedule.stages or ()]


def _with(draft: NetworkDraft, tables: Sequence[dict[str, Any]]) -> NetworkDraft:
    return draft.with_value(_PATH, list(tables))

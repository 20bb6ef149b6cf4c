"""What differs between a draft and the experiment that it was made from, and how to take each difference back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stdpbench.experiment.draft import NetworkDraft
from stdpbench.experiment.draft_steps import POPULATIONS, PROJECTIONS, Step
from stdpbench.experiment.evaluation import SECTION as EVALUATION
from stdpbench.experiment.experiment import Experiment
from stdpbench.experiment.templates import OPTIONAL

_NETWORK, _ORDER = "network", "network.order"
_BETWEEN, _STAGES = "schedule.between", "schedule.stages"


@dataclass(frozen=True)
class DraftChange:
    """A difference that can be taken back by itself.

    Attributes
    ----------
    path : str
        The parameter; where another kind replaces the parameters too, what has the kind, such as a section.
    before, after : str
        Both values in words; kinds where the kind differs.
    """

    path: str
    before: str
    after: str

    @property
    def text(self) -> str:
        """The difference in words, such as ``"plasticity.nu_post: 0.01 → 0.02"``."""
        return f"{self.path}: {self.before} → {self.after}"


def changes_from(template: Experiment, draft: NetworkDraft) -> tuple[DraftChange, ...]:
    """Return the differences between an experiment and a draft, in the order of their paths."""
    now = draft.unchecked
    different = template.differences(now)
    other_network = _kind(template) != _kind(now)
    found: dict[str, DraftChange] = {}
    for path, (old, new) in different.items():
        if path == _ORDER and _names(template) != _names(now):
            continue  # part of adding and removing
        unit = _unit(path, different, template, now, other_network)
        if unit == path:
            found[unit] = DraftChange(unit, _words(old), _words(new))
        elif unit not in found:
            found[unit] = DraftChange(unit, *_of_unit(unit, template, now, different))
    return tuple(found.values())


def taking_back(draft: NetworkDraft, template: Experiment, change: DraftChange) -> Step:
    """Return the step that takes a difference back, as far as the result can be a draft.

    Raises
    ------
    StdpbenchError
        If a value of the template is invalid within what the draft has.
    """
    text = f"undo of {change.path}"
    if change.path == _NETWORK:
        return Step(text, draft.with_sections_of(template, (_NETWORK, *OPTIONAL)))
    return Step(text, draft.with_part_of(template, change.path))


def _unit(
    path: str, different: Mapping[str, tuple[Any, Any]], template: Experiment, now: Experiment, other_network: bool
) -> str:
    """Return the path of what is taken back together with a parameter."""
    section = path.partition(".")[0]
    if path == _ORDER or (other_network and section in (_NETWORK, *OPTIONAL)):
        return _NETWORK
    if section == EVALUATION:
        return EVALUATION
    if section == "encoding" and (template.stream is None) != (now.stream is None):
        return "data"  # a stream has none
    if section == "schedule" and (_STAGES in different or "stream" in different.get(_BETWEEN, ())):
        return section  # stages say how long all of them last; pictures and streams share nothing else
    names = path.split(".")
    if path.startswith((POPULATIONS, PROJECTIONS)):
        element = ".".join(names[:3])
        if _has(template, element) != _has(now, element):
            return element
    above = (".".join(names[:length]) for length in range(1, len(names)))
    return next((each for each in above if f"{each}.kind" in different), path)


def _of_unit(
    unit: str, template: Experiment, now: Experiment, different: Mapping[str, tuple[Any, Any]]
) -> tuple[str, str]:
    if unit == _NETWORK:
        order = _kind(template) == _kind(now)
        return ("this order", "another order") if order else (_kind(template), _kind(now))
    if f"{unit}.kind" in different:
        old, new = different[f"{unit}.kind"]
        return _words(old), _words(new)
    if unit == "schedule":
        old, new = different[_BETWEEN if "stream" in different.get(_BETWEEN, ()) else _STAGES]
        return _words(old), _words(new)
    if unit == EVALUATION:
        n = sum(path.startswith(f"{EVALUATION}.") for path in different)
        return "as it was", f"{n} value{'s' if n > 1 else ''} changed"
    return ("there", "removed") if _has(template, unit) else ("none", "added")


def _has(experiment: Experiment, element: str) -> bool:
    _, table, name = element.split(".")
    return name in (getattr(experiment.network, table, None) or {})


def _names(experiment: Experiment) -> set[str]:
    return {*getattr(experiment.network, "populations", ()), *getattr(experiment.network, "projections", ())}


def _kind(experiment: Experiment) -> str:
    return str(getattr(experiment.network, "kind", ""))


def _words(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, list | tuple) and value and all(isinstance(each, Mapping) for each in value):
        return f"{len(value)} stage{'s' if len(value) > 1 else ''}"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)

"""Differences between a draft and the experiment it was made from, and the steps that revert them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stdpbench.experiment.draft import NetworkDraft
from stdpbench.experiment.draft_steps import POPULATIONS, PROJECTIONS, Step
from stdpbench.experiment.evaluation import SECTION as EVALUATION
from stdpbench.experiment.experiment import Experiment
from stdpbench.experiment.graph.checks import kind_of
from stdpbench.experiment.templates import OPTIONAL

_NETWORK, _ORDER = "network", "network.order"
_BETWEEN, _STAGES = "schedule.between", "schedule.stages"


@dataclass(frozen=True)
class DraftChange:
    """A difference that can be reverted on its own.

    Attributes
    ----------
    path : str
        The parameter; if a kind differs, the owner of the kind, such as a section.
    before, after : str
        Both values as texts; the kinds if the kind differs.
    """

    path: str
    before: str
    after: str

    @property
    def text(self) -> str:
        """The difference as text, such as ``"plasticity.nu_post: 0.01 → 0.02"``."""
        return f"{self.path}: {self.before} → {self.after}"


def changes_from(template: Experiment, draft: NetworkDraft) -> tuple[DraftChange, ...]:
    """Return the differences between an experiment and a draft, in the order of their paths."""
    now = draft.unchecked
    different = template.differences(now)
    other_network = kind_of(template.network) != kind_of(now.network)
    changes: dict[str, DraftChange] = {}
    for path, (old, new) in different.items():
        if path == _ORDER and _names(template) != _names(now):
            continue  # follows from added or removed elements
        unit = _unit(path, different, template, now, other_network)
        if unit == path:
            changes[unit] = DraftChange(unit, _words(old), _words(new))
        elif unit not in changes:
            changes[unit] = DraftChange(unit, *_of_unit(unit, template, now, different))
    return tuple(changes.values())


def taking_back(draft: NetworkDraft, template: Experiment, change: DraftChange) -> Step:
    """Return the step that reverts a difference.

    Raises
    ------
    StdpbenchError
        If a value of the template is invalid in the draft.
    """
    text = f"undo of {change.path}"
    if change.path == _NETWORK:
        return Step(text, draft.with_sections_of(template, (_NETWORK, *OPTIONAL)))
    return Step(text, draft.with_part_of(template, change.path))


def _unit(
    path: str, different: Mapping[str, tuple[Any, Any]], template: Experiment, now: Experiment, other_network: bool
) -> str:
    """Return the path of the object that is reverted as a whole with a parameter."""
    section = path.partition(".")[0]
    if path == _ORDER or (other_network and section in (_NETWORK, *OPTIONAL)):
        return _NETWORK
    if section == EVALUATION:
        return EVALUATION
    if section == "encoding" and (template.stream is None) != (now.stream is None):
        return "data"  # a stream has no encoding
    if section == "schedule" and (_STAGES in different or "stream" in different.get(_BETWEEN, ())):
        return section  # stages determine the total length; pictures and streams share no other keys
    names = path.split(".")
    if path.startswith((POPULATIONS, PROJECTIONS)):
        element = ".".join(names[:3])
        if _has(template, element) != _has(now, element):
            return element
    above = (".".join(names[:length]) for length in range(1, len(names)))
    return next((owner for owner in above if f"{owner}.kind" in different), path)


def _of_unit(
    unit: str, template: Experiment, now: Experiment, different: Mapping[str, tuple[Any, Any]]
) -> tuple[str, str]:
    if unit == _NETWORK:
        same_kind = kind_of(template.network) == kind_of(now.network)
        return ("this order", "another order") if same_kind else (kind_of(template.network), kind_of(now.network))
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


def _words(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, list | tuple) and value and all(isinstance(item, Mapping) for item in value):
        return f"{len(value)} stage{'s' if len(value) > 1 else ''}"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)

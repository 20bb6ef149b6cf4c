"""Check whether arms get the same input: pictures in the same order, as the same input spikes.

Input depends on seed, phase, presentation and attempt, and on the parameters listed here. Arms that agree in all of
them get the same spikes for the same seed, so that differences in accuracy are due to the network. How often a picture
is repeated with higher rates depends on the network, but the spikes of each attempt are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stdpbench.experiment import Experiment
from stdpbench.studies.sweeps.arms import Arm

_ORDER = ("schedule.order", "schedule.passes", "schedule.train_images")
_JUDGED = ("schedule.label_images", "schedule.test_images", "data.validation_images")
_MOST_LABELS = 5


def other_pictures(one: Experiment, other: Experiment) -> list[str]:
    """Return dotted paths by which two experiments train on different pictures, or in a different order."""
    return [p for p in one.differences(other) if p in _ORDER or (p.startswith("data.") and p not in _JUDGED)]


def other_spikes(one: Experiment, other: Experiment) -> list[str]:
    """Return dotted paths by which two experiments of one seed encode the same picture differently."""
    differing = one.differences(other)
    found = [p for p in differing if p in ("network.dt", "schedule.stimulus") or p.startswith("encoding.")]
    if not found and one.stream is None and _bins_with_input(one) != _bins_with_input(other):
        paths = ("network.delays", "network.max_delay", "schedule.between", *_input_delays(one), *_input_delays(other))
        found = [p for p in differing if p.startswith(paths)]
    return found


def other_judges(one: Experiment, other: Experiment) -> list[str]:
    """Return dotted paths by which two experiments are labelled or evaluated with different pictures."""
    return [p for p in one.differences(other) if p in _JUDGED]


_SENTENCES: tuple[tuple[Callable[[Experiment, Experiment], list[str]], str], ...] = (
    (other_pictures, "Trained on different pictures, or in a different order, than {reference} ({paths}): {arms}."),
    (
        other_spikes,
        "Shown the same pictures as {reference}, but as different input spikes ({paths}), so differences include the "
        "noise of the input: {arms}.",
    ),
    (other_judges, "Labelled or evaluated with different pictures than {reference} ({paths}): {arms}."),
)


def other_input(one: Experiment, other: Experiment) -> list[str]:
    """Return dotted paths by which the input of two streams of one seed differs."""
    return [p for p in one.differences(other) if p.startswith("data.") or p in ("network.dt", "schedule.duration")]


_OF_STREAMS: tuple[tuple[Callable[[Experiment, Experiment], list[str]], str], ...] = (
    (other_input, "With other input than {reference} ({paths}): {arms}."),
)


def pairing_remarks(arms: Sequence[Arm], reference: str | None) -> list[str]:
    """Return remarks on arms whose input differs from the reference's, or that equal another arm.

    Without a reference, arms are compared with the first one.
    """
    if not arms:
        return []
    against = next((arm for arm in arms if arm.label == reference), arms[0])
    remarks: list[str] = []
    for differ, sentence in _SENTENCES if against.start.stream is None else _OF_STREAMS:
        groups: dict[tuple[str, ...], list[str]] = {}
        for arm in arms:
            paths = tuple(differ(against.start, arm.start))
            if paths:
                groups.setdefault(paths, []).append(arm.label)
        for paths, labels in groups.items():
            remarks.append(
                sentence.format(reference=repr(against.label), paths=", ".join(paths), arms=_listed(labels))
            )
    first: dict[str, str] = {}
    for arm in arms:
        same = first.setdefault(arm.start.digest, arm.label)
        if same != arm.label:
            remarks.append(f"{arm.label!r} has the same settings as {same!r}; they are run once.")
    return remarks


def _listed(labels: Sequence[str]) -> str:
    more = len(labels) - _MOST_LABELS
    return "; ".join(labels[:_MOST_LABELS]) + (f"; and {more} more" if more > 0 else "")


def _input_delays(experiment: Experiment) -> list[str]:
    """Return the paths of the delays of projections from the input."""
    graph = experiment.graph()
    names = [name for name, projection in graph.projections.items() if projection.source == graph.input]
    return [f"network.projections.{name}.delay" for name in names]


def _bins_with_input(experiment: Experiment) -> int:
    """Number of input steps of a training presentation: delayed spikes must arrive before its end."""
    return experiment.stimulus_bins - max(0, experiment.graph().input_delay_bins - experiment.rest_bins)

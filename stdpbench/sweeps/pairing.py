"""Whether arms see the same: pictures in the same order, as the same input spikes.

Input depends on seed, phase, presentation and attempt, and on what is listed here. Arms that differ in none of it get
the same spikes for the same seed, and the difference of their accuracies is one of the network. How often a picture is
shown again, brighter, is the network's doing, but the spikes of each attempt are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stdpbench.experiment import Experiment
from stdpbench.sweeps.arms import Arm

_ORDER = ("schedule.order", "schedule.passes", "schedule.train_images")
_JUDGED = ("schedule.label_images", "schedule.test_images", "data.validation_images")
_MOST_LABELS = 5


def other_pictures(one: Experiment, other: Experiment) -> list[str]:
    """Dotted paths by which two experiments train on other pictures, or in another order."""
    return [p for p in one.differences(other) if p in _ORDER or (p.startswith("data.") and p not in _JUDGED)]


def other_spikes(one: Experiment, other: Experiment) -> list[str]:
    """Dotted paths by which two experiments of one seed turn the same picture into different input spikes."""
    differing = one.differences(other)
    found = [p for p in differing if p in ("network.dt", "schedule.stimulus") or p.startswith("encoding.")]
    if not found and _bins_with_input(one) != _bins_with_input(other):
        found = [p for p in differing if p in ("network.delays", "network.max_delay", "schedule.between")]
    return found


def other_judges(one: Experiment, other: Experiment) -> list[str]:
    """Dotted paths by which two experiments are labelled or evaluated with other pictures."""
    return [p for p in one.differences(other) if p in _JUDGED]


_SENTENCES: tuple[tuple[Callable[[Experiment, Experiment], list[str]], str], ...] = (
    (other_pictures, "Trained on other pictures, or in another order, than {reference} ({paths}): {arms}."),
    (
        other_spikes,
        "Shown the same pictures as {reference}, but as other input spikes ({paths}), so that differences hold the "
        "noise of the input as well: {arms}.",
    ),
    (other_judges, "Labelled or evaluated with other pictures than {reference} ({paths}): {arms}."),
)


def pairing_remarks(arms: Sequence[Arm], reference: str | None) -> list[str]:
    """Sentences about arms that are not shown what the reference is shown, or are the same as another arm.

    Without a reference, the first arm stands for it.
    """
    if not arms:
        return []
    against = next((arm for arm in arms if arm.label == reference), arms[0])
    remarks: list[str] = []
    for differ, sentence in _SENTENCES:
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


def _bins_with_input(experiment: Experiment) -> int:
    """Steps of a training presentation that may carry input: delayed spikes must arrive before its end."""
    network = experiment.network
    delay = 0 if network.delays == "none" else round(network.max_delay / network.dt)
    return experiment.stimulus_bins - max(0, delay - experiment.rest_bins)

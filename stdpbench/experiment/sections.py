"""The sections of an experiment without kinds: about, schedule and simulator."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import field_validator

from stdpbench.base import units
from stdpbench.base.errors import Collector, StdpbenchError
from stdpbench.declare.parameters import Parameters, build, parameter
from stdpbench.experiment.graph import Precision
from stdpbench.kinds.encoding import Timing

LOOKS = ("held_out_every", "held_out_images", "record_spikes", "record_weights")
"""Parameters of the schedule that do not change any result."""

_TIME = re.compile(r"\b(half )?(?:an? )?([\d.]+|one|few|three|ten)? ?(s|seconds?|minutes?|hours?)\b")
_NUMBERS = {"": 1.0, "one": 1.0, "few": 3.0, "three": 3.0, "ten": 10.0}
_MINUTES = {"s": 1 / 60, "m": 1.0, "h": 60.0}


class About(Parameters):
    """Descriptive texts of an experiment, which do not change results and are not part of the digest."""

    title: str = parameter("", help="Short title.")
    summary: str = parameter("", help="Description in one or two sentences.")
    expected_accuracy: str = parameter("", help="Expected accuracy, and how it was measured.")
    expected: tuple[tuple[str, float], ...] = parameter(
        (),
        help="Expected measures at the end of a stream, by their names in sweeps, such as `rate.cell`.",
    )
    expected_time: str = parameter("", help="Duration, and on which machine it was measured.")
    tuned_on: str = parameter("", help="Pictures on which the settings were chosen.")

    @property
    def minutes(self) -> float:
        """The first duration in `expected_time`, in minutes; infinite if it has none."""
        time = _TIME.search(self.expected_time)
        if time is None:
            return float("inf")
        half, number, unit = time[1], time[2] or "", time[3]
        value = _NUMBERS[number] if number in _NUMBERS else float(number)
        return (0.5 if half else 1.0) * value * _MINUTES[unit[0]]

    @field_validator("expected", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        return tuple(value.items()) if isinstance(value, Mapping) else value

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file."""
        mapping = super().to_mapping()
        expected = dict(mapping.pop("expected"))
        return {**mapping, "expected": expected} if expected else mapping


class Simulation(Parameters):
    """Numerical precision of the network; the simulator is an option of a run.

    With `weight_bits`, weights that a rule changes are stored in few bits, as on a chip: after each training
    presentation they are rounded to 2^bits values, equally spaced from 0 to w_max. A normalisation then scales all
    weights of a neuron alike, so that each neuron has at most as many different weights. A run that loses almost all
    of its weights says so at its start. A reference computes outputs and gradients with rounded weights, equally
    spaced up to the largest of a projection; the sign takes one bit. Its optimizer changes unrounded weights, which
    are rounded again for each batch.
    """

    precision: Precision = parameter(
        "float64",
        structural=True,
        help="Numbers in which neurons and synapses are computed. float32: half the memory, and faster; spikes differ "
        "from those of float64 after a while. Thresholds and other slow variables stay float64.",
    )
    weight_bits: int | None = parameter(
        None,
        ge=1,
        le=24,
        help="Bits of weights that learn: after each training presentation they are rounded to 2^bits values, equally "
        "spaced from 0 to the largest weight, w_max, so that with few bits all small weights become 0; weights "
        "of a reference are rounded in each batch, where the sign takes one bit; none: all bits.",
    )
    weight_rounding: Literal["nearest", "stochastic"] = parameter(
        "nearest",
        help="Rounding of weights: to the nearest value, or up and down at random so that the mean stays. Changes "
        "smaller than half a step are lost by the first, and kept on average by the second.",
    )

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file, without defaults."""
        mapping = super().to_mapping()
        usual = {"precision": "float64", "weight_rounding": "nearest"}
        # defaults are left out
        return {name: value for name, value in mapping.items() if usual.get(name) != value}

    def conflicts(self, *, stream: bool, in_few_bits: bool, in_file: bool) -> Iterator[str]:
        """Yield a sentence for each conflict with a stream, a reference, or a network that a file builds."""
        if in_file and self.precision != "float64":
            yield "simulator.precision has no effect on network.kind 'brian2', whose file decides; remove it"
        if self.weight_bits is not None and stream:
            yield "simulator.weight_bits needs presentations, after which weights are rounded; a stream has none"
        if self.weight_bits is not None and not in_few_bits:
            yield (
                "simulator.weight_bits cannot be used by this reference, which scales weights after it has trained "
                "them; `stdpbench evaluate RUN --bits N` rounds those of its run"
            )


class Stage(Parameters):
    """A part of the training in which only some projections learn."""

    projections: tuple[str, ...] = parameter(..., structural=True, help="Names of the projections that learn.")
    passes: int = parameter(1, ge=0, structural=True, help="Number of passes through the training pictures.")
    duration: float | None = parameter(
        None, unit="s", gt=0, structural=True, help="Duration of the stage of a stream; none: pictures are shown."
    )


class Schedule(Parameters):
    """Pictures, their order and their timing."""

    passes: int = parameter(1, ge=0, structural=True, help="Number of passes through the training pictures.")
    train_images: int | None = parameter(None, ge=1, structural=True, help="Number of training pictures; none: all.")
    label_images: int | None = parameter(
        None, ge=1, help="Number of training pictures for labelling neurons; none: all training pictures."
    )
    test_images: int | None = parameter(None, ge=1, help="Number of test pictures; none: all.")
    order: Literal["dataset", "shuffled"] = parameter(
        "dataset",
        structural=True,
        help="Order of the training pictures: as in the data set, or shuffled in each pass.",
    )
    stimulus: float = parameter(350.0, unit="ms", gt=0, le=600_000, help="Duration of a picture.")
    rest: float = parameter(
        150.0, unit="ms", ge=0, le=600_000, help="Pause after a picture; theta decays during it in any case."
    )
    between: Literal["rest", "reset", "carry", "stream"] = parameter(
        "rest",
        help="Between two training presentations: simulate the rest, reset the fast state, or carry it over. stream: "
        "there are no pictures; presentations are consecutive pieces of a stream of spikes.",
    )
    duration: float | None = parameter(
        None, unit="s", gt=0, structural=True, help="Duration of a stream; none: pictures are shown."
    )
    piece: float | None = parameter(
        None,
        unit="s",
        gt=0,
        le=600,
        structural=True,
        help="Duration of a piece of a stream, after which the run can be paused; none: pictures are shown. Does not "
        "change what neurons and synapses do.",
    )
    min_spikes: int = parameter(
        5,
        ge=0,
        help="Minimum number of spikes of the population that is read; with fewer, the picture is shown again, "
        "brighter.",
    )
    timing: Timing = parameter(
        "intact",
        help="A control of timing: how the times of input spikes change, while their numbers stay. redrawn: each "
        "drawn from the times of all stimuli; permuted: time steps in another order, the same for all inputs; "
        "shifted: the times of each input rotated by its own amount; together: the k-th spike of each input in the "
        "k-th time step.",
    )
    max_attempts: int = parameter(20, ge=1, le=1000, help="Maximum number of times that a picture is shown.")
    held_out_every: int | None = parameter(
        None,
        ge=0,
        help="Training presentations between two measurements on held-out pictures; 0: no measurements; none: a "
        "sixteenth of all presentations, 500 to 4000. Does not change results.",
    )
    held_out_images: int | None = parameter(
        None,
        ge=20,
        help="Held-out pictures per measurement; none: about one for four presentations, 200 to 1000. Taken from the "
        "pictures after train_images, else from the end of the first pass before they train.",
    )
    record_spikes: tuple[str, ...] = parameter(
        (),
        structural=True,
        help="Populations whose spikes are recorded while the network trains, at most 1 GiB. Does not change results.",
    )
    record_weights: int | None = parameter(
        None,
        ge=1,
        structural=True,
        help="Training presentations between two records of all weights; none: they are not recorded.",
    )
    stages: tuple[Stage, ...] | None = parameter(
        None,
        structural=True,
        help="Stages of the training, one after the other: which projections learn, and for how many passes, or in a "
        "stream for which duration. Default: all that can learn, for passes or the duration.",
    )

    @property
    def records(self) -> bool:
        """Whether spikes or weights are recorded while the network trains."""
        return bool(self.record_spikes) or self.record_weights is not None

    @property
    def is_stream(self) -> bool:
        """Whether presentations are consecutive pieces of a stream."""
        return self.between == "stream"

    @property
    def n_pieces(self) -> int:
        """Number of pieces of a stream; 0 where pictures are shown."""
        return round(self.duration / self.piece) if self.is_stream and self.duration and self.piece else 0

    @classmethod
    def declared_by(cls, mapping: Mapping[str, Any], where: str) -> tuple[type[Parameters], dict[str, Any]]:
        """Return class and values for a table; with stages, passes or duration are the sum over stages."""
        stages, stream = mapping.get("stages"), mapping.get("between") == "stream"
        if stream:
            mapping = _of_stream(mapping, where)
        if stages in (None, "none"):
            return cls, dict(mapping)
        path, errors = f"{where}.stages", Collector()
        if not isinstance(stages, list | tuple) or not stages:
            raise StdpbenchError(
                f"{path} must be a list of tables, such as [{{ projections = ['feed'], passes = 1 }}]"
            )
        made = []
        for number, stage in enumerate(stages, 1):
            with errors.part():
                made.append(stage if isinstance(stage, Stage) else build(Stage, stage, f"{path}.{number}"))
        if stream:
            errors.sentences += _durations(made, mapping, where)
            errors.check()
            total = sum(stage.duration or 0.0 for stage in made)
            return cls, {**mapping, "stages": tuple(made), "duration": total}
        if "passes" in mapping:
            errors.sentences.append(f"{where}.passes and {path} contradict each other: say passes in each stage only")
        errors.check()
        return cls, {**mapping, "stages": tuple(made), "passes": sum(stage.passes for stage in made)}

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file; with stages, passes and durations are those of the stages."""
        mapping = super().to_mapping()
        if self.is_stream:
            mapping = {name: mapping[name] for name in _STREAM if name in mapping}
        if self.timing == "intact":  # the default is left out
            mapping.pop("timing", None)
        if not self.record_spikes:
            del mapping["record_spikes"]
        if self.stages is not None:
            del mapping["duration" if self.is_stream else "passes"]
            mapping["stages"] = [stage.to_mapping() for stage in self.stages]
        return mapping


_STREAM = ("between", "duration", "piece", "record_spikes", "record_weights", "stages")
"""Parameters of the schedule of a stream."""


def _of_stream(mapping: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Complete the table of a stream: each piece is presented once, without a rest.

    Raises
    ------
    StdpbenchError
        If it has keys that only pictures need.
    """
    unexpected = [key for key in mapping if key in Schedule.model_fields and key not in _STREAM]
    if unexpected:
        names = ", ".join(f"{where}.{key}" for key in unexpected)
        raise StdpbenchError(
            f"{names}: a stream ({where}.between) shows no pictures; it has {where}.duration and {where}.piece"
        )
    table = {"duration": "100 s", "piece": "1 s", **{key: value for key, value in mapping.items() if value != "none"}}
    try:
        piece = float(str(units.read(table["piece"], "s")))
    except (StdpbenchError, ValueError):
        return table  # reported with all other errors
    return {**table, "passes": 1, "stimulus": 1e3 * piece, "rest": 0.0, "min_spikes": 0, "max_attempts": 1}


def _durations(stages: Sequence[Stage], mapping: Mapping[str, Any], where: str) -> list[str]:
    """Return a sentence for each error in the durations of the stages of a stream."""
    return [
        f"{where}.stages.{number}.duration is missing; in a stream, a stage lasts for a duration such as '100 s'"
        for number, stage in enumerate(stages, 1)
        if stage.duration is None
    ]


def without_looks(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of an experiment without the parameters of held-out measurements."""
    schedule = mapping.get("schedule", {})
    if not isinstance(schedule, Mapping):
        return dict(mapping)
    return {**mapping, "schedule": {name: value for name, value in schedule.items() if name not in LOOKS}}

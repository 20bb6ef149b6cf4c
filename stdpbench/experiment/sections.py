"""The sections of an experiment without kinds: about and schedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from stdpbench.errors import Collector, StdpbenchError
from stdpbench.parameters import Parameters, build, parameter


class About(Parameters):
    """Descriptive texts of an experiment, which do not change results and are not part of the digest."""

    title: str = parameter("", help="Short title.")
    summary: str = parameter("", help="Description in one or two sentences.")
    expected_accuracy: str = parameter("", help="Expected accuracy, and how it was measured.")
    expected_time: str = parameter("", help="Duration, and on which machine it was measured.")
    measured_time: float | None = parameter(
        None, unit="s", gt=0, help="Measured duration of the whole run, including the baselines."
    )
    tuned_on: str = parameter("", help="Pictures on which the settings were chosen.")


class Stage(Parameters):
    """A part of the training in which only some projections learn."""

    projections: tuple[str, ...] = parameter(..., structural=True, help="Names of the projections that learn.")
    passes: int = parameter(1, ge=0, structural=True, help="Number of passes through the training pictures.")


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
    between: Literal["rest", "reset", "carry"] = parameter(
        "rest",
        help="Between two training presentations: simulate the rest, reset the fast state, or carry it over.",
    )
    min_spikes: int = parameter(
        5, ge=0, help="Minimum number of exc spikes; with fewer, the picture is shown again, brighter."
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
    stages: tuple[Stage, ...] | None = parameter(
        None,
        structural=True,
        help="Stages of the training, one after the other: which projections learn, and for how many passes. Default: "
        "all that can learn, for passes.",
    )

    @classmethod
    def declared_by(cls, mapping: Mapping[str, Any], where: str) -> tuple[type[Parameters], dict[str, Any]]:
        """Return class and values for a table; with stages, their passes are its passes."""
        stages = mapping.get("stages")
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
        if "passes" in mapping:
            errors.sentences.append(f"{where}.passes and {path} contradict each other: say passes in each stage only")
        errors.check()
        return cls, {**mapping, "stages": tuple(made), "passes": sum(stage.passes for stage in made)}

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file; with stages, passes are those of the stages."""
        mapping = super().to_mapping()
        if self.stages is not None:
            del mapping["passes"]
            mapping["stages"] = [stage.to_mapping() for stage in self.stages]
        return mapping

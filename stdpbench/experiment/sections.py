"""The sections of an experiment that are no family: network, schedule, and what is said about it."""

from __future__ import annotations

from typing import Literal

from stdpbench.parameters import Parameters, parameter


class About(Parameters):
    """What a person should know about an experiment. Changes nothing, and is no part of its hash."""

    title: str = parameter("", help="A short title.")
    summary: str = parameter("", help="What it is, in a sentence or two.")
    expected_accuracy: str = parameter("", help="What to expect, with how it was measured.")
    expected_time: str = parameter("", help="How long it takes, and where that was measured.")
    measured_time: float | None = parameter(
        None, unit="s", gt=0, help="The same as a number, where all of it was measured, baselines included."
    )
    tuned_on: str = parameter("", help="What its settings were chosen on.")


class Network(Parameters):
    """The network after Diehl & Cook (2015): input, exc neurons, lateral inhibition."""

    n_exc: int = parameter(400, ge=1, le=100_000, structural=True, help="Number of exc neurons.")
    dt: float = parameter(0.5, unit="ms", ge=0.001, le=5, structural=True, help="Time step.")
    inhibition: Literal["layer", "direct", "direct-undelayed"] = parameter(
        "layer",
        structural=True,
        help="An inh neuron per exc neuron; or the exc spike acts itself, one step later (the same spikes); or at "
        "once (another, stronger competition).",
    )
    w_exc_inh: float = parameter(10.4, unit="", ge=0, help="Weight from an exc neuron to its inh neuron.")
    w_inh_exc: float = parameter(17.0, unit="", ge=0, help="Weight of lateral inhibition on all other exc neurons.")
    delays: Literal["none", "homogeneous", "uniform"] = parameter(
        "none",
        structural=True,
        help="Delays from input to exc: none, max_delay for all, or uniform in 0 .. max_delay.",
    )
    max_delay: float = parameter(
        10.0,
        unit="ms",
        ge=0,
        le=100,
        structural=True,
        help="The homogeneous delay, or the longest of the uniform ones.",
    )
    conductance_step: Literal["euler", "exact"] = parameter(
        "euler",
        structural=True,
        help="Decay of ge and gi per step: 1 - dt/tau as in the authors' code, or exp(-dt/tau); the charge of a spike "
        "differs.",
    )
    start: Literal["random", "samples"] = parameter(
        "random", structural=True, help="Weights at the start: uniform random, or blurred training pictures."
    )
    start_blur: float = parameter(
        1.0, unit="px", ge=0, structural=True, help="Width (SD) of the blur on start = 'samples'."
    )
    start_noise: float = parameter(
        0.1,
        unit="",
        ge=0,
        le=1,
        structural=True,
        help="Share of the random start that is mixed into start = 'samples'.",
    )
    weight_sum: float | None = parameter(
        78.0,
        unit="",
        gt=0,
        help="Sum that each exc neuron's input weights are scaled to before every training presentation; none: no "
        "scaling.",
    )


class Schedule(Parameters):
    """What is shown, in which order, for how long."""

    passes: int = parameter(1, ge=0, structural=True, help="How often the training pictures are gone through.")
    train_images: int | None = parameter(None, ge=1, structural=True, help="Training pictures to use; none: all.")
    label_images: int | None = parameter(
        None, ge=1, help="Training pictures used for labelling neurons; none: all that train."
    )
    test_images: int | None = parameter(None, ge=1, help="Test pictures to use; none: all.")
    order: Literal["dataset", "shuffled"] = parameter(
        "dataset", structural=True, help="Order of the training pictures: as they lie, or shuffled anew in each pass."
    )
    stimulus: float = parameter(350.0, unit="ms", gt=0, le=600_000, help="How long a picture is shown.")
    rest: float = parameter(
        150.0, unit="ms", ge=0, le=600_000, help="Pause after a picture; theta decays through it in any case."
    )
    between: Literal["rest", "reset", "carry"] = parameter(
        "rest",
        help="Between two training presentations: the rest is simulated, the fast state is reset, or it is carried "
        "over.",
    )
    min_spikes: int = parameter(5, ge=0, help="Exc spikes below which a picture is shown again, brighter.")
    max_attempts: int = parameter(20, ge=1, le=1000, help="How often a picture is shown at most.")
    held_out_every: int | None = parameter(
        None,
        ge=0,
        help="Training presentations between two measurements on held-out pictures; 0: no measurements; none: a "
        "sixteenth of all presentations, 500 to 4000. Changes no result.",
    )
    held_out_images: int | None = parameter(
        None,
        ge=20,
        help="Held-out pictures per measurement; none: about one for four presentations, 200 to 1000. They are those "
        "beyond train_images, else the last of the first pass, before they train.",
    )

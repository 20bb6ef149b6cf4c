"""The sections of an experiment without kinds: about, network and schedule."""

from __future__ import annotations

from typing import Literal

from stdpbench.parameters import Parameters, parameter


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


class Network(Parameters):
    """The network after Diehl & Cook (2015): input, exc neurons, lateral inhibition."""

    n_exc: int = parameter(400, ge=1, le=100_000, structural=True, help="Number of exc neurons.")
    dt: float = parameter(0.5, unit="ms", ge=0.001, le=5, structural=True, help="Time step.")
    inhibition: Literal["layer", "direct", "direct-undelayed"] = parameter(
        "layer",
        structural=True,
        help="layer: one inh neuron per exc neuron; direct: exc spikes inhibit one step later (same spikes as "
        "layer); direct-undelayed: without delay (other spikes, stronger competition).",
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
        help="Delay of all synapses (homogeneous) or largest delay (uniform).",
    )
    conductance_step: Literal["euler", "exact"] = parameter(
        "euler",
        structural=True,
        help="Decay of ge and gi per step: 1 - dt/tau as in the authors' code, or exp(-dt/tau); the charge per spike "
        "differs.",
    )
    start: Literal["random", "samples"] = parameter(
        "random", structural=True, help="Initial weights: uniform random, or blurred training pictures."
    )
    start_blur: float = parameter(
        1.0, unit="px", ge=0, structural=True, help="Width (SD) of the blur for start = 'samples'."
    )
    start_noise: float = parameter(
        0.1,
        unit="",
        ge=0,
        le=1,
        structural=True,
        help="Fraction of random weights mixed into start = 'samples'.",
    )
    weight_sum: float | None = parameter(
        78.0,
        unit="",
        gt=0,
        help="Sum to which each exc neuron's input weights are scaled before every training presentation; none: no "
        "scaling.",
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

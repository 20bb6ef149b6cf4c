"""Competitive learning: the winner's weights move towards its input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import Average, Opening, PlasticityRule, Trace


class Competitive(PlasticityRule):
    r"""An output spike moves the weights of its neuron towards the input trace, at a rate that falls with its spikes.

    .. math::

        \text{output spike: } w & \leftarrow \mathrm{clip}\big(w + \eta_n\,(g\,x - w),\ 0,\ w_{max}\big) \\
        \eta_n & = \mathrm{clip}\big(\eta / (1 + n),\ \eta_{min},\ 1\big)

    where n is the number of the neuron's earlier output spikes, its *wins*. An input spike changes nothing. With a
    single spike of a single neuron per stimulus, :math:`\eta = 1` and no lower bound, weights are the mean of the
    inputs that the neuron has won: this is MacQueen's k-means, one input at a time. :math:`\eta_{min}` keeps neurons
    plastic. The move towards the input is Grossberg's instar, and the competitive learning of Rumelhart & Zipser.

    The trace x counts input spikes and decays with :math:`\tau_x`, which should be long compared with the stimulus:
    the rule depends on which inputs have spiked, not when, and is not STDP. With ``spread`` above 0, a spike also adds
    to the traces of neighbouring inputs, as a Gaussian with this standard deviation, in inputs: weights become those
    of smoothed inputs, while the input to neurons is not smoothed. The gain g scales the trace to the size of the
    weights; if these are scaled to a fixed length (``network.weight_norm``), it only determines how fast they turn
    towards an input.

    The number of wins, with its time constant :math:`\tau_{wins}`, persists across presentations and is part of a
    checkpoint, but a run does not take it over from another one: with ``--from``, choose a small :math:`\eta`.
    Sources: MacQueen (1967); Grossberg (1976); Rumelhart & Zipser (1985). The formulation with spikes is ours.
    """

    kind: Literal["competitive"] = "competitive"
    eta: float = parameter(1.0, unit="", ge=0, help="η: learning rate of a neuron's first spike; above 1, as 1.")
    eta_min: float = parameter(0.02, unit="", ge=0, le=1, help="ηₘᵢₙ: learning rate after many spikes.")
    gain: float = parameter(0.01, unit="", ge=0, help="g: weight that a trace of 1 stands for.")
    spread: float = parameter(
        0.0,
        unit="",
        ge=0,
        le=10,
        structural=True,
        help="Standard deviation, in inputs, by which the trace spreads to neighbouring inputs; 0: it does not.",
    )
    tau_x: float = parameter(1e6, unit="ms", gt=0, help="Time constant of the input trace x.")
    tau_wins: float = parameter(1e9, unit="ms", gt=0, help="Time constant with which a neuron's wins are forgotten.")

    summary: ClassVar[str] = "Output spikes move weights towards the input, at a rate that falls with their number"
    reference: ClassVar[str] = "MacQueen 1967; Rumelhart & Zipser 1985, doi:10.1207/s15516709cog0901_5"
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau_x", "add", spread="spread"),)
    averages: ClassVar[tuple[Average, ...]] = (Average("wins", "tau_wins", "0", on_spike="1"),)
    on_output_spike: ClassVar[str] = "w = clip(w + clip(eta/(1 + wins), eta_min, 1)*(gain*x - w), 0, w_max)"
    in_digit_network: ClassVar[str] = "runs; made for one winner per stimulus, and weights scaled to a length"
    opening: ClassVar[Opening] = Opening(
        "pair-window",
        "One pair moves the weight towards the gain, whatever its order in time, if the input spikes first.",
    )
    remarks: ClassVar[Mapping[str, str]] = {
        "pair-window": "The trace of the input spike hardly decays within the window, and an output spike before it "
        "finds no trace: each side is flat.",
    }

"""The additive pair rule of Masquelier, Guyonneau & Thorpe, in which each spike is paired once per direction."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import Opening, PlasticityRule, Trace


class PairReducedNearest(PlasticityRule):
    r"""Additive pair rule with reduced nearest-neighbour pairing: potentiation and depression alternate.

    An output spike is paired with the last input spike before it, unless another output spike has come in between; an
    input spike with the last output spike before it, unless another input spike has come in between. With the traces x
    of input and y of output spikes, which a spike of their side *sets* to 1, and :math:`\pi` (``unpaired``), which is
    1 from an input spike of the synapse until the next output spike and 0 otherwise:

    .. math::

        \text{input spike: }  & w \leftarrow \mathrm{clip}(w - A_-\, w_{max}\, (1 - \pi)\, y,\ 0,\ w_{max}),
        \quad \pi \leftarrow 1 \\
        \text{output spike: } & w \leftarrow \mathrm{clip}(w + A_+\, w_{max}\, \pi\, x,\ 0,\ w_{max}),
        \quad \pi \leftarrow 0

    A pair at :math:`\Delta t = t_{out} - t_{in}` gives :math:`A_+ w_{max} e^{-\Delta t/\tau_+}` for :math:`\Delta t
    \ge 0` and :math:`-A_- w_{max} e^{\Delta t/\tau_-}` below. :math:`\pi` needs one number per synapse; traces are
    per neuron. Source: Masquelier, Guyonneau & Thorpe (2008), Methods; for the name and the comparison with
    other pairings, Morrison, Diesmann & Gerstner (2008), section 4.1.2, and Hathway & Goodman (2018).
    """

    kind: Literal["pair-reduced-nearest"] = "pair-reduced-nearest"
    a_plus: float = parameter(0.03125, unit="", help="A₊: potentiation by a pair at Δt = 0, in units of w_max.")
    a_minus: float = parameter(0.0265625, unit="", help="A₋: depression by a pair at Δt = 0, in units of w_max.")
    tau_plus: float = parameter(16.8, unit="ms", gt=0, help="Time constant of the input trace x (potentiation).")
    tau_minus: float = parameter(33.7, unit="ms", gt=0, help="Time constant of the output trace y (depression).")

    summary: ClassVar[str] = "Additive pair rule with reduced nearest-neighbour pairing: each spike is paired once"
    reference: ClassVar[str] = "Masquelier, Guyonneau & Thorpe 2008, doi:10.1371/journal.pone.0001377"
    traces: ClassVar[tuple[Trace, ...]] = (
        Trace("x", "input", "tau_plus", "set"),
        Trace("y", "output", "tau_minus", "set"),
    )
    synapse_variables: ClassVar[tuple[str, ...]] = ("unpaired",)
    on_input_spike: ClassVar[str] = """
        w = clip(w - a_minus*w_max*y*(1 - unpaired), 0, w_max)
        unpaired = 1
    """
    on_output_spike: ClassVar[str] = """
        w = clip(w + a_plus*w_max*x*unpaired, 0, w_max)
        unpaired = 0
    """
    in_digit_network: ClassVar[str] = (
        "runs; without normalisation (network.weight_sum), all neurons may learn the same feature"
    )
    opening: ClassVar[Opening] = Opening(
        "pair-window", "Exponential window; a series of input spikes counts once, unlike in pair-additive."
    )

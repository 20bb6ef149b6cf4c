"""Pair rule of Izhikevich (2006): pairs of spikes change a derivative, which weights follow once per second."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import PlasticityRule, Trace


class PairDerivative(PlasticityRule):
    r"""Pairs of nearest spikes change a derivative s of each weight; weights follow it once per period.

    With the traces x of input and y of output spikes, which a spike of their side *sets* to 1:

    .. math::

        \text{input spike: }  & s \leftarrow s - A_-\, y \\
        \text{output spike: } & s \leftarrow s + A_+\, x \\
        \text{once per period: } & w \leftarrow \mathrm{clip}(w + drift + s,\ 0,\ w_{max}), \quad s \leftarrow keep\, s

    An input spike that arrives in the time step of an output spike cannot have contributed to it, and counts as later:
    it depresses by :math:`A_-`, and the output spike is paired with the previous input spike (``x_before``). With the
    published values, the effect of a pair unfolds over about 10 s. The drift lets silent synapses recover. The rule
    needs a stream (``schedule.between``), in which time continues between presentations; updates occur at multiples of
    the period after the projection begins to learn. Source: Izhikevich (2006), text and appendix (``spnet``), where a
    pair at one step of 1 ms gives :math:`A_+`, here :math:`A_+ e^{-dt/\tau_+}`.
    """

    kind: Literal["pair-derivative"] = "pair-derivative"
    w_max: float = parameter(10.0, unit="", gt=0, help="Upper bound of a weight.")
    a_plus: float = parameter(0.1, unit="", help="A₊: increase of the derivative by a pair at Δt = 0.")
    a_minus: float = parameter(0.12, unit="", help="A₋: decrease of the derivative by a pair at Δt = 0.")
    tau_plus: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the input trace x (potentiation).")
    tau_minus: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the output trace y (depression).")
    period: float = parameter(1.0, unit="s", gt=0, help="Time between two updates of the weights.")
    drift: float = parameter(0.01, unit="", help="Increase of each weight per period, independent of spikes.")
    keep: float = parameter(0.9, unit="", ge=0, le=1, help="Fraction of the derivative that remains after an update.")

    summary: ClassVar[str] = "Pair rule of nearest spikes; weights follow a derivative once per second"
    reference: ClassVar[str] = "Izhikevich 2006, doi:10.1162/089976606775093882"
    traces: ClassVar[tuple[Trace, ...]] = (
        Trace("x", "input", "tau_plus", "set"),
        Trace("y", "output", "tau_minus", "set"),
    )
    synapse_variables: ClassVar[tuple[str, ...]] = ("slope", "x_before")
    on_input_spike: ClassVar[str] = """
        slope = slope - a_minus*y
        x_before = x
    """
    on_output_spike: ClassVar[str] = """
        my_together = int(x >= 1)
        slope = slope + a_plus*(x + my_together*(x_before - x)) - a_minus*my_together*(1 - y)
    """
    periodically: ClassVar[str] = """
        w = clip(w + drift + slope, 0, w_max)
        slope = keep*slope
    """
    period_name: ClassVar[str] = "period"
    in_digit_network: ClassVar[str] = "does not run there: it needs a stream (schedule.between = 'stream')"
    runs_in_digit_network: ClassVar[bool] = False

"""Protocols that are quick enough to be watched while a parameter moves: what they are called, and what they take.

Who draws knows them from here, without the protocols themselves, which need what runs them; a test holds both against
each other. `desk` runs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.plasticity import PlasticityRule, rules


@dataclass(frozen=True)
class Option:
    """An option of a protocol.

    Attributes
    ----------
    name : str
        As the protocol calls it.
    label, unit, help : str
        For a form.
    default : Any
        What stands there when nothing is said; None where the protocol finds something that suits.
    several : bool
        Whether it is a list of numbers.
    whole : bool
        Whether it is a whole number.
    """

    name: str
    label: str
    unit: str
    help: str
    default: Any = None
    several: bool = False
    whole: bool = False

    def read(self, text: str) -> Any:
        """The value that a text means; None for an empty one.

        Raises
        ------
        StdpbenchError
            If it means none.
        """
        text = text.strip()
        if not text:
            return None
        try:
            if self.several:
                return tuple(float(part) for part in text.replace(";", ",").split(",") if part.strip())
            return int(text) if self.whole else float(text)
        except ValueError:
            wanted = "numbers with commas" if self.several else "a whole number" if self.whole else "a number"
            raise StdpbenchError(f"{self.label} must be {wanted}, not {text!r}") from None

    def show(self, value: Any) -> str:
        """A value as `read` takes it."""
        if value is None:
            return ""
        return ", ".join(f"{part:g}" for part in value) if self.several else f"{value:g}"


@dataclass(frozen=True)
class Quick:
    """A protocol that is quick.

    Attributes
    ----------
    name, title, about : str
        As on the command line, on a plot, and a sentence.
    options : tuple of Option
        What may be chosen.
    coarse : mapping of str to Any
        Options for fewer points in less time, while somebody drags.
    coarse_with_averages : mapping of str to Any
        The same for rules with averages, which have to be followed all along, where that makes a difference.
    """

    name: str
    title: str
    about: str
    options: tuple[Option, ...]
    coarse: Mapping[str, Any] = field(default_factory=dict)
    coarse_with_averages: Mapping[str, Any] = field(default_factory=dict)


_WEIGHT = Option("weight", "starting weight", "", "Weight before the first spike; half of w_max if nothing is said")
_SEVERAL_DTS = Option("dts", "Δt", "ms", "Output spike minus input spike, one curve each", (10.0, -10.0), several=True)


def _pairs(default: int) -> Option:
    return Option("pairs", "pairs", "", "How many, equally spaced", default, whole=True)


def _frequency(what: str) -> Option:
    return Option("frequency", "frequency", "Hz", f"{what} per second", 1.0)


def _repeats(what: str) -> Option:
    return Option("repeats", "repeats", "", f"How many {what}, equally spaced", 60, whole=True)


QUICK: Mapping[str, Quick] = {
    quick.name: quick
    for quick in (
        Quick(
            "pair-window",
            "Pair window",
            "What pairs of spikes do to a weight, over Δt: output spike minus input spike.",
            (_pairs(1), _frequency("Pairs"), _WEIGHT),
        ),
        Quick(
            "frequency",
            "Frequency curve",
            "What equidistant pairs do, over how many come in a second (as Sjöström et al. 2001).",
            (_pairs(60), _SEVERAL_DTS, _WEIGHT),
            {"frequencies": (1.0, 10.0, 20.0, 30.0, 40.0, 50.0)},
            {"frequencies": (30.0, 40.0, 50.0)},
        ),
        Quick(
            "pairing",
            "Bursts of pairs",
            "What bursts of pairs do, over the frequency within a burst (Sjöström et al. 2001; Clopath et al. 2010).",
            (
                Option("pairs", "pairs in a burst", "", "How many, equally spaced", 5, whole=True),
                Option("bursts", "bursts", "", "How many, 10 s from one to the next", 15, whole=True),
                _SEVERAL_DTS,
                _WEIGHT,
            ),
            {"frequencies": (0.1, 10, 20, 30, 40, 50)},
        ),
        Quick(
            "weight-dependence",
            "Weight dependence",
            "What a pair does, over the weight that it meets.",
            (_pairs(1), _frequency("Pairs"), _SEVERAL_DTS),
        ),
        Quick(
            "triplets",
            "Triplets",
            "What two spikes of one side around one of the other do (as Wang et al. 2005).",
            (_repeats("triplets"), _frequency("Triplets"), _WEIGHT),
        ),
        Quick(
            "quadruplets",
            "Quadruplets",
            "What two pairs of opposite order do, over the time T between them.",
            (
                _repeats("quadruplets"),
                _frequency("Quadruplets"),
                Option("dt", "Δt within a pair", "ms", "Distance of the two spikes of a pair", 5.0),
                _WEIGHT,
            ),
            {"separations": (-98.0, -70.0, -46.0, -30.0, -18.0, -10.0, -6.0, 6.0, 10.0, 18.0, 30.0, 46.0, 70.0, 98.0)},
        ),
        Quick(
            "poisson-pairs",
            "Poisson rates",
            "What independent random spikes on both sides do in a second, over the output rate.",
            (
                Option("input_rates", "input rates", "Hz", "One curve each", (5.0, 20.0), several=True),
                Option("duration", "duration", "s", "How long spikes go on", 5.0),
                Option("averages", "averages", "", "Value of BCM's threshold and its like at the start", 0.0),
                _WEIGHT,
            ),
            {"duration": 0.25},
        ),
        Quick(
            "reward-delay",
            "Delay of a reward",
            "What a pair does that is followed by a reward, over the delay of the reward.",
            (_SEVERAL_DTS, Option("reward", "reward", "", "What dopamine is set to", 0.5), _WEIGHT),
        ),
    )
}
"""By name, in the order in which they are offered."""
_FIRST = ("pair-window", "frequency", "weight-dependence")


def plan_for(rule: PlasticityRule) -> tuple[str, str, str]:
    """Which protocols show a rule: the one that tells most first, as the rule declares it."""
    opening = rule.opening.protocol
    first = [opening] if opening in QUICK and not why_not(rule, opening) else []
    one, two, three, *_ = [*first, *(name for name in _FIRST if name not in first)]
    return one, two, three


def why_not(rule: PlasticityRule, protocol: str) -> str:
    """Why a protocol cannot be run on a rule; empty where it can."""
    if protocol == "reward-delay" and "d" not in rule.synapse_variables:
        return "only for rules with dopamine (d)"
    return ""


def options_for(rule: PlasticityRule, protocol: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a protocol on a rule: those that somebody chose, then those that the rule opens with."""
    opened = rule.opening.options if rule.opening.protocol == protocol else {}
    return {**opened, **own}


def coarse_for(rule: PlasticityRule, protocol: str) -> Mapping[str, Any]:
    """Options of a protocol for fewer points in less time; none where there is no such way."""
    quick = QUICK[protocol]
    return (quick.coarse_with_averages if rule.averages else {}) or quick.coarse


def as_opened(rule: PlasticityRule, protocol: str) -> tuple[PlasticityRule, dict[str, str]]:
    """The rule with the values that its opening asks for, in the protocol of that opening.

    A value that is not the default was chosen by somebody, and stays.

    Returns
    -------
    PlasticityRule, dict of str to str
        The rule, and what was put in, with units.
    """
    if rule.opening.protocol != protocol:
        return rule, {}
    declared = {p.name: p for p in rule.describe()}
    put_in = {
        name: value
        for name, value in rule.opening.parameters.items()
        if name in declared and getattr(rule, name) == declared[name].default != value
    }
    if not put_in:
        return rule, {}
    made = rules.build({**rule.to_mapping(), **put_in}, "plasticity")
    return made, {name: declared[name].show(getattr(made, name)) for name in put_in}

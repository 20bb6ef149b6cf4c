"""Protocols that are fast enough to follow a moving slider: their names and options.

The app reads them here without importing the protocols and the code that runs them; a test compares the two.
`stdpbench.studies.lab.service` runs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.plasticity import PlasticityRule, rules


def read_option(text: str, name: str, *, several: bool, whole: bool) -> Any:
    """Parse the value of an option: a number, a whole number, or several numbers separated by commas.

    Raises
    ------
    StdpbenchError
        If it is not valid; the message starts with `name`.
    """
    try:
        if several:
            return tuple(float(part) for part in text.split(",") if part.strip())
        return int(text) if whole else float(text)
    except ValueError:
        expected = "numbers separated by commas" if several else "a whole number" if whole else "a number"
        raise StdpbenchError(f"{name} must be {expected}, not {text!r}") from None


@dataclass(frozen=True)
class Option:
    """An option of a protocol.

    Attributes
    ----------
    name : str
        Its name in the protocol.
    label, unit, help : str
        Texts for a form.
    default : Any
        Default value; None if the protocol chooses one.
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
        """Parse a text; None if it is empty.

        Raises
        ------
        StdpbenchError
            If it is not a valid value.
        """
        text = text.strip().replace(";", ",")
        return read_option(text, self.label, several=self.several, whole=self.whole) if text else None

    def show(self, value: Any) -> str:
        """Format a value so that `read` accepts it."""
        if value is None:
            return ""
        return ", ".join(f"{part:g}" for part in value) if self.several else f"{value:g}"


@dataclass(frozen=True)
class Quick:
    """A fast protocol.

    Attributes
    ----------
    name, title, about : str
        Name on the command line, title of a plot, and a sentence.
    options : tuple of Option
        Its options.
    coarse : mapping of str to Any
        Options for fewer points in less time, while a slider moves.
    coarse_with_averages : mapping of str to Any
        The same for rules with averages, which must be integrated throughout; empty if it is the same.
    """

    name: str
    title: str
    about: str
    options: tuple[Option, ...]
    coarse: Mapping[str, Any] = field(default_factory=dict)
    coarse_with_averages: Mapping[str, Any] = field(default_factory=dict)


_WEIGHT = Option("weight", "starting weight", "", "Weight before the first spike. Default: half of w_max")
_SEVERAL_DTS = Option("dts", "Δt", "ms", "Output spike minus input spike, one curve each", (10.0, -10.0), several=True)


def _pairs(default: int) -> Option:
    return Option("pairs", "pairs", "", "Number, equally spaced", default, whole=True)


def _frequency(noun: str) -> Option:
    return Option("frequency", "frequency", "Hz", f"{noun} per second", 1.0)


def _repeats(noun: str) -> Option:
    return Option("repeats", "repeats", "", f"Number of {noun}, equally spaced", 60, whole=True)


QUICK: Mapping[str, Quick] = {
    quick.name: quick
    for quick in (
        Quick(
            "pair-window",
            "Pair window",
            "Weight change by pairs of spikes, over Δt: time of the output spike minus the input spike.",
            (_pairs(1), _frequency("Pairs"), _WEIGHT),
        ),
        Quick(
            "frequency",
            "Frequency curve",
            "Weight change by equidistant pairs, over their frequency (as Sjöström et al. 2001).",
            (_pairs(60), _SEVERAL_DTS, _WEIGHT),
            {"frequencies": (1.0, 10.0, 20.0, 30.0, 40.0, 50.0)},
            {"frequencies": (30.0, 40.0, 50.0)},
        ),
        Quick(
            "pairing",
            "Bursts of pairs",
            "Weight change by bursts of pairs, over the frequency within a burst (Sjöström et al. 2001; "
            "Clopath et al. 2010).",
            (
                Option("pairs", "pairs in a burst", "", "Number, equally spaced", 5, whole=True),
                Option("bursts", "bursts", "", "Number, one every 10 s", 15, whole=True),
                _SEVERAL_DTS,
                _WEIGHT,
            ),
            {"frequencies": (0.1, 10, 20, 30, 40, 50)},
        ),
        Quick(
            "weight-dependence",
            "Weight dependence",
            "Weight change by a pair, over the starting weight.",
            (_pairs(1), _frequency("Pairs"), _SEVERAL_DTS),
        ),
        Quick(
            "triplets",
            "Triplets",
            "Weight change by two spikes of one side around one of the other (as Wang et al. 2005).",
            (_repeats("triplets"), _frequency("Triplets"), _WEIGHT),
        ),
        Quick(
            "quadruplets",
            "Quadruplets",
            "Weight change by two pairs of opposite order, over the time T between them.",
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
            "Weight change per second by independent random spikes on both sides, over the output rate.",
            (
                Option("input_rates", "input rates", "Hz", "One curve each", (5.0, 20.0), several=True),
                Option("duration", "duration", "s", "Duration of the spike trains", 5.0),
                Option("averages", "averages", "", "Initial value of averages such as BCM's threshold", 0.0),
                _WEIGHT,
            ),
            {"duration": 0.25},
        ),
        Quick(
            "reward-delay",
            "Delay of a reward",
            "Weight change by a pair followed by a reward, over the delay of the reward.",
            (_SEVERAL_DTS, Option("reward", "reward", "", "Dopamine level that is set", 0.5), _WEIGHT),
        ),
    )
}
"""By name, in menu order."""
_FIRST = ("pair-window", "frequency", "weight-dependence")


def plan_for(rule: PlasticityRule) -> tuple[str, str, str]:
    """Return three protocols for a rule, its default protocol first."""
    opening = rule.opening.protocol
    first = [opening] if opening in QUICK and not why_not(rule, opening) else []
    one, two, three, *_ = [*first, *(name for name in _FIRST if name not in first)]
    return one, two, three


def why_not(rule: PlasticityRule, protocol: str) -> str:
    """Return the reason why a protocol cannot run on a rule; empty if it can."""
    if protocol == "reward-delay" and "d" not in rule.synapse_variables:
        return "only for rules with dopamine (d)"
    return ""


def options_for(rule: PlasticityRule, protocol: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a protocol for a rule: chosen options override those that the rule declares."""
    opened = rule.opening.options if rule.opening.protocol == protocol else {}
    return {**opened, **chosen}


def coarse_for(rule: PlasticityRule, protocol: str) -> Mapping[str, Any]:
    """Return the options of a protocol for fewer points in less time; empty if there are none."""
    quick = QUICK[protocol]
    return (quick.coarse_with_averages if rule.averages else {}) or quick.coarse


def as_opened(rule: PlasticityRule, protocol: str) -> tuple[PlasticityRule, dict[str, str]]:
    """Return the rule with the values that it declares for its default protocol.

    A value that differs from the default was chosen by the user and is kept.

    Returns
    -------
    PlasticityRule, dict of str to str
        The rule, and the values that were set, with units.
    """
    if rule.opening.protocol != protocol:
        return rule, {}
    declared = {p.name: p for p in rule.describe()}
    declared_values = {
        name: value
        for name, value in rule.opening.parameters.items()
        if name in declared and getattr(rule, name) == declared[name].default != value
    }
    if not declared_values:
        return rule, {}
    opened = rules.build({**rule.to_mapping(), **declared_values}, "plasticity")
    return opened, {name: declared[name].show(getattr(opened, name)) for name in declared_values}

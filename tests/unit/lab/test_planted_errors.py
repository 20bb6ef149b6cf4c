"""Errors planted into the rules, each of which ``stdpbench validate`` finds.

`BY_HAND` lists errors that ports and reviews of such rules have had. `every_error` makes small ones of all kinds at
every place of every rule: another sign, a missing factor, another trace, another time constant, "set" for "add", a
bound or a constant that is off. None of them knows how rules are checked.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import elements
from stdpbench.kinds.delay_plasticity import DelayRule, delay_rules
from stdpbench.kinds.delay_plasticity.declared import check_delay_rule
from stdpbench.kinds.normalisations import norm, normalisations, sum
from stdpbench.kinds.plasticity import PlasticityRule, projection_rules
from stdpbench.kinds.plasticity.declared import check_rule
from stdpbench.kinds.release.tsodyks_markram import TsodyksMarkram
from stdpbench.studies.lab.checks import in_network, voltage
from stdpbench.studies.lab.checks.base import Outcome
from stdpbench.studies.lab.checks.equations import EQUATIONS
from stdpbench.studies.lab.checks.suite import CHECKS, validate

KINDS = [kind for kind in CHECKS if kind in (*projection_rules.kinds(), *delay_rules.kinds()) and kind != "custom"]
"""All rules but an example of the language, which comes with its own definition."""
_CODES = ("on_input_spike", "on_output_spike", "each_step", "periodically")


def rule_of(kind: str) -> type[PlasticityRule] | type[DelayRule]:
    return delay_rules.get(kind) if kind in delay_rules.kinds() else projection_rules.get(kind)


@dataclass(frozen=True)
class Planted:
    """An error: an attribute of the class of a rule, or a default, gets another value."""

    kind: str
    what: str
    attribute: str
    value: Any


def code(kind: str, attribute: str, right: str, wrong: str) -> Planted:
    """Replace part of an expression."""
    text = getattr(rule_of(kind), attribute)
    assert right in text, f"{kind}.{attribute} has no {right!r}"
    return Planted(kind, f"{attribute}: {right} → {wrong}", attribute, text.replace(right, wrong, 1))


def trace(kind: str, name: str, **changes: str) -> Planted:
    """Change a trace."""
    traces = rule_of(kind).traces
    assert any(each.name == name for each in traces)
    changed = tuple(replace(each, **changes) if each.name == name else each for each in traces)  # type: ignore[arg-type]
    return Planted(kind, f"trace {name}: {changes}", "traces", changed)


def average(kind: str, name: str, **changes: str) -> Planted:
    """Change an average."""
    averages = getattr(rule_of(kind), "averages", ())
    changed = tuple(replace(each, **changes) if each.name == name else each for each in averages)
    return Planted(kind, f"average {name}: {changes}", "averages", changed)


BY_HAND = [
    # those that passed until the checks by irregular trains
    code("diehl-cook-exponential", "on_output_spike", "exp(-beta*(w_max - w))", "exp(-beta*w)"),
    code("triplet", "on_input_spike", " + a3_minus*x2", ""),
    code("triplet-nearest", "on_input_spike", " + a3_minus*x2", ""),
    trace("triplet", "x2", on_spike="set"),
    trace("pair-power-law", "x", on_spike="set"),
    trace("symmetric", "x", on_spike="set"),
    # signs
    code("diehl-cook-triplet", "on_input_spike", "w - nu_pre", "w + nu_pre"),
    code("pair-additive", "on_input_spike", "w - a_minus", "w + a_minus"),
    code("triplet", "on_input_spike", "a2_minus + a3_minus", "a2_minus - a3_minus"),
    code("oja", "on_output_spike", "x - gamma", "x + gamma"),
    code("inhibitory", "on_input_spike", "y - 2*", "y + 2*"),
    code("reward", "on_input_spike", "c - a_minus", "c + a_minus"),
    code("clopath", "on_input_spike", "w - a_ltd", "w + a_ltd"),
    code("diehl-cook-exponential", "on_output_spike", "exp(-beta*w)", "exp(beta*w)"),
    # soft bounds exchanged, or at the wrong place
    code("pair-multiplicative", "on_output_spike", "(w_max - w)", "w"),
    code("pair-multiplicative", "on_input_spike", "alpha*w*y", "alpha*(w_max - w)*y"),
    code("pair-van-rossum", "on_input_spike", "alpha*w*y", "alpha*w_max*y"),
    code("pair-power-law", "on_input_spike", "(w/w_max)**mu", "clip(1 - w/w_max, 0, 1)**mu"),
    code("pair-power-law", "on_output_spike", "clip(1 - w/w_max, 0, 1)**mu", "(w/w_max)**mu"),
    code("diehl-cook-power-law", "on_output_spike", "clip(w_max - w, 0, w_max)**mu", "clip(w, 0, w_max)**mu"),
    code("diehl-cook-pre-post", "on_input_spike", "w**mu", "clip(w_max - w, 0, w_max)**mu"),
    code("diehl-cook-power-law", "on_output_spike", "clip(w_max - w, 0, w_max)", "(w_max - w)"),
    # a missing factor
    code("pair-additive", "on_output_spike", "a_plus*w_max*x", "a_plus*x"),
    code("oja", "on_output_spike", "gamma*y*w", "gamma*w"),
    code("competitive", "on_output_spike", "gain*x - w", "gain*x + w"),
    code("competitive", "on_output_spike", "(1 + wins)", "(2 + wins)"),
    code("competitive", "on_output_spike", "eta_min, 1", "0, 1"),
    code("bcm", "on_output_spike", "(y - theta_m)*x", "(y - theta_m)"),
    code("inhibitory", "on_input_spike", "2*rho_0", "rho_0"),
    code("clopath", "each_step", "x*dt/tau_x", "x*dt/ms"),
    code("pair-reduced-nearest", "on_input_spike", "*(1 - unpaired)", ""),
    # the trace of the other spike, or of the other time constant
    code("triplet", "on_output_spike", "a3_plus*y2", "a3_plus*y1"),
    code("triplet-nearest", "on_input_spike", "y1*(", "y2*("),
    code("diehl-cook-triplet", "on_output_spike", "y2", "y1"),
    trace("triplet", "y2", tau="tau_x"),
    trace("triplet-nearest", "x2", tau="tau_plus"),
    trace("diehl-cook-pre-post", "y", tau="tau_x"),
    trace("pair-additive", "x", tau="tau_minus"),
    trace("symmetric", "y", tau="tau_x"),
    trace("reward", "y", tau="tau_plus"),
    # nearest spikes or all of them
    trace("triplet-nearest", "y2", on_spike="add"),
    trace("diehl-cook-triplet", "y1", on_spike="add"),
    trace("diehl-cook-triplet", "y2", on_spike="add"),
    trace("pair-additive", "y", on_spike="set"),
    trace("oja", "y", on_spike="set"),
    trace("clopath", "x", on_spike="set"),
    trace("clopath-lif", "x", on_spike="set"),
    # averages
    average("bcm", "theta_m", of="y/y_target"),
    average("bcm", "theta_m", of="y*y"),
    average("bcm", "theta_m", tau="tau_y"),
    average("clopath", "u_plus", delay=""),
    average("clopath", "u_minus", tau="tau_plus"),
    average("clopath-lif", "u_plus", on_spike=""),
    average("clopath-lif", "u_minus", on_spike="spike_area*ms/tau_plus"),
    # dopamine
    code("reward", "each_step", "d = d*exp(-dt/tau_d)", "d = d*exp(-dt/tau_c)"),
    code("reward", "each_step", "c = c*left", "c = c*left*left"),
    code("reward", "each_step", "c*(tonic", "c*(0*tonic"),
    # calcium
    code("calcium", "each_step", "c/theta_p", "c/theta_d"),
    code("calcium", "each_step", "w = w*exp", "w = (w - w_max)*exp"),
    code("calcium", "each_step", "clip(above_p, 0, above_d)", "above_p"),
    code("calcium", "on_output_spike", "c_post", "c_pre"),
    Planted("calcium", "no delay", "input_lag", ""),
    # bounds inside an equation
    code("competitive", "on_output_spike", "eta_min, 1)", "eta_min, 1000)"),
    code("diehl-cook-power-law", "on_output_spike", "clip(w_max - w, 0, w_max)", "abs(w_max - w)"),
    code("diehl-cook-pre-post", "on_output_spike", "clip(w_max - w, 0, w_max)", "abs(w_max - w)"),
    code("pair-power-law", "on_output_spike", "clip(1 - w/w_max, 0, 1)", "(1 - w/w_max)"),
    # rules that run in networks only
    code("homeostatic", "on_output_spike", "0, w_max", "0, 1"),
    code("homeostatic", "on_input_spike", "eta*(y - 2*rho_0*tau)", "eta*y - 2*rho_0*tau"),
    code("pair-derivative", "on_output_spike", "(x + my_together*(x_before - x)) - a_minus*my_together*(1 - y)", "x"),
    code("pair-derivative", "periodically", "drift + slope", "keep*(drift + slope)"),
    trace("pair-derivative", "x", on_spike="add"),
    code("delay-shift", "on_input_spike", "d - 4*", "d + 4*"),
    code("delay-shift", "on_output_spike", "(d_max - d)/(d_max - d + soft)", "(d - d_min)/(d - d_min + soft)"),
    trace("delay-shift", "y", on_spike="add"),
    # constants, and what lets a network skip part of an input spike
    Planted("pair-reduced-nearest", "default tau_plus", "default", ("tau_plus", 18.6)),
    Planted("triplet", "default tau_x", "default", ("tau_x", 110.0)),
    Planted("reward", "default tau_d", "default", ("tau_d", 0.02)),
    Planted("inhibitory", "input_spike_needs", "input_spike_needs", "y"),
]
NORMALLY = [*BY_HAND[:7], BY_HAND[14], BY_HAND[23], BY_HAND[44], *BY_HAND[-7:-4], *BY_HAND[-2:]]


def found(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Plant an error, and say whether a short check of `validate` finds it."""
    rule = rule_of(planted.kind)
    if planted.attribute == "default":
        name, value = planted.value
        field = rule.model_fields[name]
        monkeypatch.setattr(field, "default", value)
        rule.model_rebuild(force=True)
    else:
        monkeypatch.setattr(rule, planted.attribute, planted.value)
    try:
        check_delay_rule.__wrapped__(rule)
        check_rule.__wrapped__(rule)  # what no network can be built with is refused when the rule is read
        for check in reversed(CHECKS[planted.kind]):  # the last one is the fastest
            outcome = Outcome(planted.kind)
            check(outcome)
            if check is not voltage.pairing and not outcome.as_declared:
                return True  # the check left out does not agree with the right rule either
    except StdpbenchError:  # refused, or no finite weight
        return True
    finally:
        monkeypatch.undo()
        if planted.attribute == "default":
            rule.model_rebuild(force=True)
    return False


def every_error(kind: str) -> Iterator[Planted]:
    """Small errors at every place of a rule."""
    rule = rule_of(kind)
    yield from _in_code(kind)
    times = [each.name for each in rule.describe() if each.unit in ("ms", "s")]
    for each in rule.traces:
        yield trace(kind, each.name, on_spike="add" if each.on_spike == "set" else "set")
        yield trace(kind, each.name, side="output" if each.side == "input" else "input")
        yield from (trace(kind, each.name, tau=tau) for tau in times if tau != each.tau)
    for one in getattr(rule, "averages", ()):
        yield from (average(kind, one.name, tau=tau) for tau in times if tau != one.tau)
    for declared in rule.describe():
        value = float(declared.default)
        yield Planted(kind, f"default {declared.name}", "default", (declared.name, value * 1.05 or 0.001))
    for name, values in rule.presets.items():
        for key, value in values.items():
            changed = {**rule.presets, name: {**values, key: value * 1.05 or 0.001}}
            yield Planted(kind, f"preset {name}: {key}", "presets", changed)


def _in_code(kind: str) -> Iterator[Planted]:
    rule = rule_of(kind)
    for attribute in _CODES:
        text = getattr(rule, attribute, "")
        for match in re.finditer(r" ([-+]) ", text):
            sign = " + " if match[1] == "-" else " - "
            wrong = text[: match.start()] + sign + text[match.end() :]
            yield Planted(kind, f"{attribute}: sign at {match.start()}", attribute, wrong)
        for match in re.finditer(r"\b(?!int\b|dt\b)[a-z_]\w*\*(?!\*)", text):
            wrong = text[: match.start()] + text[match.end() :]
            yield Planted(kind, f"{attribute}: without {match[0]} at {match.start()}", attribute, wrong)
        for side in ("input", "output"):
            names = [each.name for each in rule.traces if each.side == side]
            for one in names:
                for other in set(names) - {one}:
                    wrong = re.sub(rf"\b{one}\b", other, text)
                    if wrong != text:
                        yield Planted(kind, f"{attribute}: {one} → {other}", attribute, wrong)
        bounds = [(", 0, w_max)", ", -1, w_max)"), (", 0, w_max)", ", 0, 2*w_max)")]
        bounds += [(", d_min, d_max)", ", 0*d_min, d_max)"), (", d_min, d_max)", ", d_min, 2*d_max)")]
        for right, wrong in (*bounds, ("**mu", "")):
            if right in text:
                yield Planted(kind, f"{attribute}: {right} → {wrong}", attribute, text.replace(right, wrong))


UNREACHABLE = {
    "competitive: on_output_spike: , 0, w_max) → , -1, w_max)",  # a share of the way to a value of at least 0
    "symmetric: on_input_spike: , 0, w_max) → , -1, w_max)",  # it only potentiates: eta is at least 0
    "symmetric: on_output_spike: , 0, w_max) → , -1, w_max)",  # the same
    "inhibitory: on_output_spike: , 0, w_max) → , -1, w_max)",  # the same
    "homeostatic: on_output_spike: , 0, w_max) → , -1, w_max)",  # the same
    "delay-shift: on_input_spike: , d_min, d_max) → , d_min, 2*d_max)",  # an arrival only shortens a delay
    "delay-shift: on_output_spike: , d_min, d_max) → , 0*d_min, d_max)",  # an output spike only lengthens it
    "clopath: on_input_spike: , 0, w_max) → , 0, 2*w_max)",  # it only depresses: a_ltd is at least 0
    "clopath: on_input_spike: , 0, w_max) → , -1, w_max)",  # the next step clips
    "clopath: each_step: , 0, w_max) → , -1, w_max)",  # it only potentiates: a_ltp is at least 0
    "clopath-lif: on_input_spike: , 0, w_max) → , 0, 2*w_max)",  # it only depresses
    "clopath-lif: on_output_spike: , 0, w_max) → , -1, w_max)",  # the same
    "diehl-cook-triplet: on_output_spike: , 0, w_max) → , -1, w_max)",  # it only potentiates: nu_post is at least 0
    "diehl-cook-pre-post: on_input_spike: , 0, w_max) → , 0, 2*w_max)",  # it only depresses: eta_pre is at least 0
    "pair-multiplicative: on_input_spike: , 0, w_max) → , -1, w_max)",  # it multiplies the weight
    "pair-van-rossum: on_input_spike: , 0, w_max) → , -1, w_max)",  # the same
}
"""Changes without an effect: bounds that an update cannot reach, whatever its constants."""


def _name(planted: Planted) -> str:
    return f"{planted.kind}: {planted.what}"


@pytest.mark.parametrize("planted", NORMALLY, ids=_name)
def test_an_error_planted_into_a_rule_is_found(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(planted, monkeypatch)


@pytest.mark.slow
def test_all_errors_planted_by_hand_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {planted.kind for planted in BY_HAND} == {*KINDS}
    assert [_name(planted) for planted in BY_HAND if not found(planted, monkeypatch)] == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_small_errors_at_every_place_of_a_rule_are_found(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    errors = [planted for planted in every_error(kind) if _name(planted) not in UNREACHABLE]
    assert len(errors) > 10
    assert [_name(planted) for planted in errors if not found(planted, monkeypatch)] == []


def test_errors_are_planted_everywhere() -> None:
    names = {_name(planted) for kind in KINDS for planted in every_error(kind)}
    assert len(names) > 500
    assert set(UNREACHABLE) < names


def test_the_equations_name_every_constant_of_every_rule() -> None:
    for kind, equations in EQUATIONS.items():
        names = {each.name for each in projection_rules.build({"kind": kind}, "plasticity").describe()}
        assert set(equations.published) == set(equations.odd) == names
        assert len(set(equations.odd.values())) == len(names)
        assert set(equations.presets) == set(rule_of(kind).presets)


def test_without_an_error_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Planted("oja", "no error", "on_output_spike", rule_of("oja").on_output_spike)
    assert not found(right, monkeypatch)


_SPREAD = [
    ("weights /= weights.sum()", "weights /= weights.max()"),
    ("-0.5 * (", "-1.0 * ("),
    ("_REACH = 3.0", "_REACH = 1.0"),
    ("numbers[max(0, down) : rows + min(0, down)", "numbers[max(0, -down) : rows + min(0, -down)"),
    ("weights[right + reach] * (", "weights[reach] * ("),
    ("        if abs(down) >= rows or abs(right) >= columns:\n            continue\n", ""),
]


@pytest.mark.parametrize(("right", "wrong"), _SPREAD, ids=[wrong for _, wrong in _SPREAD])
def test_an_error_planted_into_the_spread_of_traces_is_found(
    right: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = _changed(elements, right, wrong)["spread_synapses"]
    for module in (elements, in_network):
        monkeypatch.setattr(module, "spread_synapses", planted)
    outcome = Outcome("competitive")
    try:
        in_network.spreading(outcome)
    except (ValueError, IndexError):  # it does not fit
        return
    assert not outcome.as_declared


_SCALING = [
    (norm, "np.sqrt(squares)", "squares"),
    (norm, '"ij,ij->j"', '"ij,ij->"'),
    (norm, "np.bincount(targets, np.square(w, dtype=np.float64))", "np.bincount(targets, w) ** 2"),
    (sum, "w.sum(axis=0, dtype=np.float64)", "np.full(w.shape[1], w.sum() / w.shape[1])"),
    (sum, "np.bincount(targets, w)", "np.bincount(targets, np.square(w))"),
    (sum, "self.value", "1.0"),
]


@pytest.mark.parametrize(("module", "right", "wrong"), _SCALING, ids=[wrong for _, _, wrong in _SCALING])
def test_an_error_planted_into_a_normalisation_is_found(
    module: Any, right: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = module.__name__.rpartition(".")[2]
    monkeypatch.setattr(normalisations.get(kind), "apply", _changed(module, right, wrong)[kind.capitalize()].apply)
    (outcome,) = validate([kind])
    assert not outcome.as_declared


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("u_se*(1 - u)", "u_se*(1 - u)/2"), ("u*(1 - depleted)", "u"), ("depleted + released", "depleted + u/2")],
)
def test_an_error_planted_into_short_term_plasticity_is_found(
    right: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert right in TsodyksMarkram.on_spike
    monkeypatch.setattr(TsodyksMarkram, "on_spike", TsodyksMarkram.on_spike.replace(right, wrong))
    (outcome,) = validate(["tsodyks-markram"])
    assert not outcome.as_declared


def _changed(module: Any, right: str, wrong: str) -> dict[str, Any]:
    """Run the source of a module with an error in it."""
    source = inspect.getsource(module)
    assert right in source
    names = {"__name__": module.__name__}
    exec(compile(source.replace(right, wrong, 1), module.__file__, "exec"), names)
    return names

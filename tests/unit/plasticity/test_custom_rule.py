"""Rules of one's own: read, checked to the column, written anew; and never run as anything but arithmetic."""

from __future__ import annotations

import copy
import pickle
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.expressions import Code
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.kinds.language import DIMENSIONS, NUMBER, checked
from stdpbench.kinds.plasticity import rules
from stdpbench.kinds.plasticity.custom import EXAMPLE, as_custom, known_names, problems, rule_file

NAMES = {"w": NUMBER, "w_max": NUMBER, "x": NUMBER, "y": NUMBER, "eta": NUMBER}
NAMES |= {"tau": DIMENSIONS["ms"], "theta_v": DIMENSIONS["mV"], "rate": DIMENSIONS["Hz"]}


def made(**parts: Any) -> Experiment:
    return Experiment.from_mapping({"plasticity": {"kind": "custom", **parts}})


@pytest.mark.parametrize(
    "text",
    [
        "w = clip(w + eta*x, 0, w_max)",
        "w += eta*(x - 0.4)*maximum(w_max - w, 0)**0.2",
        "w = w - eta*y*exp(-x) / 2\nw = clip(w, 0, w_max)",
        "my_step = eta*int(x > 0.5 and not y >= 1)*sqrt(abs(x - y))\nw = minimum(w + my_step, w_max)",
        "w = w + eta*tau*rate - 1_0*-x**2 + 7/2",
    ],
)
def test_what_is_written_anew_means_the_same(text: str) -> None:
    anew = checked(text, NAMES, "rule")
    values = {"w": np.array([0.1, 0.9, 0.3]), "w_max": 1.0, "x": np.array([0.2, 0.7, 1.4]), "y": 0.4, "eta": 0.3}
    values |= {"tau": 0.02, "rate": 5.0}
    np.testing.assert_allclose(Code(anew).run(values)["w"], Code(text).run(values)["w"], rtol=1e-14)
    np.testing.assert_allclose(Code(checked(anew, NAMES, "rule")).run(values)["w"], Code(text).run(values)["w"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("w = clip(w - eta*yy, 0, w_max)", "rule, column 18: unknown name yy; did you mean y?"),
        ("  w = w + etta", "column 11: unknown name etta; did you mean eta?"),
        ("w = x\n\nw = z", "rule, line 3, column 5: unknown name z; known names are w, w_max, x"),
        ("w = w + (x", "column 9: this '(' has no matching ')'"),
        ("w = x)", "column 6: this ')' has no matching '('"),
        ("w = x +", "column 8: syntax error"),
        ("w = w + tau", "column 5: 'w + tau' adds a number without unit and a time"),
        ("w = tau*theta_v", "column 5: w has no unit, but this is a quantity in s^1·V^1"),
        ("w = exp(tau)", "column 9: exp takes a number without unit, but this is a time"),
        ("w = x**tau", "column 8: an exponent has no unit, but this is a time"),
        ("w = tau**x", "column 10: the exponent of a time must be a plain number"),
        ("w = clip(x, 0, rate)", "column 5: 'clip(x, 0, rate)' compares a number without unit and a rate"),
        ("w = x > 1", "a comparison is not a number; int(…) converts it to 0 or 1"),
        ("w = int(x)", "int takes a comparison"),
        ("w = sin(x, y)", "column 5: sin takes 1 argument, not 2"),
        ("w = cilp(x, 0, 1)", "unknown function cilp; did you mean clip?"),
        ("x = 1", "column 1: x cannot be assigned; only w and names that start with my_ can"),
        ("my_step = x", "does not assign to w"),
        ("w == x", "only statements such as w = …"),
        ("w = 1/0", "'1 / 0' divides by zero"),
        ("w = x/0", "column 5: 'x / 0' divides by zero"),
        ("w = x/(1 - 1)", "'x / (1 - 1)' divides by zero"),
        ("w = x/1e-320", "'x / 1e-320' is not a number"),  # Brian2 multiplies by the inverse
        ("w = 1e308*x*10", "'1e+308 * x * 10' is not a number"),  # and gathers numbers
        ("w = x*log(0)", "column 7: 'log(0)' is not a number"),
        ("w = x*sqrt(-1)", "'sqrt(-1)' is not a number"),
        ("w = x*exp(1000)", "'exp(1000)' is not a number"),
        ("w = 9**9**9**9", "is not a number"),
        ("w = 1e999", "this number is too large"),
        ("w = 0 < x < 1", "is not arithmetic"),
        ("w = " + "(" * 60 + "x" + ")" * 60, "brackets are nested more than 50 deep"),
        ("w = " + "-" * 1500 + "x", "rule, column"),
        ("w = x" + " " * 2000, "must be a text of at most 2000 characters"),
        (5, "rule must be a text"),
    ],
)
def test_what_is_wrong_is_named_with_its_column(text: object, message: str) -> None:
    with refused(message):
        checked(text, NAMES, "rule")


@pytest.mark.parametrize(
    "text",
    [
        "w = __import__('os').system('touch owned')",
        "w = __import__",
        "w = x.__class__.__mro__",
        "w = (1).__class__",
        "w = x[0]",
        "w = [x for x in y]",
        "w = (lambda: x)()",
        "w = exec(x)",
        "w = eval(input())",
        "w = open(x)",
        "w = getattr(x, y)",
        "w = print(x)",
        "w = system(x)",
        "w = x; import os",
        "w = x\nimport os",
        "w = x\nfrom os import path",
        "w = x\ndel w",
        "w = x\nif x: w = 1",
        "w = (my_a := 1)",
        "w = x if y else 1",
        "w = f'{x}'",
        "w = 'x'",
        'w = "); system(\\"touch owned\\"); ("',
        "w = x # comment",
        "w = x // 1",
        "w = x /* comment */ + 1",
        "w = x; } int hack() { return system(0); } void f() { w = 1",
        "w = x \\\n + 1",
        "#define w system",
        '#include "owned"',
        "w = {{ 7*7 }}",
        "w = {% raw %} x",
        "w = ${x}",
        "w = `x`",
        "w = x\rimport os",
        "w = x\x0cw = y",
        "w = x\0",
        "w = x\u2028import os",
        "w = ｗ",
        "w = ｅxec(x)",
        "w = True",
        "w = None",
        "w = ...",
        "w = 1j",
        "w = x @ y",
        "w = x ^ y",
        "w = *x",
        "w = sin(*x)",
        "w = sin(x=x)",
        "w: x = 1",
        "w, x = y",
        "w = x = y",
        "my___class__ = 1",
        "_ptr_array_exc_v = x\nw = x",
        "w = rand()",
        "w = await x",
        "w = yield",
        "w = asm(x)",
        "w = resident::now",
        "w = i + t",
    ],
)
def test_nothing_but_arithmetic_gets_through(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with refused():
        checked(text, NAMES, "rule")
    with pytest.raises(StdpbenchError):
        made(**{**EXAMPLE, "on_output_spike": text})
    assert not list(tmp_path.iterdir())


HARMFUL_NAMES = ["__class__", "_x", "x y", "x;", "x\n", "x'", 'x"', "x#", "x//", "größe", "", "1x", "x" * 41, "x.y"]
TAKEN_NAMES = ["w", "t", "exec", "class", "int", "template", "NULL", "INT_MAX", "errno", "v", "theta", "exp", "clip"]
TAKEN_NAMES += ["kind", "file", "describe", "model_fields", "my_x", "lambda", "minimum", "operator", "lastupdate"]
TAKEN_NAMES += ["variables", "pathway", "N_incoming", "ms"]


@pytest.mark.parametrize("name", [*HARMFUL_NAMES, *[each for each in TAKEN_NAMES if each != "exec"]])
@pytest.mark.parametrize("where", ["parameters", "traces"])
def test_names_are_names_only(name: str, where: str) -> None:
    parts: dict[str, Any] = copy.deepcopy(dict(EXAMPLE))
    parts[where][name] = {"default": 1.0} if where == "parameters" else dict(parts["traces"]["x"])
    with pytest.raises(StdpbenchError, match=r"is not a valid name|is reserved|is a unit"):
        made(**parts)


def test_no_name_is_one_of_brian2s_units() -> None:
    """Brian2 refuses them when the network is built: `amp` is no amplitude there, and `flux` a femtolux."""
    from brian2.core.namespace import DEFAULT_UNITS

    assert {"amp", "flux", "um2"} <= DEFAULT_UNITS.keys()
    parts = {**EXAMPLE, "parameters": {name: {"default": 1.0} for name in DEFAULT_UNITS}}
    sentences = {problem.part: problem.sentence for problem in problems(parts)}
    assert [
        name for name in DEFAULT_UNITS if "is a unit in Brian2" not in sentences.get(f"parameters.{name}", "")
    ] == []
    with pytest.raises(StdpbenchError, match="amp is a unit in Brian2; choose another name, such as amp_0"):
        made(**{**EXAMPLE, "traces": {**EXAMPLE["traces"], "amp": dict(EXAMPLE["traces"]["x"])}})


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("parameters", "a_plus", "unit"), "furlong", "unit: 'furlong' is not a unit of a parameter"),
        (
            ("parameters", "tau_plus", "default"),
            "20 mV",
            "default: expected a number in ms, such as '1 ms', got '20 mV'",
        ),
        (("parameters", "tau_plus", "default"), "-1 ms", "plasticity.tau_plus must be more than 0"),
        (("parameters", "tau_plus", "mni"), 1, "mni is not a known parameter; did you mean"),
        (("parameters", "a_plus", "max"), 0.001, "plasticity.a_plus must be at most 0.001"),
        (("parameters", "a_plus", "default"), "nan", "default"),
        (("traces", "x", "side"), "both", "plasticity.traces.x.side must be 'input' or 'output', not 'both'"),
        (("traces", "x", "on_spike"), "mul", "plasticity.traces.x.on_spike must be 'set' or 'add'"),
        (("traces", "x", "tau"), "a_plus", "tau must name one of the parameters with unit ms or s"),
        (("traces", "x", "tau"), "tau_z", "plasticity.traces.x.tau must name one of the parameters"),
        (("on_input_spike",), 3, "plasticity.on_input_spike must be a text"),
        (("traces",), 3, "plasticity.traces must be a table with one table per name"),
    ],
)
def test_a_definition_is_refused_in_one_sentence(path: tuple[str, ...], value: Any, message: str) -> None:
    parts: dict[str, Any] = copy.deepcopy(dict(EXAMPLE))
    table = parts
    for key in path[:-1]:
        table = table[key]
    table[path[-1]] = value
    with refused(message):
        made(**parts)


def test_an_experiment_spells_its_rule_out() -> None:
    first = made(**EXAMPLE, a_plus=0.03)
    again = Experiment.from_mapping(tomllib.loads(first.to_toml()))
    assert again == first
    assert type(again.plasticity) is type(first.plasticity)
    assert again.digest == first.digest
    assert made(**{**EXAMPLE, "on_input_spike": "w = w - a_minus*y"}).digest != first.digest


def test_a_rule_can_be_pickled() -> None:
    parameters = {**EXAMPLE["parameters"], "another": {"default": 1.0}}
    first = made(**{**EXAMPLE, "parameters": parameters}, a_plus=0.03)
    again = pickle.loads(pickle.dumps(first))
    assert again == first
    assert type(again.plasticity) is type(first.plasticity)


def test_parameters_are_declared_set_and_live() -> None:
    first = made(**EXAMPLE)
    declared = {each.name: each for each in first.plasticity.describe()}
    assert declared["tau_plus"].unit == "ms"
    assert declared["tau_plus"].bounds == "(0, ∞)"
    changed = first.changed_live({"plasticity.a_plus": "0.04", "plasticity.tau_plus": "0.03 s"})
    assert changed.plasticity.quantities()["tau_plus"] == 0.03
    assert type(changed.plasticity) is type(first.plasticity)
    with pytest.raises(StdpbenchError, match=r"plasticity\.a_plsu is not a known parameter; did you mean"):
        first.override({"plasticity.a_plsu": "1"})
    with pytest.raises(StdpbenchError, match=r"plasticity\.on_output_spike is structural"):
        first.changed_live({"plasticity.on_output_spike": "w = w_max"})


def test_a_kind_alone_stands_for_something_to_start_from() -> None:
    assert made() == made(**EXAMPLE)
    assert Experiment.from_mapping({}).override({"plasticity.kind": "custom"}) == made()
    with pytest.raises(StdpbenchError, match="needs on_input_spike or on_output_spike"):
        made(title="No expressions")


def test_a_rule_is_shared_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = made(**EXAMPLE, a_plus=0.03).plasticity
    (tmp_path / "mine.toml").write_text(rule_file(rule), encoding="utf-8")
    (tmp_path / "trial.toml").write_text('[plasticity]\nkind = "custom"\nfile = "mine.toml"\na_minus = 0.1\n')
    found = read_experiment(tmp_path / "trial.toml")  # from anywhere: relative to the experiment file
    values = found.plasticity.quantities()
    assert (values["a_plus"], values["a_minus"]) == (0.03, 0.1)
    assert "file" not in tomllib.loads(found.to_toml())["plasticity"]
    assert Experiment.from_mapping(tomllib.loads(found.to_toml())) == found
    monkeypatch.chdir(tmp_path)
    changes = {"plasticity.kind": "custom", "plasticity.file": "mine.toml"}
    from_file = Experiment.from_mapping({}).override(changes)
    assert from_file.plasticity.quantities() == rule.quantities()
    assert found.override({"plasticity.file": "mine.toml"}) == from_file.override({"name": "trial"})
    for text, message in [
        ("nonsense", "is not valid TOML"),
        ('kind = "custom"\n', "kind is not a known parameter"),
        ("a = 1\n" * 100_000, "too large"),
    ]:
        (tmp_path / "mine.toml").write_text(text)
        with pytest.raises(StdpbenchError, match=message):
            read_experiment(tmp_path / "trial.toml")
    with pytest.raises(StdpbenchError, match="there is no file"):
        made(file="missing.toml")
    with pytest.raises(StdpbenchError, match="exclude each other"):
        made(file="mine.toml", traces={})


# -- for who writes a rule -------------------------------------------------------------------------


def test_all_that_is_wrong_is_said_with_its_place() -> None:
    parts = {
        "on_input_spike": "w = w - eta*z",
        "on_output_spike": "my_a = 1\n  w = w + (x",
        "traces": {"x": {"side": "input", "tau": "eta", "on_spike": "add"}},
        "parameters": {"eta": {"default": 1}, "for": {"default": 2}},
    }
    found = {problem.part: problem for problem in problems(parts)}
    assert set(found) == {"on_input_spike", "on_output_spike", "traces.x", "parameters.for"}
    one, other = found["on_input_spike"], found["on_output_spike"]
    assert (one.line, one.column, one.end) == (0, 12, 13)
    assert one.sentence.startswith("unknown name z")
    assert (other.line, other.column, other.end) == (1, 10, 11)
    assert "has no matching" in other.sentence
    assert "with unit ms or s (none), not 'eta'" in found["traces.x"].sentence
    assert "the name for is reserved" in found["parameters.for"].sentence


def test_a_fine_definition_has_no_problems_and_an_empty_one_has() -> None:
    assert problems(EXAMPLE) == []
    (problem,) = problems({})
    assert problem.part == ""
    assert "needs on_input_spike or on_output_spike" in problem.sentence
    assert {"w", "x", "a_plus", "clip"} <= set(known_names(EXAMPLE))


@pytest.mark.parametrize("kind", rules.kinds())
def test_a_rule_of_traces_and_events_becomes_a_custom_one(kind: str) -> None:
    rule = rules.build({"kind": kind, "w_max": 2.0}, "rule")
    if rule.averages or rule.synapse_variables:
        with pytest.raises(StdpbenchError, match=f"{kind} has .*only traces and expressions on spikes"):
            as_custom(rule)
        return
    table = as_custom(rule)
    own = rules.build(table, "rule")
    assert problems({key: value for key, value in table.items() if key not in ("kind", "w_max")}) == []
    assert own.traces == rule.traces
    for p in rule.describe():
        assert getattr(own, p.name) == getattr(rule, p.name)
        declared = {q.name: q for q in own.describe()}[p.name]
        assert (declared.unit, declared.minimum, declared.maximum) == (p.unit, p.minimum, p.maximum), p.name
    scope = {"w": 0.7, "w_max": 2.0, **own.quantities(), **{trace.name: 0.3 for trace in own.traces}}
    for spot in ("on_input_spike", "on_output_spike"):
        if getattr(rule, spot):
            one, other = (Code(getattr(each, spot)).run(scope)["w"] for each in (rule, own))
            assert one == pytest.approx(other, rel=1e-12)

"""A rule that another installed package brings: announced by an entry point, then a kind like any other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from packages import install_package

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import Layout
from stdpbench.experiment import Experiment
from stdpbench.kinds.plasticity import rules

MODULE = '''
from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity import PlasticityRule, Trace


class Anti(PlasticityRule):
    """Anti-Hebbian pair rule."""

    kind: Literal["acme-anti"] = "acme-anti"
    eta: float = parameter(0.01, unit="", ge=0, help="Depression per pair.")
    tau_x: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the input trace x.")

    summary: ClassVar[str] = "Anti-Hebbian pair rule"
    reference: ClassVar[str] = "none"
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau_x", "add"),)
    on_output_spike: ClassVar[str] = "w = clip(w - eta*x, 0, w_max)"
'''


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    install_package(monkeypatch, folder, "[stdpbench.plasticity]\nacme-anti = acme_stdp:Anti\n", acme_stdp=module)


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    install(tmp_path, monkeypatch, MODULE)
    return tmp_path


def test_it_is_a_kind_like_any_other(acme: Path, call: Callable[..., str]) -> None:
    assert rules.kinds()[-1] == "acme-anti"
    made = Experiment.from_mapping({"plasticity": {"kind": "acme-anti", "tau_x": "30 ms"}})
    assert made.changed_live({"plasticity.eta": "0.02"}).plasticity.quantities() == {
        "w_max": 1.0,
        "eta": 0.02,
        "tau_x": 0.03,
    }
    layout = Layout(made.graph(10))
    assert layout.parameters["s0"] == {"w_max_syn": 1.0, "eta_syn": 0.01}
    assert "feed.x" in layout.state
    assert "Anti-Hebbian pair rule" in call("describe", "acme-anti")


def test_the_documented_template_holds_what_is_tested_here() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "plasticity.md").read_text(encoding="utf-8")
    assert MODULE.strip() in page
    assert '[project.entry-points."stdpbench.plasticity"]' in page


# -- errors are reported where a rule is read -------------------------------------------------------------------

SPIKE = '"w = clip(w - eta*x, 0, w_max)"'
TRACE = 'Trace("x", "input", "tau_x", "add")'
WRONG = {
    "a name": (
        SPIKE,
        '"w = clip(w - etta*x, 0, w_max)"',
        "on_output_spike: unknown name etta; did you mean eta?",
    ),
    "units": (SPIKE, '"w = clip(w - eta*tau_x, 0, w_max)"', "subtracts a number without unit and a time"),
    "a weight with a unit": (SPIKE, '"w = tau_x*x"', "on_output_spike: w has no unit, but this is a time"),
    "no time constant": (
        TRACE,
        'Trace("x", "input", "tau_y", "add")',
        "the time constant 'tau_y', which is not a param",
    ),
    "a time constant that is none": (TRACE, 'Trace("x", "input", "eta", "add")', "eta, which is not a time"),
    "no weight": (SPIKE, '"eligible = eta*x"', "the rule never changes w"),
    "no unit": ('unit=""', "unit=None", "on_output_spike: unknown name eta"),
    "another unit": ('unit=""', 'unit="px"', "eta: 'px' is not a unit of a rule"),
    "a side": ('"input", "tau_x"', '"both", "tau_x"', "the trace x must have the side 'input' or 'output'"),
    "a name of the network": (SPIKE, '"gi = 1*x\\nw = gi*eta"', "the name gi is reserved"),
    "a trace that has it": ('"x", "input"', '"gi", "input"', "the name gi is reserved"),
    "chance": (SPIKE, '"w = clip(w - eta*x*rand(), 0, w_max)"', "unknown function rand"),
    "no code": (SPIKE, '"w = (w - eta*x"', "cannot be read"),
    "a need": (
        "    on_output_spike",
        '    input_spike_needs: ClassVar[str] = "x"\n    on_output_spike',
        "input_spike_needs",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_it_is_told_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Callable[..., str], what: str
) -> None:
    old, new, message = WRONG[what]
    assert MODULE.count(old) == 1
    install(tmp_path, monkeypatch, MODULE.replace(old, new))
    runs = tmp_path / "runs"
    sentence = call("run", "digits", "--set", "plasticity.kind=acme-anti", "--runs", str(runs), status=2)
    assert "plasticity.kind: the plasticity rule 'acme-anti' of acme_stdp:Anti cannot be used: " in sentence
    assert message in sentence
    assert sentence.count("\n") == 1
    assert not runs.exists(), "no failed run is left behind"


def test_all_that_is_wrong_with_it_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = MODULE.replace("eta*x", "etta*z").replace('"tau_x", "add"', '"tau_z", "add"')
    install(tmp_path, monkeypatch, wrong)
    with pytest.raises(StdpbenchError, match=r"tau_z.*; on_output_spike: unknown name etta"):
        rules.build({"kind": "acme-anti"}, "plasticity")


def test_the_others_are_described_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Callable[..., str]
) -> None:
    install(tmp_path, monkeypatch, MODULE.replace("eta*x", "etta*x"))
    for name in ("plasticity", "plasticity.tau_x", "oja"):
        printed = call("describe", name)
    assert "Oja" in printed
    assert "unknown name etta" in call("describe", "acme-anti", status=2)

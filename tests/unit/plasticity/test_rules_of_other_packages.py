"""A rule that another installed package brings: announced by an entry point, then a kind like any other."""

from __future__ import annotations

import textwrap
from importlib import metadata
from pathlib import Path

import pytest

from stdpbench.cli.describe import describe_command
from stdpbench.experiment import Experiment
from stdpbench.network import Layout
from stdpbench.plasticity import rules

MODULE = '''
from typing import ClassVar, Literal

from stdpbench.parameters import parameter
from stdpbench.plasticity import PlasticityRule, Trace


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


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed distribution, as pip leaves it behind."""
    (tmp_path / "acme_stdp.py").write_text(MODULE, encoding="utf-8")
    info = tmp_path / "acme_stdp-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-stdp\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[stdpbench.plasticity]\nacme-anti = acme_stdp:Anti\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "acme-stdp" in {each.name for each in metadata.distributions()}
    return tmp_path


def test_it_is_a_kind_like_any_other(acme: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rules.kinds()[-1] == "acme-anti"
    made = Experiment.from_mapping({"plasticity": {"kind": "acme-anti", "tau_x": "30 ms"}})
    assert made.changed_live({"plasticity.eta": "0.02"}).plasticity.quantities() == {
        "w_max": 1.0,
        "eta": 0.02,
        "tau_x": 0.03,
    }
    layout = Layout(made, 10)
    assert layout.parameters()["plastic"] == {"w_max": 1.0, "eta": 0.01}
    assert "input.x" in layout.state
    describe_command("acme-anti", json=False)
    assert "Anti-Hebbian pair rule" in capsys.readouterr().out


def test_the_documented_template_holds_what_is_tested_here() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "plasticity.md").read_text(encoding="utf-8")
    code = textwrap.indent(MODULE.strip(), "    ")
    assert code in page
    assert '[project.entry-points."stdpbench.plasticity"]' in page

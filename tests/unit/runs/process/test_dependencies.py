"""What results depend on besides the experiment is recorded, and compared when a run is resumed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from harness import drive, driven, experiment, finished, killed_at_position, new_run
from packages import install_package

from stdpbench.engine.simulators import find_compiler
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.process import setup
from stdpbench.runs.protocol.facts import Dependencies, Remarked

RULE = """
from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity import PlasticityRule, Trace


class Anti(PlasticityRule):
    \"\"\"Anti-Hebbian pair rule.\"\"\"

    kind: Literal["acme-anti"] = "acme-anti"
    eta: float = parameter(0.01, unit="", ge=0, help="Depression per pair.")
    tau_x: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the input trace x.")

    summary: ClassVar[str] = "Anti-Hebbian pair rule"
    reference: ClassVar[str] = "none"
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau_x", "add"),)
    on_output_spike: ClassVar[str] = "w = clip(w - eta*x, 0, w_max)"
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module of an installed package with a rule."""
    points = "[stdpbench.plasticity]\nacme-anti = acme_rules:Anti\n"
    install_package(monkeypatch, tmp_path, points, acme_rules=RULE)
    return tmp_path / "acme_rules.py"


def said(folder: RunFolder) -> list[str]:
    return [
        r.fact.text
        for r in read_journal(folder.path)
        if isinstance(r.fact, Remarked) and "The code or the version of" in r.fact.text
    ]


@pytest.mark.parametrize("edited", ["file", "equation", "version"])
def test_a_rule_of_another_package_that_is_edited_before_a_run_is_resumed(
    edited: str, module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = experiment(plasticity={"kind": "acme-anti"})
    folder = driven(new_run(tmp_path / "runs", made), die=killed_at_position(6))
    (recorded,) = [r.fact for r in read_journal(folder.path) if isinstance(r.fact, Dependencies)]
    assert list(recorded.digests) == ["data", "stdpbench", "acme_rules"]
    drive(folder, die=killed_at_position(8))
    assert said(folder) == [], "nothing has changed"
    if edited == "file":
        module.write_text(RULE.replace("w - eta*x", "w - 2*eta*x"), encoding="utf-8")
    elif edited == "version":  # as one with other tables beside the same code
        (info,) = tmp_path.glob("*.dist-info")
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.1\n", encoding="utf-8")
    else:  # as from a module that it imports
        monkeypatch.setattr(sys.modules["acme_rules"].Anti, "on_output_spike", "w = clip(w - 2*eta*x, 0, w_max)")
    finished(folder)
    assert said(folder) == [
        "The code or the version of acme_rules differs from that recorded in the journal, so results from here on may "
        "differ."
    ]
    assert sum(isinstance(r.fact, Dependencies) for r in read_journal(folder.path)) == 2


@pytest.mark.parametrize("name", ["experiment.shown", "declare.expressions", "runs.preparation.start", "base.units"])
def test_what_shows_stimuli_and_reads_values_is_code_that_results_depend_on(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = setup._code_digest.__wrapped__()
    file, read = Path(import_module(f"stdpbench.{name}").__file__ or ""), Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + (b"#" if path == file else b""))
    assert setup._code_digest.__wrapped__() != before


@pytest.mark.parametrize("passes", [10**9, 10**12])
def test_a_schedule_that_does_not_fit_into_memory_is_refused(
    passes: int, tmp_path: Path, call: Callable[..., str]
) -> None:
    printed = call("run", "digits", "--set", f"schedule.passes={passes}", "--runs", str(tmp_path), status=2)
    (sentence,) = printed.strip().splitlines()
    assert "GiB for the schedule of" in sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")
def test_data_and_schedule_together_are_refused_before_training(tmp_path: Path) -> None:
    made = experiment(schedule__passes=10_000_000).override({"schedule.train_images": None})
    folder = new_run(tmp_path, made)  # how many pictures there are is not known yet
    drive(folder)
    assert folder.about["state"] == "failed"
    assert "GiB for the schedule of" in folder.about["reason"]

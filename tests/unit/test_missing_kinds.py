"""Runs whose kinds are no longer installed show what they were; what needs the kind is refused, and names it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from packages import install_package
from run_folders import Make

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.catalog.comparison import Account, compare
from stdpbench.runs.folder.journal import read_journal, write_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.protocol.changes import missing_kinds
from stdpbench.runs.protocol.facts import Record, RuleChanged
from stdpbench.runs.protocol.options import Options

SECTIONS = ("plasticity", "lateral", "exc", "inh", "encoding", "data")


@pytest.fixture
def runs(tmp_path: Path, make_run: Make) -> Path:
    for number, name in enumerate(("gone", "here", "stopped")):
        make_run(tmp_path, name, parameters={"seed": number}, state="stopped" if name == "stopped" else "finished")
    return tmp_path


@pytest.mark.parametrize("section", SECTIONS)
def test_what_it_was_is_shown_and_said_once(runs: Path, cli, uninstall, section: str) -> None:
    clause = uninstall(runs / "gone", section)
    listed = cli("list", "--columns", f"name,{section}.kind,{section}.vigour")
    assert any(line.split() == ["gone", f"acme-{section}", "20", "acme"] for line in listed.splitlines())
    assert cli("show", "gone").count(clause) == 1
    assert cli("show", "gone", "--against", "here").count(clause) == 1
    compared = cli("compare", "gone", "here")
    assert compared.count(clause) == 1
    assert any(line.split() == [f"{section}.vigour", "20", "acme", "–"] for line in compared.splitlines())
    assert any(line.startswith("accuracy, vote ") for line in compared.splitlines())


@pytest.mark.parametrize("section", SECTIONS)
def test_what_needs_it_is_refused_and_leaves_all_as_it_was(runs: Path, cli, uninstall, section: str) -> None:
    clause = uninstall(runs / "gone", section)
    uninstall(runs / "stopped", section)
    before = {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()}
    gone = str(runs / "gone")
    commands = [["resume", "stopped"], *([name, gone] for name in ("evaluate", "reproduce", "branch"))]
    for command in [*commands, ["branch", gone, "--set", "exc.tau_m=20 ms"]]:
        output = cli(*command, status=2)
        assert clause in output.splitlines()[-1]
        assert "Traceback" not in output
    after = {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()}
    ignored = {path for path in before.keys() ^ after.keys() if path.name.startswith(("index.cache", "lock"))}
    assert before.keys() ^ after.keys() == ignored
    assert [path for path in before if not path.name.startswith("index") and before[path] != after[path]] == []


def test_a_rule_that_took_the_place_of_another_one_may_be_missing_as_well(runs: Path, cli) -> None:
    records = read_journal(runs / "stopped")
    old = RunFolder(runs / "stopped").experiment.plasticity.to_mapping()
    fact = RuleChanged(old, {"kind": "acme-later", "w_max": 1.0})
    write_journal(runs / "stopped", [*records, Record(len(records), 7, "2026-01-02T03:04:05+00:00", fact)])
    clause = "the plasticity rule 'acme-later' is not installed"
    assert cli("show", "stopped").count(clause) == 1
    assert clause in cli("resume", "stopped", status=2).splitlines()[-1]
    assert RunFolder(runs / "stopped").about["state"] == "stopped"
    view = stdpbench.open_run(runs / "stopped")
    assert view.experiment.plasticity.to_mapping() == {"kind": "acme-later", "w_max": 1.0}


def test_python_reads_it(runs: Path, uninstall) -> None:
    clause = uninstall(runs / "gone")
    run = stdpbench.open_run(runs / "gone")
    experiment = run.experiment
    assert experiment.missing_kinds == (clause,)
    assert experiment.plasticity.to_mapping()["vigour"] == "20 acme"
    assert "gone" in run._repr_html_()
    with pytest.raises(StdpbenchError, match="acme-plasticity"):
        run.resume() if run.state != "finished" else run.branch()
    for refused in (
        lambda: create_run(experiment, runs, Options()),
        lambda: stdpbench.start(experiment, runs=runs),
        lambda: experiment.override({"exc.tau_m": "20 ms"}),
    ):
        with pytest.raises(StdpbenchError, match="acme-plasticity"):
            refused()
    assert len(list(runs.glob("*/run.json"))) == 3


def test_a_package_that_no_longer_loads_is_as_good_as_none(
    runs: Path, uninstall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uninstall(runs / "gone")
    install_package(monkeypatch, tmp_path, "[stdpbench.plasticity]\nacme-plasticity = acme_gone:Rule\n")
    account = Account.of(RunFolder(runs / "gone"))
    (clause,) = account.missing
    assert clause.startswith("the plasticity rule 'acme-plasticity' of acme_gone:Rule cannot be loaded: ")
    assert account.parameters["plasticity.vigour"] == "20 acme"
    comparison = compare([RunFolder(runs / "gone"), RunFolder(runs / "here")])
    assert [remark for remark in comparison.remarks if clause in remark]


def test_an_experiment_with_stand_ins_is_written_as_it_was_read(runs: Path, uninstall) -> None:
    for section in SECTIONS:
        uninstall(runs / "gone", section)
    folder = RunFolder(runs / "gone")
    experiment = folder.stored_experiment
    assert len(experiment.missing_kinds) == len(SECTIONS)
    again = Experiment.from_mapping(json.loads(json.dumps(experiment.to_mapping())), stand_ins=True)
    assert again == experiment
    assert again.digest == experiment.digest
    assert again.same_rule(experiment)
    assert not again.same_rule(RunFolder(runs / "here").experiment)
    assert next(p.name for p in again.plasticity.describe()) == "vigour"
    for use in (
        lambda: experiment.data.prepare(),
        lambda: experiment.encoding.encode(np.zeros(4), np.random.default_rng(0), attempt=0, n_bins=1, dt=1.0),
        lambda: folder.experiment,
    ):
        with pytest.raises(StdpbenchError, match="is not installed"):
            use()
    assert missing_kinds(experiment, []) == experiment.missing_kinds

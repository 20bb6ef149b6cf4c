"""A rule is changed from Python and from the command line, and all that tells of runs says so."""

from __future__ import annotations

import json

import numpy as np
import pytest
from harness import wait_until
from test_change_rule import BCM, made_of

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import find_compiler
from stdpbench.kinds.plasticity.tables import rule_table
from stdpbench.runs.catalog.comparison import compare
from stdpbench.runs.folder.run_folder import RunFolder

RULE_FILE = """
title = "Mine"
on_output_spike = "w = clip(w + rate*x, 0, w_max)"
traces.x = { side = "input", tau = "tau_x", on_spike = "set" }
[parameters]
rate = { default = 0.02 }
tau_x = { default = "20 ms", unit = "ms" }
"""


@pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")
def test_from_python_and_the_command_line(tmp_path, monkeypatch, call):
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("STDPBENCH_RUNS", str(tmp_path))
    made = made_of().override({"schedule.train_images": 1000, "schedule.passes": 100})
    run = stdpbench.start(made, runs=tmp_path, baselines=False, workers=1)
    run.pause()
    at, name = run.position, run.name
    assert run.change_rule("bcm", {"tau_theta_m": "200 ms"})["plasticity.kind"] == ("diehl-cook-triplet", "bcm")
    assert run.experiment == made.with_rule(BCM)
    assert run.change_rule(run.experiment.plasticity) == {}
    run.step(2)
    with pytest.raises(StdpbenchError, match="change-rule"):
        run.set({"plasticity.kind": "oja"})
    theta = 2 * run.theta
    np.save(tmp_path / "theta.npy", theta)
    output = call("set-learned", name, f"exc.theta={tmp_path / 'theta.npy'}")
    assert output == f"exc.theta set, from presentation {at + 2} on; the run stays paused.\n"
    wait_until(lambda: np.array_equal(run.theta, theta))  # set by another process
    output = call("change-rule", name, "diehl-cook-triplet", "--set", "nu_post=0.03")
    call("change-rule", name, "diehl-cook-triplet", "--set", "plasticity.nu_post=0.04")
    run.stop()
    assert [(c.position, c.new) for c in run.changes if c.path == "plasticity.kind"] == [
        (at, "bcm"),
        (at + 2, "diehl-cook-triplet"),
    ]
    sentence = f"From presentation {at} on: rule bcm instead of diehl-cook-triplet"
    assert [entry.text.startswith(sentence) for entry in run.log].count(True) == 1
    (tmp_path / "mine.toml").write_text(RULE_FILE, encoding="utf-8")
    mine = ("--rule", str(tmp_path / "mine.toml"), "--set", "plasticity.rate=0.5")
    call("branch", name, "--at", str(at + 1), *mine, "--no-start")
    made_branch = next(path.parent for path in tmp_path.glob("*/run.json") if path.parent.name != name)
    assert stdpbench.open_run(made_branch).experiment.plasticity.rate == 0.5  # type: ignore[attr-defined]
    listed = call("list", "--columns", "plasticity.kind,plasticity.eta", "--filter", "plasticity.kind=custom")
    assert made_branch.name in listed
    found = compare([RunFolder(run.path), RunFolder(made_branch)])
    assert f"In {name}, learned arrays were set: thresholds at presentation {at + 2}." in found.remarks
    assert found.parameters["plasticity.traces.x.tau"] == ("–", f"– → tau_x (from {at + 1} on)")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (RULE_FILE, "custom"),
        ('kind = "oja"\neta = 0.5', "oja"),
        ('[network]\nn_exc = 10\n[plasticity]\nkind = "oja"', "oja"),
        ('[plasticity]\nkind = "custom"\nfile = "beside.toml"', "custom"),
    ],
)
def test_a_rule_is_read_from_every_sort_of_file(text, kind, tmp_path):
    (tmp_path / "rule.toml").write_text(text, encoding="utf-8")
    (tmp_path / "beside.toml").write_text(RULE_FILE, encoding="utf-8")
    table = rule_table(tmp_path / "rule.toml")
    assert table["kind"] == kind
    assert "file" not in table
    assert rule_table(json.loads(json.dumps(table))) == table == rule_table(rule_table(table))


def test_rules_of_lateral_inhibition_are_rules_of_projections():
    table = rule_table("homeostatic")
    spelled_out = made_of().spelled_out().override({"network.projections.compete.plasticity": {"kind": "oja"}})
    assert spelled_out.with_rule(table, "compete").rules_by_projection["compete"].to_mapping() == table
    with pytest.raises(StdpbenchError, match="'homeostatic'"):
        made_of().with_rule(table)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("pair-aditive", "is neither a kind of plasticity rule nor a TOML file; did you mean"),
        ({"eta": 1}, "kind is missing"),
        ({"kind": "oja", "etta": 1}, "did you mean plasticity.eta"),
    ],
)
def test_what_is_no_rule(rule, message):
    with pytest.raises(StdpbenchError, match=message):
        rule_table(rule)

"""What another installed package brings is used and shown wherever built-in read-outs, simulators and chips are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packages import install_package

READOUT = '''
from typing import ClassVar, Literal

from stdpbench.results.readout import Readout


class First(Readout):
    """The class of the neuron that fires most."""

    kind: Literal["acme-first"] = "acme-first"

    summary: ClassVar[str] = "Class of the neuron that fires most"
    reference: ClassVar[str] = "none"

    def predict(self, spike_counts, assignment):
        """Return the class of that neuron."""
        return assignment.labels[spike_counts.argmax(axis=1)]
'''
SIMULATOR = '''
from stdpbench.engine.simulators.runtime import RuntimeSimulator


class Steps(RuntimeSimulator):
    """Brian2's runtime mode on NumPy under another name."""

    name = "acme-steps"

    @classmethod
    def open(cls, graph, delays, target):
        """Build the network, without compiling anything."""
        return super().open(graph, delays, "numpy")
'''
CHIP = """
from dataclasses import replace

from stdpbench.bridges.hardware.targets import loihi

chip = replace(loihi, name="acme-chip", title="Acme 1")
"""
POINTS = """
[stdpbench.readout]
acme-first = acme_readout:First
[stdpbench.simulators]
acme-steps = acme_simulator:Steps
[stdpbench.chips]
acme-chip = acme_chip:chip
"""


def test_it_appears_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages, runs = tmp_path / "packages", ("--runs", str(tmp_path))
    modules = {"acme_readout": READOUT, "acme_simulator": SIMULATOR, "acme_chip": CHIP}
    install_package(monkeypatch, packages, POINTS, **modules)
    environment = {**os.environ, "PYTHONPATH": str(packages)}

    def call(*arguments: str) -> str:  # in a process that has not listed read-outs yet
        command = [sys.executable, "-m", "stdpbench", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    few = ("train_images=20", "label_images=20", "test_images=20", "max_attempts=1", "stimulus=100")
    small = [word for path in few for word in ("--set", f"schedule.{path}")]
    for seed, more in (("0", ()), ("1", ("--simulator", "acme-steps"))):
        call("run", "digits", "--seed", seed, *more, *small, "--no-baselines", *runs)
    run, other = sorted(path for path in tmp_path.iterdir() if path.name.startswith("digits"))
    assert "Class of the neuron that fires most" in call("describe", "acme-first")
    for shown in (call("show", run.name, *runs), call("compare", run.name, other.name, *runs)):
        assert "accuracy, acme-first" in shown
    assert "Acme 1" in call("hardware", other.name, *runs)
    assert "Acme 1" in call("hardware", other.name, "--target", "acme-chip", *runs)
    call("report", run.name, *runs)
    assert "acme-first" in (run / "report" / "report.html").read_text(encoding="utf-8")
    facts = [json.loads(line) for line in (run / "journal.jsonl").read_text(encoding="utf-8").splitlines()]
    (recorded,) = (fact for fact in facts if fact.get("fact") == "Dependencies")
    assert "acme_readout" in recorded["digests"]

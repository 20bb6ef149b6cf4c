"""What the shell offers after TAB, asked as bash and zsh ask."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from run_folders import Make

from stdpbench.cli import completion, main
from stdpbench.experiment import read_experiment

Complete = Callable[..., list[str]]


@pytest.fixture
def complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complete:
    """Complete the last word as bash asks for it: words are split at ``=``, too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STDPBENCH_RUNS", str(tmp_path / "runs"))

    def ask(*words: str) -> list[str]:
        monkeypatch.setenv("_STDPBENCH_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", "\n".join(["stdpbench", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        with pytest.raises(SystemExit):
            main([])
        return capsys.readouterr().out.split()

    return ask


@pytest.fixture
def runs(tmp_path: Path, make_run: Make) -> Path:
    folder = tmp_path / "runs"
    make_run(folder, "tiny-seed0", parameters={"exc.kind": "adaptive-lif-lockout"})
    make_run(folder, "tiny-seed1")
    make_run(folder / "bin", "tiny-seed9")
    make_run(folder / "study", "arm-seed0")
    (folder / "study" / "sweep.jsonl").touch()
    return folder


def test_experiments_and_files(complete: Complete, tmp_path: Path) -> None:
    assert complete("run", "fast-6") == ["fast-6400"]
    (tmp_path / "own.toml").touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "other.toml").touch()
    assert complete("run", "o") == ["order-first", "order", "own.toml"]
    assert complete("run", "sub/") == ["sub/other.toml"]
    assert complete("bench", "best-quick", "fast-6") == ["fast-6400"]
    assert complete("sweep", "port") == ["port-ablation"]


def test_runs(complete: Complete, runs: Path) -> None:
    assert complete("resume", "tiny") == ["tiny-seed0", "tiny-seed1"]
    assert complete("check") == ["checkpoint"]
    assert complete("checkpoint", "tiny") == complete("step", "-n", "3", "tiny") == ["tiny-seed0", "tiny-seed1"]
    assert complete("compare", "tiny-seed0", "") == ["tiny-seed0", "tiny-seed1", "study/"]
    assert complete("show", "study/") == ["study/arm-seed0"]
    assert complete("show", "--runs", str(runs / "study"), "arm") == ["arm-seed0"]
    assert complete("restore", "t") == ["tiny-seed9"]
    assert complete("list", "--sweep", "s") == ["study"]
    assert complete("run", "digits", "--from", "tiny-seed1") == ["tiny-seed1"]
    assert complete("queue", "add", "tiny-seed") == ["tiny-seed0", "tiny-seed1"]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("validate nor", "norm"),
        ("validate delay", "delay-shift"),
        ("validate oja pair-d", "pair-derivative"),
        ("describe adaptive", "adaptive-lif adaptive-lif-discrete adaptive-lif-lockout"),
        ("describe schedule.t", "schedule.train_images schedule.test_images schedule.timing"),
        ("change-rule run pair-a", "pair-additive"),
        ("lab triplet pair", "pair-window pairing"),
        ("lab oja --set w", "w_max="),
        ("change-rule run bcm --set tau_x", "tau_x="),
        ("change-rule run bcm --set tau_y", "tau_y="),
        ("data fetch k", "kmnist"),
        ("data fetch s", "shd"),
        ("run digits --simulator c", "compiled"),
        ("list --columns name,exc.tau_t", "name,exc.tau_theta"),
        ("run digits --set network.inhibition =", "layer direct direct-undelayed"),
        ("run digits --set exc.kind = adaptive-lif-l", "adaptive-lif-lockout"),
        ("run digits --set = schedule.between = c", "carry"),
        ("run digits --set = schedule.betw", "schedule.between="),
        ("run digits --set exc.tau_m =", ""),
        ("evaluate digits --bits 4 --rounding s", "stochastic"),
    ],
)
def test_kinds_names_and_values(words: str, offered: str, complete: Complete) -> None:
    assert complete(*words.split()) == offered.split()


def test_parameters_are_those_of_the_kinds_that_are_chosen(complete: Complete, runs: Path, tmp_path: Path) -> None:
    assert complete("run", "digits", "--set", "plasticity.nu") == ["plasticity.nu_pre=", "plasticity.nu_post="]
    assert complete("run", "digits", "--set", "exc.t_l") == []
    locked = ["--set", "exc.kind", "=", "adaptive-lif-lockout"]
    assert complete("run", "digits", *locked, "--set", "exc.t_l") == ["exc.t_lockout="]
    (tmp_path / "own.toml").write_text('[exc]\nkind = "adaptive-lif-lockout"\n', encoding="utf-8")
    assert complete("run", "own.toml", "--set", "exc.t_l") == ["exc.t_lockout="]
    assert complete("set", "tiny-seed0", "exc.t_l") == ["exc.t_lockout="]
    assert complete("branch", "tiny-seed1", "--set", "exc.t_l") == []
    assert "network.n_exc=" in complete("queue", "add", "digits", "--set", "")


def test_projections_that_learn_in_the_network_of_a_run(complete: Complete, runs: Path) -> None:
    (runs / "two").mkdir(parents=True)
    (runs / "two" / "experiment.toml").write_text(read_experiment("digits").spelled_out().to_toml(), encoding="utf-8")
    assert complete("change-rule", "two", "bcm", "--projection", "") == ["feed"]
    assert complete("branch", "two", "--projection", "d") == []
    assert complete("change-rule", "nowhere", "bcm", "--projection", "") == []


def test_zsh_asks_in_another_way(
    complete: Complete, monkeypatch: pytest.MonkeyPatch, call: Callable[..., str]
) -> None:
    monkeypatch.setenv("_STDPBENCH_COMPLETE", "complete_zsh")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "stdpbench run digits --set exc.kind=adaptive-lif-l")
    assert '"exc.kind=adaptive-lif-lockout"' in call()


def test_names_are_read_anew_when_what_declares_them_changes(
    complete: Complete, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STDPBENCH_CACHE", str(tmp_path / "cache"))
    assert complete("describe", "oj") == ["oja"]
    kept = tmp_path / "cache" / "completion.json"
    before = kept.read_text(encoding="utf-8")
    kept.write_text(before.replace('"oja"', '"ojo"'), encoding="utf-8")
    assert complete("describe", "oj") == ["ojo"], "what is kept is not used"
    monkeypatch.setattr(completion, "__version__", "0.0.0")
    assert complete("describe", "oj") == ["oja"]
    kept.write_text("{", encoding="utf-8")
    assert complete("describe", "oj") == ["oja"]
    assert not list(kept.parent.glob(".*"))


def test_it_imports_nothing_that_takes_long(complete: Complete) -> None:
    complete("run", "digits", "--set", "plas")  # has the names kept
    code = "import atexit, sys; from stdpbench.cli import main\n"
    code += "slow = {'brian2', 'sklearn', 'scipy', 'numpy', 'matplotlib', 'PyQt6', 'stdpbench.experiment'}\n"
    code += "atexit.register(lambda: print('imported:', *sorted(slow & set(sys.modules)))); main([])"
    done = subprocess.run(
        [sys.executable, "-c", code], env=dict(os.environ), capture_output=True, text=True, check=True
    )
    *offered, imported = done.stdout.splitlines()
    assert "plasticity.nu_post=" in offered
    assert imported == "imported:"

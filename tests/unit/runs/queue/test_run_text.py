"""The command lines and the Python that do the same to a run as the app, and that commands read them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import stdpbench
from stdpbench.cli import commands
from stdpbench.cli.app import app
from stdpbench.experiment import read_experiment
from stdpbench.kinds.plasticity.custom import as_custom
from stdpbench.kinds.plasticity.tables import rule_table
from stdpbench.runs.folder.notes import change_notes, read_notes
from stdpbench.runs.queue.run_text import HEAD, ActionText, RunText, compared, joined, starred_or_not


@pytest.fixture
def run(tmp_path: Path) -> RunText:
    return RunText(tmp_path / "digits a", tmp_path)


def test_a_run_is_called_by_its_name_or_by_its_folder(run: RunText, tmp_path: Path) -> None:
    where = f"--runs {tmp_path}"
    assert run.asks("pause", {}) == ActionText(
        f"stdpbench pause 'digits a' {where}", f'{HEAD}run = stdpbench.open_run("{run.path}").pause()\n'
    )
    assert run.asks("resume", {}).command == f"stdpbench resume 'digits a' --detach {where}"
    opened = f'{HEAD}run = stdpbench.open_run("{run.path}")'
    assert run.asks("step", {"n": 1}) == ActionText(f"stdpbench step 'digits a' {where}", f"{opened}.step(1)\n")
    assert run.asks("step", {"n": 3}) == ActionText(f"stdpbench step 'digits a' -n 3 {where}", f"{opened}.step(3)\n")
    assert run.asks("checkpoint", {}) == ActionText(
        f"stdpbench checkpoint 'digits a' {where}", f"{opened}.checkpoint()\n"
    )
    assert run.asks("pace", {"seconds": 0.1}) == ActionText()
    other = RunText(run.path, tmp_path / "elsewhere")
    assert other.asks("stop", {}).command.startswith(f"stdpbench stop '{run.path}' ")


def test_what_is_copied_works_in_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runs = tmp_path / "runs"
    here = RunText(Path("runs/digits"), Path("runs"))
    for named in (None, "runs"):  # both would be another folder elsewhere
        if named is None:
            monkeypatch.delenv("STDPBENCH_RUNS", raising=False)
        else:
            monkeypatch.setenv("STDPBENCH_RUNS", named)
        assert here.asks("stop", {}).command == f"stdpbench stop digits --runs {runs}"
        assert here.asks("stop", {}).python.endswith(f'open_run("{runs / "digits"}").stop()\n')
        assert f'open_run("{runs / "digits"}")' in compared([here]).python
        assert f'np.load("{runs / "digits" / "test_spikes.npz"}")' in here.neuron_spikes(0).python
        other = RunText(Path("other/digits"), Path("runs"))
        assert other.asks("stop", {}).command == f"stdpbench stop {tmp_path / 'other' / 'digits'} --runs {runs}"
    monkeypatch.setenv("STDPBENCH_RUNS", str(runs))
    assert here.asks("stop", {}).command == "stdpbench stop digits"


def test_changes_branches_and_exports(run: RunText, tmp_path: Path) -> None:
    where = f"--runs {tmp_path}"
    assert run.asks("set", {"changes": {"exc.tau_m": "80 ms"}}).command == (
        f"stdpbench set 'digits a' 'exc.tau_m=80 ms' {where}"
    )
    assert run.branches(40, {"exc.tau_m": "80 ms"}).command == (
        f"stdpbench branch 'digits a' --at 40 --set 'exc.tau_m=80 ms' {where}"
    )
    assert run.branches(40, {"exc.tau_m": "80 ms"}).python.endswith(
        f'branch = stdpbench.open_run("{run.path}").branch(40, {{"exc.tau_m": "80 ms"}})\n'
    )
    assert run.rewinds(7).command == f"stdpbench rewind 'digits a' --to 7 {where}"
    assert run.rewinds(7).python.endswith(".rewind(7)\n")
    opened = f'stdpbench.open_run("{run.path}")'
    assert run.exports(Path("a.nir")).python.endswith(f'compared = {opened}.export_nir("a.nir")\n')
    assert run.exports(Path("a.nwb")).python.endswith(f'\n\n{opened}.export(nwb="a.nwb")\n')
    assert run.exports(Path("a.zip")).command == f"stdpbench export 'digits a' --output a.zip {where}"
    assert run.notes("tags") == ActionText("", f"{HEAD}{opened}.tags = []\n")
    run.path.mkdir()
    for name in ("run.json", "experiment.toml", "journal.jsonl"):
        (run.path / name).write_text("{}\n" if name == "run.json" else "", encoding="utf-8")
    change_notes(run.path, lambda notes: notes.with_title("it's").with_tags(["paper", "a"]).with_text("two\nlines"))
    assert run.notes("title").command == f"""stdpbench note 'digits a' --title 'it'"'"'s' {where}"""
    assert run.notes("tags").command == f"stdpbench note 'digits a' --tag paper --tag a {where}"
    assert run.notes().python.splitlines()[-4:] == [
        f'{opened}.title = "it\'s"',
        f'{opened}.tags = ["paper", "a"]',
        f'{opened}.notes = "two\\nlines"',
        f"{opened}.starred = False",
    ]
    opened_star = f"{HEAD}{opened}.starred = "
    assert starred_or_not([run]) == ActionText(f"stdpbench note 'digits a' --star {where}", f"{opened_star}True\n")
    change_notes(run.path, lambda notes: notes.with_star(True))
    assert starred_or_not([run]) == ActionText(f"stdpbench note 'digits a' --unstar {where}", f"{opened_star}False\n")
    other = RunText(tmp_path / "other", tmp_path)
    assert starred_or_not([run, other]).command.count(" --star ") == 2
    command = shlex.split(run.notes().command)[1:]
    change_notes(run.path, lambda notes: notes.with_title("").with_tags([]).with_text(""))
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.exception
    assert read_notes(run.path).title == "it's"
    assert read_notes(run.path).text == "two\nlines"
    both = joined([run.asks("pause", {}), run.asks("stop", {})])
    assert both.python.count("import stdpbench") == 1
    assert len(both.command.splitlines()) == 2
    assert compared([run, run]).command == f"stdpbench compare 'digits a' 'digits a' {where}"


@pytest.mark.parametrize("custom", [False, True])
def test_a_rule_is_named_or_written_to_a_file(
    run: RunText, tmp_path: Path, custom: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = read_experiment("digits").plasticity
    table = rule_table({**as_custom(rule), "title": "mine"}) if custom else {**rule.to_mapping(), "nu_post": 0.03}
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(commands, "change_rule_command", lambda *given: asked.append(given))
    monkeypatch.chdir(tmp_path)
    text = run.changes_rule(table, "feed")
    lines, command = text.command.rpartition("\n")[::2]
    if custom:
        head, _, rest = lines.partition("\n")
        assert head == "cat > custom-rule.toml <<'END'"
        Path("custom-rule.toml").write_text(rest.removesuffix("\nEND"), encoding="utf-8")
    done = CliRunner().invoke(app, shlex.split(command)[1:], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    ((name, chosen, values, projection, _),) = asked
    assert (name, projection) == ("digits a", "feed")
    experiment = read_experiment("digits").with_rule(
        rule_table(chosen), "", dict(map(commands.parse_assignment, values))
    )
    assert experiment.plasticity.to_mapping() == table

    class Opened:
        def change_rule(self, given: Any, **more: Any) -> None:
            asked.append((rule_table(given), more))

    monkeypatch.setattr(stdpbench, "open_run", lambda _: Opened(), raising=False)
    exec(text.python, {})
    assert asked[-1] == (table, {"projection": "feed"})

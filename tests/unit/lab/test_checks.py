"""``stdpbench validate``: the short checks of all rules, and the detection of wrong rules."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from rich.console import Console

from stdpbench.base.errors import StdpbenchError
from stdpbench.cli.lab import findings_table
from stdpbench.kinds.plasticity import rules
from stdpbench.studies.lab.checks.base import Outcome
from stdpbench.studies.lab.checks.kinds import kinds
from stdpbench.studies.lab.checks.page import BY_HAND, write
from stdpbench.studies.lab.checks.suite import CHECKS, LONG_CHECKS, validate

KINDS = [*kinds()]


@cache
def checked(kind: str) -> Outcome:
    (outcome,) = validate([kind], quick=True)
    return outcome


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_reaches_what_theory_and_papers_say(kind: str, broken: Callable[[str, str], list[str]]) -> None:
    outcome = checked(kind)
    assert outcome.findings
    assert [finding.what for finding in outcome.findings if not finding.as_declared] == []
    assert [finding.verdict for finding in outcome.findings].count("known") == (kind == "clopath")
    assert bool(outcome.panels) == (kind in rules.kinds())
    narrow, wide = (Console(width=columns, file=io.StringIO()) for columns in (80, 1000))
    for console in (narrow, wide):
        console.print(findings_table(outcome))
    assert broken(narrow.file.getvalue(), wide.file.getvalue()) == []


def test_every_rule_has_checks() -> None:
    assert set(CHECKS) == set(KINDS)
    assert set(LONG_CHECKS) < set(CHECKS)


def test_the_page_lists_mismatches(tmp_path: Path) -> None:
    outcome = Outcome("oja")
    outcome.values("first | second", (0.1, 0.2), (0.1, 0.25), 0.01, "somebody")  # one of them is off
    page = write([outcome], tmp_path, "the command").read_text(encoding="utf-8")
    assert "0 of 1 values match. Mismatch: oja, first | second." in page
    assert "first \\| second" in page


def test_a_known_mismatch_passes_and_is_named_with_its_reason(
    tmp_path: Path, call: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = replace(checked("clopath"), panels=[])
    monkeypatch.setattr("stdpbench.studies.lab.checks.suite.validate", lambda kinds, quick: [outcome])
    printed = call("validate", "clopath", "--output", str(tmp_path))
    (line,) = [line for line in printed.splitlines() if "mismatch in " in line]
    assert line.startswith("known mismatch in clopath: b = 0.0805 nA, as printed: fit to 10 points")
    page = (tmp_path / "validation.md").read_text(encoding="utf-8")
    documented = Path(__file__).resolve().parents[3] / "docs" / "validation.md"
    mismatches = page.partition("Known mismatch: ")[2].partition("\n")[0]
    assert mismatches in documented.read_text(encoding="utf-8"), "the page in docs says the same"


@pytest.mark.parametrize(("reached", "known"), [(False, ""), (True, "the paper errs")], ids=["new", "vanished"])
def test_a_new_mismatch_and_a_known_one_that_matches_fail(
    reached: bool, known: str, run_cli: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = Outcome("oja")
    outcome.finding("a", "b", "c", reached, "somebody", known=known)
    monkeypatch.setattr("stdpbench.studies.lab.checks.suite.validate", lambda kinds, quick: [outcome])
    code, out, _ = run_cli("validate", "oja")
    assert code == 1
    what = "known mismatch that matches in oja: " if reached else "mismatch in oja: "
    assert any(line.startswith(what) for line in out.splitlines())


def test_the_command_writes_page_and_figures(tmp_path: Path, call: Callable[..., str]) -> None:
    outcomes = json.loads(call("validate", "symmetric", "custom", "--quick", "--output", str(tmp_path), "--json"))
    assert [each["kind"] for each in outcomes] == ["symmetric", "custom"]
    assert all(finding["reached"] for each in outcomes for finding in each["findings"])
    page = (tmp_path / "validation.md").read_text(encoding="utf-8")
    assert f"stdpbench validate symmetric custom --quick --output {tmp_path}" in page
    for kind in ("symmetric", "custom"):
        assert f"(images/validation-{kind}.png)" in page
        assert (tmp_path / "images" / f"validation-{kind}.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_written_by_hand_stays_on_the_page(tmp_path: Path) -> None:
    outcome = Outcome("norm")
    outcome.values("first", 0.1, 0.1, 0.01, "somebody")
    page = write([outcome], tmp_path, "the command")
    assert page.read_text(encoding="utf-8").count("\n## ") == 1
    assert "images" not in page.read_text(encoding="utf-8")
    page.write_text(page.read_text(encoding="utf-8") + f"\n{BY_HAND}\n\nMine.\n", encoding="utf-8")
    again = write([outcome, Outcome("sum")], tmp_path, "another command").read_text(encoding="utf-8")
    assert again.endswith(f"\n\n{BY_HAND}\n\nMine.\n")
    assert "## sum" in again
    assert "\nthe command\n" not in again


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(StdpbenchError, match="there is no rule or normalisation 'nrom'; did you mean 'norm'"):
        list(validate(["nrom"]))


def test_the_documented_page_has_every_rule() -> None:
    docs = Path(__file__).resolve().parents[3] / "docs"
    page = (docs / "validation.md").read_text(encoding="utf-8")
    for kind in CHECKS:
        assert f"\n## {kind}\n" in page
        drawn = (docs / "images" / f"validation-{kind}.png").is_file()
        assert drawn == (f"(images/validation-{kind}.png)" in page) == (kind in rules.kinds())


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(LONG_CHECKS))
def test_a_neuron_that_learns_by_a_rule_becomes_what_theory_says(kind: str) -> None:
    (outcome,) = validate([kind])
    assert [finding for finding in outcome.findings if not finding.reached] == []

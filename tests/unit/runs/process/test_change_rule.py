"""The rule of a run is changed in its middle: the same network goes on, and every way to the changes is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import (
    Driven,
    arrays,
    drive,
    driven,
    ended,
    experiment,
    finished,
    killed_at_position,
    new_run,
    set_,
    untroubled,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import compile_ahead, find_compiler
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import branch, rewind
from stdpbench.runs.lineage.reproduction import prepare
from stdpbench.runs.protocol.changes import experiment_at
from stdpbench.runs.protocol.facts import Change, ParametersChanged, RuleChanged
from stdpbench.runs.protocol.live_run import LiveRun

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")

ADDITIVE = {"kind": "pair-additive", "a_plus": 0.05, "a_minus": 0.04}
BCM = {"kind": "bcm", "tau_theta_m": "200 ms"}
TRIPLET = experiment().plasticity.to_mapping()


def to(rule: dict[str, Any], **values: Any) -> tuple[str, dict[str, Any]]:
    """A request for a rule."""
    return "change_rule", {"rule": {**rule, **values}}


def made_of(delays: str = "uniform") -> Experiment:
    """State is carried over, so that nothing of it may be lost."""
    small = {"schedule__label_images": 4, "schedule__test_images": 3}
    return experiment(delays, schedule__between="carry", **small)


def new(tmp_path: Path, made: Experiment | None = None, **options: Any) -> RunFolder:
    """The folder of a run that waits to be started."""
    return new_run(tmp_path, made or made_of(), baselines=False, **options)


RULES = {"uniform": BCM, "none": ADDITIVE}
"""By delays; the first has an average that outlasts presentations, and traces of each synapse."""
DELAYS = ["uniform", pytest.param("none", marks=pytest.mark.slow)]


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Have the network at hand, so that a rule takes force where it is asked for."""
    compile_ahead(made_of().with_rule(BCM), 64, "compiled")


def arrays_of(tmp_path: Path, at: dict[int, list[Any]] | None = None) -> dict[str, str]:
    return arrays(ended(new(tmp_path), at=at))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What comes out with one rule."""
    return arrays_of(tmp_path_factory.mktemp("undisturbed"))


def rules_in(folder: RunFolder) -> list[tuple[int, str, str]]:
    facts = [(record.position, record.fact) for record in read_journal(folder.path)]
    return [(at, fact.old["kind"], fact.new["kind"]) for at, fact in facts if isinstance(fact, RuleChanged)]


def wishes_for(rule: dict[str, Any]) -> dict[int, list[Any]]:
    """Rules and parameters changed here and there, also where a checkpoint was just written, and back again."""
    rate = {"bcm": "eta", "pair-additive": "a_plus"}[rule["kind"]]
    return {
        5: [set_(plasticity__nu_post=0.05), to(rule)],
        6: [set_(**{f"plasticity__{rate}": 0.02}, exc__theta_plus=0.3)],
        8: [to(TRIPLET)],
        12: [to(rule), set_(network__weight_sum=18.0), to(TRIPLET, nu_post="0.03", tau_x="9 ms")],
        13: [to(rule), "checkpoint", to(TRIPLET, nu_post="0.08")],
        17: [to(TRIPLET), to(rule, w_max=0.9)],
    }


@pytest.fixture(scope="module", params=DELAYS)
def changed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run that nobody disturbed, its rule changed again and again."""
    made, rule = made_of(request.param), RULES[request.param]
    compile_ahead(made.with_rule(rule), 64, "compiled")
    return untroubled(new(tmp_path_factory.mktemp("changed"), made), at=wishes_for(rule))


def again(folder: RunFolder, tmp_path: Path) -> tuple[RunFolder, dict[int, list[Any]]]:
    """Another run of the same experiment, and what is to be asked of it."""
    made = folder.experiment
    return new(tmp_path, made), wishes_for(RULES[made.network.delays])


@pytest.mark.parametrize(
    "positions", [(5, 7, 14, 13, 18), *(pytest.param((at,), marks=pytest.mark.slow) for at in range(5, 28))]
)
def test_killed_after_the_rule_was_changed(positions, changed, tmp_path):
    folder, wishes = again(changed, tmp_path)
    for position in positions:
        drive(folder, at=wishes, die=killed_at_position(position))
        wishes = {at: asked for at, asked in wishes.items() if at >= position}
    assert finished(folder, at=wishes) == outcome(changed)
    assert rules_in(folder) == rules_in(changed)


def test_what_the_journal_says_of_it(changed):
    name = RULES[changed.experiment.network.delays]["kind"]
    old = "diehl-cook-triplet"
    there_and_back = [(at, *pair) for at in (12, 13) for pair in ((old, name), (name, old))]
    assert rules_in(changed) == [(5, old, name), (8, name, old), *there_and_back, (17, old, name)]
    records = read_journal(changed.path)
    live = LiveRun.replay(records)
    assert Experiment.from_mapping(live.parameters()) == experiment_at(changed.experiment, records, 24)
    assert live.before_changes()["plasticity"] == {**live.parameters()["plasticity"]}
    assert live.parameters()["plasticity"]["kind"] == name


@pytest.mark.parametrize("between", [["pause"], pytest.param(["checkpoint"], marks=pytest.mark.slow)])
def test_a_rule_that_is_chosen_and_taken_back_leaves_no_trace(between, undisturbed, tmp_path):
    folder = driven(
        new(tmp_path), at={7: [to(BCM), *between]}, die=lambda engine: bool(engine.pauses) or engine.position > 7
    )
    drive(folder, at={7: [to(TRIPLET)]})
    assert len(rules_in(folder)) == 2
    assert arrays(folder) == undisturbed


def test_rewound_to_the_change_and_to_before_it(undisturbed, tmp_path):
    with_set = arrays_of(tmp_path, {11: [set_(exc__theta_plus=0.3)]})
    folder = new(tmp_path)
    wishes = {7: [to(BCM), "checkpoint"], 11: [set_(exc__theta_plus=0.3)], 13: [to(TRIPLET)]}
    late = finished(folder, at=wishes)
    assert arrays(folder) != undisturbed
    kept = rewind(folder, 10)
    assert outcome(kept) == late
    finished(folder, at={at: asked for at, asked in wishes.items() if at > 10})
    assert arrays(folder) == arrays(kept)
    rewind(folder, 7)
    assert LiveRun.replay(read_journal(folder.path)).parameters()["plasticity"] == TRIPLET
    finished(folder, at={11: wishes[11]})
    assert arrays(folder) == with_set
    rewind(folder, 6)
    finished(folder)
    assert arrays(folder) == undisturbed


def test_a_branch_with_a_rule_of_its_own(tmp_path):
    parent = driven(new(tmp_path), at={6: ["stop"]})
    own = branch(parent, 4, {"plasticity.tau_theta_m": "150 ms", "exc.theta_plus": "0.2 mV"}, tmp_path, rule=BCM)
    found = [record.fact for record in read_journal(own.path)]
    assert [type(fact) for fact in found if isinstance(fact, Change)] == [RuleChanged, ParametersChanged]
    finished(own)
    expected = arrays_of(tmp_path, {4: [to(BCM, tau_theta_m="150 ms"), set_(exc__theta_plus="0.2 mV")]})
    assert arrays(own) == expected
    rewind(own, 4)  # what it was made with stays
    assert LiveRun.replay(read_journal(own.path)).parameters()["plasticity"]["tau_theta_m"] == "150 ms"
    finished(own)
    assert arrays(own) == expected
    with pytest.raises(StdpbenchError, match=r"^plasticity\.kind 'clopath' "):
        branch(parent, 4, rule={"kind": "clopath"}, runs=tmp_path)


def test_it_runs_again_to_the_same(changed, tmp_path):
    made, _ = prepare(changed, tmp_path)
    finished(made)
    assert arrays(made) == arrays(changed)
    assert outcome(made)["parameter changes"] == outcome(changed)["parameter changes"]
    # a checkpoint at a change of the rule counts facts from that change on, whose number is small here
    blocks = LiveRun.replay(read_journal(branch(made, 5, runs=tmp_path).path)).blocks
    assert list(blocks) == [1, 2, 3, 4, 5]


def test_the_rule_in_force_with_other_values_is_a_change_of_parameters(tmp_path):
    folder = new(tmp_path)
    engine = drive(folder, at={3: [to(TRIPLET, nu_post=0.05), to(TRIPLET, nu_post=0.05), "stop"]})
    assert engine.replies[:2] == [("change_rule", "", {"plasticity.nu_post": [0.01, 0.05]}), ("change_rule", "", {})]
    assert rules_in(folder) == []


REFUSED: list[tuple[dict[str, Any] | None, str]] = [
    ({}, "plasticity.kind is missing; known kinds are"),
    (None, "plasticity.kind is missing"),
    ({"kind": "pair-aditive"}, "did you mean"),
    ({"kind": "pair-additive", "nu_post": 0.1}, "not a known parameter"),
    ({"kind": "pair-additive", "w_max": 0.2}, "weight_sum"),
    ({"kind": "clopath"}, "'clopath'"),
    ({"kind": "custom", "on_input_spike": "w = w + q"}, "on_input_spike"),
]


def test_rules_that_cannot_be_are_refused_and_the_run_goes_on(tmp_path):
    folder = new(tmp_path)
    engine = drive(folder, at={3: [*(("change_rule", {"rule": rule}) for rule, _ in REFUSED), "stop"]})
    for (_, error, _), (_, message) in zip(engine.replies, REFUSED, strict=False):
        assert message in error
    assert rules_in(folder) == []


# -- built in the background -----------------------------------------------------------------------


@pytest.fixture
def not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is at hand: each network is built in a process beside the run."""
    monkeypatch.setattr("stdpbench.runs.process.active_config.is_compiled", lambda *arguments: False)


def test_a_run_learns_on_while_the_network_is_built(not_compiled, tmp_path, monkeypatch):
    folder = new(tmp_path)
    seen: list[Any] = []

    def at_boundary(engine: Driven) -> None:
        if engine.position == 3 and 3 not in seen:
            engine.ask("pace", seconds=0.2)
            engine.ask("change_rule", rule=BCM)
            engine.ask("change_rule", rule={"kind": "oja"})
        if engine.position == 6 and ("change_rule", "") not in [reply[:2] for reply in engine.replies]:
            engine.ask("pace", seconds=1e6)  # until the network is built, however long that takes
        seen.append(engine.position)

    def replied(engine: Driven, name: str, error: str) -> None:
        if (name, error) == ("change_rule", ""):
            engine.ask("pace", seconds=0)

    engine = drive(folder, boundary=at_boundary, replied=replied)
    (second, _), (first, value) = [reply[1:] for reply in engine.replies if reply[0] == "change_rule"]
    assert second == "the network with the rule bcm is being built; wait until it is ready"
    assert first == ""
    assert value["plasticity.kind"] == ["diehl-cook-triplet", "bcm"]
    ((at, _, _),) = rules_in(folder)
    assert at > 3
    monkeypatch.undo()
    assert arrays(folder) == arrays_of(tmp_path, {at: [to(BCM)]})


def resumed(engine: Driven, name: str, error: str) -> None:
    engine.ask("resume") if name == "change_rule" else None


def test_a_network_that_cannot_be_built_changes_nothing(not_compiled, tmp_path, monkeypatch):
    folder = new(tmp_path)
    (tmp_path / "file").touch()

    def at_boundary(engine: Driven) -> None:
        monkeypatch.setenv("STDPBENCH_CACHE", str(tmp_path / "file" / "in a file"))

    engine = drive(folder, boundary=at_boundary, at={3: ["pause"]}, paused=[[to(BCM)]], replied=resumed)
    error = next(error for name, error, _ in engine.replies if name == "change_rule")
    assert error.startswith("the rule is unchanged: the cache of compiled networks at")
    assert rules_in(folder) == []
    assert folder.about["state"] == "finished"


@pytest.mark.parametrize(
    ("wishes", "error"),
    [
        ({3: [to(BCM), "stop"]}, "the run ended before the network"),
        (
            {23: [to(BCM)], 24: ["pause"]},
            "the rule is unchanged: training is over",
        ),  # paused until the network is there
    ],
    ids=["stop", "training"],
)
def test_a_run_that_ends_before_the_network_is_built_says_so(wishes, error, not_compiled, tmp_path):
    folder = new(tmp_path)

    engine = drive(folder, at=wishes, paused=[[]], replied=resumed)
    assert error in next(given for name, given, _ in engine.replies if name == "change_rule")
    assert rules_in(folder) == []


def test_the_rule_is_not_changed_in_the_past_of_changes_that_come_again(tmp_path):
    folder = driven(new(tmp_path), at={8: [set_(plasticity__nu_post=0.05)]}, die=killed_at_position(9))
    engine = drive(folder, at={6: [to(BCM)], 8: [to(BCM)]})
    assert "up to presentation 8, the run repeats" in engine.replies[0][1]
    assert engine.replies[1][1] == ""
    assert [at for at, _, _ in rules_in(folder)] == [8]


# -- the other simulator, other ways ---------------------------------------------------------------


# -- at random --------------------------------------------------------------------------------------


def scenario(random: np.random.Generator) -> tuple[dict[int, list[Any]], dict[int, list[Any]]]:
    """What is asked of a run where, and the same without what must not bear on the result."""
    wishes: dict[int, list[Any]] = {}
    for at in sorted(random.choice(23, 7, replace=False).tolist()):
        for _ in range(random.integers(1, 4)):
            asked: Any = [to(BCM), to(TRIPLET), to(BCM, eta=0.03), to(TRIPLET, tau_x="9 ms"), "checkpoint", "pause"][
                random.integers(6)
            ]
            wishes.setdefault(at, []).append(asked)
        if random.random() < 0.4:
            wishes[at].append(set_(plasticity__w_max=float(random.choice([0.8, 0.9, 1.1])), exc__theta_plus=0.2))
    return wishes, {at: [wish for wish in asked if isinstance(wish, tuple)] for at, asked in wishes.items()}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(25))
def test_at_random(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    disturbed, plain = scenario(random)
    whole, folder = new(tmp_path), new(tmp_path)
    finished(whole, at=plain)
    for position in sorted(random.integers(1, 28, 5).tolist()):
        drive(folder, at=disturbed, die=killed_at_position(position))
        disturbed = {at: asked for at, asked in disturbed.items() if at >= position}
    finished(folder, at=disturbed)
    assert arrays(folder) == arrays(whole)
    assert rules_in(folder) == rules_in(whole)

"""Sweeps from files: what they say, and what is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from refusals import refused
from sweep_cases import sweep

from stdpbench.base.errors import StdpbenchError
from stdpbench.studies.sweeps import read_sweep
from stdpbench.studies.sweeps.arms import fixed_arms, pairing_remarks

FILE = """
experiment = "digits"
seeds = [3, 1]
metric = "confidence"
reference = "as it is"

[set]
network.n_exc = 12
"schedule.train_images" = 60

[[arm]]
label = "as it is"

[[arm]]
label = "slow"
set = { plasticity.nu_post = 0.001, "exc.tau_m" = "200 ms" }

[grid]
network.w_inh_exc = [5, 17.0]
exc.t_ref = ["2 ms", "5 ms"]

[random]
n = 3
seed = 4
[random.distributions]
plasticity.nu_post = { loguniform = [0.001, 0.1] }
"exc.tau_theta" = { uniform = ["1000 s", "1e7 ms"] }
network.n_exc = { int = [5, 6] }
schedule.between = { choice = ["carry", "reset"] }
evaluation.values.exc.tau_m = { uniform = ["1 s", "2 s"] }
"""


def written(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_says_arms_seeds_and_metric(tmp_path: Path) -> None:
    made = read_sweep(written(tmp_path, FILE))
    assert (made.name, made.metric, made.seeds, made.reference) == ("mine", "confidence", (3, 1), "as it is")
    assert made.base.network.n_exc == 12
    arms = fixed_arms(made)
    labels = [arm.label for arm in arms]
    assert labels[:6] == [
        "as it is",
        "slow",
        "w_inh_exc = 5, t_ref = 2 ms",
        "w_inh_exc = 5, t_ref = 5 ms",
        "w_inh_exc = 17, t_ref = 2 ms",
        "w_inh_exc = 17, t_ref = 5 ms",
    ]
    assert len(labels) == 9
    assert arms[1].start.plasticity.quantities()["nu_post"] == 0.001
    assert arms[1].start.exc.to_mapping()["tau_m"] == "200 ms"
    assert arms[3].start.network.w_inh_exc == 5.0
    for arm in arms[6:]:
        assert arm.label.startswith("draw ")
        assert 1e-3 <= arm.start.plasticity.quantities()["nu_post"] <= 0.1
        assert 1e3 <= arm.start.exc.quantities()["tau_theta"] <= 1e4  # SI: the bounds carried units
        assert arm.start.network.n_exc in (5, 6)
        assert arm.start.schedule.between in ("carry", "reset")
        assert 1e3 <= dict(arm.start.evaluation.values)["exc.tau_m"] <= 2e3


def test_paths_of_the_expanded_network_are_the_short_ones(tmp_path: Path) -> None:
    text = """
experiment = "digits"
[[arm]]
label = "slow"
set = { network.projections.feed.plasticity.nu_post = 0.001 }
[grid]
network.populations.exc.neuron.t_ref = ["2 ms", "5 ms"]
[random]
n = 1
[random.distributions]
network.projections.feed.plasticity.nu_post = { loguniform = [0.001, 0.1] }
network.projections.feed.normalise = { value = { uniform = [50, 60] } }
network.n_exc = { int = [5, 6] }
"""
    arms = fixed_arms(read_sweep(written(tmp_path, text)))
    drawn = ["plasticity.nu_post", "network.weight_sum", "network.n_exc"]
    assert [list(arm.settings) for arm in arms] == [["plasticity.nu_post"], ["exc.t_ref"], ["exc.t_ref"], drawn]
    spelled_out = text.replace("network.n_exc", "network.projections.compete.weight.value").replace(
        "[[arm]]", '[set]\nnetwork.kind = "graph"\n[[arm]]', 1
    )
    arms = fixed_arms(read_sweep(written(tmp_path, spelled_out.replace("int = [5, 6]", "uniform = [5, 6]"))))
    assert arms[0].start.network.projections["feed"].plasticity.nu_post == 0.001
    assert list(arms[3].settings)[1:] == [
        "network.projections.feed.normalise.value",
        "network.projections.compete.weight.value",
    ]


def test_draws_are_the_same_every_time_and_more_of_them_leave_the_first_alone() -> None:
    drawn = {"plasticity.nu_post": {"uniform": [0.0, 1.0]}}
    few = fixed_arms(sweep(random={"n": 3, "distributions": drawn}))
    many = fixed_arms(sweep(random={"n": 5, "distributions": drawn}))
    other = fixed_arms(sweep(random={"n": 3, "seed": 1, "distributions": drawn}))
    assert [arm.settings for arm in few] == [arm.settings for arm in many[:3]]
    assert len({arm.label for arm in many}) == 5
    assert few[0].settings != other[0].settings


def test_an_experiment_lies_beside_the_sweep(tmp_path: Path) -> None:
    written(tmp_path, "[network]\nn_exc = 33\n", "own.toml")
    made = read_sweep(written(tmp_path, 'experiment = "own.toml"\n[[arm]]\nlabel = "one"\n'))
    assert made.base.network.n_exc == 33


def test_the_ablation_of_ports_varies_what_it_says() -> None:
    made = read_sweep("port-ablation")
    arms = {arm.label: arm.start for arm in fixed_arms(made)}
    reference = arms[made.reference or ""]
    assert reference.differences(arms["wrong sign of the depression"]) == {"plasticity.nu_pre": (0.0001, -0.0001)}
    locked = reference.differences(arms["spikes locked out for 50 ms"])
    assert locked == {
        "exc.kind": ("adaptive-lif", "adaptive-lif-lockout"),
        "exc.t_lockout": (None, "50 ms"),
    }
    assert len(made.seeds) >= 5
    (remark,) = pairing_remarks(fixed_arms(made), made.reference)
    assert "network.dt" in remark
    assert "wrong sign of the depression" not in remark


ARM = '[[arm]]\nlabel = "a"\n'

TUNED = '[[arm]]\nlabel = "a"\ntune = { exc.tau_m = { uniform = [50, 60] } }\n[tuning]\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seeds = [", "is not valid TOML"),
        (ARM, "mine.toml: experiment is missing"),
        ('experiment = "digist"\n' + ARM, "did you mean 'digits'?"),
        ('experiment = "digits"\n', "nothing to compare"),
        ('experiment = "digits"\nsedes = [1]\n' + ARM, "sedes is not a known parameter; did you mean seeds?"),
        ('experiment = "digits"\nbase = 1\n' + ARM, "base is not a known parameter"),
        ('experiment = "digits"\nseeds = []\n' + ARM, "seeds must be a list of whole numbers"),
        ('experiment = "digits"\nseeds = [1, 1]\n' + ARM, "seeds lists a seed twice"),
        ('experiment = "digits"\nseeds = [true]\n' + ARM, "numbers from 0 on, such as [0, 1, 2], not [True]"),
        ('experiment = "digits"\nseeds = [-1]\n' + ARM, "numbers from 0 on, such as [0, 1, 2], not [-1]"),
        ('experiment = "digits"\nmetric = "votes"\n' + ARM, "metric must be one of vote, proportion, confidence"),
        ('experiment = "digits"\nreference = "b"\n' + ARM, "reference: no arm has the label 'b'"),
        (
            'experiment = "digits"\n[set]\nexc.tau_n = 1\n' + ARM,
            "set: exc.tau_n is not a known parameter; did you mean",
        ),
        ('experiment = "digits"\n[set]\nseed = 1\n' + ARM, "set.seed cannot be set here: use seeds"),
        ('experiment = "digits"\n[set]\nname = "x"\n' + ARM, "set.name cannot be set here"),
        ('experiment = "digits"\n[arm]\nlabel = "a"\n', "write [[arm]], not [arm]"),
        (
            'experiment = "digits"\n[[arm]]\nlable = "a"\n',
            "arm 1.lable is not a known parameter; did you mean arm 1.label?",
        ),
        ('experiment = "digits"\n[[arm]]\nset = {}\n', "arm 1.label is missing"),
        ('experiment = "digits"\n' + ARM + ARM, "another arm has the label 'a'"),
        (
            'experiment = "digits"\n[[arm]]\nlabel = "a"\nset = { plasticity.nu_pots = 1 }\n',
            "arm 'a': plasticity.nu_pots is not a known parameter; did you mean plasticity.nu_post?",
        ),
        (
            'experiment = "digits"\n[[arm]]\nlabel = "a"\nset = { exc.tau_m = -1 }\n',
            "arm 'a': exc.tau_m must be more than 0",
        ),
        ('experiment = "digits"\n[grid]\nexc.tau_m = 1\n', "grid.exc.tau_m must be a list of values"),
        ('experiment = "digits"\n[grid]\nexc.tau_m = [1, 1]\n', "grid.exc.tau_m lists a value twice"),
        ('experiment = "digits"\n[random]\nn = 2\n', "random.distributions is missing"),
        (
            'experiment = "digits"\n[random]\nm = 2\n[random.distributions]\nexc.tau_m = {int = [1, 2]}\n',
            "random.m is not a",
        ),
        (
            'experiment = "digits"\n[random.distributions]\nexc.tau_n = {uniform = [1, 2]}\n',
            "random.distributions.exc.tau_n is not a known parameter; did you mean random.distributions.exc.tau_m?",
        ),
        (
            'experiment = "digits"\n[optuna.distributions]\nexc.tau_m = {unifrom = [1, 2]}\n',
            "did you mean optuna.distributions.exc.tau_m.uniform?",
        ),
        ('experiment = "digits"\n[optuna.distributions]\nexc.tau_m = 3\n', "must be a table with one of uniform"),
        (
            'experiment = "digits"\n[optuna.distributions]\nexc.tau_m = {uniform = [2, 1]}\n',
            "lower bound must be less",
        ),
        (
            'experiment = "digits"\n[optuna.distributions]\nexc.tau_m = {uniform = ["1 mV", 2]}\n',
            "expected a number in ms, such as '1 ms', got '1 mV'",
        ),
        ('experiment = "digits"\n[optuna.distributions]\nexc.tau_m = {loguniform = [0, 1]}\n', "must be more than 0"),
        (
            'experiment = "digits"\n[optuna.distributions]\nexc.tau_m = {uniform = [-1, 1]}\n',
            "exc.tau_m must be more than 0",
        ),
        ('experiment = "digits"\n[optuna.distributions]\nnetwork.n_exc = {int = [1.5, 3]}\n', "bounds must be whole"),
        ('experiment = "digits"\n[optuna.distributions]\nseed = {int = [1, 3]}\n', "cannot be varied"),
        (
            'experiment = "digits"\n[optuna.distributions]\nnetwork.start = {choice = ["rondam"]}\n',
            "network.start must be",
        ),
        (
            'experiment = "digits"\n[[arm]]\nlabel = "a"\ntune = { exc.tau_m = { uniform = [1, 2] } }\n',
            "arm 'a' has tune, but the number of trials is missing: add [tuning] n_trials",
        ),
        ('experiment = "digits"\n[tuning]\nn_trials = 3\n' + ARM, "no arm has parameters to tune"),
        ('experiment = "digits"\n' + TUNED + "trails = 3\n", "tuning.trails is not a known parameter"),
        ('experiment = "digits"\n' + TUNED + "seeds = [1, 1]\n", "tuning.seeds lists a seed twice"),
        (
            'experiment = "digits"\n' + TUNED + "set = { exc.tau_m = 3 }\n",
            "exc.tau_m is tuned, but tuning.set sets it",
        ),
        (
            'experiment = "digits"\n' + TUNED + "set = { exc.tau_n = 3 }\n",
            "trial 0': exc.tau_n is not a known parameter",
        ),
        (
            'experiment = "digits"\n[[arm]]\nlabel = "a"\ntune = { exc.tau_m = { uniform = [-1, 2] } }\n',
            "arm 1.tune: exc.tau_m must be more than 0",
        ),
        (
            'experiment = "digits"\n[[arm]]\nlabel = "a"\nset = { plasticity.kind = "oja" }\n'
            "tune = { plasticity.nu_post = { uniform = [1, 2] } }\n",
            "arm 1.tune.plasticity.nu_post is not a known parameter",
        ),
        (
            'experiment = "digits"\n[[arm]]\nlabel = "a"\n'
            "tune = { evaluation.values.network.w_inh_ex = { uniform = [1, 2] } }\n",
            "w_inh_ex is not a known parameter; did you mean",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    with refused(message, "mine.toml"):
        read_sweep(written(tmp_path, text))


def test_all_errors_of_a_file_are_reported_at_once_with_their_lines(tmp_path: Path) -> None:
    text = """
experiment = "digits"
sedes = [1]
metric = "votes"

[set]
exc.tau_m = "50 ms"

[[arm]]
label = "one"
set = { exc.tau_n = 1, plasticity.nu_post = -1 }

[[arm]]
lable = "two"

[[arm]]
label = "three"
set = { network.dt = "1 mV" }

[grid]
exc.tau_m = 1
"network.n_exc" = []
"""
    sentences = [sentence.removeprefix("mine.toml, line ") for sentence in _errors(tmp_path, text)]
    assert [sentence.partition(":")[0] for sentence in sentences] == ["3", "11", "11", "14", "18", "21", "22", "4"]
    assert "arm 'one': exc.tau_n is not a known parameter; did you mean exc.tau_m?" in sentences[1]
    grid = 'experiment = "digits"\n[grid]\nexc.tau_m = [1, -1]\nexc.t_ref = [1, 2]\n'
    (value,) = _errors(tmp_path, grid)
    assert "exc.tau_m must be more than 0, not -1" in value, (
        "a value of the grid is in several arms, but reported once"
    )


def _errors(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(StdpbenchError) as caught:
        read_sweep(written(folder, text))
    return caught.value.sentences


@pytest.mark.parametrize("metric", ["test", "test.vote", "test_accuracy", "Test vote"])
def test_a_metric_of_the_test_pictures_is_refused_with_the_reason(tmp_path: Path, metric: str) -> None:
    text = f'experiment = "digits"\nmetric = "{metric}"\n{ARM}'
    with pytest.raises(StdpbenchError, match="never on the test pictures"):
        read_sweep(written(tmp_path, text))


def test_an_unknown_sweep_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(StdpbenchError, match="did you mean 'port-ablation'"):
        read_sweep("port-ablatoin")
    with pytest.raises(StdpbenchError, match="there is no sweep"):
        read_sweep(tmp_path)


# -- whether arms see the same -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"network.w_inh_exc": 3}, ""),
        ({"plasticity.nu_post": 0.1, "network.n_exc": 20, "network.start": "random", "schedule.min_spikes": 9}, ""),
        ({"network.dt": 0.25}, "different input spikes (network.dt)"),
        ({"encoding.intensity": 3}, "different input spikes (encoding.intensity)"),
        ({"schedule.stimulus": 300}, "different input spikes (schedule.stimulus)"),
        (
            {"network.delays": "uniform"},
            "different input spikes (network.delays)",
        ),  # between = carry: last bins stay empty
        ({"network.delays": "uniform", "schedule.between": "rest"}, ""),
        ({"schedule.order": "shuffled"}, "a different order (schedule.order)"),
        ({"schedule.train_images": 50}, "a different order (schedule.train_images)"),
        ({"data.pixel_sum": 20000}, "different pictures, or in a different order (data.pixel_sum)"),
        ({"schedule.test_images": 20}, "evaluated with different pictures (schedule.test_images)"),
    ],
)
def test_what_breaks_the_pairing_is_said(changes: dict[str, object], expected: str) -> None:
    made = sweep(arm=[{"label": "one"}, {"label": "two", "set": changes}], reference="one")
    remarks = pairing_remarks(fixed_arms(made), made.reference)
    if not expected:
        assert remarks == []
    else:
        (remark,) = remarks
        assert expected in remark
        assert "two" in remark


def test_pairing_is_known_for_networks_of_any_kind() -> None:
    local = {"network.kind": "local", "network.units": 5}
    late = {"network.kind": "graph", "network.projections.feed.delay": "2 ms"}
    changes = {"one": {}, "two": {"network.w_inh_exc": 3}, "three": late}
    arms = fixed_arms(sweep(arm=[{"label": name, "set": each} for name, each in changes.items()], set=local))
    assert pairing_remarks(arms[:2], "one") == []
    (remark,) = pairing_remarks(arms, "one")
    assert "different input spikes (network.projections.feed.delay" in remark
    assert "compete" not in remark
    assert remark.endswith(": three.")


def test_arms_that_are_the_same_are_named() -> None:
    made = sweep(arm=[{"label": "one"}, {"label": "two", "set": {"network.n_exc": 12}}])
    (remark,) = pairing_remarks(fixed_arms(made), None)
    assert "'two' has the same settings as 'one'" in remark

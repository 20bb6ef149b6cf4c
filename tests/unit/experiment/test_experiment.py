"""Experiments: what is read and changed, how it is spelled, what is refused, and what its digest depends on."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tomllib
from pathlib import Path
from types import NoneType
from typing import Any, get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from refusals import refused

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import Parameter, Parameters
from stdpbench.experiment import (
    SECTIONS,
    About,
    Experiment,
    parse_assignment,
    read_experiment,
    shipped_experiments,
    with_reference,
)
from stdpbench.kinds.neurons import Variable, neurons
from stdpbench.kinds.plasticity import Trace, rules
from stdpbench.studies.sweeps.arms import fixed_arms
from stdpbench.studies.sweeps.reading import read_sweep, shipped_sweeps
from stdpbench.studies.sweeps.result import measures_of

DEFAULT = Experiment.from_mapping({})


def values(declared: Parameter, optional: bool) -> st.SearchStrategy[Any]:
    """Values that a parameter's own declaration allows."""
    strategy: st.SearchStrategy[Any]
    if declared.choices:
        strategy = st.sampled_from(declared.choices)
    elif declared.type == "bool":
        strategy = st.booleans()
    elif declared.type == "int":
        low, high = declared.minimum, declared.maximum
        strategy = st.integers(
            None if low is None else int(low) + declared.open_minimum,
            None if high is None else int(high) - declared.open_maximum,
        ).filter(lambda number: abs(number) < 2**63)
    elif declared.type == "float":
        strategy = st.floats(
            declared.minimum,
            declared.maximum,
            exclude_min=declared.open_minimum,
            exclude_max=declared.open_maximum,
            allow_nan=False,
            allow_infinity=False,
        )
    else:
        # TOML cannot write a lone surrogate
        strategy = st.text(st.characters(exclude_categories=["Cs"]))
    return st.none() | strategy if optional else strategy


def optional(section: type[Parameters], name: str) -> bool:
    return NoneType in get_args(section.model_fields[name].annotation)


CHANGEABLE = {
    f"{name}.{declared.name}": values(declared, optional(type(getattr(DEFAULT, name)), declared.name))
    for name in SECTIONS
    for declared in getattr(DEFAULT, name).describe()
    if declared.type in ("int", "float", "bool", "choice", "str")
}


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """Any experiment that is valid; sections of other kinds than the usual ones have their defaults."""
    names = draw(st.lists(st.sampled_from(sorted(CHANGEABLE)), unique=True, max_size=12))
    mapping = DEFAULT.to_mapping()
    mapping["seed"] = draw(st.integers(0, 2**63 - 1))
    mapping["name"] = draw(st.sampled_from(["experiment", "My thesis ü", "a.b"]))
    for path in names:
        section, key = path.split(".")
        mapping.setdefault(section, {})[key] = draw(CHANGEABLE[path])
    if draw(st.booleans()):
        mapping["exc"] = {"kind": "adaptive-lif"}
        mapping["inh"] = {"kind": draw(st.sampled_from(["lif", "adaptive-lif"]))}
    try:
        return Experiment.from_mapping(mapping)
    except StdpbenchError:
        assume(False)  # valid one by one, but not together
        raise


@given(experiment=experiments())
def test_toml_round_trip_is_the_identity(experiment: Experiment) -> None:
    again = Experiment.from_mapping(tomllib.loads(experiment.to_toml()))
    assert again == experiment
    assert again.to_toml() == experiment.to_toml()
    assert again.digest == experiment.digest


def test_the_public_class_reads_text_files_and_names(tmp_path: Path) -> None:
    public = stdpbench.Experiment
    assert public is Experiment
    assert public.read("fast-400") == read_experiment("fast-400")
    changed = public.from_toml("seed = 3\n[network]\nn_exc = 100\n").override({"exc.tau_m": "25 ms"})
    assert (changed.seed, changed.network.n_exc, changed.exc.quantities()["tau_m"]) == (3, 100, 0.025)
    assert DEFAULT.differences(changed)["exc.tau_m"] == ("100 ms", "25 ms")
    (tmp_path / "mine.toml").write_text(changed.to_toml(), encoding="utf-8")
    assert public.read(tmp_path / "mine.toml") == public.from_toml(changed.to_toml()) == changed
    for text, message in (
        ("seed = ", "the text is not valid TOML"),
        ("[exc]\ntau_m = 20 ms  # long", 'texts and quantities are written in quotes: tau_m = "20 ms"'),
        ("[data]\nkind = digits", 'texts and quantities are written in quotes: kind = "digits"'),
        ("[data]\npath = ~/leaves  # mine", 'written in quotes: path = "~/leaves"'),
        ("exc = { tau_ge = 2, tau_m = 20 ms }", 'written in quotes: tau_m = "20 ms"'),
        ("network.n_exk = 3", "the text, line 1: network.n_exk.* did you mean network.n_exc"),
    ):
        with pytest.raises(StdpbenchError, match=message):
            public.from_toml(text)


@pytest.mark.parametrize(
    ("assignment", "section", "key", "value"),
    [
        ("exc.tau_m=25 ms", "exc", "tau_m", 25.0),
        ("exc.tau_m = 0.025 s", "exc", "tau_m", 25.0),
        ('exc.tau_m="25 ms"', "exc", "tau_m", 25.0),
        ("exc.tau_m=25", "exc", "tau_m", 25.0),
        ("exc.v_rest=-70 mV", "exc", "v_rest", -70.0),
        ("plasticity.nu_post=0.02", "plasticity", "nu_post", 0.02),
        ("plasticity.nu_post=2e-2", "plasticity", "nu_post", 0.02),
        ("network.inhibition=direct", "network", "inhibition", "direct"),
        ("network.weight_sum=none", "network", "weight_sum", None),
        ("data.invert=true", "data", "invert", True),
        ("schedule.train_images=1000", "schedule", "train_images", 1000),
        ("schedule.train_images=1_000", "schedule", "train_images", 1000),
        ("about.title=Über b=c", "about", "title", "Über b=c"),
        ("about.title=2024", "about", "title", "2024"),
    ],
)
def test_set_reads_values_as_people_type_them(assignment: str, section: str, key: str, value: Any) -> None:
    assert getattr(getattr(DEFAULT.override(dict([parse_assignment(assignment)])), section), key) == value


def test_another_kind_starts_from_its_own_defaults_but_pictures_keep_their_steps() -> None:
    made = DEFAULT.override({"exc.theta_plus": "1 mV", "data.frame": 30, "data.pixel_sum": 26265, "inh.tau_m": "9 ms"})
    changed = made.override({"data.kind": "npz", "inh.kind": "lif"})
    assert changed.exc.theta_plus == changed.inh.tau_m - 8 == 1.0  # type: ignore[attr-defined]
    assert changed.data.kind == "npz"  # type: ignore[attr-defined]
    assert (changed.data.frame, changed.data.pixel_sum) == (30, 26265.0)
    assert made.override({"data.kind": "npz", "data.frame": "none"}).data.frame is None
    assert made.lost_by({"data.kind": "npz"}) == {}
    locked = {"exc.kind": "adaptive-lif-lockout"}
    assert made.override(locked).exc.theta_plus == 0.05  # type: ignore[attr-defined]
    assert made.lost_by(locked) == {"exc.theta_plus": "1 mV"}
    assert made.lost_by({**locked, "exc.theta_plus": "2 mV"}) == {}


def test_the_place_of_pictures_belongs_to_their_kind() -> None:
    at_home = DEFAULT.override({"data.kind": "mnist", "data.path": "/home/me/mnist", "data.invert": True})
    for kind in ("fashion-mnist", "folder"):
        moved = at_home.override({"data.kind": kind}).data
        assert (moved.path, moved.invert) == (None, True)  # type: ignore[attr-defined]
        assert at_home.lost_by({"data.kind": kind}) == {"data.path": "/home/me/mnist"}
    own = DEFAULT.override({"data.kind": "npz", "data.test_fraction": 0.5}).override({"data.kind": "folder"})
    assert own.data.test_fraction == 0.5  # type: ignore[attr-defined]


def test_texts_about_an_experiment_go_with_the_results_that_they_describe() -> None:
    digits = read_experiment("digits")
    for same in ({"seed": 3}, {"schedule.held_out_every": 7}, {"name": "mine"}, {"exc.theta_plus": "0.2 mV"}):
        assert digits.override(same).about == digits.about
    assert digits.override({"about.title": "Mine"}).about.summary == digits.about.summary
    assert digits.override({"network.n_exc": 12}).about == DEFAULT.about
    named = digits.override({"network.n_exc": 12, "about.title": "Twelve neurons"}).about
    assert named == DEFAULT.override({"about.title": "Twelve neurons"}).about
    mnist = read_experiment("fast-400")
    assert mnist.override({"data.path": "/elsewhere"}).about == mnist.about


@pytest.mark.parametrize("text", ["exc.tau_m", "", "=5", " = 5"])
def test_an_assignment_without_path_or_value_is_refused(text: str) -> None:
    with pytest.raises(StdpbenchError, match=r"must be PATH=VALUE, such as plasticity\.nu_post"):
        parse_assignment(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"plasticity.nu_pots": 0.02},
            "plasticity.nu_pots is not a known parameter; did you mean plasticity.nu_post?",
        ),
        ({"plastcity.nu_post": 0.02}, "plastcity is not a known parameter; did you mean plasticity?"),
        ({"sede": 1}, "sede is not a known parameter; did you mean seed?"),
        ({"seed.x": 1}, "seed is not a known parameter"),
        ({"schedule": 5}, "schedule is a section; name one of its parameters, such as schedule."),
        ({"data": "mnist"}, "data is a section; name one of its parameters, such as data.kind"),
        ({"exc.tau_m": "25 mV"}, "exc.tau_m: expected a number in ms, such as '1 ms', got '25 mV'"),
        ({"exc.tau_m": "0"}, "exc.tau_m must be more than 0, not 0"),
        ({"exc.tau_m": "nan"}, "exc.tau_m must be a finite number"),
        ({"exc.tau_m": "[1, 2]"}, "exc.tau_m must be a number"),
        ({"exc.kind": "lfi"}, "exc.kind: there is no neuron 'lfi'; did you mean 'lif'?"),
        ({"exc.kind": "lif"}, "exc.kind 'lif' has no adaptive threshold"),
        ({"plasticity.kind": "magic"}, "there is no plasticity rule 'magic'; known are "),
        ({"network.n_exc": "0"}, "network.n_exc must be at least 1, not 0"),
        ({"network.n_exc": "many"}, "network.n_exc must be a whole number, not 'many'"),
        ({"network.inhibition": "lateral"}, "network.inhibition must be 'layer', 'direct' or 'direct-undelayed'"),
        ({"seed": "-1"}, "seed must be at least 0, not -1"),
        ({"seed": str(2**63)}, "seed must be at most"),
        ({"seed": "9" * 5000}, "seed"),
        ({"schedule.stimulus": "350.2 ms"}, "schedule.stimulus (350.2 ms) must be a whole number of steps"),
        ({"schedule.stimulus": "0.1 ms"}, "schedule.stimulus (0.1 ms) must be a whole number of steps"),
        ({"network.dt": "1e-308 ms", "schedule.stimulus": "1 min"}, "network.dt"),
        (
            {"network.delays": "uniform", "network.max_delay": "100 ms", "schedule.stimulus": "100 ms"},
            "network.max_delay must be shorter than schedule.stimulus",
        ),
        ({"exc.tau_ge": "0.5 ms"}, "exc.tau_ge must be longer than network.dt"),
        ({"inh.tau_gi": "0.1 ms"}, "inh.tau_gi must be longer than network.dt"),
        ({"schedule.max_attempts": "1000"}, "at attempt 1000, but it must stay below 1"),
        ({"encoding.rate_per_grey": "9 kHz"}, "encoding.rate_per_grey"),
    ],
)
def test_refuses_in_one_sentence_with_the_dotted_path(changes: dict[str, Any], message: str) -> None:
    with refused(message):
        DEFAULT.override(changes)


def test_a_preset_replaces_its_values_and_what_is_said_beside_it_goes_first() -> None:
    triplet = DEFAULT.override({"plasticity.kind": "triplet", "plasticity.w_max": "0.7", "plasticity.tau_y": "33"})
    preset = triplet.override({"plasticity.preset": "hippocampus-full"})
    assert (preset.plasticity.to_mapping()["tau_y"], preset.plasticity.w_max) == ("27 ms", 0.7)
    both = DEFAULT.override(
        {"plasticity.a2_plus": "0.2", "plasticity.preset": "hippocampus-full", "plasticity.kind": "triplet"}
    )
    assert (both.plasticity.to_mapping()["a2_plus"], both.plasticity.to_mapping()["tau_x"]) == (0.2, "946 ms")
    with refused("there is no preset 'cortex'"):
        DEFAULT.override({"plasticity.kind": "triplet", "plasticity.preset": "cortex"})


def test_none_is_also_the_name_of_a_choice() -> None:
    assert DEFAULT.override({"network.delays": "uniform"}).override({"network.delays": "none"}) == DEFAULT


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_that_is_no_table_is_refused(name: str) -> None:
    with pytest.raises(StdpbenchError, match=f"{name} must be a table of parameters, not 5"):
        Experiment.from_mapping({name: 5})


def test_the_digest_does_not_depend_on_name_about_and_what_is_only_looked_at() -> None:
    renamed = DEFAULT.override({"name": "mine", "about.title": "Mine", "about.tuned_on": "nothing"})
    renamed = renamed.override(
        {"schedule.held_out_every": 10, "schedule.held_out_images": 50, "schedule.record_weights": 9}
    )
    assert renamed.digest == DEFAULT.digest
    assert renamed != DEFAULT


BEARING = sorted(
    path for path in CHANGEABLE if not path.startswith(("about.", "schedule.held_out_", "schedule.record_"))
)


@pytest.mark.parametrize("path", ["seed", *BEARING])
def test_the_digest_depends_on_all_else(path: str) -> None:
    table: Any = DEFAULT
    for part in path.split("."):
        table = getattr(table, part)
    others: list[Any] = [
        2,
        3.5,
        7.0,
        True,
        12,
        300.0,
        60.0,
        "mnist",
        "shuffled",
        "uniform",
        "direct",
        "samples",
        "exact",
        "float32",
    ]
    others += ["carry", "shifted", "stochastic", "80 Hz", 0.25, 1, "spread", "start"]
    digests = set()
    for other in others:
        if other == table:
            continue
        try:
            digests.add(DEFAULT.override({path: other}).digest)
        except StdpbenchError:
            continue
    assert digests, f"no other value of {path} was accepted"
    assert DEFAULT.digest not in digests


def test_the_digest_is_the_same_in_another_process_and_for_another_spelling() -> None:
    code = "from stdpbench.experiment import Experiment; print(Experiment.from_mapping({}).digest)"
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == DEFAULT.digest
    assert DEFAULT.override({"exc.tau_m": "0.043 s"}).digest == DEFAULT.override({"exc.tau_m": "43 ms"}).digest


def test_bins() -> None:
    assert (DEFAULT.stimulus_bins, DEFAULT.rest_bins) == (700, 300)
    finer = DEFAULT.override({"network.dt": "0.1 ms"})
    assert (finer.stimulus_bins, DEFAULT.override({"schedule.between": "reset"}).rest_bins) == (3500, 0)


def test_every_shipped_experiment_reads_and_says_what_to_expect() -> None:
    known = shipped_experiments()
    assert {"digits", "diehl-cook-400", "fast-400"} <= set(known)
    for name, path in known.items():
        experiment = read_experiment(name)
        assert experiment == read_experiment(path)
        assert experiment.name == name
        for text in ("title", "expected_accuracy", "expected_time", "tuned_on"):
            assert getattr(experiment.about, text), (name, text)
        assert set(dict(experiment.about.expected)) <= set(measures_of(experiment))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "My thesis ü"
    folder.mkdir()
    return folder


def test_reads_a_file_and_names_it_after_itself(folder: Path) -> None:
    path = folder / "größer.toml"
    path.write_text('seed = 4\n[exc]\ntau_m = "25 ms"\n', encoding="utf-8")
    experiment = read_experiment(path)
    assert (experiment.name, experiment.seed) == ("größer", 4)
    assert experiment.exc.tau_m == 25.0  # type: ignore[attr-defined]
    assert read_experiment(str(path)) == experiment
    assert read_experiment(path.rename(folder / "größer.stdpbench.toml")) == experiment


def test_all_errors_of_a_file_are_reported_at_once_with_their_lines(folder: Path) -> None:
    path = folder / "mine.toml"
    path.write_text(
        """seed = -1
nmae = "x"
about.titel = "x"

[exc]
kind = "lfi"

[inh]
note = 'tau_m = 1'
tau_m = \'\'\'
tau_ge = 2
\'\'\'
tau_ge = "1 mV"

[plasticity]
kind = "custom"
on_input_spike = "w = w + y"
on_output_spike = "w = w + z"
traces = {}
parameters = {}

[network]
n_exc = 0
"dt" = "x"
""",
        encoding="utf-8",
    )
    with pytest.raises(StdpbenchError) as caught:
        read_experiment(path)
    sentences = [sentence.removeprefix("mine.toml, line ") for sentence in caught.value.sentences]
    numbers = [sentence.partition(":")[0] for sentence in sentences]
    assert numbers == [*"23", "23", "24", *"69", "10", "13", "17", "18", "1"]
    assert [sentence.split()[1].rstrip(":,") for sentence in sentences] == [
        "nmae", "about.titel", "network.n_exc", "network.dt", "exc.kind", "inh.note", "inh.tau_m", "inh.tau_ge",
        "plasticity.on_input_spike", "plasticity.on_output_spike", "seed",
    ]  # fmt: skip
    assert str(caught.value) == "; ".join(caught.value.sentences)


def test_sections_that_do_not_go_together_are_reported_together() -> None:
    with pytest.raises(StdpbenchError) as caught:
        DEFAULT.override({"schedule.stimulus": "350.2 ms", "schedule.rest": "0.1 ms", "inh.kind": "adaptive-lif"})
    assert [sentence.split()[0] for sentence in caught.value.sentences] == [
        "schedule.stimulus",
        "schedule.rest",
        "inh.kind",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"seed = \n", "is not valid TOML"),
        (b"seed = 1\nseed = 2\n", "is not valid TOML"),
        (b"\xff\xfe", "is not a text file in UTF-8"),
        (b"a = " + b"[" * 10_000, "brackets are nested too deeply"),
        (b"sede = 1\n", "mine.toml, line 1: sede is not a known parameter; did you mean seed?"),
        (b"[exc]\ntau_n = 5\n", "mine.toml, line 2: exc.tau_n is not a known parameter; did you mean exc.tau_m?"),
        (b'[exc]\ntau_m = """a\nb"""\n', "mine.toml, line 2: exc.tau_m"),
        (b'"a\\nb" = 1\n', "is not a known parameter"),
        (b"seed = " + b"9" * 5000 + b"\n", "mine.toml"),
        (b"name = 5\n", "mine.toml, line 1: name must be a text, not 5"),
        (b'name = " "\n', "mine.toml, line 1: name must not be empty"),
    ],
)
def test_a_file_that_is_no_experiment_is_refused_in_one_sentence(folder: Path, content: bytes, message: str) -> None:
    path = folder / "mine.toml"
    path.write_bytes(content)
    with refused(message):
        read_experiment(path)


def test_an_unknown_experiment_is_refused_with_the_nearest_one(folder: Path) -> None:
    with pytest.raises(StdpbenchError, match=r"there is no experiment 'digist', .* did you mean 'digits'\?"):
        read_experiment("digist")
    with pytest.raises(StdpbenchError, match="there is no experiment"):
        read_experiment(folder)


def test_rule_and_neuron_do_not_name_two_things_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    rule, neuron = rules.get("diehl-cook-triplet"), neurons.get("adaptive-lif")
    monkeypatch.setattr(rule, "traces", (*rule.traces, Trace("g", "output", "tau_m", "set")))
    monkeypatch.setattr(neuron, "variables", (*neuron.variables, Variable("g", "1")))
    with pytest.raises(StdpbenchError, match="both use the name g, tau_m"):
        Experiment.from_mapping({})


# the digests of shipped experiments and sweeps: what is stored beside results, and must not change

ASSET = Path(__file__).parents[2] / "assets" / "digests.json"
KNOWN = json.loads(ASSET.read_text(encoding="utf-8"))


def test_the_asset_covers_all_that_ships() -> None:
    assert set(KNOWN["experiments"]) == {"", *shipped_experiments()}
    assert set(KNOWN["sweeps"]) == set(shipped_sweeps())


@pytest.mark.parametrize("name", KNOWN["experiments"])
def test_the_digest_of_an_experiment_is_what_it_was(name: str) -> None:
    experiment = read_experiment(name) if name else Experiment.from_mapping({})
    assert experiment.digest == KNOWN["experiments"][name]
    assert Experiment.from_mapping(tomllib.loads(experiment.to_toml())).digest == experiment.digest


@pytest.mark.parametrize("name", KNOWN["sweeps"])
def test_the_digests_of_a_sweep_are_what_they_were(name: str) -> None:
    digests = {arm.label: arm.experiment(seed=7).digest for arm in fixed_arms(read_sweep(name))}
    assert digests == KNOWN["sweeps"][name]


# experiments that train a reference on the data of others


@pytest.mark.parametrize("name", ["digits", "best-digits", "fast-400", "stack-digits", "iris"])
def test_data_seed_and_numbers_of_pictures_are_kept(name: str) -> None:
    base = Experiment.read(name).override({"seed": 7})
    made = with_reference(base, "surrogate-gradient", {"network.hidden": [30]})
    assert (made.seed, made.data) == (7, base.data)
    assert made.schedule.train_images == base.schedule.train_images
    assert made.network.hidden == (30,)
    assert made.name == f"{base.name}-surrogate-gradient"
    assert Experiment.from_toml(made.to_toml()) == made


def test_a_network_of_layers_is_kept_and_an_experiment_of_this_kind_only_changed() -> None:
    base = Experiment.from_mapping(
        {"network": {"kind": "layers", "hidden": [9], "beta": 0.7}, "encoding": {"kind": "current"}}
    )
    made = with_reference(base, "surrogate-gradient", {"schedule.passes": 3})
    assert (made.network.hidden, made.network.beta, made.schedule.passes) == ((9,), 0.7, 3)
    again = with_reference(made, "surrogate-gradient", {"reference.batch": 8})
    assert (again.name, again.reference.batch, again.schedule.passes) == (made.name, 8, 3)


@pytest.mark.parametrize(
    ("name", "kind", "clause"),
    [
        (
            "digits",
            "surrogat-gradient",
            "there is no reference 'surrogat-gradient'; did you mean 'surrogate-gradient'?",
        ),
        ("digits", "none", "trains nothing; known are surrogate-gradient, linear"),
        ("order", "surrogate-gradient", "order shows events, but the reference"),
        ("vogels-2011", "surrogate-gradient", "vogels-2011 shows a stream, but the reference"),
    ],
)
def test_what_cannot_be_trained_is_refused(name: str, kind: str, clause: str) -> None:
    with refused(clause):
        with_reference(Experiment.read(name), kind)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("about half a minute on two cores", 0.5),
        ("less than a minute on two cores", 1),
        ("about a minute on two cores with the baselines; 37 s without them", 1),
        ("perhaps ten minutes on two cores", 10),
        ("about half an hour on two cores", 30),
        ("38 minutes on two busy cores (19 of CPU time)", 38),
        ("about 20 s of processor time", 1 / 3),
        ("not measured", math.inf),
    ],
)
def test_the_expected_time_in_minutes(text: str, minutes: float) -> None:
    assert About(expected_time=text).minutes == pytest.approx(minutes)

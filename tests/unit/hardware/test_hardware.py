"""The check of chips: what fits, what does not, and what a stimulus costs there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import Driven, experiment, new_run

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.bridges.hardware import Activity, ChipCheck, Row, check, chips, needs_of
from stdpbench.bridges.hardware.check import energy_text
from stdpbench.bridges.hardware.needs import PROPERTIES
from stdpbench.bridges.hardware.targets import LIMITS
from stdpbench.cli import completion
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.studies.report.chip_check import check_run
from stdpbench.studies.report.evaluated_run import load_run, trained_network
from stdpbench.studies.report.presentations import Presentation, Presenter

DISCRETE = {"kind": "lif-discrete", "beta": 0.9375, "reset_mechanism": "zero", "reset_step": "same"}


def discrete(n_input: int, n: int, **projection: Any) -> Experiment:
    """One layer of discrete neurons, whose decay is 256/4096 per step."""
    feed = {"source": "input", "target": "exc", "receptor": "I_exc", **projection}
    return Experiment.from_mapping(
        {
            "data": {"kind": "digits"},
            "network": {
                "kind": "graph",
                "read": "exc",
                "populations": {"input": {"size": n_input}, "exc": {"size": n, "neuron": DISCRETE}},
                "projections": {"feed": feed},
            },
        }
    )


def checked(made: Experiment, target: str, learned: dict[str, Any] | None = None, n_input: int = 64) -> ChipCheck:
    return check(needs_of(made.graph(1, n_input), learned or {}), chips.get(target), Activity())


def rows(found: ChipCheck, what: str) -> dict[str, Row]:
    return {row.where: row for row in found.rows if row.what == what}


@pytest.mark.parametrize("name", chips.kinds())
def test_every_figure_has_a_source_and_every_name_a_meaning(name: str) -> None:
    target = chips.get(name)
    assert [name, *completion.chips(name)].count(name) == 2
    assert set(target.limits) <= set(LIMITS)
    assert set(target.lacks) <= {*PROPERTIES, "delays"}
    for figure in (target.cores_source, *target.limits.values(), *target.energies.values()):
        assert figure.source
        assert figure.unit
    assert all(lack.source and lack.reason for lack in target.lacks.values())
    sizes = [(cores.synapse_bits or 0) for cores in target.cores]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(cores.count for cores in target.cores) == target.cores_source.value


def test_a_network_made_for_loihi_fits_it_exactly() -> None:
    found = checked(discrete(64, 100, delay="31 ms"), "loihi")
    assert found.fits
    assert found.cores == 1
    assert {row.verdict for row in found.rows} == {"fits"}
    assert rows(found, "decay")["exc"].value == "beta = 0.9375: 256/4096 per step"
    assert rows(found, "longest delay")["feed"].value == "62"  # and no more


def test_conductances_do_not_fit_and_the_offending_values_are_named() -> None:
    mapping = {"data": {"kind": "digits"}, "network": {"n_exc": 400}}
    made = Experiment.from_mapping(mapping)
    learned = {"feed.w": np.random.default_rng(1).random((784, 400))}
    found = {name: checked(made, name, learned, 784) for name in chips.kinds()}
    assert not any(each.fits for name, each in found.items() if name not in ("loihi2", "spinnaker"))
    assert rows(found["loihi"], "conductances")["exc"].value == "adaptive-lif"
    # 1183 synapses of 8 bits each: 110 neurons fill the 2^20 bits of a core
    assert {name: found[name].cores for name in ("loihi", "loihi2", "spinnaker")} == {
        "loihi": 5,
        "loihi2": 4,
        "spinnaker": 4,
    }
    assert "1183 sources" in rows(found["truenorth"], "cores")["exc"].value
    for chip, what, where in (
        ("truenorth", "fan-in of a neuron", "exc"),
        ("dynap-cnn", "cores", "exc"),
        ("truenorth", "different weights of a neuron", "feed"),
    ):
        assert rows(found[chip], what)[where].verdict == "does not fit"


def test_weights_that_a_chip_can_hold_fit_and_others_are_rounded() -> None:
    made = discrete(64, 3, weight={"kind": "trained"}, connect={"kind": "all"})
    w = np.zeros((64, 3))
    w[:5, 0], w[5, 1] = 0.5 * np.array([255, 17, 1, 3, 90]) / 255, 0.25
    exact = checked(made, "loihi", {"feed.w": np.where(w == 0.25, 0.0, w)})
    assert rows(exact, "weights")["feed"].verdict == "fits"
    w[5, 1] = 0.0004
    assert rows(checked(made, "loihi", {"feed.w": w}), "weights")["feed"].verdict == "rounded"
    w[6, 1] = -0.5
    (signed,) = rows(checked(made, "loihi", {"feed.w": w}), "weights").values()
    assert "1 of these bits for the sign" in signed.limit
    assert needs_of(made.graph(1, 64), {"feed.w": w}).projections["feed"].distinct == 5
    w[6, 1] = 0.0
    needs = needs_of(made.graph(1, 64), {"feed.w": w})
    assert needs.fan_in("exc").tolist() == [5, 1, 0]
    assert (needs.projections["feed"].distinct, needs.projections["feed"].n_zero) == (5, 186)


def test_sparse_projections_and_delays_are_counted_synapse_by_synapse() -> None:
    made = discrete(
        64,
        20,
        connect={"kind": "random", "p": 0.5},
        delay={"kind": "uniform", "high": "40 ms"},
        weight={"kind": "uniform", "low": 0.1, "high": 0.2},
    )
    graph = made.graph(1, 64)
    needs = needs_of(graph, {})
    synapses = graph.synapses("feed")
    assert needs.fan_in("exc").tolist() == np.bincount(synapses.target, minlength=20).tolist()
    assert needs.projections["feed"].fan_out.tolist() == np.diff(synapses.first).tolist()
    longest = needs.projections["feed"].delay[1]
    assert 62 < longest <= 80
    for target, verdict in (("loihi", "does not fit"), ("spinnaker", "fits"), ("truenorth", "does not fit")):
        (row,) = rows(checked(made, target), "longest delay").values()
        assert (row.value, row.verdict) == (f"{longest}", verdict)
    assert rows(checked(made, "dynap-cnn"), "delays")["feed"].verdict == "does not fit"


def test_a_time_constant_beyond_the_resolution_of_a_chip_does_not_fit() -> None:
    made = discrete(64, 3).override({"network.populations.exc.neuron.beta": 1 - 1e-5})
    assert rows(checked(made, "loihi"), "decay")["exc"].verdict == "does not fit"
    leaky = rows(checked(discrete(64, 3).override({"network.populations.exc.neuron.beta": 0.9}), "loihi"), "decay")
    assert leaky["exc"].verdict == "rounded"
    assert rows(checked(made.override({"network.populations.exc.neuron.beta": 1.0}), "loihi"), "decay") == {}


# -- of a run --------------------------------------------------------------------------------------------------------


def test_what_is_not_compared_is_said() -> None:
    needs, chip = needs_of(experiment().graph(1, 4), {}), chips.get("loihi")
    spiking, shown_as_currents = (check(needs, chip, Activity(currents=each)) for each in (False, True))
    assert not any("currents" in remark for remark in spiking.remarks)
    assert "The input is currents, without spikes" in " ".join(shown_as_currents.remarks)
    assert "Thresholds are not compared" in " ".join(spiking.to_mapping()["remarks"])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = new_run(
        tmp_path_factory.mktemp("runs"), experiment(schedule__test_images=20, network__inhibition="layer")
    )
    Driven(folder).run()
    return folder


def test_spikes_and_operations_of_a_run_are_those_of_its_evaluation(finished: RunFolder) -> None:
    (found,) = check_run(finished, ("loihi",))
    counts, attempts = finished.read_arrays("test.npz", "spike_counts", "attempts")
    run = load_run(finished)
    images = {"test": run.split.test.unlabelled()}
    with Presenter(run.experiment, images, {"trained": run.learned}, "compiled", 1) as presenter:
        *_, (_, _, responses) = presenter.present([Presentation("trained", "test", len(attempts))])
    shown = {name: float(each.mean()) for name, each in responses.spikes.items()}
    assert found.spikes["exc"] == pytest.approx(counts.sum() / len(counts)) == pytest.approx(shown["exc"])
    assert found.spikes["input"] == pytest.approx(shown["input"])
    assert found.operations["feed"] == pytest.approx(4 * shown["input"])
    assert found.spikes["inh"] is None  # not kept, so not claimed
    assert found.total_operations is None
    operation, update = found.energies
    assert operation.nanojoule is None
    assert update.nanojoule == pytest.approx(8 * 60 * 81e-3)


def test_a_report_says_what_the_run_has_not_kept(finished: RunFolder) -> None:
    by_projection = {"feed": 1.0, "excite": 2.0, "inhibit": 9.0}
    by_projection = {name: by_projection.get(name, 9.0) for name in trained_network(finished).graph.projections}
    report = {"runs": [{"run": finished.path.name, "cost": {"by_projection": by_projection}}]}
    path = finished.path / "report"
    path.mkdir()
    (path / "report.json").write_text(json.dumps(report), encoding="utf-8")
    (found,) = check_run(finished, ("loihi",))
    (inhibition,) = (each for each in trained_network(finished).graph.projections.values() if each.source == "inh")
    assert inhibition.target == "exc"
    assert found.spikes["inh"] == pytest.approx(3.0)  # of which each reaches three others
    assert found.total_operations == pytest.approx(sum(each or 0.0 for each in found.operations.values()))
    assert found.energies[0].nanojoule == pytest.approx((found.total_operations or 0) * 23.6e-3)
    (path / "report.json").write_text("[]", encoding="utf-8")
    assert check_run(finished, ("loihi",))[0].spikes["inh"] is None


def test_the_command_prints_each_limit_with_its_source(
    finished: RunFolder, call: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    shown = call("hardware", str(finished.path))
    for target in chips.usable().values():
        assert target.title in shown
        assert target.cores_source.source in shown
    assert "not known" in shown
    (found,) = json.loads(call("hardware", str(finished.path), "--target", "truenorth", "--json"))["targets"]
    assert found["target"] == "truenorth"
    assert not found["fits"]
    assert all(row["source"] for row in found["rows"])
    assert [each.to_mapping() for each in stdpbench.open_run(finished.path).hardware("truenorth")] == [found]


def test_what_cannot_be_checked_is_refused_in_one_sentence(finished: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(StdpbenchError, match="there is no chip 'loihi3'; did you mean"):
        check_run(finished, ("loihi3",))
    with pytest.raises(StdpbenchError, match="has not been started yet"):
        check_run(new_run(tmp_path), ("loihi",))


# checks of chips as plain text


@pytest.mark.parametrize(
    ("picojoule", "text"),
    [(0.5, "0.5 pJ"), (23.6, "23.6 pJ"), (1690, "1.69 nJ"), (4.23e11, "423 mJ"), (2e12, "2 J")],
)
def test_energies_have_a_unit(picojoule: float, text: str) -> None:
    assert energy_text(picojoule) == text

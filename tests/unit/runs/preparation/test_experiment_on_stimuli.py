"""Settings for own signals, events and tables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import datasets
from stdpbench.data.datasets.recognition import stimuli_at
from stdpbench.experiment import read_experiment
from stdpbench.experiment.dry_run import shown_numbers
from stdpbench.experiment.own_stimuli import (
    encoders_for,
    experiment_on_stimuli,
    stimuli_sentence,
    suggested_neurons,
)
from stdpbench.runs.preparation.start import check_weights, load_split

SOURCES: dict[str, dict[str, Any]] = {
    "table": {"kind": "tabular"},
    "few spikes": {"kind": "order", "classes": 3, "n_train": 30, "n_test": 3},
    "events": {"kind": "order", "spikes": 20, "duration": "300 ms", "span": "300 ms", "n_train": 30, "n_test": 3},
}


@pytest.mark.parametrize("name", SOURCES)
def test_neurons_get_the_same_drive(name: str) -> None:
    source = datasets.build(SOURCES[name], "data")
    split = source.prepare()
    made = experiment_on_stimuli(source, split, encoders_for(source)[0], suggested_neurons(split), "mine")
    numbers = shown_numbers(made, split, 40)
    mean = made.network.weight_sum / numbers.n_inputs
    assert mean * numbers.spikes[1] == pytest.approx(170, rel=0.02)
    assert mean <= 0.51 * made.plasticity.w_max
    assert (made.plasticity.w_max > 1) == (name == "few spikes")
    assert numbers.cut == 0
    assert made.data == source


def test_signals_get_a_threshold_that_evokes_enough_spikes(tmp_path: Path) -> None:
    values = 1000 * np.sin(np.arange(60) / 5)[None, None, :] * np.ones((6, 2, 1))
    np.savez(tmp_path / "x.npz", values=values, labels=[0, 1] * 3)
    source = datasets.build({"kind": "signals", "path": str(tmp_path / "x.npz"), "scale": False}, "data")
    split = source.prepare()
    assert stimuli_sentence(source, split).startswith("5 training and 1 test signals of 2 channels, 600 ms long, in 2")
    made = experiment_on_stimuli(source, split, "delta", 10, "mine")
    assert shown_numbers(made, split, 40).spikes[1] >= 300
    assert made.schedule.stimulus == 600
    np.savez(tmp_path / "x.npz", values=np.ones((6, 2, 9)), labels=[0, 1] * 3)
    with pytest.raises(StdpbenchError, match="evokes no spikes with these data"):
        experiment_on_stimuli(source, source.prepare(), "delta", 10, "mine")


ROWS = "\n".join(f"{n % 2},{n % 3},{'xy'[n % 2]}" for n in range(30))


def test_a_file_that_leaves_settings_open_gets_those_of_its_data(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROWS)
    head = f"[data]\nkind = 'tabular'\npath = '{tmp_path / 'rows.csv'}'\n[encoding]\nkind = 'population'\n"
    file = tmp_path / "mine.toml"
    file.write_text(f"{head}g_min = 0.2\n[network]\nn_exc = 7\n[schedule]\npasses = 3\n[plasticity]\nw_max = 90.0\n")
    made = read_experiment(file)
    split = load_split(made, validation=False)
    check_weights(made, split)
    numbers = shown_numbers(made, split)
    assert made.network.weight_sum == pytest.approx(170 / numbers.spikes[1] * numbers.n_inputs, rel=0.02)
    assert (made.encoding.g_min, made.network.n_exc, made.schedule.passes, made.plasticity.w_max) == (0.2, 7, 3, 90.0)
    assert (made.name, made.data.path) == ("mine", str(tmp_path / "rows.csv"))
    assert read_experiment(file).digest == made.digest
    file.write_text(made.to_toml())
    assert read_experiment(file).digest == made.digest
    file.write_text(head.replace("rows.csv", "gone.csv"))
    assert read_experiment(file).network.weight_sum == 78  # the data may be given later


def test_weights_that_are_too_large_for_the_data_are_refused_with_those_that_fit(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROWS)
    (tmp_path / "mine.toml").write_text(
        f"[data]\nkind = 'tabular'\npath = '{tmp_path / 'rows.csv'}'\n[encoding]\nkind = 'population'\n"
        "[network]\nweight_sum = 78\n"
    )
    made = read_experiment(tmp_path / "mine.toml")
    split = load_split(made, validation=False)
    with pytest.raises(StdpbenchError, match=r"network\.weight_sum = 78 over 16 inputs") as refused:
        check_weights(made, split)
    advised = dict(re.findall(r"([\w.]+) = ([\d.]+)", str(refused.value).rpartition("with ")[2]))
    assert advised.keys() == {"network.weight_sum", "plasticity.w_max", "plasticity.nu_pre", "plasticity.nu_post"}
    check_weights(made.override(advised), split)


def test_what_is_at_a_path(tmp_path: Path) -> None:
    def kind(path: Path) -> str | None:
        source = stimuli_at(path)
        return None if source is None else str(source.to_mapping()["kind"])

    (tmp_path / "a.csv").write_text("# words\nRecording;Index;Time\n1;2;3\n")
    (tmp_path / "b.csv").write_text("1,2,x\n")
    np.savez(tmp_path / "c.npz", images=np.zeros((3, 4, 4)))
    np.savez(tmp_path / "d.npz", values=np.zeros((3, 4, 4)))
    np.savez(tmp_path / "e.npz", index=[0], time=[0.1], first=[0])
    (tmp_path / "f.npz").write_bytes(b"hello")
    (tmp_path / "g.csv").write_bytes(b"\xff\xfe\0")
    expected = {"a.csv": "events", "b.csv": "tabular", "c.npz": None, "d.npz": "signals", "e.npz": "events"}
    expected |= {"f.npz": None, "g.csv": "tabular", "h.ts": "signals", "i.h5": "events", "nowhere": None}
    assert {name: kind(tmp_path / name) for name in expected} == expected
    (tmp_path / "of signals" / "slow").mkdir(parents=True)
    (tmp_path / "of signals" / "slow" / "1.csv").write_text("1\n2\n")
    (tmp_path / "of pictures" / "cats").mkdir(parents=True)
    (tmp_path / "of pictures" / "cats" / "1.png").write_bytes(b"")
    (tmp_path / "of one").mkdir()
    (tmp_path / "of one" / "b.csv").write_text("1,2,x\n")
    found = [kind(tmp_path / name) for name in ("of signals", "of pictures", "of one")]
    assert found == ["signals", None, "tabular"]
    for half in ("Train", "Test"):
        (tmp_path / "n" / half / "0").mkdir(parents=True)
    for name in ("shd_train.h5", "shd_test.h5"):
        (tmp_path / name).write_bytes(b"")
    assert (kind(tmp_path / "n"), kind(tmp_path)) == ("n-mnist", "shd")

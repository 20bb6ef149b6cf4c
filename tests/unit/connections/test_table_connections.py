"""Connections from a file: what is read, what is refused, and that a run does not depend on the file any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import projection_delays, projection_weights
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import branch
from stdpbench.runs.lineage.export import export_run, unpack_run
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.protocol.options import Options

EXPERIMENT = """
[data]
kind = "none"

[network]
kind = "graph"

[network.populations.exc]
size = 6
neuron = "lif"

[network.projections.within]
source = "exc"
target = "exc"
receptor = "ge"
connect = { kind = "table", file = "synapses.csv" }

[schedule]
between = "stream"
duration = "1 s"
"""
ROWS = "source,target,weight,delay\n5,0,0.5,1\n0,3,0.25,2.2\n\n0,1,1e-3,0\n"


def written(folder: Path, text: str = ROWS, **changes: Any) -> Experiment:
    (folder / "synapses.csv").write_text(text, encoding="utf-8")
    (folder / "mine.toml").write_text(EXPERIMENT, encoding="utf-8")
    made = read_experiment(folder / "mine.toml")
    return made.override({f"network.projections.within.{name}": v for name, v in changes.items()}) if changes else made


def test_synapses_weights_and_delays_are_those_of_the_file(tmp_path: Path) -> None:
    graph = written(tmp_path).graph()
    synapses = graph.synapses("within")
    assert list(zip(synapses.source.tolist(), synapses.target.tolist(), strict=True)) == [(0, 1), (0, 3), (5, 0)]
    assert projection_weights(graph)["within"].tolist() == [1e-3, 0.25, 0.5]
    assert projection_delays(graph)["within"].tolist() == [0, 4, 2]  # steps of 0.5 ms, rounded
    assert graph.projections["within"].delay.longest == 2.2


def test_weights_and_delays_that_the_file_does_not_give_are_those_of_the_projection(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    made = written(tmp_path, "target,source\n1,0\n2,0\n", weight="0.7", delay="2 ms")
    projection = made.graph().projections["within"]
    assert (projection.weight.value, projection.delay.value) == (0.7, 2.0)
    assert made.graph().synapses("within").target.tolist() == [1, 2]


@pytest.mark.parametrize("suffix", ["npz", "npy"])
def test_arrays_are_the_same_as_lines(tmp_path: Path, suffix: str) -> None:
    made, file = written(tmp_path), tmp_path / f"synapses.{suffix}"
    columns = {"source": [5, 0, 0], "target": [0, 3, 1], "weight": [0.5, 0.25, 1e-3], "delay": [1.0, 2.2, 0.0]}
    if suffix == "npz":
        np.savez(file, **columns)
    else:
        rows = np.array(list(zip(*columns.values(), strict=True)), [(name, float) for name in columns])
        np.save(file, rows)
    other = made.override({"network.projections.within.connect.file": str(file)})
    assert other.digest == made.digest
    assert not other.differences(made)


def test_the_digest_is_that_of_the_synapses_and_not_of_the_file(tmp_path: Path) -> None:
    one = written(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    again = written(tmp_path / "elsewhere", "delay,target,source,weight\n0,1,0,0.001\n1.0,0,5,0.5\n2.2,3,0,0.25\n")
    other = written(tmp_path / "elsewhere", ROWS.replace("0.25", "0.26"))
    assert one.digest == again.digest != other.digest
    assert list(one.differences(other)) == ["network.projections.within.connect.sha256"]
    assert Experiment.from_toml(one.to_toml()) == one


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty; it must hold lines of numbers"),
        ("0,1\n1,2\n", "has no names of columns; they are source,target"),
        ("source,target\n", "holds only a header line"),
        ("source,target,wieght\n0,1,2\n", "the header line has the unknown column 'wieght'; did you mean 'weight'?"),
        ("source,weight\n0,1\n", "the header line has no column 'target'"),
        ("source,source,target\n0,1,1\n", "the header line has the column 'source' twice"),
        ("source,target\n0,1\n0\n", "line 3 has 1 cells, but the first line has 2"),
        ("source,target\n0,1\n0,1.5\n", "line 3: target must be the number of a neuron, from 0, not 1.5"),
        ("source,target\n-1,1\n", "line 2: source must be the number of a neuron, from 0, not -1"),
        ("source,target,delay\n0,1,-2\n", "line 2: delay must be a time from 0 to 100 ms, not -2"),
        (
            "source,target,delay\n0,1,1\n\n0,2,2 ms\n",
            "line 4: column 'delay' holds '2 ms'; it must hold a finite number",
        ),
        ("source,target,weight\n0,1,nan\n", "line 2: column 'weight' holds 'nan'; it must hold a finite number"),
        ("source,target,weight\n0,1,inf\n", "line 2: column 'weight' holds 'inf'; it must hold a finite number"),
        ("source,target\n0,1\n0,6\n5,2\n", "needs a larger target: line 3 of .* names neuron 6 of 6, from 0"),
        ("source,target\n3,1\n0,1\n3,1\n", "a synapse from 3 to 1 twice, in line 2 and line 4 of .*allow multapses"),
        ("source,target\n0,1\n4,4\n", "a synapse of neuron 4 with itself, in line 3 of .*; allow autapses"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with refused("network.projections.within.connect", match=words, alone=True):
        written(tmp_path, text)


def test_several_synapses_of_a_pair_and_of_a_neuron_with_itself_are_options(tmp_path: Path) -> None:
    (tmp_path / "synapses.csv").write_text("source,target,weight\n3,1,0.1\n4,4,0.3\n3,1,0.2\n", encoding="utf-8")
    text = EXPERIMENT.replace('"synapses.csv"', '"synapses.csv", autapses = true, multapses = true')
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    graph = read_experiment(tmp_path / "mine.toml").graph()
    assert graph.synapses("within").target.tolist() == [1, 1, 4]
    assert projection_weights(graph)["within"].tolist() == [0.1, 0.2, 0.3]


def test_weights_are_given_once(tmp_path: Path) -> None:
    with pytest.raises(StdpbenchError, match=r"weight is given twice, here and in .*; remove one of them"):
        written(tmp_path, weight="0.5")
    with pytest.raises(StdpbenchError, match=r"weight\.kind is 'table', but .* has no column 'weight'"):
        written(tmp_path, "source,target\n0,1\n", **{"weight.kind": "table"})
    made = written(tmp_path, "source,target\n0,1\n")
    with pytest.raises(StdpbenchError, match="'table' is for the connection 'table', whose file gives it"):
        made.override(
            {
                "network.projections.within.connect.kind": "all",
                "network.projections.within.delay.kind": "table",
            }
        )


def test_a_file_that_has_changed_is_not_taken_for_the_same(tmp_path: Path) -> None:
    made = written(tmp_path, ROWS.replace("0.25", "0.24"))  # nowhere else
    (tmp_path / "synapses.csv").write_text(ROWS, encoding="utf-8")
    with pytest.raises(StdpbenchError, match="does not list the synapses of this experiment"):
        made.graph().projections["within"].connect.rows()
    with pytest.raises(StdpbenchError, match="there is no file"):
        read_experiment(tmp_path / "mine.toml").override(
            {"network.projections.within.connect.file": str(tmp_path / "none.csv")}
        )


def test_a_run_keeps_the_synapses_wherever_it_goes(tmp_path: Path) -> None:
    made = written(tmp_path)
    folder = create_run(made, tmp_path / "runs", Options())
    (tmp_path / "synapses.csv").unlink()
    wanted = projection_weights(folder.experiment.graph())["within"].tolist()
    assert wanted == [1e-3, 0.25, 0.5]
    moved = RunFolder(folder.path.rename(tmp_path / "moved"))
    elsewhere = unpack_run(export_run(moved, tmp_path / "run.zip"), tmp_path / "unpacked")
    branched = branch(moved, 0, runs=tmp_path / "runs")
    for each in (moved, elsewhere, branched):
        experiment = each.experiment
        assert experiment.digest == made.digest
        assert projection_weights(experiment.graph())["within"].tolist() == wanted
        # as in a checkpoint, which may have been written in another place
        stale = Experiment.from_mapping(made.to_mapping())
        assert projection_delays(stale.graph())["within"].tolist() == [0, 4, 2]
    next((elsewhere.path / "tables").iterdir()).write_bytes(b"damaged")
    with pytest.raises(StdpbenchError, match=r"is damaged, or not an \.npz file"):
        _ = elsewhere.experiment

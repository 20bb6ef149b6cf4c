"""Streams with sparse projections, and networks whose rule acts once a second: kills, pauses and branches."""

from __future__ import annotations

import numpy as np
import pytest
from harness import drive, finished, killed_at_position, new_run
from sparse_streams import sparse_stream

from stdpbench.engine.simulators import find_compiler
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.learned_arrays import learned_file
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import branch
from stdpbench.runs.protocol.facts import Piece

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")


def results(folder: RunFolder, made: Experiment) -> tuple[dict[str, bytes], list[Piece]]:
    """Return the weights at the end, to the byte, and the measures of all pieces."""
    weights = {name: np.load(folder.path / learned_file(f"{name}.w")).tobytes() for name in made.graph().plastic}
    return weights, [record.fact for record in read_journal(folder.path) if isinstance(record.fact, Piece)]


@pytest.fixture(scope="module")
def sparse(tmp_path_factory):
    made = sparse_stream()
    folder = new_run(tmp_path_factory.mktemp("sparse"), made)
    finished(folder)
    return folder, made, results(folder, made)


def test_branches_of_a_sparse_stream(sparse, tmp_path):
    parent, made, (weights, pieces) = sparse
    assert len(set(weights)) == 2
    same = branch(parent, 7, runs=tmp_path)
    finished(same)
    assert results(same, made) == (weights, pieces)
    other = branch(parent, 7, {"network.projections.loop.plasticity.a_plus": 0.05}, tmp_path)
    finished(other)
    changed, measured = results(other, made)
    assert changed["loop"] != weights["loop"]
    assert measured[:7] == pieces[:7]


def test_the_cut_of_a_sparse_stream_changes_nothing(sparse, tmp_path):
    _, made, (weights, _) = sparse
    once = made.override({"schedule.piece": "2.4 s"})
    folder = new_run(tmp_path, once)
    finished(folder)
    assert results(folder, once)[0] == weights


def test_a_killed_run_of_polychrony_2006_continues_to_the_byte(tmp_path):
    # weights change at whole seconds by what traces have gathered since: pieces of 0.4 s end between these
    made = read_experiment("polychrony-2006").override({"schedule.duration": "3.2 s", "schedule.piece": "0.4 s"})
    whole, killed = (new_run(tmp_path, made) for _ in range(2))
    finished(whole)
    expected = results(whole, made)
    assert all((np.frombuffer(w) != 6.0).any() for w in expected[0].values())  # all start at 6
    for at in (4, 6):
        drive(killed, die=killed_at_position(at))
    finished(killed)
    assert results(killed, made) == expected

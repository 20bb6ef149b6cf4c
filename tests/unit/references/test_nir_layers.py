"""Networks of rectified units in NIR files, and files that have none."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.bridges.nir.layers import layers_of
from stdpbench.experiment.references.layer_file import read_layers

RANDOM = np.random.default_rng(5)
CONV, GROUPED, DENSE = (RANDOM.normal(0, 1, shape) for shape in ((4, 1, 3, 3), (6, 2, 3, 3), (10, 54)))
BIAS = RANDOM.normal(0, 1, 10)


def neurons(*shape: int, r: float = 1.0, threshold: float = 1.0) -> nir.IF:
    return nir.IF(r=np.full(shape, r), v_threshold=np.full(shape, threshold))


def conv(weight: Any, sides: tuple[int, int], **others: Any) -> nir.Conv2d:
    usual = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": np.zeros(len(weight))}
    return nir.Conv2d(sides, weight, **{**usual, **others})


def nodes() -> dict[str, Any]:
    """8 × 8 → 4 × 8 × 8 → 4 × 4 × 4 → 6 × 3 × 3 → 10."""
    pool = {"kernel_size": np.array([2, 2]), "stride": np.array([2, 2]), "padding": np.array([0, 0])}
    return {
        "in": nir.Input(np.array([1, 8, 8])),
        "a": conv(CONV, (8, 8), padding="same", bias=np.arange(4.0)),
        "a_if": neurons(4, 8, 8, threshold=2.0),
        "pool": nir.SumPool2d(**pool),
        "b": conv(GROUPED, (4, 4), padding=1, dilation=2, groups=2, stride=(1, 1)),
        "b_if": neurons(6, 2, 2, r=3.0),
        "flat": nir.Flatten(np.array([6, 2, 2]), 0, -1),
        "c": nir.Affine(DENSE[:, :24], BIAS),
        "out": nir.Output(np.array([10])),
    }


def written(folder: Path, made: dict[str, Any], edges: list[tuple[str, str]] | None = None) -> Path:
    names = list(made)
    graph = nir.NIRGraph(made, edges or list(pairwise(names)), type_check=False)
    nir.write(folder / "net.nir", graph)
    return folder / "net.nir"


def test_a_chain_becomes_layers_with_the_slopes_of_its_neurons(tmp_path: Path) -> None:
    made = read_layers(written(tmp_path, nodes()))  # in another process
    assert [layer.name for layer in made.layers] == ["conv1", "pool1", "conv2", "dense1"]
    assert [stage.after for stage in made.stages] == [(4, 8, 8), (6, 2, 2), (10,)]
    first, pool, second, last = made.layers
    assert first.weight is not None
    assert second.weight is not None
    assert first.padding == (1, 1)
    np.testing.assert_array_equal(first.weight, CONV / 2)
    np.testing.assert_array_equal(first.bias, np.arange(4.0) / 2)
    assert pool.factor == 1
    assert second.size == (5, 5)
    np.testing.assert_array_equal(second.weight[:3, :2, ::2, ::2], GROUPED[:3] * 3)
    np.testing.assert_array_equal(second.weight[3:, 2:, ::2, ::2], GROUPED[3:] * 3)
    assert np.count_nonzero(second.weight) == GROUPED.size
    np.testing.assert_array_equal(last.weight, DENSE[:, :24])
    np.testing.assert_array_equal(last.bias, BIAS)


def test_a_list_of_inputs_is_a_square_picture(tmp_path: Path) -> None:
    made = {"in": nir.Input(np.array([49])), "c": nir.Linear(DENSE[:, :49]), "out": nir.Output(np.array([10]))}
    assert layers_of(written(tmp_path, made)).shape == (1, 7, 7)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"b_if": nir.LIF(*(np.ones((6, 2, 2)),) * 4)}, "the node 'b_if' is of type LIF, which does not stand for"),
        ({"a_if": None}, "pool follows a without neurons of type IF between them"),
        ({"a": conv(CONV[:, :, :2, :2], (8, 8), padding="same")}, "a has padding 'same' with an even kernel"),
        ({"a": conv(CONV * np.nan, (8, 8))}, "the weight of a has values that are not finite numbers"),
        ({"b": conv(GROUPED, (4, 4), groups=1)}, "b.weight takes 2 channels, but pool gives 4"),
        ({"a_if": neurons(4, 8, 7)}, "a_if has 224 neurons, but gets 4 × 8 × 8 numbers"),
        ({"a_if": neurons(4, 8, 8, threshold=0.0)}, "r and v_threshold of a_if must be larger than 0"),
        ({"c": nir.Affine(DENSE[:, :20], BIAS)}, "c.weight takes 20 numbers, but b gives 6 × 2 × 2 = 24"),
    ],
)
def test_what_cannot_be_converted_is_refused_by_its_name(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    made = {name: node for name, node in {**nodes(), **changes}.items() if node is not None}
    with pytest.raises(StdpbenchError) as caught:
        layers_of(written(tmp_path, made))
    assert len(caught.value.sentences) == 1
    assert str(caught.value).startswith(f"net.nir: {sentence}")


def test_branches_and_damaged_files_are_refused(tmp_path: Path) -> None:
    made = nodes()
    names = list(made)
    edges = [*pairwise(names), ("a_if", "c")]
    with pytest.raises(StdpbenchError, match="a_if is between 1 and 2 nodes; a chain of layers"):
        layers_of(written(tmp_path, made, edges))
    (tmp_path / "net.nir").write_bytes(b"no network")
    with pytest.raises(StdpbenchError, match="is not a NIR file"):
        read_layers(tmp_path / "net.nir")

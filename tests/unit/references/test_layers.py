"""Layers of trained networks: what they compute, how they become synapses, and files that are refused."""

from __future__ import annotations

import re
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest
from numpy.typing import NDArray
from refusals import refused
from scipy.signal import correlate2d

from stdpbench.base.errors import StdpbenchError
from stdpbench.bridges.nir.layers import layers_of
from stdpbench.experiment.references.converted import Kernels, as_neurons, kernels_of, matrix_of, network_table
from stdpbench.experiment.references.layer_file import arrays_of, read_layers
from stdpbench.experiment.references.layer_network import LayerNetwork, Stage

ARRAYS: dict[str, Any] = {
    "input": [1, 8, 8],
    "layers": ["conv1", "pool1", "conv2", "dense1"],
    "conv1.weight": np.ones((3, 1, 3, 3)),
    "conv1.bias": np.ones(3),
    "pool1.size": 2,
    "conv2.weight": np.ones((4, 3, 2, 2)),
    "dense1.weight": np.ones((10, 16)),
}


def saved(folder: Path, arrays: dict[str, Any]) -> Path:
    np.savez(folder / "net.npz", **arrays)
    return folder / "net.npz"


def network(folder: Path, **arrays: Any) -> LayerNetwork:
    return read_layers(saved(folder, arrays))


def whole(random: np.random.Generator, *shape: int) -> NDArray[np.float64]:
    """Whole numbers, whose sums have no rounding."""
    return random.integers(-9, 10, shape).astype(np.float64)


def through_synapses(stage: Stage, kernels: Kernels, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a projection of kind local with tied weights sums up, as (channels, rows, columns)."""
    source, target = ((*shape[1:], shape[0]) for shape in (stage.before, stage.after))
    synapses = kernels.connect.draw(np.random.default_rng(0), source, target, recurrent=False)
    found = as_neurons(x[None]) @ synapses.dense(kernels.tied(source, target))
    return found.reshape(target).transpose(2, 0, 1)


@pytest.mark.parametrize(("side", "stride", "padding"), [(3, 1, 0), (3, 1, 1), (5, 2, 2), (2, 2, 0), (4, 3, 1)])
def test_a_sparse_projection_is_a_convolution_to_the_last_bit(
    tmp_path: Path, side: int, stride: int, padding: int
) -> None:
    random = np.random.default_rng(side)
    made = network(
        tmp_path,
        input=[3, 9, 11],
        layers=["conv1", "pool9"],
        **{
            "conv1.weight": whole(random, 4, 3, side, side),
            "conv1.stride": stride,
            "conv1.padding": padding,
            "pool9.size": _places((9, 11), side, stride, padding),
        },
    )
    stage, x = made.stages[0], whole(random, 3, 9, 11)
    kernels = kernels_of(stage)
    assert kernels is not None
    wide, weight = np.pad(x, ((0, 0), (padding, padding), (padding, padding))), made.layers[0].weight
    assert weight is not None
    wanted = [
        sum(correlate2d(each, k, "valid") for each, k in zip(wide, own, strict=True))[::stride, ::stride]
        for own in weight
    ]
    assert np.array_equal(through_synapses(stage, kernels, x), wanted)
    assert np.array_equal(stage.apply(x[None])[0], wanted)


def _places(sides: tuple[int, int], side: int, stride: int, padding: int) -> list[int]:
    return [(each + 2 * padding - side) // stride + 1 for each in sides]


@pytest.mark.parametrize(
    ("pool", "conv", "tied"),
    [
        ({"size": 2}, {"side": 3}, True),
        ({"size": 2}, {"side": 3, "padding": 1}, True),
        ({"size": 3, "stride": 1}, {"side": 2, "stride": 2}, True),
        ({"size": 3, "padding": 1, "stride": 2}, {"side": 2}, True),
        ({"size": 3}, {"side": 3, "padding": 1}, False),  # 10 is no multiple of 3
        ({"size": 3, "stride": 1}, {"side": 3, "padding": 1}, False),
        ({"size": [2, 1]}, {"side": 3}, False),
    ],
)
def test_pooling_before_a_convolution_is_part_of_it(
    tmp_path: Path, pool: dict[str, Any], conv: dict[str, Any], tied: bool
) -> None:
    random, side = np.random.default_rng(4), conv.pop("side")
    arrays = {
        "input": [2, 10, 10],
        "layers": ["pool1", "conv1", "dense1"],
        **{f"pool1.{name}": value for name, value in pool.items()},
        "pool1.factor": 1.0,
        "conv1.weight": whole(random, 3, 2, side, side),
        "conv1.bias": whole(random, 3),
        **{f"conv1.{name}": value for name, value in conv.items()},
    }
    shape = _after(tmp_path, arrays)
    stage = network(tmp_path, **arrays, **{"dense1.weight": np.ones((2, int(np.prod(shape))))}).stages[0]
    x, zero = whole(random, 2, 10, 10), np.zeros((1, 2, 10, 10))
    wanted = stage.apply(x[None]) - stage.apply(zero)
    kernels = kernels_of(stage)
    assert (kernels is not None) == tied
    if kernels is not None:
        assert np.array_equal(through_synapses(stage, kernels, x), wanted[0])
    assert np.array_equal(as_neurons(x[None]) @ matrix_of(stage), as_neurons(wanted))


def _after(folder: Path, arrays: dict[str, Any]) -> tuple[int, ...]:
    """Shape of what the first convolution gives, from the error of a layer that does not fit it."""
    with pytest.raises(StdpbenchError, match="gives") as caught:
        network(folder, **arrays, **{"dense1.weight": np.ones((2, 7))})
    return tuple(int(each) for each in str(caught.value).partition("conv1 gives ")[2].partition(" =")[0].split(" × "))


def test_a_file_that_was_written_is_the_same_network(tmp_path: Path) -> None:
    made = network(tmp_path, **ARRAYS, mean=0.1, std=[0.3])
    np.savez(tmp_path / "again.npz", **arrays_of(made))
    again = read_layers(tmp_path / "again.npz")
    assert again.digest == made.digest
    assert [each.name for each in again.stages] == ["conv1", "conv2", "dense1"]
    assert network(tmp_path, **{**ARRAYS, "pool1.factor": 1.0}).digest != made.digest


def test_a_table_has_a_population_for_each_rectification(tmp_path: Path) -> None:
    table = network_table(network(tmp_path, **ARRAYS))
    assert {name: each.get("shape") for name, each in table["populations"].items()} == {
        "input": [8, 8],
        "bias": None,
        "conv1": [6, 6, 3],
        "conv2": [2, 2, 4],
        "output": [10],
    }
    connect = {name: each.get("connect") for name, each in table["projections"].items()}
    assert connect["feed2"] == {"kind": "local", "field": 4, "stride": 2}
    assert connect["feed3"] is None
    assert table["projections"]["bias_conv2"]["delay"] == 1.0
    plain = {name: array for name, array in ARRAYS.items() if name != "conv1.bias"}
    assert "bias" not in network_table(network(tmp_path, **plain))["populations"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"layers": None}, "the array 'layers' is missing"),
        ({"conv2.weight": None}, "the array 'conv2.weight' is missing"),
        ({"layers": ["conv1", "maxpool1"]}, "the layer 'maxpool1' must be called conv, pool or dense"),
        ({"layers": ["conv1", "conv1"]}, "layers names 'conv1' twice"),
        ({"conv1.strides": 2}, "the array 'conv1.strides' is unknown; did you mean 'conv1.stride'?"),
        ({"conv1.bias": [1.0, np.nan, np.inf]}, "conv1.bias has 2 values that are not finite numbers"),
        ({"conv1.bias": ["a", "b", "c"]}, "conv1.bias must be an array of numbers"),
        ({"conv1.bias": [1.0]}, "conv1.bias must have 3 values"),
        ({"conv1.weight": np.ones((3, 1, 3))}, "conv1.weight must have the shape (channels, channels before, rows"),
        ({"conv1.padding": 3}, "conv1.padding must be less than its size (3), not 3"),
        ({"conv1.stride": 0.5}, "conv1.stride must be one whole number of at least 1, or two"),
        ({"conv2.weight": np.ones((4, 2, 2, 2))}, "conv2.weight takes 2 channels, but pool1 gives 3"),
        ({"conv2.weight": np.ones((4, 3, 5, 5))}, "conv2 covers 5 × 5 values, but pool1 gives 3 × 3"),
        ({"dense1.weight": np.ones((10, 9))}, "dense1.weight takes 9 numbers, but conv2 gives 4 × 2 × 2 = 16"),
        ({"layers": ["conv1", "pool1", "conv2"], "dense1.weight": None}, "the last layer conv2 gives 4 × 2 × 2"),
        (
            {"layers": ["dense1", "conv1"], "dense1.weight": np.ones((9, 64))},
            "conv1 needs rows and columns, but dense1",
        ),
        ({"input": [8, 8]}, "input must be the number of channels, rows and columns"),
        ({"std": 0.0}, "std must be larger than 0"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    arrays = {name: value for name, value in {**ARRAYS, **changes}.items() if value is not None}
    for name in ("pool1.size", "conv2.weight", "conv1.bias", "dense1.weight", "conv1.weight"):
        if name.partition(".")[0] not in arrays.get("layers", name):
            arrays.pop(name, None)
    with refused(match=f"^net\\.npz: {re.escape(sentence)}", alone=True):
        network(tmp_path, **arrays)


def test_files_that_are_no_networks_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no archive", encoding="utf-8")
    (tmp_path / "net.h5").write_bytes(b"")
    whole_archive = BytesIO()
    np.savez(whole_archive, **ARRAYS)
    (tmp_path / "cut.npz").write_bytes(whole_archive.getvalue()[:900])
    np.savez_compressed(tmp_path / "large.npz", x=np.zeros(2**25 + 10))
    for name, clause in (
        ("text.npz", "is damaged, or not an .npz file"),
        ("cut.npz", "is damaged, or not an .npz file"),
        ("large.npz", "declares 256 MiB of values, .* at most 162 MiB"),
        ("net.h5", r"must be a NumPy archive \(.npz\) or a NIR file"),
        ("none.npz", "there is no file"),
    ):
        with pytest.raises(StdpbenchError, match=clause):
            read_layers(tmp_path / name)
    colour = network(tmp_path, input=[3, 2, 2], layers=["dense1"], **{"dense1.weight": np.ones((2, 12))})
    with pytest.raises(StdpbenchError, match="input has 3 channels, but pictures here have one"):
        network_table(colour)


# networks of rectified units in NIR files, and files that have none

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
        ({"a_if": None}, "pool follows a without IF neurons between them"),
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
    with refused(match=f"^net\\.nir: {re.escape(sentence)}", alone=True):
        layers_of(written(tmp_path, made))


def test_branches_and_damaged_files_are_refused(tmp_path: Path) -> None:
    made = nodes()
    names = list(made)
    edges = [*pairwise(names), ("a_if", "c")]
    with pytest.raises(StdpbenchError, match="a_if has 1 incoming and 2 outgoing edges"):
        layers_of(written(tmp_path, made, edges))
    (tmp_path / "net.nir").write_bytes(b"no network")
    with pytest.raises(StdpbenchError, match="is not a NIR file"):
        read_layers(tmp_path / "net.nir")

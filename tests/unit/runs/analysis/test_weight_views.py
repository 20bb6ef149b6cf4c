from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph
from stdpbench.runs.analysis import weight_views
from stdpbench.runs.analysis.fields import pooled
from stdpbench.runs.analysis.weight_views import (
    WeightView,
    has_view,
    preferred_order,
    static_weights,
    view_of,
)

RULE = {"kind": "diehl-cook-triplet"}


def graph(*, target: object = 6, between: str = "exc", **projection: Any) -> Graph:
    """Return a network with a projection from the input, or within exc, of this form."""
    exc = {"neuron": {"kind": "lif"}, **({"shape": target} if isinstance(target, list) else {"size": target})}
    made = {"source": "input", "target": "exc", "receptor": "ge", "weight": {"kind": "uniform"}} | projection
    mapping = {
        "name": "one",
        "data": {"kind": "digits"},
        "network": {"kind": "graph", "populations": {"input": {}, "exc": exc}, "projections": {"p": made}},
    }
    return Experiment.from_mapping(mapping).graph(8, 8)


def weights(view: WeightView) -> np.ndarray:
    """Return weights that differ, in the form in which they are stored."""
    w = np.random.default_rng(3).random(view.n_weights).astype(np.float32)
    return w if view.synapses is not None else w.reshape(view.n_source, view.n_target)


def test_fields_of_a_sparse_projection_tell_no_synapse_from_a_weight_of_zero() -> None:
    net = graph(connect={"kind": "random", "p": 0.3}, plasticity=RULE)
    view = view_of(net, "p", (8, 8))
    assert (view.form, view.shape, view.recurrent) == ("fields", (8, 8), False)
    w = weights(view)
    w[:5] = 0
    fields, dense = view.fields(w), net.synapses("p").dense(w, absent=np.nan)
    np.testing.assert_allclose(fields, dense, rtol=1e-6)
    assert np.isnan(fields).any()
    assert (fields == 0).sum() == 5
    for neuron in range(6):
        np.testing.assert_array_equal(view.incoming(w, neuron), fields[:, neuron])
        assert view.n_incoming()[neuron] == np.isfinite(fields[:, neuron]).sum()
    np.testing.assert_allclose(view.largest(w), np.nanmax(fields, axis=0))
    for source in range(0, 64, 9):
        np.testing.assert_array_equal(view.outgoing(w, source), fields[source])


def test_several_synapses_between_two_neurons_are_added() -> None:
    net = graph(connect={"kind": "random", "in_degree": 90, "multapses": True}, plasticity=RULE)
    view = view_of(net, "p", (8, 8))
    w = weights(view)
    dense = net.synapses("p").dense(w, absent=np.nan)
    np.testing.assert_allclose(view.fields(w), dense, rtol=1e-5)
    np.testing.assert_allclose(view.incoming(w, 2), dense[:, 2], rtol=1e-5)
    np.testing.assert_allclose(view.outgoing(w, 7), dense[7], rtol=1e-5)


def test_padded_patches_have_gaps_beyond_the_picture() -> None:
    net = graph(target=[4, 4, 3], connect={"kind": "local", "field": 3, "stride": 2, "padding": 1}, plasticity=RULE)
    view = view_of(net, "p", (8, 8))
    assert (view.form, view.shape, view.grid, view.has_gaps) == ("patches", (3, 3), (4, 4), True)
    w = weights(view)
    patches = view.fields(w)
    wide = np.full((10, 10, 48), np.nan)
    wide[1:-1, 1:-1] = net.synapses("p").dense(w, absent=np.nan).reshape(8, 8, 48)
    for row, column, unit in np.ndindex(4, 4, 3):
        neuron = (row * 4 + column) * 3 + unit
        wanted = wide[2 * row : 2 * row + 3, 2 * column : 2 * column + 3, neuron]
        np.testing.assert_array_equal(patches[:, neuron].reshape(3, 3).astype(np.float64), wanted)


@pytest.mark.parametrize("connect", [{"kind": "random", "p": 0.4}, {"kind": "others"}])
def test_weights_within_a_population_are_a_matrix_in_any_order(connect: dict[str, Any]) -> None:
    net = graph(target=12, source="exc", connect=connect, plasticity=RULE)
    view = view_of(net, "p")
    assert (view.form, view.recurrent) == ("matrix", True)
    sparse = view.synapses is not None
    w = weights(view) if sparse else np.random.default_rng(3).random((12, 12)).astype(np.float32)
    dense = net.synapses("p").dense(w, absent=np.nan) if sparse else np.where(np.eye(12, dtype=bool), np.nan, w)
    order = np.random.default_rng(1).permutation(12)
    whole = view.bins(order, order)
    assert (whole.shape, whole.size, whole.every) == ((12, 12), (1, 1), 1)
    np.testing.assert_allclose(whole.mean(w), dense[np.ix_(order, order)], rtol=1e-6)
    part = view.bins(order[3:8], order[2:11])
    np.testing.assert_allclose(part.mean(w), dense[np.ix_(order[3:8], order[2:11])], rtol=1e-6)
    coarse = view.bins(order, order, (3, 4))
    assert (coarse.shape, coarse.size) == ((3, 4), (4, 3))
    blocks = dense[np.ix_(order, order)].reshape(3, 4, 4, 3)
    np.testing.assert_allclose(coarse.mean(w), np.nanmean(blocks, axis=(1, 3)), rtol=1e-5)
    np.testing.assert_allclose(view.outgoing(w, 5), dense[5], rtol=1e-6)
    np.testing.assert_allclose(view.incoming(w, 5), dense[:, 5], rtol=1e-6)
    assert view.n_weights == np.isfinite(dense).sum()


def test_of_many_synapses_a_sample_is_drawn_but_all_of_a_small_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight_views, "MOST_DRAWN", 2000)
    view = view_of(graph(target=200, source="exc", connect={"kind": "random", "p": 0.5}), "p")
    w, order = np.ones(view.n_weights, np.float32), np.arange(200)
    whole = view.bins(order, order)
    assert whole.every == -(-view.n_weights // 2000)
    assert len(whole.number) <= 2000
    np.testing.assert_array_equal(whole.mean(w), 1)  # no bin is empty by chance
    window = view.bins(order[:10], order[:20])
    assert window.every == 1
    assert window.counts.max() == 1
    np.testing.assert_allclose(window.mean(w), view.synapses.dense(w, absent=np.nan)[:10, :20])


def test_large_sparse_projections_are_a_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    net = graph(connect={"kind": "random", "p": 0.3})
    assert view_of(net, "p").form == "fields"
    monkeypatch.setattr(weight_views, "MOST_CELLS", 64 * 6 - 1)
    assert view_of(net, "p").form == "matrix"


def test_weights_that_do_not_learn_are_those_that_the_experiment_draws() -> None:
    from stdpbench.engine.network import projection_weights

    drawn = graph(connect={"kind": "random", "p": 0.3})
    np.testing.assert_array_equal(static_weights(drawn, "p"), projection_weights(drawn)["p"].astype(np.float32))
    one = graph(connect={"kind": "random", "p": 0.3}, weight=0.25)
    assert has_view(one, "p")
    assert static_weights(one, "p").tolist() == [0.25] * len(one.synapses("p"))
    assert not has_view(graph(weight=0.25), "p")
    with pytest.raises(StdpbenchError, match="from pictures"):
        static_weights(graph(weight={"kind": "samples"}), "p")


def test_neurons_are_sorted_by_the_first_that_is_known() -> None:
    labels, theta, spikes = np.array([1, 0, -1, 1, 0]), np.array([1.0, 2, 9, 3, 5]), np.array([0, 5, 2, 1, 9])
    by_label = preferred_order(5, labels, theta, spikes)
    assert (by_label.basis, by_label.neurons.tolist()) == ("label", [4, 1, 3, 0, 2])
    assert by_label.groups == ((0, 0), (2, 1), (4, -1))
    assert preferred_order(5, labels[:3], theta, spikes).neurons.tolist() == [2, 4, 3, 1, 0]
    assert preferred_order(5, np.full(5, -1), theta).basis == "theta"
    by_spikes = preferred_order(5, theta=np.full(5, np.nan), spikes=spikes)
    assert (by_spikes.basis, by_spikes.neurons.tolist()) == ("spikes", [4, 1, 2, 3, 0])
    nothing = preferred_order(5, theta=np.full(5, 0.02), spikes=np.zeros(5, int))
    assert (nothing.basis, nothing.neurons.tolist(), nothing.groups) == ("number", [0, 1, 2, 3, 4], ())


def test_pooling_leaves_out_what_is_not_there() -> None:
    w = np.array([[1, np.nan, np.nan, np.nan], [3, np.nan, np.nan, np.nan]], np.float32).reshape(8, 1)
    means, shape = pooled(w, (2, 4), 2, gaps=True)
    assert shape == (1, 2)
    assert means[0, 0] == 2
    assert np.isnan(means[1, 0])


@pytest.mark.parametrize("planes", [1, 2])
def test_weights_from_pooled_features_add_up_to_pictures(planes: int) -> None:
    table = {"kind": "conv", "n_exc": 3, "units": 4, "rows": 5, "columns": 7, "field": 3, "pool": 2, "planes": planes}
    made = Experiment.from_mapping({"data": {"kind": "digits"}, "network": table, "exc": {"kind": "lif-discrete"}})
    net = made.graph(7 * planes, 9)
    view, random = view_of(net, "upward"), np.random.default_rng(1)
    kernels, w = random.random((3, 3, planes, 4)), random.random((3 * 4 * 4, 3)).astype(np.float32)
    assert view.below is not None
    assert view.picture == (7, 9)
    # the same by all synapses on the way, from each pixel to each neuron
    feed, pool = (net.synapses(name) for name in ("feed", "pool"))
    features = feed.dense(net.per_synapse("feed", kernels)) @ pool.dense(np.full(len(pool), 0.25)) @ w
    by_plane = features.reshape(planes, -1, 3)
    wanted = by_plane[0] - by_plane[1] if planes == 2 else by_plane[0]
    np.testing.assert_allclose(view.below.fields(w, kernels), wanted, rtol=1e-5, atol=1e-6)

"""Experiments that train a reference on the data of others."""

from __future__ import annotations

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment, with_reference


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
    with pytest.raises(StdpbenchError) as caught:
        with_reference(Experiment.read(name), kind)
    assert clause in str(caught.value)

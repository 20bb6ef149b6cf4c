"""What differs while a network is evaluated: the section ``evaluation``."""

from __future__ import annotations

import numpy as np
import pytest
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets.base import Split
from stdpbench.data.stimuli import Images
from stdpbench.experiment import Evaluation, Experiment, encode, read_experiment
from stdpbench.runs.preparation.start import check_brightness

DEFAULT = Experiment.from_mapping({})
OTHER = Experiment.from_toml(
    """
    [evaluation]
    thresholds = "start"
    [evaluation.values]
    exc.v_thresh = "-53 mV"
    network.w_inh_exc = 9.0
    """
)


def test_nothing_differs_unless_it_is_said() -> None:
    assert DEFAULT.evaluation == Evaluation()
    assert DEFAULT.evaluated is DEFAULT
    assert "evaluation" not in DEFAULT.to_mapping()


def test_values_hold_in_evaluation_only() -> None:
    assert OTHER.network.w_inh_exc == DEFAULT.network.w_inh_exc
    shown = OTHER.evaluated
    assert (shown.network.w_inh_exc, shown.exc.v_thresh) == (9.0, -53.0)
    assert shown.evaluation == Evaluation()
    assert shown.evaluated is shown
    assert shown == DEFAULT.override({"network.w_inh_exc": 9.0, "exc.v_thresh": "-53 mV"})


def test_stimuli_may_be_shown_with_more_spikes_in_evaluation() -> None:
    made = DEFAULT.override({"evaluation.values.encoding.intensity": 7.0})
    assert (made.encoding.intensity, made.evaluated.encoding.intensity) == (2.0, 7.0)
    assert Experiment.from_toml(made.to_toml()) == made
    grey = Images(np.full((1, 28, 28), 100.0, np.float32), None)
    learning, answering = (len(encode(each, grey, "test", 0, 0, 0)) for each in (made, made.evaluated))
    assert answering / learning == pytest.approx(3.5, rel=0.05)


def test_pictures_that_are_too_bright_in_evaluation_alone_are_refused() -> None:
    bright = Images(np.full((1, 28, 28), 2000.0, np.float32), np.zeros(1, np.int64))  # after data.pixel_sum
    split, once = Split(bright, bright.part(0, 1), ("0",)), DEFAULT.override({"schedule.max_attempts": 1})
    check_brightness(once, split)
    with pytest.raises(StdpbenchError, match=r"cannot be shown in evaluation: .*must stay below 1"):
        check_brightness(once.override({"evaluation.values.encoding.intensity": 10.0}), split)


def test_a_conflict_is_said_once_and_not_again_for_evaluation() -> None:
    with refused("clopath-lif", alone=True):
        read_experiment("digits-from-noise").with_rule({"kind": "clopath-lif"})


def test_the_section_is_read_written_and_part_of_the_digest() -> None:
    assert Experiment.from_toml(OTHER.to_toml()) == OTHER
    assert Experiment.from_mapping(OTHER.to_mapping()) == OTHER
    assert OTHER.digest != DEFAULT.digest
    assert DEFAULT.differences(OTHER) == {
        "evaluation.thresholds": ("learned", "start"),
        "evaluation.values.exc.v_thresh": (None, "-53 mV"),
        "evaluation.values.network.w_inh_exc": (None, 9.0),
    }


def test_single_values_are_set_and_removed() -> None:
    made = DEFAULT.override({"evaluation.values.network.w_inh_exc": "9", "evaluation.thresholds": "start"})
    assert made.evaluation == Evaluation(thresholds="start", values=(("network.w_inh_exc", 9),))
    more = made.override({"evaluation.values.exc.v_thresh": "-53 mV"})
    assert more == OTHER
    fewer = more.override({"evaluation.values.exc.v_thresh": "none"})
    assert fewer == made
    learned = fewer.override({"evaluation.thresholds": "learned"})
    assert learned.evaluated == DEFAULT.override({"network.w_inh_exc": 9.0})


def test_a_network_that_is_spelled_out_answers_in_the_same_way() -> None:
    graph = OTHER.spelled_out()
    assert dict(graph.evaluation.values) == {
        "network.populations.exc.neuron.v_thresh": "-53 mV",
        "network.projections.compete.weight.value": 9.0,
    }
    assert graph.evaluated.graph(9) == OTHER.evaluated.graph(9)


def test_values_may_change_during_a_run() -> None:
    assert OTHER.changed_live({"evaluation.values.exc.v_thresh": "-54 mV"}).evaluated.exc.v_thresh == -54.0


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("values.exc.v_tresh", "evaluation.values.exc.v_tresh is not a known parameter; did you mean exc.v_thresh"),
        ("values.network.n_exc", "evaluation.values.network.n_exc is structural: it cannot differ"),
        ("values.encoding.kind", "evaluation.values.encoding.kind: there is no encoder '7'"),
        (
            "values.schedule.stimulus",
            "schedule.stimulus: only schedule.timing and parameters of exc, inh, network, lateral, encoding may",
        ),
        ("treshold", "evaluation.treshold is not a known parameter; did you mean evaluation.thresholds"),
        ("thresholds", "evaluation.thresholds must be 'learned' or 'start', not 7"),
        ("values", "evaluation.values must be a table of parameters and their values, not 7"),
    ],
)
def test_what_cannot_differ_is_refused_with_a_sentence(path: str, sentence: str) -> None:
    with refused(sentence):
        DEFAULT.override({f"evaluation.{path}": 7})

"""``stdpbench data show``, and the same from Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import stdpbench

LATENCY = ["digits", "--set", "encoding.kind=latency"]


def test_numbers_figure_and_json(tmp_path: Path, call: Callable[..., str]) -> None:
    file = tmp_path / "digit.png"
    printed = call("data", "show", *LATENCY, "--image", "3", "--save", str(file))
    assert "1 347 for training, 450 for the test" in printed.replace(" ", " ").replace("\u202f", " ")
    assert "picture 3, class" in printed
    assert file.read_bytes().startswith(b"\x89PNG")
    found = json.loads(call("data", "show", *LATENCY, "--json"))
    assert (found["kind"], found["n_inputs"], found["sample"]) == ("images", 784, 100)
    assert found["spikes"]["min"] <= found["spikes"]["mean"] <= found["spikes"]["max"] <= 784
    assert found["shown"]["number"] == 0
    experiment = stdpbench.Experiment.read("digits").override({"encoding.kind": "latency"})
    numbers = stdpbench.stimulus_numbers(experiment)
    assert numbers == {name: found[name] for name in numbers}
    assert stdpbench.stimulus_figure(experiment, 3, width="3 in").get_figwidth() == pytest.approx(3)


def test_the_steps_that_prepare_pictures_are_named(call: Callable[..., str]) -> None:
    upright = ["data", "show", "digits", "--set", "data.deskew=true", "--set", "data.frame=30"]
    found = json.loads(call(*upright, "--json"))
    assert found["steps"] == {"resize": 20, "frame": 30, "deskew": True, "pixel_sum": 26520.0}
    assert found["shape"] == [30, 30]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["digits", "--image", "99999"], "there is no picture 99999; choose 0 to 1346"),
        (["digits", "--save", "x.gif"], "the name must end in .pdf, .svg, .png"),
        (["digits", "--set", "encoding.kind=delta"], "cannot show; choose one of"),
    ],
)
def test_what_is_wrong_is_one_sentence(arguments: list[str], sentence: str, call: Callable[..., str]) -> None:
    assert sentence in " ".join(call("data", "show", *arguments, status=2).split())

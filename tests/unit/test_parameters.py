from __future__ import annotations

import math
from typing import Any, Literal

import pytest
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import Parameters, build, parameter


class Example(Parameters):
    kind: Literal["example"] = "example"
    tau: float = parameter(20.0, unit="ms", gt=0, help="A time constant.")
    share: float = parameter(0.5, unit="", ge=0, le=1, help="A share.")
    limit: float | None = parameter(78.0, unit="", gt=0, help="A limit, or none.")
    count: int = parameter(3, ge=1, lt=10, structural=True, help="A number.")
    mode: Literal["slow", "fast"] = parameter("slow", help="A choice.")
    switch: bool = parameter(False, help="A switch.")
    title: str = parameter("", help="A text.")


def test_a_preset_gives_what_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Example, "presets", {"slow": {"tau": 40.0, "share": 0.1}})
    made = build(Example, {"preset": "slow", "share": 0.2}, "part")
    assert (made.tau, made.share) == (40.0, 0.2)
    assert "preset" not in made.to_mapping()
    with refused(match=r"^part\.preset: there is no preset 'slwo'; did you mean 'slow'\?$"):
        build(Example, {"preset": "slwo"}, "part")


def test_quantities_may_carry_units() -> None:
    made = build(Example, {"tau": "0.025 s", "share": "0.25"}, "part")
    assert (made.tau, made.share) == (25.0, 0.25)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"tua": 1}, "part.tua is not a known parameter; did you mean part.tau?"),
        ({"zzz": 1}, "part.zzz is not a known parameter; known are kind, tau, share"),
        ({"tau": 0}, "part.tau must be more than 0, not 0"),
        ({"tau": "25 mV"}, "part.tau: expected a number in ms, such as '1 ms', got '25 mV'"),
        ({"tau": True}, "part.tau: expected a number, not true or false"),
        ({"tau": [1]}, "part.tau must be a number, not [1]"),
        ({"tau": math.nan}, "part.tau must be a finite number"),
        ({"tau": math.inf}, "part.tau must be a finite number"),
        ({"tau": "1e999 ms"}, "part.tau must be a finite number"),
        ({"tau": None}, "part.tau must be a number, not None"),
        ({"share": -0.1}, "part.share must be at least 0, not -0.1"),
        ({"share": 1.1}, "part.share must be at most 1, not 1.1"),
        ({"share": "1 ms"}, "part.share: expected a plain number, got '1 ms'"),
        ({"count": 10}, "part.count must be less than 10, not 10"),
        ({"count": 2.5}, "part.count must be a whole number, not 2.5"),
        ({"count": "many"}, "part.count must be a whole number, not 'many'"),
        ({"count": True}, "part.count"),
        ({"mode": "fsat"}, "part.mode must be 'slow' or 'fast', not 'fsat'"),
        ({"switch": "perhaps"}, "part.switch must be true or false, not 'perhaps'"),
        ({"title": 5}, "part.title must be a text, not 5"),
        ({"kind": "other"}, "part.kind must be 'example', not 'other'"),
        ("text", "part must be a table of parameters, not 'text'"),
        ({"two\nlines": 1}, "is not a known parameter"),
    ],
)
def test_refuses_in_one_sentence_with_the_dotted_path(mapping: Any, message: str) -> None:
    with refused(message):
        build(Example, mapping, "part")


def test_the_path_of_a_top_level_key_has_no_dot_before_it() -> None:
    with refused(match=r"^tua is not a known parameter; did you mean tau\?"):
        build(Example, {"tua": 1}, "")


def test_defaults_are_checked_too() -> None:
    class Wrong(Parameters):
        tau: float = parameter(-1.0, unit="ms", gt=0, help="Never right.")

    with pytest.raises(StdpbenchError, match=r"part\.tau must be more than 0, not -1"):
        build(Wrong, {}, "part")


def test_describes_every_parameter_but_the_kind() -> None:
    described = {each.name: each for each in Example.describe()}
    assert list(described) == ["tau", "share", "limit", "count", "mode", "switch", "title"]

    tau = described["tau"]
    assert (tau.type, tau.unit, tau.default, tau.help) == ("float", "ms", 20.0, "A time constant.")
    assert (tau.minimum, tau.open_minimum, tau.maximum, tau.bounds) == (0, True, None, "(0, ∞)")
    assert described["share"].bounds == "[0, 1]"
    assert described["count"].bounds == "[1, 10)"
    assert described["title"].bounds == ""
    assert described["limit"].type == "float"
    assert described["limit"].bounds == "(0, ∞)"
    assert (described["mode"].type, described["mode"].choices) == ("choice", ("slow", "fast"))
    assert (described["switch"].type, described["switch"].unit) == ("bool", None)
    assert [each.name for each in described.values() if each.structural] == ["count"]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("tau", 25.0, "25 ms"),
        ("share", 0.25, "0.25"),
        ("limit", None, "–"),
        ("count", 3, "3"),
        ("mode", "fast", "fast"),
        ("switch", True, "true"),
    ],
)
def test_shows_values_as_a_person_would_write_them(name: str, value: Any, text: str) -> None:
    described = {each.name: each for each in Example.describe()}
    assert described[name].show(value) == text


def test_none_is_shown_as_what_it_stands_for_if_that_is_short() -> None:
    class Holder(Parameters):
        held: int | None = parameter(None, help="Number of pictures; none: one sixth. More of it.")
        time: float | None = parameter(None, unit="ms", help="End; none: the end of the picture or sample.")
        bare: int | None = parameter(None, help="Number.")

    assert [one.unset for one in Holder.describe()] == ["one sixth", "none", "none"]


def test_quantities_are_in_si() -> None:
    assert Example(tau=25.0).quantities() == {"tau": 0.025, "share": 0.5, "limit": 78.0}
    assert "limit" not in Example(limit=None).quantities()


@pytest.mark.parametrize(
    "made",
    [
        Example(),
        Example(tau=0.1 + 0.2, share=1 / 3, count=9, mode="fast", switch=True, title="ü"),
        Example(limit=None),
    ],
)
def test_the_mapping_reads_back_to_the_same_value(made: Example) -> None:
    assert build(Example, made.to_mapping(), "part") == made

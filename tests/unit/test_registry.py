from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any, Literal

import pytest
from refusals import refused

from stdpbench.declare import registry
from stdpbench.declare.parameters import Parameters, parameter
from stdpbench.declare.registry import Family


class Fruit(Parameters):
    weight: float = parameter(1.0, unit="", gt=0, help="Weight.")


class Apple(Fruit):
    kind: Literal["apple"] = "apple"


class Pear(Fruit):
    kind: Literal["pear"] = "pear"


class Nameless(Fruit):
    pass


class Stone(Parameters):
    kind: Literal["stone"] = "stone"


def not_a_class() -> None: ...


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Kinds that other packages announce: name -> object reference."""
    points: dict[str, str] = {}

    def all_of(_path: tuple[str, ...]) -> dict[str, list[EntryPoint]]:
        return {"test.fruit": [EntryPoint(name, value, "test.fruit") for name, value in points.items()]}

    monkeypatch.setattr(registry, "_all_entry_points", all_of)
    return points


@pytest.fixture
def fruit(announced: dict[str, str]) -> Family[Fruit]:
    return Family("fruit", Fruit, {"apple": f"{__name__}:Apple"}, group="test.fruit")


def test_builds_a_built_in_kind(fruit: Family[Fruit]) -> None:
    assert fruit.build({"kind": "apple", "weight": 2}, "basket") == Apple(weight=2.0)


def test_builds_a_kind_of_another_package(fruit: Family[Fruit], announced: dict[str, str]) -> None:
    announced["pear"] = f"{__name__}:Pear"
    assert fruit.kinds() == ("apple", "pear")
    assert fruit.build({"kind": "pear"}, "basket") == Pear()


def test_a_built_in_kind_is_not_replaced_from_outside(fruit: Family[Fruit], announced: dict[str, str]) -> None:
    announced["apple"] = f"{__name__}:Stone"
    assert fruit.kinds() == ("apple",)
    assert fruit.get("apple") is Apple


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({}, "basket.kind is missing; known kinds are apple"),
        ({"kind": "appel"}, "basket.kind: there is no fruit 'appel'; did you mean 'apple'?"),
        ({"kind": "melon"}, "basket.kind: there is no fruit 'melon'; known are apple"),
        ({"kind": 5}, "basket.kind: there is no fruit '5'"),
        ({"kind": "apple", "wieght": 2}, "basket.wieght is not a known parameter; did you mean basket.weight?"),
        (["apple"], "basket must be a table of parameters, not ['apple']"),
    ],
)
def test_refuses_in_one_sentence(fruit: Family[Fruit], mapping: Any, message: str) -> None:
    with refused(message):
        fruit.build(mapping, "basket")


@pytest.mark.parametrize(
    ("kind", "reference", "message"),
    [
        ("stone", f"{__name__}:Stone", "but is not a Fruit with kind = 'stone'"),
        ("plum", f"{__name__}:Pear", "is registered as the fruit 'plum', but is not a Fruit with kind = 'plum'"),
        ("nameless", f"{__name__}:Nameless", "but is not a Fruit with kind = 'nameless'"),
        ("function", f"{__name__}:not_a_class", "but is not a Fruit with kind = 'function'"),
        ("name", f"{__name__}:__name__", "but is not a Fruit with kind = 'name'"),
        ("lost", "no_such_package:Lost", "'lost' of no_such_package:Lost cannot be loaded"),
        ("gone", f"{__name__}:Gone", f"'gone' of {__name__}:Gone cannot be loaded"),
    ],
)
def test_what_is_announced_wrongly_is_named(
    fruit: Family[Fruit], announced: dict[str, str], kind: str, reference: str, message: str
) -> None:
    announced[kind] = reference
    with refused(message):
        fruit.build({"kind": kind}, "basket")

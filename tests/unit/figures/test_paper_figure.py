"""Figures for a paper: every kind of spec is drawn, and tables become lines."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import read_experiment
from stdpbench.results.figures.diagram import diagram_spec
from stdpbench.results.figures.paper import (
    Order,
    caption,
    draw,
    export,
    spec_of_table,
    table_text,
)
from stdpbench.results.readout.metrics import Score
from stdpbench.runs.client.helper import carry_out_aside

RANDOM = np.random.default_rng(0)
X = np.arange(10.0)
SPECS = {
    "lines": {
        "kind": "lines",
        "x_label": "presentations",
        "marks": [(3, "nu_post → 0.02")],
        "plots": [
            {
                "label": "accuracy (%)",
                "lines": [
                    {"x": X, "y": X**2, "label": "vote", "error": X / 5},
                    {"x": X, "y": np.where(X > 5, np.nan, X), "label": 'it\'s "odd"', "style": ":"},
                ],
            },
            {"label": "theta (mV)", "lines": [{"x": X, "y": X, "label": ""}]},
        ],
    },
    "image": {"kind": "image", "image": RANDOM.random((6, 8)), "label": "weight", "x_ticks": list("abcdefgh")},
    "difference": {"kind": "image", "image": RANDOM.normal(size=(6, 8)), "label": "Δw", "map": "diverging"},
    "gaps": {"kind": "image", "image": np.full((3, 3), np.nan), "label": "nothing"},
    "bars": {
        "kind": "bars",
        "labels": ["0", "1"],
        "x_label": "class",
        "y_label": "accuracy (%)",
        "series": [{"values": [90, 80], "label": "a", "error": [1, 2]}, {"values": [70, 60], "label": "b"}],
    },
    "histogram": {"kind": "bars", "x": X + 0.5, "x_label": "theta (mV)", "y_label": "n", "series": [{"values": X}]},
    "points": {"kind": "points", "groups": [{"x": X, "y": X**2, "label": "7"}, {"x": X, "y": X, "label": "wrong"}]},
    "raster": {"kind": "raster", "rows": [{"t": X, "index": X, "label": "exc"}, {"t": X, "index": X, "label": "inh"}]},
}
_AXIS = {"label": "exc.tau_m (ms)", "values": np.where(X > 8, np.nan, X + 1), "names": [], "log": True}
_RULE = {"label": "plasticity.kind", "values": X % 2, "names": ["oja", "tri'plet"], "log": False}
SPECS["scatter"] = {"kind": "scatter", "x": _AXIS, "y": _RULE, "colour": _AXIS}
SPECS["scatter by rule"] = {"kind": "scatter", "x": _AXIS, "y": {**_AXIS, "log": False}, "colour": _RULE}
SPECS["scatter alone"] = {"kind": "scatter", "x": _AXIS, "y": _AXIS}
SPECS["scatter with words"] = SPECS["scatter by rule"] | {"words": ["", "supervised"] * 5}
SPECS["network"] = diagram_spec(read_experiment("diehl-cook-400").graph(28, 28), {"exc": 3.2})
SPECS["in one time"] = {
    "kind": "stack",
    "parts": [
        SPECS["raster"] | {"rows": [{"t": X, "index": X, "label": "exc", "size": 20}], "x_range": (0, 30)},
        {"kind": "lines", "x_range": (0, 30), "plots": [{"label": "Hz", "lines": [{"x": X, "y": X, "steps": True}]}]},
    ],
}
SPECS["confusion"] = {
    "kind": "confusion",
    "score": Score(np.array([[5, 1, 0], [0, 4, 2]])).to_mapping(),
    "class_names": ["a", "b"],
}
SPECS["stack"] = {"kind": "stack", "parts": [SPECS["raster"], SPECS["bars"], SPECS["image"]]}


@pytest.mark.parametrize("name", list(SPECS))
def test_every_kind_is_drawn(name, tmp_path):
    target = tmp_path / f"{name}.svg"
    made = export(SPECS[name], (("a",), [(1,)]), Order(str(target), caption="What it is."))
    assert made[0] == target
    assert all(path.stat().st_size for path in made)
    assert {path.suffix for path in made} == {".svg", ".txt", ".csv"}
    assert "<svg" in target.read_text(encoding="utf-8")


def test_parts_of_a_figure_share_their_time_and_neurons_begin_above():
    spikes, rates = draw(SPECS["in one time"], 88, 8, 100).axes
    assert [axes.get_xlim() for axes in (spikes, rates)] == [(0, 30)] * 2
    assert spikes.get_ylim() == (19.9, -0.9)
    assert rates.lines[0].get_drawstyle() == "steps-mid"


def test_a_figure_has_its_width_its_font_and_every_value():
    figure = draw(SPECS["lines"], 120, 7, 100)
    assert figure.get_figwidth() == pytest.approx(120 / 25.4)
    upper, lower = figure.axes
    assert {text.get_fontsize() for text in (lower.xaxis.label, *lower.get_xticklabels())} == {7}
    first, second = upper.lines[:2]
    np.testing.assert_array_equal(first.get_xydata(), np.column_stack([X, X**2]))
    assert (second.get_linestyle(), second.get_label()) == (":", 'it\'s "odd"')
    assert [text.get_text() for text in upper.texts] == ["nu_post → 0.02"]


def test_names_with_signs_of_formulas_are_drawn_as_they_are(tmp_path):
    spec = {"kind": "lines", "plots": [{"label": r"$\input{x}$", "lines": [{"x": X, "y": X, "label": "$a_{$"}]}]}
    export(spec, None, Order(str(tmp_path / "a.svg")))
    assert r"$\input{x}$" in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_a_table_becomes_lines_over_its_first_numbers():
    spec = spec_of_table((("presentation", "vote", "note"), [(10, 0.5, "a"), (20, "", "b"), (30, 0.7, "c")]))
    assert spec["x_label"] == "presentation"
    (plot,) = spec["plots"]
    np.testing.assert_array_equal(plot["lines"][0]["x"], [10, 20, 30])
    np.testing.assert_array_equal(plot["lines"][0]["y"], [0.5, np.nan, 0.7])


def test_names_in_front_become_a_line_each():
    spec = spec_of_table((("run", "presentation", "vote"), [("a", 1, 0.1), ("b", 1, 0.2), ("a", 2, 0.3)]))
    (plot,) = spec["plots"]
    assert [line["label"] for line in plot["lines"]] == ["a", "b"]
    np.testing.assert_array_equal(plot["lines"][0]["y"], [0.1, 0.3])


def test_a_table_without_numbers_is_no_figure():
    assert spec_of_table((("what",), [("this",), ("that",)])) is None
    assert spec_of_table((("n",), [])) is None


def test_tables_as_text():
    table = (("a", "b"), [(1, "x, y"), (None, "")])
    assert table_text(table) == 'a,b\n1,"x, y"\n,\n'
    assert table_text(table, "tsv") == "a\tb\n1\tx, y\n\t\n"


def test_a_caption_says_where_the_figure_comes_from():
    text = caption("Curves", run="digits-1", experiment="digits", seed=3, version="0.1.0", n="5 runs", errors="SD.")
    assert text == "Curves. Run digits-1 (experiment digits, seed 3), stdpbench 0.1.0. n: 5 runs. Error bars: SD."


def test_what_cannot_be_drawn_is_a_sentence(tmp_path):
    with pytest.raises(StdpbenchError, match=r"must end in \.pdf"):
        export(SPECS["bars"], None, Order(str(tmp_path / "a.gif")))


def test_files_beside_a_figure_replace_no_others(tmp_path: Path) -> None:
    mine = tmp_path / "figure.txt"
    mine.write_bytes(b"mine")
    with pytest.raises(StdpbenchError, match=r"figure\.txt exists, but would be replaced by a file of figure\.pdf"):
        export(SPECS["bars"], None, Order(str(tmp_path / "figure.pdf")))
    assert [path.name for path in tmp_path.iterdir()] == [mine.name]
    assert mine.read_bytes() == b"mine"


def test_the_process_draws_or_says_what_went_wrong(tmp_path: Path) -> None:
    module, order = "stdpbench.results.figures.paper", asdict(Order(str(tmp_path / "a.svg")))
    made = carry_out_aside(module, {"spec": SPECS["bars"], "table": None, "order": order})
    assert [Path(path).name for path in made] == ["a.svg", "a.txt"]
    lost = {**order, "target": str(tmp_path / "absent" / "a.pdf")}
    with pytest.raises(StdpbenchError, match="cannot be written"):
        carry_out_aside(module, {"spec": SPECS["bars"], "table": None, "order": lost})

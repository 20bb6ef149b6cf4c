"""Synthetic runs for panels to draw."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pytestqt.qtbot import QtBot
from waiting import PATIENCE_MS

from stdpbench.declare.learned_names import FEED, THETA
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Fact, Record
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State
from stdpbench_gui.look import theme
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import not_none

SHAPE, N_EXC, N_TRAIN = (6, 5), 7, 400
P = TypeVar("P", bound=Panel)
Asked = list[tuple[str, dict[str, object]]]
"""Requests to a run: names and arguments."""


def experiment() -> Experiment:
    return read_experiment("digits").override({"network.n_exc": N_EXC})


def block(vote: float = 0.5, theta: float = 21.0) -> facts.Block:
    return facts.Block(0, (1,) * 4, (10, 12, 8, 14), theta, 0.002, {"vote": vote, "proportion": vote + 0.02})


def session(
    tmp_path: Path, *more: tuple[int, Fact], w: np.ndarray | None = None, of: Experiment | None = None
) -> RunSession:
    """Return a session with a run of seven exc neurons and further facts, given as (position, fact)."""
    theme.apply("light")
    made, of = RunSession(), of or experiment()
    made.folder = create_run(of, tmp_path / "runs", Options())
    started = facts.Started(
        of.to_mapping(), "none", "", (("train", N_TRAIN), ("label", 10), ("test", 10)), SHAPE, tuple("abc")
    )
    for number, (position, fact) in enumerate([(0, started), *more]):
        made.live.take_record(Record(number, position, "2026-01-01T00:00:00+00:00", fact))
    made.live.state = State.RUNNING
    if w is None:
        w = np.random.default_rng(0).random((SHAPE[0] * SHAPE[1], N_EXC)).astype(np.float32)
    theta, total_spikes = np.linspace(0.020, 0.026, w.shape[1]), np.arange(w.shape[1])
    made.live.network = {"position": 8, "learned": {FEED: w, THETA: theta}, "total_spikes": total_spikes}
    return made


def show(panel: P, qtbot: QtBot, size: tuple[int, int] = (480, 320)) -> P:
    """Show a panel, draw it, and return it."""
    qtbot.addWidget(panel)
    panel.resize(*size)
    with qtbot.waitExposed(panel, timeout=PATIENCE_MS):
        panel.show()
    redraw(panel)
    return panel


def redraw(panel: Panel) -> None:
    """Draw a panel now, as the timer of the Train page does."""
    panel.mark_dirty()
    panel.draw_if_needed()


def draw_chosen(panel: Curves, place: int, curve: str) -> None:
    """Choose what a plot of a panel shows, and draw it."""
    panel.choose(place, curve)
    redraw(panel)


def draw_resized(panel: Panel, width: int, height: int) -> None:
    """Give a panel another size, and draw it."""
    panel.resize(width, height)
    redraw(panel)


def presentation(number: int, counts: list[int], **more: Any) -> Mapping[str, Any]:
    return {
        "presentation": number,
        "position": number + 1,
        "spike_counts": np.array(counts),
        "n_bins": 700,
        "stimulus_bins": 700,
        "read": "exc",
        "spikes": {},
        **more,
    }


def is_complete(panel: Panel) -> None:
    """Check the contract of all panels."""
    assert panel.summary().endswith(".")
    table = not_none(panel.table())
    names, rows = table
    assert rows
    assert all(len(row) == len(names) for row in rows)
    for name in ("dark", "light"):
        theme.apply(name)
        panel.restyle()
        redraw(panel)

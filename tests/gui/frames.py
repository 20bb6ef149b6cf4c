"""Synthetic frames of presentations, and their pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from synthetic import N_EXC, SHAPE, redraw

from stdpbench.data.datasets import Images, Split
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.session.run_session import RunSession

N_BINS = 700
Pair = tuple[NDArray[np.int32], NDArray[np.int32]]


def pair(*spikes: tuple[int, int]) -> Pair:
    """Return spikes at (index, bin)."""
    ordered = sorted(spikes, key=lambda spike: (spike[1], spike[0]))
    return np.array([i for i, _ in ordered], np.int32), np.array([b for _, b in ordered], np.int32)


def some(seed: int, n: int, n_neurons: int) -> Pair:
    cells = np.sort(np.random.default_rng(seed).choice(N_BINS * n_neurons, n, replace=False))
    return (cells % n_neurons).astype(np.int32), (cells // n_neurons).astype(np.int32)


def frame(
    number: int, image: int = 0, exc: Pair | None = None, input: Pair | None = None, **more: Any
) -> Mapping[str, Any]:
    """Return a frame of ``presentation``; `more` replaces defaults."""
    exc = some(number + 1000, 12, N_EXC) if exc is None else exc
    return {
        "position": number + 1,
        "presentation": number,
        "image": image,
        "attempts": 1,
        "spike_counts": np.bincount(exc[0], minlength=N_EXC),
        "n_bins": N_BINS,
        "stimulus_bins": N_BINS,
        "read": "exc",
        "spikes": {
            "input": some(number, 300, SHAPE[0] * SHAPE[1]) if input is None else input,
            "exc": exc,
            "inh": pair(),
        },
        "recording": None,
    } | more


def recording(*neurons: int) -> Mapping[str, Any]:
    """Return time courses that rise towards a threshold."""
    v = np.linspace(-65e-3, -55e-3, N_BINS)[:, None] + np.zeros(len(neurons))
    theta = np.full((N_BINS, len(neurons)), 21e-3)
    ge, gi = np.full_like(v, 0.5), np.full_like(v, 2.0)
    return {"neurons": np.array(neurons), "v": v, "ge": ge, "gi": gi, "theta": theta}


def give(session: RunSession, made: Mapping[str, Any], network: bool = True) -> None:
    """Send a frame to a session, with the weights at the same position."""
    session.live.presentation = made
    topics = {"presentation"}
    if network:
        session.live.network = {**session.live.network, "position": made["position"]}
        topics.add("network")
    session.changed.emit(topics)


def draw_frame(panel: Panel, made: Mapping[str, Any]) -> None:
    """Send a frame to the session of a panel, and draw the panel."""
    give(panel.session, made)
    redraw(panel)


def give_pictures(session: RunSession, labels: list[int]) -> None:
    """Give the pictures to a session."""
    pixels = np.random.default_rng(1).integers(0, 255, (len(labels), *SHAPE)).astype(np.uint8)
    images = Images(pixels, np.array(labels))
    session.split = Split(images, images, tuple("abc"))
    session.pictures_ready.emit()

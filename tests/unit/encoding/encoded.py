"""Encoders that not every network can use."""

from __future__ import annotations

from typing import Any

from stdpbench.kinds.encoding import Encoder, encoders


def make_alone(kind: str, **values: Any) -> Encoder:
    """Return an encoder without an experiment."""
    return encoders.build({"kind": kind, **values}, "encoding")

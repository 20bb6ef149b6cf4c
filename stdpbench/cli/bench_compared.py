"""``stdpbench bench --against FILE``: the times of a benchmark as multiples of those of an earlier one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError

KERNEL = "kernel 400 layer"
"""Measurement of a program that does not change; how much longer it took says how much busier the machine was."""


def read_earlier(path: Path) -> dict[str, Any]:
    """Read the results of an earlier benchmark.

    Raises
    ------
    StdpbenchError
        If the file does not hold any.
    """
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StdpbenchError(f"--against {path} cannot be read: {error.strerror}") from error
    except ValueError:
        raise StdpbenchError(f"--against {path} is not a JSON file; give one that stdpbench bench wrote") from None
    record: dict[str, Any] = found if isinstance(found, dict) else {}
    measured = record.get("measurements")
    if not isinstance(measured, dict) or not all(isinstance(each, dict) for each in measured.values()):
        raise StdpbenchError(f"--against {path} has no measurements; give a file that stdpbench bench wrote")
    return record


def times_of(figures: Mapping[str, Any]) -> dict[str, float]:
    """Return the times in the figures of a measurement, in ms, by protocol: of whole presentations, where measured."""
    found = {}
    for protocol in ("stimulus", "stimulus_and_rest"):
        parts = figures.get(protocol)
        one = parts.get("whole_ms") if isinstance(parts, Mapping) else figures.get(f"{protocol}_ms")
        if isinstance(one, Mapping) and "median" in one:
            found[protocol] = float(one["median"])
    if not found and "open_s" in figures:
        found["open"] = 1e3 * float(figures["open_s"])
    return found


def compared(figures: Mapping[str, Mapping[str, Any]], earlier: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return the times of measurements that both benchmarks have, as multiples of the earlier ones, by protocol."""
    before: Mapping[str, Any] = earlier["measurements"]
    ratios: dict[str, dict[str, float]] = {}
    for name, mine in figures.items():
        theirs = before.get(name)
        if not isinstance(theirs, Mapping):
            continue
        now, then = times_of(mine), times_of(theirs)
        both = {protocol: round(now[protocol] / then[protocol], 2) for protocol in now if then.get(protocol)}
        if both:
            ratios[name] = both
    return ratios


def differences(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Return what else than the code differs between two benchmarks: a noun each."""
    found = ["the machine"] if mine.get("host") != theirs.get("host") else []
    shown = [{each.get("pictures") for each in one["measurements"].values()} - {None} for one in (mine, theirs)]
    found += ["the pictures"] if shown[0] != shown[1] else []
    now, then = mine.get("versions") or {}, theirs.get("versions") or {}
    names = sorted(name for name in {*now, *then} if now.get(name) != then.get(name))
    return [*found, *([f"the versions of {', '.join(names)}"] if names else [])]

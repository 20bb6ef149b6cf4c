"""Digests of the results of a run, for comparing two runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from stdpbench.base.files import json_digest
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.learned_arrays import result_files
from stdpbench.runs.folder.run_folder import RunFolder, reading
from stdpbench.runs.protocol.facts import Change, HeldOut, LearnedSet
from stdpbench.runs.protocol.live_run import LiveRun

_EXCLUDED = ("metrics.json", "label_spikes.npz", "test_spikes.npz")  # metrics are compared without times
_DURATIONS = {"seconds", "images_per_second"}


def outcome(folder: RunFolder) -> dict[str, str]:
    """Return the SHA-256, hexadecimal, of each result of a run, by name, excluding times and durations.

    Results are weights, thresholds, curves, responses, assignments and metrics, the recurring facts with their
    positions, measures on held-out pictures by position, the changes of parameters and rule, and the learned arrays
    set by the user.
    """
    digests: dict[str, str] = {}
    for name in result_files(folder.path):
        if name not in _EXCLUDED and (folder.path / name).is_file():
            digests[name] = _array_digest(folder, name)
    if (folder.path / "metrics.json").is_file():
        digests["metrics.json"] = json_digest(_timeless(folder.read_json("metrics.json")))
    records = read_journal(folder.path)
    # a change made while a resumed run was catching up replaces later facts; held-out measures arrive out of order
    newest = {record.identity: record.to_mapping() for record in records if record.fact.recurs}
    recurring = [fact for name, fact in newest.items() if name[0] != HeldOut.__name__]
    if held_out := LiveRun.replay(records).held_out:
        measures = [_timeless({"position": position, **asdict(held_out[position])}) for position in sorted(held_out)]
        digests["held-out measures"] = json_digest(measures)
    digests["facts"] = json_digest([_timeless({k: v for k, v in fact.items() if k != "n"}) for fact in recurring])
    if sets := [(r.position, asdict(r.fact)) for r in records if isinstance(r.fact, LearnedSet)]:
        digests["learned arrays"] = json_digest(sets)
    changes = [(r.position, dict(r.fact.changes)) for r in records if isinstance(r.fact, Change)]
    digests["parameter changes"] = json_digest(changes)
    return digests


def _array_digest(folder: RunFolder, name: str) -> str:
    digest = hashlib.sha256()
    with reading(folder.path / name):
        loaded = np.load(folder.path / name, allow_pickle=False)
        arrays = {"": loaded} if isinstance(loaded, np.ndarray) else {key: loaded[key] for key in sorted(loaded.files)}
    for key, array in arrays.items():
        digest.update(f"{key} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _timeless(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _timeless(value) if isinstance(value, Mapping) else value
        for key, value in mapping.items()
        if key not in _DURATIONS and key != "time"
    }

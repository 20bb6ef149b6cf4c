"""The file that a run, its network or its responses are exported to."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PyQt6.QtWidgets import QFileDialog, QWidget

from stdpbench.runs.lineage.export import SUFFIX

Exported = Literal["zip", "nir", "responses"]
"""What is exported: a whole run, its network, or its responses."""
_EXPORTED: dict[Exported, tuple[str, dict[str, str]]] = {
    "zip": ("Export a run", {".zip": "Zip (*.zip)"}),
    "nir": ("Export a network", {".nir": "NIR (*.nir)"}),
    "responses": ("Export responses", {".nwb": "NWB (*.nwb)", ".nix": "Neo (*.nix)"}),
}
"""Title of the dialog, and types of files by suffix."""


def usual_file(name: str, kind: Exported) -> str:
    """Return the name of the file that a run is exported to, unless another one is chosen."""
    return f"{name}{SUFFIX if kind == 'zip' else next(iter(_EXPORTED[kind][1]))}"


def file_to_export_to(name: str, folder: str, parent: QWidget, kind: Exported = "zip") -> Path | None:
    """Ask for the file to export a run to, with the suffix of its type; return None if cancelled."""
    title, types = _EXPORTED[kind]
    first, suggested = next(iter(types)), str(Path(folder) / usual_file(name, kind))
    chosen, filtered = QFileDialog.getSaveFileName(parent, title, suggested, ";;".join(types.values()))
    if not chosen:
        return None
    path = Path(chosen)
    suffix = next((each for each, type_ in types.items() if type_ == filtered), first)
    return path if path.suffix.lower() in types else path.with_name(f"{path.name}{suffix}")

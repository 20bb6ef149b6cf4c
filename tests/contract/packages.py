"""A package of somebody else that brings kinds, as pip leaves it behind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


def install_package(patch: pytest.MonkeyPatch, folder: Path, points: str, **modules: str) -> None:
    """Install modules by their source, with entry points, for as long as the patch lasts."""
    info = folder / "acme-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
        patch.delitem(sys.modules, name, raising=False)
    patch.syspath_prepend(str(folder))

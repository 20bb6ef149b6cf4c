"""The wheel, built once from what would be committed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("stdpbench", "gui", "experiments", "benchmarks", "pyproject.toml", "README.md", "LICENSE", ".gitignore")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # a copy under an odd name: building leaves nothing in the checkout, and such folders must work; .gitignore comes
    # along because hatchling leaves out what it names
    source = tmp_path_factory.mktemp("My thesis ü") / "stdpbench"
    source.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(source.parent), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = source.parent.glob("*.whl")
    return made

"""The tutorial, as a notebook and as a script without a ``__main__`` guard."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest
from tutorial import NOTEBOOK, SCRIPT, cells

pytestmark = pytest.mark.timeout(300)


def test_the_notebook_is_made_of_the_script() -> None:
    written = [(cell.cell_type, cell.source) for cell in nbformat.read(NOTEBOOK, as_version=4).cells]
    assert written == cells(), "run `python tests/unit/api/tutorial.py`"


@pytest.mark.usefixtures("own_kernel")
def test_the_notebook_runs_and_shows_what_it_should(tmp_path: Path) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = nbclient.NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    client.execute()

    shown: dict[str, list[str]] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            kinds = [kind for output in cell.outputs for kind in output.get("data", {})]
            errors = [output for output in cell.outputs if output.output_type == "stream" and output.name == "stderr"]
            assert not errors, errors
            shown[cell.source] = kinds
    (weights,) = [kinds for source, kinds in shown.items() if "plot_weights" in source]
    assert weights.count("image/png") == 1
    (curves,) = [kinds for source, kinds in shown.items() if "plot_accuracy" in source]
    assert curves.count("image/png") == 1, "both curves belong on one figure, shown once"
    (waited,) = [kinds for source, kinds in shown.items() if source == "run.wait()"]
    assert waited.count("text/html") == 2, "progress, and the run as a table"
    (listed,) = [kinds for source, kinds in shown.items() if source.endswith("stdpbench.runs()")]
    assert "text/html" in listed


@pytest.mark.slow  # its steps are those of the notebook; tests of the API run scripts without a guard
def test_the_script_runs_without_a_guard(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        env={**os.environ, "STDPBENCH_RUNS": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "60 (784, 12)" in done.stdout
    assert "path='plasticity.nu_post', old=0.01, new=0.05" in done.stdout
    assert len(list(tmp_path.glob("digits-*/metrics.json"))) == 2

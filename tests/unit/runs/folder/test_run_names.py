"""Names of run folders, which another system must be able to have, too."""

from pathlib import Path

import pytest

from stdpbench.runs.folder.run_folder import RunFolder


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("fast-100", "fast-100"),
        ("a/b: c?", "a-b--c"),
        ("..ends with dots..", "ends-with-dots"),
        ("con", "run-con"),  # what Windows keeps for devices, with any ending
        ("Aux.1", "run-Aux.1"),
        ("lpt9", "run-lpt9"),
        ("console", "console"),
        ("com10", "com10"),
    ],
)
def test_a_run_gets_a_name_that_every_system_takes(asked: str, name: str, tmp_path: Path) -> None:
    assert RunFolder.place(tmp_path, asked, lambda folder: None).path.name == name
    assert RunFolder.place(tmp_path, asked, lambda folder: None).path.name == f"{name}-2"

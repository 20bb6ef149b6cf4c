"""A crash between any two steps of the file system: whatever lies in the folder then can be gone on from."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from harness import Driven, drive, ended, experiment, finished, new_run, set_

from stdpbench.experiment import Experiment
from stdpbench.runs.folder.checkpoints import newest_checkpoint
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import rewind
from stdpbench.runs.process import assessment

STEPS = ("replace", "rename", "mkdir", "unlink", "rmdir")
WISHES = {3: [set_(plasticity__nu_post=0.05)], 5: ["pause"], 7: [set_(exc__theta_plus=0.3)], 8: ["checkpoint"]}


class Filmed:
    """Copies of a run folder: what there is before every step of the file system."""

    def __init__(self, folder: Path, films: Path) -> None:
        self.folder, self.films = folder, films
        self.n = 0
        self._busy = False

    def shoot(self) -> None:
        if self._busy or not self.folder.exists():
            return
        self._busy = True
        try:
            shutil.copytree(self.folder, self.films / f"{self.n:04d}")
            self.n += 1
        finally:
            self._busy = False

    @contextmanager
    def rolling(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for name in STEPS:
                patch.setattr(os, name, self._filming(getattr(os, name)))
            yield
        self.shoot()

    def _filming(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def filmed(*arguments: Any, **options: Any) -> Any:
            self.shoot()
            return step(*arguments, **options)

        return filmed

    def watches(self, engine: Driven) -> Driven:
        """Film before every line of the journal, too, and in its middle."""
        film, file = self, engine._event_log.journal._file

        class File:
            def write(self, data: bytes) -> int:
                film.shoot()
                return file.write(data[: max(1, len(data) // 2)])

            def __getattr__(self, name: str) -> Any:
                return getattr(file, name)

        engine._event_log.journal._file = File()  # type: ignore[assignment]
        return engine

    def taken(self, every: int) -> list[RunFolder]:
        return [RunFolder(path) for path in sorted(self.films.iterdir())[::every]]


def short() -> Experiment:
    return experiment(schedule__train_images=10, schedule__label_images=4, schedule__test_images=4)


def go_on(folder: RunFolder) -> dict[str, str]:
    """Ask again for what had not been heard of; then to the end."""
    records = read_journal(folder.path)
    reached = max((record.position for record in records), default=0)
    known = {record.position for record in records if type(record.fact).__name__ == "ParametersChanged"}
    wishes = {at: asked for at, asked in WISHES.items() if at >= reached and at not in known}
    checkpoint, remarks = newest_checkpoint(folder.path)
    assert remarks == [], "a checkpoint with its name is not whole"
    drive(folder, at=wishes)
    assert folder.about["state"] == "finished"
    after, _ = newest_checkpoint(folder.path)
    assert checkpoint is None or (after is not None and after.position >= checkpoint.position)
    assert [path.name for path in (folder.path / "checkpoints").iterdir() if path.name.startswith(".")] == []
    return outcome(folder)


def film(tmp_path: Path, every: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assessment, "_GROUP", 2)
        expected = finished(new_run(tmp_path, short(), checkpoint_every=4, baselines=False), at=WISHES)
        folder = new_run(tmp_path, short(), checkpoint_every=4, baselines=False)
        (tmp_path / "films").mkdir()
        filmed = Filmed(folder.path, tmp_path / "films")
        with filmed.rolling():
            drive(folder, engine=filmed.watches(Driven(folder, at=WISHES)))
        assert outcome(folder) == expected
        assert filmed.n > 100
        for taken in filmed.taken(every):
            if taken.about["state"] == "finished":
                assert outcome(taken) == expected
            else:
                assert go_on(taken) == expected, f"after {taken.path.name} steps"
                shutil.rmtree(taken.path)


def test_a_crash_between_two_steps_of_the_file_system(tmp_path):
    film(tmp_path, every=13)


@pytest.mark.slow
def test_a_crash_between_any_two_steps_of_the_file_system(tmp_path):
    film(tmp_path, every=1)


@pytest.mark.parametrize("to", [3, 6])
def test_a_crash_while_a_run_is_taken_back(to, tmp_path):
    """It stands at the later position or at the earlier one, and goes on to what follows from there."""
    changes = {at: asked for at, asked in WISHES.items() if at in (3, 7)}
    (runs := tmp_path / "runs").mkdir()
    (tmp_path / "films").mkdir()
    folder = new_run(runs, short(), checkpoint_every=2, baselines=False)
    late = finished(folder, at=changes)
    whole = ended(new_run(tmp_path, short(), checkpoint_every=2, baselines=False), at=changes)
    rewind(whole, to)
    early = finished(whole)
    filmed = Filmed(folder.path, tmp_path / "films")
    with filmed.rolling():
        rewind(folder, to)
    seen = set()
    for taken in filmed.taken(2):
        if taken.about["state"] == "finished":
            assert outcome(taken) == late
            seen.add(False)
            continue
        found = finished(taken)
        assert found in (early, late), f"after {taken.path.name} steps"
        seen.add(found == early)
    assert seen == {True, False}

"""Films of runs, made from their histories."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from harness import N_TRAIN, drive, experiment, new_run
from PIL import Image

from stdpbench.api import Run
from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import read_experiment
from stdpbench.runs.folder.history import History
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.studies import film


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    folder = tmp_path_factory.mktemp("runs")
    made = [experiment(), experiment(seed=12)]
    return [Run(drive(new_run(folder, each)).folder.path) for each in made]


def pictures(path: Path) -> list[np.ndarray]:
    with Image.open(path) as opened:
        frames = []
        for number in range(opened.n_frames):
            opened.seek(number)
            frames.append(np.asarray(opened.convert("RGB"), np.int16))
        return frames


def milliseconds(path: Path) -> float:
    with Image.open(path) as opened:
        total = 0.0
        for number in range(opened.n_frames):
            opened.seek(number)
            opened.load()
            total += opened.info["duration"]
        return total


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_a_film_has_a_frame_for_each_moment_and_the_wanted_duration(suffix, runs, tmp_path):
    run = runs[0]
    path = run.film(tmp_path / f"film{suffix}", seconds=6, shape="square")
    frames = pictures(path)
    assert (len(frames), frames[0].shape) == (len(run.history), (1080, 1080, 3))
    assert milliseconds(path) == pytest.approx(6000, rel=0.02)
    assert all((before != after).any() for before, after in pairwise(frames))
    assert frames[0][0, 0].min() > 240


def test_a_film_shows_the_weights_of_its_moment(runs, tmp_path):
    (last,) = pictures(runs[0].film(tmp_path / "a.webp", start=N_TRAIN, theme="dark"))
    assert last[0, 0].max() < 40
    drawn = film.Film([RunFolder(runs[0].path)], theme="dark")
    first, end = (np.asarray(drawn.frame(at), np.int16) for at in (0, N_TRAIN))
    assert np.abs(end - last).mean() < 2  # WebP rounds colours
    assert np.abs(first - last).mean() > 2 * np.abs(end - last).mean()


def test_two_runs_stand_side_by_side(runs, tmp_path):
    both = pictures(runs[0].film(tmp_path / "both.webp", other=runs[1], start=N_TRAIN))[0]
    same = pictures(runs[0].film(tmp_path / "same.webp", other=runs[0], start=N_TRAIN))[0]
    left, right = (slice(190, 600), slice(40, 900)), (slice(190, 600), slice(1000, 1880))
    assert np.abs(both[left] - same[left]).mean() < 1
    assert np.abs(both[right] - same[right]).mean() > 1


def test_a_stream_is_a_raster_and_a_histogram(tmp_path):
    made = read_experiment("song-abbott-2000").override({"schedule.duration": 2.0, "schedule.piece": 1.0})
    run = Run(drive(new_run(tmp_path, made)).folder.path)
    frames = pictures(run.film(tmp_path / "stream.webp"))
    assert len(frames) == len(run.history)
    assert (frames[-1][:, :1000] != frames[-1][0, 0]).any()


def test_an_mp4_is_a_film_or_says_what_it_needs(runs, tmp_path, monkeypatch):
    pytest.importorskip("imageio_ffmpeg")
    assert runs[0].film(tmp_path / "film.mp4", seconds=5).read_bytes()[4:8] == b"ftyp"
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(StdpbenchError, match=r'needs ffmpeg, which pip install "stdpbench\[film\]"'):
        runs[0].film(tmp_path / "other.mp4")
    assert not (tmp_path / "other.mp4").exists()


def test_what_cannot_be_filmed_is_a_sentence(runs, tmp_path):
    run = runs[0]
    for arguments, sentence in (
        (("film.avi", {}), "must end with .gif, .webp, .mp4"),
        (("f.gif", {"seconds": 3}), "takes 5 to 60 s, not 3"),
        (("f.gif", {"start": 9999}), "no moments from presentation 9999"),
        (("f.gif", {"shape": "round"}), "no shape 'round'; choose 1080p or square"),
        (("nowhere/f.gif", {}), "there is no folder"),
    ):
        with pytest.raises(StdpbenchError, match=sentence):
            run.film(tmp_path / arguments[0], **arguments[1])
    bare = Run(drive(new_run(tmp_path / "runs", history=False)).folder.path)
    with pytest.raises(StdpbenchError, match="has no history, which a film is made from"):
        bare.film(tmp_path / "f.gif")
    assert not list(tmp_path.glob("*.gif"))


def test_a_cancelled_or_failed_film_leaves_nothing(runs, tmp_path):
    def cancel(done: int, total: int) -> None:
        raise KeyboardInterrupt

    for suffix in (".gif", ".webp"):
        with pytest.raises(KeyboardInterrupt):
            film.write_film(RunFolder(runs[0].path), tmp_path / f"film{suffix}", on_progress=cancel)
    assert not list(tmp_path.iterdir())


def test_the_command_makes_a_film(runs, tmp_path, call: Callable[..., str]):
    target = tmp_path / "film.webp"
    out = call("film", str(runs[0].path), str(target), "--square", "--dark", "--to", "12")
    assert str(target) in out.replace("\n", "")
    assert len(pictures(target)) == sum(at <= 12 for at in History(runs[0].path))
    assert "already exists" in call("film", str(runs[0].path), str(target), status=2)

"""Recordings of events from files: npz, CSV and HDF5, N-MNIST and SHD."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from event_files import bin_bytes, write_n_mnist, write_shd
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Split, datasets
from stdpbench.data.datasets._hdf5 import parse
from stdpbench.data.stimuli import Events

ARRAYS = {
    "index": np.array([0, 2, 1, 1, 0, 4]),
    "time": np.array([0.001, 0.002, 0.0105, 0.0, 0.0, 0.3]),
    "first": np.array([0, 3, 5]),
    "label": np.array(["b", "a", "b"]),
}


def prepared(path: Path, **values: Any) -> Split:
    return datasets.build({"kind": "events", "path": str(path), **values}, "data").prepare()


def of(stimuli: object) -> list[Events]:
    return [stimuli.stimulus(number) for number in range(len(stimuli))]


def archive(path: Path, **changes: Any) -> Path:
    np.savez(path, **{name: value for name, value in (ARRAYS | changes).items() if value is not None})
    return path


def both_halves(split: Split) -> dict[tuple[float, ...], tuple[list[int], str, float]]:
    """Channels, class and duration of each recording by its times, of both halves."""
    found = dict[tuple[float, ...], tuple[list[int], str, float]]()
    for half in (split.train, split.test):
        for each, label in zip(of(half), half.labels.tolist(), strict=True):
            times = tuple(np.round(each.time, 6))
            found[times] = each.index.tolist(), split.class_names[label], round(each.seconds, 6)
    return found


EXPECTED = {
    (0.001, 0.002, 0.0105): ([0, 2, 1], "b", 0.011),
    (0.0, 0.0): ([1, 0], "a", 0.001),
    (0.3,): ([4], "b", 0.301),
}


@pytest.mark.parametrize("first", [[0, 3, 5], [0, 3, 5, 6]])
def test_arrays(tmp_path: Path, first: list[int]) -> None:
    split = prepared(archive(tmp_path / "x.npz", first=np.array(first)))
    assert (len(split.train), len(split.test), split.train.shape) == (2, 1, (1, 5))
    assert both_halves(split) == EXPECTED


def test_arrays_with_grid_duration_and_a_test_part(tmp_path: Path) -> None:
    test = {f"test_{name}": ARRAYS[name] for name in ("index", "time", "first")}
    path = archive(tmp_path / "x.npz", grid=[2, 3, 4], duration=0.5, **test, test_duration=[0.1, 0.1, 0.4])
    split = prepared(path)
    assert split.train.shape == (6, 4)
    assert split.train.planes == 2
    assert split.train.duration.tolist() == [0.5] * 3
    assert split.test.duration.tolist() == [0.1, 0.1, 0.4]
    assert split.test.labels is None
    assert prepared(archive(tmp_path / "y.npz"), channels=12).train.shape == (1, 12)


def test_lines_of_events(tmp_path: Path) -> None:
    lines = ["r1,0,0.001,b", "r1,2,0.002,b", "r2,1,0,a", "r1,1,0.0105,b", "r2,0,0,a", "x,4,0.3,b"]
    for name, head in (("a.csv", ""), ("b.csv", "recording,index,time,label\n")):
        (tmp_path / name).write_text(head + "\n".join(lines))
        assert both_halves(prepared(tmp_path / name)) == EXPECTED
    turned = "\n".join(",".join(np.array(line.split(","))[[3, 2, 1, 0]]) for line in lines)
    (tmp_path / "X_train.csv").write_text("label,time,index,recording\n" + turned)
    (tmp_path / "X_test.csv").write_text("recording,index,time\n7,4,0.1\n")
    split = prepared(tmp_path / "X_train.csv")
    assert (len(split.train), len(split.test), split.class_names) == (3, 1, ("a", "b"))
    assert split.test.labels is None


def test_hdf5_in_the_layout_of_shd(tmp_path: Path) -> None:
    recordings = [([0.001, 0.002, 0.0105], [0, 2, 1]), ([0, 0], [1, 0]), ([0.3], [4])]
    split = prepared(write_shd(tmp_path / "x.h5", recordings, [1, 0, 1], ["a", "b"]))
    found = both_halves(split)
    assert sorted(each[:2] for each in found.values()) == sorted(each[:2] for each in EXPECTED.values())
    assert prepared(write_shd(tmp_path / "y.h5", recordings, [7, 9, 7], None)).class_names == ("7", "9")
    assert prepared(write_shd(tmp_path / "z.h5", recordings, None, None)).train.labels is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"time": None}, "holds no array time .events need index, time, first.; it holds index, first, label"),
        ({"label": np.arange(2)}, "first of .* ends with 5, but there are 6 events"),
        ({"label": np.eye(3)}, "first of .* ends with 5, but there are 6 events|label of .* holds 3×3 labels, but"),
        ({"label": np.arange(3) + 0.5}, "label of .* must hold whole numbers or texts"),
        ({"index": ARRAYS["index"] - 1}, "has an event of channel -1; channels are 0 to 99999"),
        ({"index": ARRAYS["index"] * 10**6}, "has an event of channel 4e[+]06; channels are 0 to 99999"),
        ({"index": ARRAYS["index"] + 0.5}, "channels must be a list of whole numbers"),
        ({"index": ARRAYS["index"] * np.nan}, "channels must be a list of whole numbers"),
        ({"index": list("abcdef")}, "channels must be a list of whole numbers"),
        ({"index": ARRAYS["index"][:5]}, "must be two lists of the same length"),
        ({"index": np.zeros((2, 3)), "time": np.zeros((2, 3))}, "must be two lists of the same length"),
        ({"grid": [1, 4]}, "has an event of channel 4, but the channels are 0 to 3"),
        ({"grid": [0, 4]}, "grid of .* must be one to three positive whole numbers"),
        ({"grid": [10**4, 10**4]}, "grid of .* for at most 100000 channels in all"),
        ({"grid": ["a"]}, "grid of .* must be one to three positive whole numbers"),
        ({"time": ARRAYS["time"] - 1}, "has an event at -1 s; times are in s from the start"),
        ({"time": ARRAYS["time"][::-1]}, "the times of recording 0 do not ascend"),
        ({"time": np.full(6, np.inf)}, "has an event at inf s; times are in s"),
        ({"time": ARRAYS["time"] * 1e12}, "has an event at 3e[+]11 s; times are in s .*, and at most 1e6"),
        ({"time": list("abcdef")}, "times must be a list of numbers"),
        ({"first": np.array([1, 3, 5])}, "must list the first event of each recording: 0, then"),
        ({"first": np.array([0, 3, 9])}, "numbers up to 6"),
        ({"first": np.array([0, 5, 3])}, "0, then ascending numbers up to 6"),
        ({"first": np.array([0, 2.5, 3])}, "must list the first event"),
        ({"first": np.array([0, 3, 3])}, "recording 1 is empty; remove it, or state durations"),
        ({"duration": 0.2}, "recording 2 has an event at 0.3 s, after its end at 0.2 s"),
        ({"duration": -1.0}, "duration of .* must be positive"),
        ({"duration": [1.0, 2.0]}, "duration of .* must be positive, in s: one number, or one per recording"),
        ({"duration": np.nan}, "duration of .* must be positive"),
        ({"test_index": np.zeros(1, int)}, "holds no array test_time"),
        ({"first": np.array([0]), "label": None, "time": np.arange(6)}, "need at least 2"),
        ({"index": np.array([[None]], object)}, "holds Python objects"),
    ],
)
def test_what_is_wrong_with_arrays_is_one_sentence(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with refused("mine.npz", match=sentence):
        prepared(archive(tmp_path / "mine.npz", **changes))


def test_an_empty_recording_with_a_duration_is_silence(tmp_path: Path) -> None:
    split = prepared(archive(tmp_path / "x.npz", first=np.array([0, 3, 3]), duration=0.4))
    assert sorted(len(each) for half in (split.train, split.test) for each in of(half)) == [0, 3, 3]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("1,2\n", "has 2 columns; events need"),
        ("1,2,3,4,5\n", "has 5 columns; events need"),
        ("recording,index,t\n1,2,3\n", "has no column 'time'"),
        ("1,x,0.1\n2,1,0.1\n", "has no column 'recording'"),
        ("1,2,0.1\n2,x,0.1\n", "line 2: column 2 holds 'x'"),
        ("1,2,nan\n", "line 1: column 3 holds 'nan'"),
        ("1,2,0.1,a\n1,2,0.2,b\n", "line 2: recording 1 has the label b, but a before"),
        ("1,2,0.1,\n1,2,0.2,b\n", "is empty in row 1"),
        ("1,1,0.1\n,1,0.2\n", "line 2 names no recording"),
        ("1,1,0.2\n1,1,0.1\n2,1,1\n", "the times of recording 0 do not ascend"),
        ("1,-1,0.2\n2,1,0.1\n", "an event of channel -1; channels are 0 to"),
    ],
)
def test_what_is_wrong_with_lines_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "mine.csv").write_text(text)
    with refused("mine.csv", match=sentence):
        prepared(tmp_path / "mine.csv")


def test_what_is_wrong_with_hdf5_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.h5"
    good = [([0.1, 0.2], [3, 4]), ([0.1], [5])]

    def is_refused(sentence: str) -> None:
        with refused(match=sentence):
            prepared(path)

    is_refused("there is no file")
    path.write_bytes(b"hello")
    is_refused("mine.h5 is damaged, or not an HDF5 file")
    # in this process: one of its own takes a quarter of a second
    monkeypatch.setattr("stdpbench.data.datasets._hdf5.read_apart", lambda _, path: parse(path))
    write_shd(path, good, [0, 1])
    path.write_bytes(path.read_bytes()[:2000])
    is_refused("mine.h5 is damaged")
    with h5py.File(path, "w") as file:
        file["other"] = [1, 2]
    is_refused("needs a data set spikes/times that holds a list of numbers for each recording")
    with h5py.File(path, "w") as file:
        file["spikes/times"], file["spikes/units"] = np.zeros((2, 3)), np.zeros((2, 3), int)
    is_refused("needs a data set spikes/times that holds a list of numbers for each recording")
    with h5py.File(path, "w") as file:  # fill values only, so that the file is small
        for name in ("times", "units"):
            file.create_dataset(f"spikes/{name}", (10**12,), h5py.vlen_dtype(float), chunks=(1000,))
    is_refused("declares 1.53e\\+07 MiB of values, .* at most 160 MiB")
    for recordings, labels, keys, sentence in (
        ([([0.1, 0.2], [3]), ([0.1], [5])], [0, 1], None, "recording 0 has 1 units, but 2 times"),
        ([([0.2, 0.1], [3, 3]), ([0.1], [5])], [0, 1], None, "the times of recording 0 do not ascend"),
        ([([-0.2, 0.1], [3, 3]), ([0.1], [5])], [0, 1], None, "s; times are in s from the start"),
        ([([np.nan, 0.1], [3, 3]), ([0.1], [5])], [0, 1], None, "has an event at nan s; times are in s"),
        ([([], []), ([0.1], [5])], [0, 1], None, "recording 0 is empty"),
        (good, [0], None, "holds 1 labels, but .* holds 2 recordings"),
        (good, [0, 3], ("a", "b"), "has the label 3, but 2 extra/keys"),
        ([], [], None, "holds no recordings"),
    ):
        write_shd(path, recordings, labels, keys)
        is_refused(sentence)
    with pytest.raises(StdpbenchError, match="holds no events that can be read"):
        prepared(tmp_path / "x.bin")
    with pytest.raises(StdpbenchError, match=r"data\.path is missing"):
        datasets.build({"kind": "events"}, "data").prepare()


@pytest.mark.skipif(sys.platform == "win32", reason="processor time is limited on Unix only")
def test_a_file_that_the_library_reads_for_ever_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stdpbench.base.foreign_files.PATIENCE", 1.0)
    with pytest.raises(StdpbenchError, match=r"endless\.h5 is damaged: it cannot be read to its end"):
        prepared(Path(__file__).parents[2] / "assets" / "endless.h5")


# -- N-MNIST ----------------------------------------------------------------------------------------------------------


def n_mnist(folder: Path, **values: Any) -> Split:
    return datasets.build({"kind": "n-mnist", "path": str(folder), **values}, "data").prepare()


def test_files_of_n_mnist(tmp_path: Path) -> None:
    split = n_mnist(write_n_mnist(tmp_path / "of mine"))
    assert (len(split.train), len(split.test), split.train.shape) == (20, 10, (68, 34))
    assert split.train.labels.tolist() == [3, 1, 4, 0, 5, 9, 2, 6, 8, 7] * 2
    first = of(split.train)[4]  # number 5, digit 5
    assert first.index.tolist() == [5 * 34 + 5, 34 * 34 + 33 * 34 + 33]  # on is the first plane
    assert first.time.tolist() == [0.001, 0.3]
    assert first.seconds == pytest.approx(0.301)
    few = n_mnist(tmp_path / "of mine", n_train=3, n_test=1)
    assert (len(few.train), len(few.test)) == (3, 1)


def test_time_is_23_bits_and_row_240_stands_for_time(tmp_path: Path) -> None:
    write_n_mnist(tmp_path)
    events = [(0, 0, True, 5), (1, 240, False, 0), (2, 0, True, 6), (3, 0, True, 2**23 - 1)]
    (tmp_path / "Train" / "3" / "00001.bin").write_bytes(bin_bytes(events))
    first = of(n_mnist(tmp_path).train)[0]
    assert first.index.tolist() == [0, 2, 3]
    assert first.time.tolist() == pytest.approx([5e-6, 8198e-6, (2**23 - 1 + 8192) * 1e-6])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "00001.bin holds nothing; it must hold events of 5 bytes"),
        (b"1234567", "00001.bin holds 7 bytes"),
        (bin_bytes([(1, 240, True, 1)]), "00001.bin holds no events"),
        (bin_bytes([(0, 0, True, 1), (34, 3, True, 1)]), "00001.bin has an event at column 34, row 3"),
        (bin_bytes([(33, 99, True, 1)]), "column 33, row 99; the camera has 34 × 34 pixels"),
    ],
)
def test_what_is_wrong_with_files_of_n_mnist_is_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    write_n_mnist(tmp_path)
    (tmp_path / "Train" / "3" / "00001.bin").write_bytes(content)
    with pytest.raises(StdpbenchError, match=sentence):
        n_mnist(tmp_path)


def test_n_mnist_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(StdpbenchError, match=r"N-MNIST are not in .*stdpbench data fetch n-mnist --from FOLDER"):
        n_mnist(tmp_path)
    write_n_mnist(tmp_path)
    with pytest.raises(StdpbenchError, match="holds 20 recordings, fewer than the 99"):
        n_mnist(tmp_path, n_train=99)
    for path in (tmp_path / "Test" / "3").iterdir():
        path.replace(tmp_path / path.name)
    (tmp_path / "Test" / "3").replace(tmp_path / "Test" / "other")
    with pytest.raises(StdpbenchError, match="has no folder 3; N-MNIST has folders 0 to 9"):
        n_mnist(tmp_path)


# -- SHD --------------------------------------------------------------------------------------------------------------


def shd_files(folder: Path, unit: int = 699) -> Path:
    recordings = [([0.5, 0.25], [unit, 3])] * 4
    write_shd(folder / "shd_train.h5", recordings, [0, 1, 2, 0])
    write_shd(folder / "shd_test.h5", recordings[:2], [2, 1])
    return folder


def test_files_of_shd(tmp_path: Path) -> None:
    split = datasets.build({"kind": "shd", "path": str(shd_files(tmp_path))}, "data").prepare()
    assert (len(split.train), len(split.test), split.train.shape) == (4, 2, (1, 700))
    assert split.class_names == ("null", "one", "zero")
    assert split.test.labels.tolist() == [0, 1]
    assert of(split.train)[0].time.tolist() == [0.25, 0.5]  # sorted


def test_what_is_wrong_with_files_of_shd_is_one_sentence(tmp_path: Path) -> None:
    def is_refused(sentence: str) -> None:
        with pytest.raises(StdpbenchError, match=sentence):
            datasets.build({"kind": "shd", "path": str(tmp_path)}, "data").prepare()

    is_refused(r"shd_train.h5 and shd_test.h5 are not in .*stdpbench data fetch shd --from FOLDER")
    shd_files(tmp_path, unit=700)
    is_refused("has an event of channel 700, but the channels are 0 to 699")
    write_shd(tmp_path / "shd_train.h5", [([0.1], [1])], None)
    is_refused("shd_train.h5 has no labels")

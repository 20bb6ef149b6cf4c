"""Signals from files: npz, .ts and folders of CSV files, and Japanese Vowels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Split, datasets

REAL = Path(os.environ.get("STDPBENCH_DATA", "")).resolve() / "japanese-vowels"
HEAD = "@problemName x\n@univariate false\n@classLabel true a b\n@data\n"


def prepared(path: Path, **values: Any) -> Split:
    return datasets.build({"kind": "signals", "path": str(path), **values}, "data").prepare()


def of(stimuli: object) -> list[np.ndarray]:
    return [stimuli.stimulus(number).values for number in range(len(stimuli))]


def waves(n: int = 10) -> tuple[list[np.ndarray], np.ndarray]:
    """Signals of two channels and different lengths; the first sample is the number of the signal."""
    random = np.random.default_rng(3)
    signals = [random.random((2, 3 + number)).astype(np.float32) for number in range(n)]
    for number, signal in enumerate(signals):
        signal[0, 0] = number
    return signals, np.arange(n) % 2


def ragged(path: Path, **changes: Any) -> Path:
    signals, labels = waves()
    arrays = {
        "values": np.concatenate(signals, axis=1),
        "lengths": np.array([each.shape[1] for each in signals]),
        "labels": labels,
        "rate": 50.0,
    }
    np.savez(path, **{name: value for name, value in (arrays | changes).items() if value is not None})
    return path


def check_are_waves(split: Split, n_test: int = 2) -> None:
    """Whether all waves are there once, each with its length and class."""
    assert (len(split.train), len(split.test)) == (10 - n_test, n_test)
    found = dict[int, tuple[np.ndarray, str]]()
    for half in (split.train, split.test):
        for values, label in zip(of(half), half.labels.tolist(), strict=True):
            found[round(values[0, 0])] = values, split.class_names[label]
    signals, labels = waves()
    assert sorted(found) == list(range(10))
    names = {name: number for number, name in enumerate(split.class_names)}
    for number, (values, name) in found.items():
        np.testing.assert_allclose(values, signals[number], rtol=1e-6)
        assert names[name] == labels[number]


def write_csv(folder: Path, numbers: range, names: str = "") -> None:
    signals, labels = waves()
    for number in numbers:
        path = folder / f"class {labels[number]}" / f"{number}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = "\n".join(",".join(repr(float(value)) for value in sample) for sample in signals[number].T)
        path.write_text(names + rows + "\n")


def ts_lines(numbers: range) -> str:
    signals, labels = waves()
    lines = (
        ":".join([*(",".join(repr(float(value)) for value in channel) for channel in signals[number]), "ab"[label]])
        for number, label in zip(numbers, labels[list(numbers)], strict=True)
    )
    return "\n".join(lines) + "\n"


def test_ragged_arrays_and_their_rate(tmp_path: Path) -> None:
    split = prepared(ragged(tmp_path / "x.npz"), scale=False)
    check_are_waves(split)
    assert split.train.seconds(0) == pytest.approx(len(of(split.train)[0][0]) / 50)
    assert prepared(tmp_path / "x.npz", rate="10 Hz").train.seconds(0) == pytest.approx(5 * split.train.seconds(0))
    assert prepared(ragged(tmp_path / "y.npz", rate=None)).train.seconds(0) == pytest.approx(
        split.train.seconds(0) / 2
    )


def test_arrays_of_equal_lengths_with_a_test_part(tmp_path: Path) -> None:
    values = np.random.default_rng(1).random((6, 2, 5))
    np.savez(tmp_path / "x.npz", values=values, labels=list("ababab"), test_values=values[:2, :, :4] + 1)
    split = prepared(tmp_path / "x.npz", scale=False)
    assert sorted(each[0, 0] for each in of(split.train)) == pytest.approx(sorted(values[:, 0, 0]))
    np.testing.assert_allclose(of(split.test)[1], values[1, :, :4] + 1, rtol=1e-6)
    assert split.test.labels is None
    assert split.class_names == ("a", "b")


def test_csv_files_of_class_folders(tmp_path: Path) -> None:
    write_csv(tmp_path / "one", range(10), names="left,right\n")
    check_are_waves(prepared(tmp_path / "one", scale=False))
    write_csv(tmp_path / "two" / "train", range(7))
    write_csv(tmp_path / "two" / "test", range(7, 10))
    check_are_waves(prepared(tmp_path / "two", scale=False), n_test=3)


def test_ts_files(tmp_path: Path) -> None:
    (tmp_path / "X_TRAIN.ts").write_text("# words\n" + HEAD + ts_lines(range(7)))
    (tmp_path / "X_TEST.ts").write_text(HEAD + ts_lines(range(7, 10)))
    for path in (tmp_path / "X_TRAIN.ts", tmp_path):
        check_are_waves(prepared(path, scale=False), n_test=3)
    alone = prepared(tmp_path / "X_TEST.ts")
    assert (len(alone.train), len(alone.test)) == (2, 1)


def test_channels_are_scaled_by_their_range_in_training(tmp_path: Path) -> None:
    split = prepared(ragged(tmp_path / "x.npz"), test_fraction=0.4)
    raw = prepared(tmp_path / "x.npz", test_fraction=0.4, scale=False)
    train, low_high = np.concatenate(of(split.train), axis=1), np.concatenate(of(raw.train), axis=1)
    np.testing.assert_allclose(train.min(axis=1), 0)
    np.testing.assert_allclose(train.max(axis=1), 1)
    low, high = low_high.min(axis=1)[:, None], low_high.max(axis=1)[:, None]
    for scaled, values in zip(of(split.test), of(raw.test), strict=True):
        np.testing.assert_allclose(scaled, (values - low) / (high - low), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"values": None}, "holds no array values"),
        ({"values": np.zeros((2, 3, 4, 5)), "lengths": None}, "has the shape 2×3×4×5"),
        ({"lengths": None}, "has the shape 2×75; it must be number×channels×samples, or"),
        ({"lengths": np.full(10, 7)}, "lengths of .* which add up to the 75 samples"),
        ({"lengths": np.array([75, 0])}, "must be a list of whole numbers of at least 1"),
        ({"lengths": np.array([80, -5])}, "must be a list of whole numbers of at least 1"),
        ({"lengths": np.array([70.5, 4.5])}, "must be a list of whole numbers of at least 1"),
        ({"lengths": np.array(["a"])}, "must be a list of whole numbers of at least 1"),
        ({"labels": np.arange(9)}, "holds 9 labels, but values of .* holds 10 signals"),
        ({"labels": np.arange(10) + 0.5}, "must hold whole numbers or texts"),
        ({"values": np.full((2, 75), np.nan)}, "holds values that are not finite"),
        ({"values": np.full((2, 75), 1e35)}, "holds values that are not finite, or beyond 1e[+]30"),
        ({"values": np.full((2, 75), "a")}, "it must hold numbers"),
        ({"values": np.full((2, 75), None)}, "holds Python objects"),
        ({"values": np.zeros((0, 2, 5)), "lengths": None}, "has the shape 0×2×5; it must be .* each at least 1"),
        ({"rate": 0.0}, "rate of .* must be one positive number"),
        ({"rate": np.array([1, 2])}, "rate of .* must be one positive number"),
        ({"rate": "fast"}, "rate of .* must be one positive number"),
        ({"test_labels": np.zeros(2)}, "holds test_labels, but no test_values"),
        ({"test_values": np.zeros((1, 3, 4))}, "signals of 2 channels, but .* of 3"),
        (
            {"test_values": np.zeros((1, 2, 4)), "test_labels": np.array(["a"])},
            "must both be numbers or both be texts",
        ),
        ({"values": np.zeros((1, 1, 9)), "lengths": None, "labels": None}, "need at least 2"),
    ],
)
def test_what_is_wrong_with_arrays_is_one_sentence(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with refused("mine.npz", match=sentence):
        prepared(ragged(tmp_path / "mine.npz", **changes))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "holds no signals after a line @data"),
        (HEAD, "holds no signals"),
        ("1,2:a\n", "line 1 comes before @data"),
        (HEAD + "1,2:1,2,3:a\n", "line 5 has channels of 2 and of 3 samples"),
        (HEAD + "1,2:1,2:a\n1,2:b\n", "line 6 has 1 channels, but the first signal has 2"),
        (HEAD + "1,2:1,2:c\n", "line 5 ends with 'c', which is not a class in @classLabel"),
        (HEAD + "1,2:1,2\n", "line 5 ends with '1,2'"),
        (HEAD + "a\n", "line 5 holds only a class"),
        (HEAD + "1,?:1,2:a\n", "line 5 holds a value that is missing or not a number"),
        (HEAD + "1,x:1,2:a\n", "line 5 holds a value that is missing or not a number"),
        (HEAD + "1,:1,2:a\n", "line 5 holds a value that is missing or not a number"),
        (HEAD + "1,nan:1,2:a\n", "holds values that are not finite"),
        ("@timeStamps true\n@data\n", "has time stamps"),
        ("@targetLabel true\n@data\n", "has numbers to predict"),
        ("@classLabel\n@data\n1:a", "@classLabel must be true"),
        ("@classLabel maybe\n@data\n1:a", "@classLabel must be true"),
        ("\0", "is not a text file"),
    ],
)
def test_what_is_wrong_with_ts_files_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "mine.ts"
    path.write_text(text)
    with refused("mine.ts", match=sentence):
        prepared(path)


def test_what_is_wrong_with_folders_is_one_sentence(tmp_path: Path) -> None:
    def is_refused(sentence: str, path: Path = tmp_path) -> None:
        with pytest.raises(StdpbenchError, match=sentence):
            prepared(path)

    is_refused("holds no CSV or .ts files")
    is_refused("there is no file or folder", tmp_path / "nothing")
    (tmp_path / "words.txt").write_text("words")
    is_refused("has no signals that can be read", tmp_path / "words.txt")
    write_csv(tmp_path, range(10))
    (tmp_path / "class 0" / "99.csv").write_text("1,2,3\n")
    is_refused("99.csv has 3 columns, but 0.csv has 2")
    (tmp_path / "class 0" / "99.csv").write_text("1,2\n3,nan\n")
    is_refused("line 2: column 2 holds 'nan'")
    (tmp_path / "class 0" / "99.csv").write_text("")
    is_refused("99.csv is empty")
    (tmp_path / "loose.csv").write_text("1,2\n")
    is_refused("next to class folders")
    for name in ("a.ts", "b.ts"):
        (tmp_path / name).write_text(HEAD)
    is_refused("holds several sets of signals")
    with pytest.raises(StdpbenchError, match=r"data\.path is missing"):
        datasets.build({"kind": "signals"}, "data").prepare()


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the files of Japanese Vowels in STDPBENCH_DATA/japanese-vowels")
def test_japanese_vowels() -> None:
    split = datasets.build({"kind": "japanese-vowels", "path": str(REAL)}, "data").prepare()
    assert (len(split.train), len(split.test), split.train.shape) == (270, 370, (1, 12))
    assert np.bincount(split.train.labels).tolist() == [30] * 9
    assert np.bincount(split.test.labels).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]  # of its documentation
    assert len(set(split.train.labels[-45:].tolist())) == 9  # mixed, so that --validation holds out all speakers
    lengths = [round(split.train.seconds(number) * 50) for number in range(270)]
    assert (min(lengths), max(lengths)) == (7, 26)
    values = np.concatenate(of(split.train), axis=1)
    assert (values.min(), values.max()) == (0, 1)


def test_japanese_vowels_that_are_missing_or_others(tmp_path: Path) -> None:
    with pytest.raises(StdpbenchError, match=r"JapaneseVowels_TRAIN.ts and JapaneseVowels_TEST.ts are not in"):
        datasets.build({"kind": "japanese-vowels"}, "data").prepare()
    for half in ("TRAIN", "TEST"):
        (tmp_path / f"JapaneseVowels_{half}.ts").write_text(HEAD + ts_lines(range(7)))
    with pytest.raises(StdpbenchError, match="is not from Japanese Vowels"):
        datasets.build({"kind": "japanese-vowels", "path": str(tmp_path)}, "data").prepare()

"""Rows of tables: scikit-learn's, and one's own CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Split, datasets


def prepared(**values: Any) -> Split:
    return datasets.build({"kind": "tabular", **values}, "data").prepare()


def pixels(stimuli: object) -> np.ndarray:
    return stimuli.pixels


@pytest.fixture
def table(tmp_path: Path):
    def write(text: str, name: str = "my täble.csv") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.mark.parametrize(
    ("name", "n", "features", "classes"),
    [("iris", 150, 4, 3), ("wine", 178, 13, 3), ("breast-cancer", 569, 30, 2)],
)
def test_tables_of_scikit_learn(name: str, n: int, features: int, classes: int) -> None:
    split = prepared(table=name, test_fraction=0.3)
    assert len(split.train) + len(split.test) == n
    assert len(split.test) == round(0.3 * n)
    assert split.train.shape == (1, features)
    assert len(split.class_names) == classes
    train, test = pixels(split.train), pixels(split.test)
    # the training rows span the scale, the others are clipped to it
    assert (train.min(axis=0) == 0).all()
    assert (train.max(axis=0) == 255).all()
    assert 0 <= test.min() <= test.max() <= 255
    assert set(split.train.labels[-len(split.train) // 6 :].tolist()) == set(range(classes))


def test_values_are_those_of_the_table_and_rows_are_not_lost() -> None:
    from sklearn.datasets import load_iris

    split = prepared()
    train, test = pixels(split.train)[:, 0], pixels(split.test)[:, 0]
    raw = load_iris()
    assert split.train.labels is not None
    assert split.test.labels is not None
    # a feature of raw rows is an increasing function of the scaled one, so sorting them gives the same classes
    assert np.array_equal(pixels(prepared(test_fraction=0.2).train)[:, 0], train)
    all_labels = np.concatenate([split.train.labels, split.test.labels])
    assert np.bincount(all_labels).tolist() == np.bincount(raw.target).tolist()
    scaled = np.sort(np.concatenate([train, test])[:, 2])
    low, high = raw.data[:, 2].min(), raw.data[:, 2].max()
    np.testing.assert_allclose(scaled, np.sort((raw.data[:, 2] - low) / (high - low) * 255), atol=1e-3)


def test_rows_of_a_file_with_classes_in_a_named_column(table) -> None:
    text = "kind;a;b\n" + "".join(f"{'xy'[k % 2]};{k};{k * 10}\n" for k in range(10))
    split = prepared(path=table(text), label="kind", test_fraction=0.4)
    assert split.class_names == ("x", "y")
    assert split.train.shape == (1, 2)
    for half in (split.train, split.test):
        assert abs(int(half.labels.sum()) * 2 - len(half)) <= 1
    values = pixels(split.train)
    np.testing.assert_allclose(values[:, 0, 0], values[:, 0, 1], atol=1e-3)


@pytest.mark.parametrize("head", ["", "a,b,class\n", "# a comment\n\na,b,class\n", "\ufeff"])
def test_a_line_of_names_is_optional(table, head: str) -> None:
    split = prepared(path=table(head + "1,2,3\n2,3,1\n4,1,3\n3,3,1\n5,5,1\n"))
    assert (len(split.train), len(split.test), split.class_names) == (4, 1, ("1", "3"))


@pytest.mark.parametrize(
    ("text", "values", "sentence"),
    [
        ("", {}, "is empty"),
        ("a,b,c\n", {}, "holds only a header line"),
        ("1,2,x\n1,y\n", {}, "line 2 has 2 cells, but the first line has 3"),
        ("a,b,c\n1,,x\n2,3,y\n", {}, "line 2: column 'b' holds nothing; it must hold a finite number"),
        ("1,?,x\n2,3,y\n", {}, "line 1: column 2 holds '[?]'"),
        ("1,nan,x\n2,3,y\n", {}, "line 1: column 2 holds 'nan'"),
        ("1,2,x\n2,inf,y\n", {}, "line 2: column 2 holds 'inf'"),
        ("1,2,x\n2,1e999,y\n", {}, "line 2: column 2 holds '1e999'"),
        ("1,2,x\n2,3,\n", {}, "is empty in row 2; every row needs a class"),
        ("1,2,0.5\n2,3,1\n", {}, "holds decimal numbers; it must hold classes"),
        ("1\n2\n", {}, "has one column"),
        ("1,2,x\n", {}, "holds 1 stimulus; training"),
        ("a,b\n1,2\n3,4\n", {"label": "c"}, "has no column 'c' .*its columns are a, b"),
        ("1,2\n3,4\n", {"label": "c"}, "has no column 'c' .*it has no header line"),
        ("1,1e308,x\n2,-1e308,y\n1,1e308,x\n", {}, "beyond 1e.100, too large"),
        ("1,2,x\0\n2,3,y\n", {}, "is not a text file"),
        ('1,2,"x' + "y" * 200_000 + '"\n2,3,y\n', {}, "line 1: field larger"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_the_file(table, text: str, values: dict[str, Any], sentence: str) -> None:
    with refused("my täble.csv", match=sentence):
        prepared(path=table(text), **values)


def test_what_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("1,é\n".encode("latin-1"))
    for path, sentence in (
        (tmp_path / "nowhere.csv", "there is no file"),
        (tmp_path, "cannot be read"),
        (tmp_path / "latin.csv", "is not a text file in UTF-8"),
    ):
        with pytest.raises(StdpbenchError, match=sentence):
            prepared(path=str(path))
    with pytest.raises(StdpbenchError, match=r"data\.label names a column of a CSV file"):
        prepared(label="x")

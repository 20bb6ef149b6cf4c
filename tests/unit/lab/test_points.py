"""Points of an experiment from CSV files of any sort."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.studies.lab.points import SHIPPED, read_points


@pytest.mark.parametrize(
    "text",
    [
        "10,0.5,0.1\n-10,-0.25,0.2\n",
        "dt (ms),dw,SD\n10,0.5,0.1\n-10,-0.25,0.2\n",
        "# from somewhere\n\ndt;dw;sd\n10;0,5;0,1\n\n-10;-0,25;0,2\n",
        "10\t0.5\t0.1\n-10\t\u22120.25\t0.2\n",
        "\ufeffdt dw sd\n10   0.5 0.1\n-10 -0.25 0.2",
    ],
)
def test_files_of_several_sorts(tmp_path: Path, text: str) -> None:
    path = tmp_path / "slice.csv"
    path.write_text(text, encoding="utf-8")
    points = read_points(path)
    assert points.label == "slice"
    assert points.protocol == "pair-window"
    np.testing.assert_array_equal(points.x, [10, -10])
    np.testing.assert_array_equal(points.y, [0.5, -0.25])
    assert points.error is not None
    np.testing.assert_array_equal(points.error, [0.1, 0.2])


def test_errors_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "slice.csv"
    path.write_text("dt,dw\n5,0.1\n")
    assert read_points(path, "frequency").error is None
    assert read_points(path, "frequency").protocol == "frequency"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dt,dw\n10,0.5\n20,abc\n", "line 3: 'abc' is not a number"),
        ("10,0.5\n20,nan\n", "line 2: 'nan' is not a number"),
        ("10,0.5\n20\n", "line 2: expected two numbers"),
        ("10,0.5\n20,1,2\n", "line 2: 3 columns, but the lines before have 2"),
        ("10,0.5,-0.1\n", "line 1: the error must be at least 0"),
        ("dt,dw\n", "contains no points"),
        ("", "contains no points"),
    ],
)
def test_a_bad_file_gets_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with refused(message, match=r"^bad\.csv"):
        read_points(path)


def test_what_is_no_text_is_said(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(StdpbenchError, match="is not a text file in UTF-8"):
        read_points(path)
    with pytest.raises(StdpbenchError, match="there is no file"):
        read_points(tmp_path / "none.csv")


def test_points_that_ship_say_where_they_come_from() -> None:
    for make in SHIPPED.values():
        for points in make():
            assert "doi:" in points.about
            assert points.protocol == "frequency"
            assert len(points.x) == len(points.y) == len(points.error if points.error is not None else ())

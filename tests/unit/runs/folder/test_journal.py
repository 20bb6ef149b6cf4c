"""The journal: every fact comes back as it was, and a crash or a full disk leaves nothing half-written."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tracemalloc
from bisect import bisect_right
from dataclasses import fields, replace
from pathlib import Path
from random import Random
from typing import Any, get_args

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.folder.journal import (
    NAME,
    DamagedJournalError,
    Journal,
    read_journal,
    read_undamaged,
    write_journal,
)
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Fact, Piece, Record, Taught

EXAMPLES: list[Any] = [
    facts.Started(
        {"seed": 3, "name": "ü", "network": {"n_exc": 4, "weight_sum": "none"}, "data": {"sizes": [1, 2]}},
        "compiled",
        "Nothing better was there.",
        (("train", 20), ("test", 8), ("start weights: test", 8)),
        (8, 9),
        ("0", "zwei", "三"),
    ),
    facts.Started({}, "runtime", "", (("train", 0),), (1, 1), ()),
    facts.Dependencies({"data": "ab" * 32, "acme": "cd" * 32}),
    facts.Planned((("train", 20), ("test", 3))),
    facts.Estimated(12.5, 3 * 2**30),
    facts.StateChanged("running"),
    facts.StateChanged("paused", 'no room left: "disk"\nfull'),
    facts.Block(40, (1, 3, 20), (0, 7, 65_535), 0.1 + 0.2, 1e-300, {"vote": 1 / 3, "confidence": 0.0}),
    facts.Block(0, (), (), -0.0, 5e-324, {}),
    facts.ParametersChanged({"plasticity.nu_post": (0.01, 0.02), "exc.tau_m": ("100 ms", "90 ms")}),
    facts.ParametersChanged({"schedule.label_images": (None, 5), "network.weight_sum": ("none", 78.0)}),
    facts.ParametersChanged({"data.sizes": ([1, 2], [3])}),
    facts.RuleChanged(
        {"kind": "oja", "w_max": 1.0}, {"kind": "custom", "title": "ü", "traces": {"x": {"tau": "t"}}, "t": "2 ms"}
    ),
    facts.RuleChanged({"kind": "oja"}, {"kind": "bcm"}, "further"),
    facts.LearnedSet({"feed.w": "ab" * 32, "exc.theta": "cd" * 32}, {"feed.w": (784, 4), "exc.theta": (4,)}),
    facts.CheckpointWritten("000000040"),
    facts.Remarked("Some neurons never fire."),
    facts.Remarked("The checkpoint is damaged.", once=True),
    facts.Labelled((3, 0, 1), 2, "ab" * 32),
    facts.Measured("network", {"vote": 0.9}, "cd" * 32),
    facts.HeldOut(200, "spare", {"accuracy_vote": 0.5, "purity": None}),
    facts.LabelsRead("test", 6, "read-outs"),
    facts.Measured("k-means", {}),
    facts.Branched("0123", "parent-1", 12, 2),
    facts.Rewound("kept-1"),
    Piece(
        {"exc": 3.5},
        {"exc": None},
        {"exc": 0.25},
        {"feed": (3, 0, 1)},
        ((0.35, 1, (4.5, None)),),
        (2, 0),
        {"exc": 1.5},
        {"exc": None},
    ),
    Piece({}, {}, {}, {}),
    Taught(50, 0.7, 0.86, {"hidden.silent": 0.02}),
]
RECORDS = [Record(number, 7 * number, "2026-01-02T03:04:05+00:00", fact) for number, fact in enumerate(EXAMPLES)]


ABOUT = {"id": "ab" * 16, "command": "stdpbench run ü"}


def new_journal(folder: Path) -> Journal:
    write_journal(folder, [], ABOUT)
    return Journal(folder)


def chained(line: bytes, before: bytes) -> bytes:
    """A line with the digest that follows another line."""
    digest = hashlib.sha256(before[-34:-2] + line[:-1]).hexdigest()[:32].encode()
    return line[:-1] + b',"chain":"' + digest + b'"}'


def test_there_is_an_example_of_every_kind():
    assert {type(fact) for fact in EXAMPLES} == set(get_args(Fact))
    for kind in get_args(Fact):  # they stand in one table with these
        assert {"n", "position", "time", "fact"}.isdisjoint(field.name for field in fields(kind))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record.fact).__name__)
def test_every_fact_comes_back_as_it_was(record, tmp_path):
    journal = new_journal(tmp_path)
    record = Record(0, record.position, record.time, record.fact)
    journal.append(record, sync=True)
    journal.close()
    (found,) = read_journal(tmp_path)
    assert found == record
    assert found.identity == record.identity
    assert found.fact.recurs == record.fact.recurs
    for field in fields(found.fact):
        assert type(getattr(found.fact, field.name)) is type(getattr(record.fact, field.name))
    first, line = map(json.loads, (tmp_path / NAME).read_text(encoding="utf-8").splitlines())
    assert first == {"format": 2, **ABOUT, "chain": first["chain"]}
    assert list(line)[:4] == ["n", "position", "time", "fact"]


def test_a_journal_is_opened_again_and_written_on(tmp_path):
    write_journal(tmp_path, [], ABOUT)
    for start in range(0, len(RECORDS), 5):
        journal = Journal(tmp_path)
        assert journal.records == RECORDS[:start]
        for record in RECORDS[start : start + 5]:
            journal.append(record)
        journal.sync()
        journal.close()
    assert read_journal(tmp_path) == RECORDS
    write_journal(tmp_path, RECORDS[:3])
    assert read_journal(tmp_path) == RECORDS[:3]
    assert read_undamaged(tmp_path).about == ABOUT
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_last_line_that_was_cut_off_is_cut_away(tmp_path):
    write_journal(tmp_path, RECORDS[:2])
    whole = (tmp_path / NAME).read_bytes()
    write_journal(tmp_path, RECORDS[:3])
    data = (tmp_path / NAME).read_bytes()
    for length in range(len(whole), len(data)):
        (tmp_path / NAME).write_bytes(data[:length])
        assert read_journal(tmp_path) == RECORDS[:2]
        assert (tmp_path / NAME).stat().st_size == length  # to read is not to write
    journal = Journal(tmp_path)
    assert (tmp_path / NAME).read_bytes() == whole
    journal.append(RECORDS[2])
    journal.close()
    assert (tmp_path / NAME).read_bytes() == data


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"{",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"3",
        b"null",
        b'"fact"',
        b"[]",
        b"{}",
        b'{"fact":"Rewound"}',
        b'{"n":1,"position":0,"time":"","fact":"Nothing"}',
        b'{"n":1,"position":0,"time":"","fact":["Rewound"]}',
        b'{"n":1,"position":0,"time":"","fact":"Rewound"}',
        b'{"n":1,"position":0,"time":"","fact":"Rewound","kept_as":5}',
        b'{"n":1,"position":0,"time":5,"fact":"Rewound","kept_as":"x"}',
        b'{"n":1,"position":-1,"time":"","fact":"Rewound","kept_as":"x"}',
        b'{"n":true,"position":0,"time":"","fact":"Rewound","kept_as":"x"}',
        b'{"n":1.0,"position":0,"time":"","fact":"Rewound","kept_as":"x"}',
        b'{"n":7,"position":0,"time":"","fact":"Rewound","kept_as":"x"}',
        b'{"n":0,"position":0,"time":"","fact":"Rewound","kept_as":"x"}',
        b'{"n":1,"position":0,"time":"","fact":"StateChanged","state":"flying"}',
        b'{"n":1,"position":0,"time":"","fact":"ParametersChanged","changes":{"exc.tau_m":3}}',
        b'{"n":1,"position":0,"time":"","fact":"ParametersChanged","changes":[]}',
        b'{"n":1,"position":0,"time":"","fact":"LearnedSet","sha256":{},"shape":{}}',
        b'{"n":1,"position":0,"time":"","fact":"LearnedSet","sha256":{"feed.w":"../x"},"shape":{"feed.w":[1]}}',
        b'{"n":1,"position":0,"time":"","fact":"LearnedSet","sha256":{"v":"%s"},"shape":{"v":[1]}}' % (b"0" * 64),
        b'{"n":1,"position":0,"time":"","fact":"Block","first":0}',
        b'{"n":1,"position":0,"time":"","fact":"Started","experiment":{},"simulator":"","remark":"","phases":3,'
        b'"shape":[1,1],"class_names":[]}',
    ],
)
def test_a_damaged_line_is_named(line, tmp_path):
    write_journal(tmp_path, RECORDS[:3], ABOUT)
    lines = (tmp_path / NAME).read_bytes().splitlines()
    third = chained(line, lines[1]) if line.startswith(b"{") and line.endswith(b"}") else line
    (tmp_path / NAME).write_bytes(b"\n".join([*lines[:2], third, lines[3], b""]))
    for read in (read_journal, Journal):
        with pytest.raises(DamagedJournalError, match=r"journal\.jsonl, line 3 is damaged") as error:
            read(tmp_path)
        assert "\n" not in str(error.value)
    found = read_undamaged(tmp_path)
    assert (found.records, found.length) == (RECORDS[:1], len(lines[0]) + len(lines[1]) + 2)
    assert found.damage == str(error.value)
    assert (tmp_path / NAME).read_bytes().splitlines()[:2] == lines[:2], "a damaged journal was changed"


def test_every_flipped_bit_is_found(tmp_path):
    records = [replace(record, number=number) for number, record in enumerate([*RECORDS[2:6], *RECORDS[-3:]])]
    write_journal(tmp_path, records, ABOUT)
    whole = (tmp_path / NAME).read_bytes()
    starts = [0, *(at + 1 for at, byte in enumerate(whole) if byte == ord("\n"))]
    for bit in Random(1).sample(range(8 * len(whole)), 1000):
        at = bit // 8
        (tmp_path / NAME).write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit % 8]) + whole[at + 1 :])
        damaged = bisect_right(starts, at)
        assert f"line {damaged} is damaged" in read_undamaged(tmp_path).damage, bit


def test_facts_after_a_damaged_line_can_still_be_read(tmp_path):
    records = [replace(record, number=number) for number, record in enumerate(RECORDS[2:8])]
    write_journal(tmp_path, records, ABOUT)
    lines = (tmp_path / NAME).read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"2026", b"2025")
    (tmp_path / NAME).write_bytes(b"".join(lines))
    found = read_undamaged(tmp_path)
    assert (found.records, found.later) == (records[:1], records[2:])


def test_a_journal_without_end_takes_no_memory(tmp_path):
    write_journal(tmp_path, RECORDS[:2])
    with (tmp_path / NAME).open("r+b") as file:
        file.truncate(300 * 2**20)  # of zeros, which take no room on disk
    tracemalloc.start()
    try:
        found = read_undamaged(tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50 * 2**20
    assert found.records == RECORDS[:2]
    assert found.damage.endswith("journal.jsonl, line 4 is damaged: it is longer than 16 MiB")


def test_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / NAME).mkdir()
    with pytest.raises(StdpbenchError, match="cannot be read"):
        read_journal(tmp_path)


def test_a_fact_that_json_does_not_know_is_no_half_line(tmp_path):
    journal = new_journal(tmp_path)
    with pytest.raises(ValueError, match="JSON"):
        journal.append(Record(0, 0, "", facts.Block(0, (), (), float("nan"), 0.0, {})))
    journal.append(Record(0, 0, "", facts.Rewound("x")))
    journal.close()
    assert len(read_journal(tmp_path)) == 1


# -- a full disk -----------------------------------------------------------------------------------


FULL = """
import resource, signal, sys
from pathlib import Path
from stdpbench.base.errors import DiskError
from stdpbench.runs.protocol.facts import Record, Remarked
from stdpbench.runs.folder.journal import Journal, read_journal, write_journal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder, limit = Path(sys.argv[1]), resource.getrlimit(resource.RLIMIT_FSIZE)
write_journal(folder, [], {})
journal = Journal(folder)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
number = 0
while True:
    try:
        journal.append(Record(number, number, "", Remarked("x" * 50)), sync=True)
    except DiskError as error:
        assert len(read_journal(folder)) == number, "half a line"
        assert (folder / "journal.jsonl").stat().st_size <= 1000
        assert "cannot be written" in str(error)
        break
    number += 1
resource.setrlimit(resource.RLIMIT_FSIZE, limit)
journal.append(Record(number, number, "", Remarked("x" * 50)), sync=True)
print(number, len(read_journal(folder)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for the size of files")
def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    number, found = map(int, done.stdout.split())
    assert number > 3
    assert found == number + 1

"""The examples of docs/data.md, carried out in their order."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import stdpbench
from stdpbench.experiment import Experiment, encode

PAGE = Path(__file__).resolve().parents[3] / "docs" / "data.md"
EXAMPLES = [
    (title.strip(), re.findall(r"(?ms)^```(\w+)\n(.*?)^```", body))
    for title, body in re.findall(r"(?ms)^## (.*?)\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"))
]


NAMED = [block for _, blocks in EXAMPLES for language, block in blocks if language == "toml"]


def write(language: str, block: str) -> None:
    """Write the file of a block, which its first line names, or run its Python."""
    if language == "python":
        exec(compile(block, str(PAGE), "exec"), {})
    elif language in ("csv", "toml"):
        Path(block.partition("\n")[0].removeprefix("# ")).write_text(block, encoding="utf-8")


@pytest.mark.parametrize(
    ("title", "blocks"), [each for each in EXAMPLES if each[1]], ids=lambda value: str(value)[:20]
)
def test_examples_give_stimuli_that_are_shown(
    title: str, blocks: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = 0
    for language, block in blocks:
        write(language, block)
        if language == "toml":
            made = Experiment.from_mapping(tomllib.loads(block))
            split = made.data.prepare()
            assert len(split.class_names) > 1
            assert len(split.train) > len(split.test) > 0
            assert max(len(encode(made, split.train, "train", n, 0, n)) for n in range(len(split.train))) > 0
            shown += 1
    assert shown > 0, title


@pytest.mark.slow
@pytest.mark.parametrize("name", [block.partition(".")[0].removeprefix("# ") for block in NAMED])
def test_examples_are_learned(
    call: Callable[..., str], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each runs as it stands, and its accuracy is above chance."""
    monkeypatch.chdir(tmp_path)
    for _, blocks in EXAMPLES:
        for language, block in blocks:
            write(language, block)
    call("run", f"{name}.toml")
    run = stdpbench.runs("runs")[0]
    assert run.scores["vote"]["accuracy"] > 1.3 / len(run.experiment.data.prepare().class_names)

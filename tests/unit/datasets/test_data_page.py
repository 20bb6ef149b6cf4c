"""The examples of docs/data.md, carried out in their order."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from stdpbench.experiment import Experiment, encode

PAGE = Path(__file__).resolve().parents[3] / "docs" / "data.md"
EXAMPLES = [
    (title.strip(), re.findall(r"(?ms)^```(\w+)\n(.*?)^```", body))
    for title, body in re.findall(r"(?ms)^## (.*?)\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(
    ("title", "blocks"), [each for each in EXAMPLES if each[1]], ids=lambda value: str(value)[:20]
)
def test_examples_give_stimuli_that_are_shown(
    title: str, blocks: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown, text = 0, ""
    for language, block in blocks:
        if language == "csv":
            text = block
        elif language == "python":
            exec(compile(block, str(PAGE), "exec"), {})
        elif language == "toml":
            mapping = tomllib.loads(block)
            path = Path(mapping["data"]["path"])
            if not path.exists():
                path.write_text(text, encoding="utf-8")
            made = Experiment.from_mapping(mapping)
            split = made.data.prepare()
            assert len(split.class_names) > 1
            assert len(split.train) > len(split.test) > 0
            assert max(len(encode(made, split.train, "train", n, 0, n)) for n in range(len(split.train))) > 0
            shown += 1
    assert shown > 0, title

"""Figures and tables that compare runs and their training curves, for `stdpbench.results.figures`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stdpbench.base import units
from stdpbench.results.figures.comparison import (
    MEASURES,
    Course,
    SeedMean,
    Titled,
    called,
    courses_spec,
    labels_of,
    with_words,
)
from stdpbench.results.figures.paper import Table
from stdpbench.results.readout import INTERVAL
from stdpbench.runs.catalog.base import settings_text
from stdpbench.runs.catalog.comparison import (
    Comparison,
    last_parts,
    metric_text,
    metrics_of,
    read_population,
    theta_unit,
)
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.notes import title_of
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.weights_origin import origin_of
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Record

_MOST_NAMED = 12  # maximum number of differing parameters in a caption
_MOST_IN_NAME = 3  # maximum number of differing parameters in a legend


def comparison_spec(
    courses: Sequence[Course], version: str, comparison: Comparison | None = None
) -> dict[str, Any] | None:
    """Return the specification of a figure that compares runs; None if no run has a data point yet.

    Parameters
    ----------
    courses : sequence of Course
        The runs, in the order of their colours.
    version : str
        Version of stdpbench, for the caption.
    comparison : Comparison, optional
        The same runs compared, for the caption.
    """
    spec = courses_spec(courses)
    caption = comparison_caption(courses, version, comparison)
    return spec and {**spec, "title": f"{len(courses)} runs compared", "n": f"{len(courses)} runs", "caption": caption}


def comparison_caption(
    courses: Sequence[Course],
    version: str,
    comparison: Comparison | None = None,
    results: bool = False,
    means: Sequence[SeedMean] = (),
) -> str:
    """Return the caption of a figure that compares runs.

    Parameters
    ----------
    courses : sequence of Course
        The runs.
    version : str
        Version of stdpbench.
    comparison : Comparison, optional
        The same runs compared: adds their settings and differences.
    results : bool
        Whether the figure also shows the results: adds their intervals and the baselines.
    means : sequence of SeedMean
        Means over seeds in the figure.
    """
    sentences = [f"{len(courses)} runs compared: {', '.join(map(title_and_name, courses))}; stdpbench {version}."]
    if comparison is not None:
        named = with_words(comparison.accounts)
        first = RunFolder(Path(comparison.accounts[0].path))
        sentences.append(f"{named[0]}: {settings_text(first)}")
        differing = [f"{path} ({'; '.join(texts)})" for path, texts in comparison.parameters.items()]
        listed = units.first_few(differing, _MOST_NAMED)
        sentences.append(f"The runs differ in {listed}." if differing else "All have the same parameters.")
    sentences.append(
        "Running accuracy is taken on training labels and is not a result. No error bars: each line is a single run."
    )
    if results and comparison is not None and any(course.result is not None for course in courses):
        adjectives = {"test": "test", "validation": "held-out training"}
        evaluated = dict.fromkeys(adjectives.get(account.evaluated_on) for account in comparison.accounts)
        pictures = " or ".join(filter(None, evaluated)) or "evaluated"
        sentences.append(
            f"Results: accuracy on {pictures} pictures, with the {INTERVAL}, which does not cover other seeds."
        )
        if means:
            texts = "; ".join(f"{mean.label}: {mean.text} %" for mean in means)
            sentences.append(f"Means ± SD over seeds: {texts}.")
        for name, metrics in comparison.metrics.items():
            if name == "accuracy, vote" or name.startswith("accuracy of "):
                title = name.removeprefix("accuracy, ").removeprefix("accuracy of ")
                if "," not in title or title.endswith(", vote"):
                    sentences.append(f"{title[0].upper()}{title[1:]}: {'; '.join(map(metric_text, metrics))}.")
    return " ".join(sentences)


def with_results(table: Table, courses: Sequence[Course], means: Sequence[SeedMean] = ()) -> Table:
    """Return the table of courses with a row for the result of each run and for each mean over seeds, in per cent."""
    names, rows = table
    empty = ("",) * (len(names) - 1)
    results: list[tuple[Any, ...]] = []
    for course in courses:
        if (metric := course.result) is not None:
            values = ("" if value is None else 100 * value for value in (metric.value, metric.low, metric.high))
            results.append((units.label(course.name, course.word), *empty, *values, ""))
    results += [(mean.label, *empty, 100 * mean.mean, "", "", 100 * mean.sd) for mean in means]
    columns = ("accuracy of the vote (%)", f"low ({INTERVAL})", f"high ({INTERVAL})", "SD over seeds")
    return (*names, *columns), [*((*row, "", "", "", "") for row in rows), *results]


def course_table(courses: Sequence[Course]) -> Table:
    """Return a table with a row for each data point of each run."""
    names = ("run", "presentation", *labels_of(courses).values())
    rows = [
        (
            units.label(course.name, course.word),
            int(position),
            *(factor * float(getattr(course, name)[k]) for name, (_, factor) in MEASURES.items()),
        )
        for course in courses
        for k, position in enumerate(course.presentations)
    ]
    return names, rows


def comparison_rows(comparison: Comparison) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the comparison as rows of heading, name and one text per run.

    Differing parameters come first, then accuracies, other metrics and differing versions.
    """
    measured = {name: tuple(map(metric_text, metrics)) for name, metrics in comparison.metrics.items()}
    accuracies = [name for name in measured if name.startswith("accuracy")]
    rows = [("different parameters", path, texts) for path, texts in comparison.parameters.items()]
    rows += [(f"accuracy ({INTERVAL})", name.removeprefix("accuracy, "), measured[name]) for name in accuracies]
    rows += [("measured", name, texts) for name, texts in measured.items() if name not in accuracies]
    return rows + [("different versions", name, texts) for name, texts in comparison.versions.items()]


def told_apart(comparison: Comparison) -> list[str]:
    """Return labels of runs for a legend: their titles, else the parameters in which they differ, else their names.

    Names are used if parameters do not distinguish all runs, or more than three differ.
    """
    parameters, named = comparison.parameters, with_words(comparison.accounts)
    short = last_parts(sorted(parameters, key="seed".__eq__))
    texts = [", ".join(f"{name} = {parameters[path][n]}" for path, name in short.items()) for n in range(len(named))]
    if len(set(texts)) < len(texts) or len(parameters) > _MOST_IN_NAME:
        return named
    return [
        name if title == run.title else units.label(text, run.word)
        for run, title, name, text in zip(comparison.accounts, called(comparison.accounts), named, texts, strict=True)
    ]


def title_and_name(run: Titled) -> str:
    """Return the title of a run with the name of its folder in brackets, or only the name if it has no title.

    A remark such as "supervised" follows the name.
    """
    notes = (run.name if run.title else "", run.word)
    return units.label(run.title or run.name, "; ".join(filter(None, notes)))


def comparison_words(comparison: Comparison) -> str:
    """Summarise the comparison in a few sentences."""
    n, differ = len(comparison.accounts), [*comparison.parameters]
    scores = [account.metrics.get("accuracy, vote") for account in comparison.accounts if not account.word]
    votes = [100 * vote.value for vote in scores if vote is not None]
    parts = [f"{n} runs"]
    if votes:
        parts.append(f"vote {min(votes):.1f} to {max(votes):.1f} %")
    parts.append(f"different: {units.first_few(differ, 4)}" if differ else "no differing parameters")
    return " ".join([f"{'; '.join(parts)}.", *comparison.remarks])


def course_of(folder: RunFolder, records: Sequence[Record] | None = None) -> Course:
    """Read the training curves of a run.

    Parameters
    ----------
    folder : RunFolder
        The run.
    records : sequence of Record, optional
        Its journal, if already read.

    Raises
    ------
    StdpbenchError
        If one of its files is damaged.
    """
    records = read_journal(folder.path) if records is None else records
    blocks = {record.position: record.fact for record in records if isinstance(record.fact, facts.Block)}
    read = read_population(folder.stored_experiment)
    metrics = metrics_of(folder.metrics)
    return Course(
        folder.path.name,
        np.array(list(blocks), np.int64),
        np.array([block.accuracy.get("vote", np.nan) for block in blocks.values()], np.float64),
        np.array([block.mean_theta for block in blocks.values()], np.float64),
        np.array([np.mean(block.spikes) if block.spikes else np.nan for block in blocks.values()], np.float64),
        tuple(sorted({record.position for record in records if isinstance(record.fact, facts.Intervention)})),
        metrics.get("accuracy, vote"),
        read,
        theta_unit(folder.stored_experiment),
        title_of(folder.path),
        origin_of(folder.path).word,
    )

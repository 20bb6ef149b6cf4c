"""Read sweeps from TOML files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stdpbench.base.errors import Collector, StdpbenchError, errors_within, several, suggestion
from stdpbench.base.files import read_toml
from stdpbench.base.paths import shipped
from stdpbench.base.toml_lines import Lines, flat, located
from stdpbench.declare.parameters import Parameters, build, unknown_key
from stdpbench.experiment import Experiment, owner_of, read_experiment
from stdpbench.experiment.evaluation import VALUES
from stdpbench.results.readout import READOUTS
from stdpbench.studies.sweeps.arms import fixed_arms
from stdpbench.studies.sweeps.definition import (
    Distribution,
    NamedArm,
    OptunaSearch,
    RandomSearch,
    Settings,
    Sweep,
    Tuning,
    read_distribution,
)
from stdpbench.studies.sweeps.result import LOWER, NONE, measures_of
from stdpbench.studies.sweeps.tuning import trials_of

_SEARCHES: dict[str, type[Parameters]] = {"random": RandomSearch, "optuna": OptunaSearch}


def shipped_sweeps() -> dict[str, Path]:
    """Return name and file of every shipped sweep, sorted by name."""
    return {path.stem: path for path in sorted((shipped("experiments") / "sweeps").glob("*.toml"))}


def read_sweep(name: str | Path) -> Sweep:
    """Read a shipped sweep by name, or any file by path.

    Raises
    ------
    StdpbenchError
        If there is no such sweep, or its file is invalid: a sentence per error, with file, line and dotted path.
    """
    known = shipped_sweeps()
    path = known.get(str(name)) or Path(name).expanduser()
    if not path.is_file():
        raise StdpbenchError(
            f"there is no sweep {str(name)!r}, neither shipped nor as a file; {suggestion(str(name), known)}"
        )
    mapping = read_toml(path)
    mapping.setdefault("name", path.stem)
    try:
        return sweep_from_mapping(mapping, path.parent)
    except StdpbenchError as error:
        lines = Lines(path.read_text(encoding="utf-8-sig"))
        raise several(
            located(sentence, _line(sentence, mapping, lines), path.name) for sentence in error.sentences
        ) from None


def _line(sentence: str, mapping: Mapping[str, Any], lines: Lines) -> int | None:
    """Return the line of an error; messages about an arm start with its number or label."""
    if match := re.match(r"arm (\d+)\.?", sentence):
        return lines.of_sentence(sentence[match.end() :], f"arm.{match[1]}")
    for number, arm in enumerate(mapping["arm"] if isinstance(mapping.get("arm"), list) else [], 1):
        if isinstance(arm, Mapping) and sentence.startswith(start := f"arm {arm.get('label')!r}"):
            rest = sentence.removeprefix(start)
            return lines.of_sentence(rest, f"arm.{number}.set") or lines.of_sentence("", f"arm.{number}")
    return lines.of_sentence(sentence)


def sweep_from_mapping(mapping: Mapping[str, Any], folder: Path) -> Sweep:
    """Read a sweep from nested tables.

    Parameters
    ----------
    mapping : mapping
        Content of a file.
    folder : Path
        Folder in which experiment files are searched first.

    Raises
    ------
    StdpbenchError
        A sentence per error, with the dotted path, the problem and what is expected.
    """
    errors, read = Collector(), dict(mapping)
    known = {name: None for name in Sweep.model_fields if name != "base"}
    errors.sentences += [str(unknown_key(key, known, "")) for key in mapping if key not in known]
    base = None
    with errors.part():
        read["set"] = settings(mapping.get("set", {}), "set")
        read["base"] = base = _base(mapping, folder, read["set"])
    with errors.part():
        read["arm"] = _named_arms(mapping.get("arm", []), base)
    if "tuning" in mapping:
        with errors.part():
            read["tuning"] = _tuning(mapping["tuning"])
    with errors.part():
        read["grid"] = _grid(mapping.get("grid", {}))
    for name, cls in _SEARCHES.items():
        if name in mapping:
            with errors.part():
                read[name] = _search(mapping[name], name, cls, base)
    with errors.part():
        _check_metric(read, base)
    with errors.part():
        _check_seeds(read.get("seeds", [0]))
    if not any(mapping.get(name) for name in ("arm", "grid", "random", "optuna")):
        errors.sentences.append("there is nothing to compare: add [[arm]], [grid], [random] or [optuna]")
    errors.check()
    sweep = build(Sweep, {**read, "seeds": tuple(read.get("seeds", (0, 1, 2)))}, "")
    with errors.part():
        _check_tuning(sweep)
    with errors.part():
        _check_factors(sweep)
    labels: list[str] = []
    with errors.part():
        labels = [arm.label for arm in fixed_arms(sweep)]
    if sweep.reference is not None and labels and sweep.reference not in labels:
        errors.sentences.append(
            f"reference: no arm has the label {sweep.reference!r}; {suggestion(sweep.reference, labels)}"
        )
    errors.check()
    return sweep


def _check_factors(sweep: Sweep) -> None:
    """Check that the arms separate their factors, and that a margin has a reference."""
    if sweep.margin is not None and sweep.reference is None:
        raise StdpbenchError("margin: differences from a reference are tested against it; name the reference")
    arms = [arm.factors for arm in sweep.arm if arm.factors is not None]
    names = list(dict.fromkeys(name for factors in arms for name in factors))
    design = np.array([[1.0, *(name in factors for name in names)] for factors in arms]).reshape(-1, len(names) + 1)
    if names and np.linalg.matrix_rank(design) < len(names) + 1:
        raise StdpbenchError(
            f"factors: the arms do not separate {', '.join(names)}; add arms with each of them alone, and one with "
            "factors = []"
        )


def _table(table: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(table, Mapping):
        raise StdpbenchError(f"{where} must be a table of dotted paths, such as {{ network.dt = '0.1 ms' }}")
    return table


def settings(table: Any, where: str) -> Settings:
    """Flatten a table to dotted paths, whether written as ``"a.b" = 1`` or as ``a.b = 1``.

    Raises
    ------
    StdpbenchError
        If it is not a table, or contains a key that the sweep sets elsewhere.
    """
    values = flat(_table(table, where))
    for path, instead in (("seed", "use seeds, which apply to every arm"), ("name", "use the label of an arm")):
        if path in values:
            raise StdpbenchError(f"{where}.{path} cannot be set here: {instead}")
    return values


def _base(mapping: Mapping[str, Any], folder: Path, changes: Settings) -> Experiment:
    name = mapping.get("experiment")
    if not isinstance(name, str) or not name:
        raise StdpbenchError("experiment is missing; it is the base of all arms, such as 'diehl-cook-100'")
    in_folder = folder / Path(name).expanduser()
    experiment = read_experiment(in_folder if in_folder.is_file() else name)
    with errors_within("set: "):
        experiment = experiment.override(changes)
    return experiment.model_copy(update={"data": experiment.data.resolved()})


def _named_arms(tables: Any, base: Experiment | None) -> tuple[NamedArm, ...]:
    if not isinstance(tables, list):
        raise StdpbenchError("arm must be a list of tables: write [[arm]], not [arm]")
    errors, arms = Collector(), list[NamedArm]()
    for number, table in enumerate(tables, 1):
        with errors.part():
            arms.append(_named_arm(table, f"arm {number}", base, arms))
    errors.check()
    return tuple(arms)


def _named_arm(table: Any, where: str, base: Experiment | None, others: Sequence[NamedArm]) -> NamedArm:
    errors, start = Collector(), base
    if isinstance(table, Mapping) and "set" in table:
        table = {**table, "set": settings(table["set"], f"{where}.set")}
        try:
            start = base if base is None else base.override(table["set"])
        except StdpbenchError as error:
            errors.sentences += error.within(f"arm {table.get('label', where)!r}: ").sentences
    if isinstance(table, Mapping) and "tune" in table:
        with errors.part():
            table = {**table, "tune": _drawn(table["tune"], f"{where}.tune", start)}
    errors.check()
    arm = build(NamedArm, table, where)
    if not arm.label.strip():
        raise StdpbenchError(f"{where}.label is missing; it names the arm in tables")
    if any(arm.label == other.label for other in others):
        raise StdpbenchError(f"{where}.label: another arm has the label {arm.label!r}")
    return arm


def _grid(table: Any) -> dict[str, tuple[Any, ...]]:
    errors, grid = Collector(), dict[str, tuple[Any, ...]]()
    for path, values in settings(table, "grid").items():
        with errors.part():
            if not isinstance(values, list) or not values:
                raise StdpbenchError(f"grid.{path} must be a list of values, not {values!r}")
            if any(value == other for number, value in enumerate(values) for other in values[:number]):
                raise StdpbenchError(f"grid.{path} lists a value twice: {values!r}")
            grid[path] = tuple(values)
    errors.check()
    return grid


def _search(table: Any, where: str, cls: type[Parameters], base: Experiment | None) -> Parameters:
    where_drawn = f"{where}.distributions"
    drawn = _drawn(_table(table, where).get("distributions", {}), where_drawn, base)
    if not drawn:
        raise StdpbenchError(f"{where_drawn} is missing; it maps searched parameters to distributions")
    return build(cls, {**table, "distributions": drawn}, where)


def _drawn(tables: Any, where: str, base: Experiment | None) -> dict[str, Distribution]:
    """Return the distributions of a search; the experiment accepts all their bounds.

    Without an experiment, because it has an error, units and bounds are not checked.
    """
    errors, drawn = Collector(), dict[str, Distribution]()
    for path, table in _distributions(tables, where).items():
        with errors.part():
            unit = None if base is None else unit_of(base, path, where)
            drawn[path] = read_distribution(table, f"{where}.{path}", unit)
            if base is not None:
                _check_ends(base, path, drawn[path], where)
    errors.check()
    return drawn


def _check_ends(base: Experiment, path: str, distribution: Distribution, where: str) -> None:
    for value in distribution.ends:
        with errors_within(f"{where}: "):
            base.override({path: value})


def _tuning(table: Any) -> Parameters:
    seeds = _table(table, "tuning").get("seeds", [0])
    _check_seeds(seeds, "tuning.seeds")
    changes = settings(table.get("set", {}), "tuning.set")
    return build(Tuning, {**table, "seeds": tuple(seeds), "set": changes}, "tuning")


def _check_tuning(sweep: Sweep) -> None:
    tuned = [arm.label for arm in sweep.arm if arm.tune]
    if tuned and sweep.tuning is None:
        raise StdpbenchError(f"arm {tuned[0]!r} has tune, but the number of trials is missing: add [tuning] n_trials")
    if sweep.tuning is not None and not tuned:
        raise StdpbenchError("there is a table [tuning], but no arm has parameters to tune: add tune = {…} to arms")
    for arm in sweep.arm:
        for path in arm.tune:
            if path in (sweep.tuning.set if sweep.tuning else {}):
                raise StdpbenchError(f"arm {arm.label!r}: {path} is tuned, but tuning.set sets it")
    trials_of(sweep)


def _distributions(table: Any, where: str) -> Settings:
    """Flatten a table like `settings`, in which a table below section and parameter is a distribution."""
    distributions: Settings = {}
    for key, value in _table(table, where).items():
        is_section = "." not in key and isinstance(value, Mapping) and key not in ("seed", "name")
        distributions |= _below(key, value) if is_section else {key: value}
    return distributions


def _below(path: str, table: Mapping[str, Any]) -> Settings:
    """Return the distributions in a section by dotted path; a table of tables is not a distribution."""
    distributions: Settings = {}
    for key, value in table.items():
        is_part = isinstance(value, Mapping) and value and all(isinstance(inner, Mapping) for inner in value.values())
        distributions |= _below(f"{path}.{key}", value) if is_part else {f"{path}.{key}": value}
    return distributions


def unit_of(experiment: Experiment, path: str, where: str) -> str | None:
    """Return the unit of a parameter of an experiment; None if it has none.

    Raises
    ------
    StdpbenchError
        If the experiment has no such parameter, or it cannot be varied.
    """
    section = path.partition(".")[0]
    if section in ("seed", "name", "about"):
        raise StdpbenchError(f"{where}.{path} cannot be varied: use seeds for the seeds; names have no effect")
    sections = dict.fromkeys(experiment.sections)
    if section not in sections:
        raise unknown_key(section, sections, where)
    with errors_within(f"{where}: "):
        path = experiment.short_path(path)
    owner, name = owner_of(
        experiment, path.removeprefix(VALUES)
    )  # values in evaluation have the units of the parameters
    if name == "kind":
        return None
    declared = {parameter.name: parameter for parameter in owner.describe()} if owner is not None else {}
    if name not in declared:
        raise unknown_key(name, declared, f"{where}.{path.rpartition('.')[0]}")
    unit: str | None = declared[name].unit
    return unit


def _check_metric(read: dict[str, Any], base: Experiment | None) -> None:
    """Check the metric, and fill in the defaults of metric and direction."""
    stream = base is not None and base.stream is not None
    metric = read.setdefault("metric", NONE if stream else "vote")
    if metric in LOWER:
        read.setdefault("better", "lower")
    if stream and base is not None:
        known = measures_of(base)
        if metric not in (*known, NONE):
            raise StdpbenchError(
                f"metric must be a measure of the stream ({', '.join(known)}) or none, not {metric!r}"
            )
        if metric == NONE and ("optuna" in read or "tuning" in read):
            table = "optuna" if "optuna" in read else "tuning"
            raise StdpbenchError(
                f"[{table}] chooses by the metric, which a sweep over streams must name: metric = 'cv.x'"
            )
        return
    if metric in READOUTS:
        return
    raise StdpbenchError(
        f"metric must be one of {', '.join(READOUTS)}, not {metric!r}: choices are made on the validation part, "
        "held out of the training pictures, and never on the test pictures"
    )


def _check_seeds(seeds: Any, where: str = "seeds") -> None:
    if not isinstance(seeds, list) or not seeds or not all(type(seed) is int and seed >= 0 for seed in seeds):
        raise StdpbenchError(f"{where} must be a list of whole numbers from 0 on, such as [0, 1, 2], not {seeds!r}")
    if len(set(seeds)) < len(seeds):
        raise StdpbenchError(f"{where} lists a seed twice: {seeds!r}")

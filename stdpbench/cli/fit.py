"""The command ``stdpbench fit``: a rule fitted to measured weight changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.cli import completion
from stdpbench.cli.lab import pairs_of, rule_of
from stdpbench.cli.options import EndWithJson, FigureWidth, Rule, SetRule
from stdpbench.cli.output import write_json

if TYPE_CHECKING:
    from stdpbench.cli.terminal import Console
    from stdpbench.kinds.plasticity import PlasticityRule
    from stdpbench.studies.lab.fitting import Fit

fit_app = typer.Typer()
_TEXTS = {".toml": "to_toml", ".csv": "to_csv", ".md": "to_markdown"}


@fit_app.command()
def fit(
    rule: Rule,
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA…",
            help="Published sets, sjoestroem-2001 or wang-2005, or CSV files whose first line names the columns: "
            "dt (ms), change (%), and, if they are there, error (%), protocol, dt2 (ms), frequency (Hz), repeats; or, "
            "for short-term plasticity, spike, frequency (Hz), amplitude (%).",
            autocompletion=completion.data_sets,
        ),
    ],
    free: Annotated[
        list[str] | None,
        typer.Option(
            "--free",
            metavar="NAME[=LOW..HIGH]",
            help="Fit this parameter, within bounds in its unit. Repeatable. Default: all numbers but w_max.",
        ),
    ] = None,
    set_: SetRule = None,
    weight: Annotated[float | None, typer.Option(help="Weight at the start. Default: half of w_max.")] = None,
    relative_to: Annotated[
        float | None, typer.Option(help="Weight change that counts as 100 %. Default: the weight at the start.")
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE[,NAME=VALUE…]",
            help="Also fit all numbers of another rule, and compare the two. Repeatable.",
            autocompletion=completion.rule_names,
        ),
    ] = None,
    robust: Annotated[bool, typer.Option("--robust", help="Let points far from the model count less.")] = False,
    bootstrap: Annotated[
        int, typer.Option(min=0, metavar="N", help="Also fit N sets drawn from the points, with replacement.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of the search.")] = 0,
    map_: Annotated[
        str | None,
        typer.Option("--map", metavar="NAME,NAME", help="Figures show the misfit over two fitted parameters instead."),
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Fitted rule (.toml), points (.csv), a page (.md) or a figure (.pdf, .svg, .png). Repeatable.",
        ),
    ] = None,
    width: FigureWidth = None,
    json: EndWithJson = False,
) -> None:
    """Fit the parameters of a rule to measured weight changes, or of short-term plasticity to amplitudes."""
    from stdpbench.cli.follow import Display
    from stdpbench.cli.terminal import Console
    from stdpbench.results.figures.saving import FORMATS, check_figure_file, millimetres, write_figure
    from stdpbench.runs.protocol.facts import Progress
    from stdpbench.studies.lab import certainty, fit_report, fitting, maps
    from stdpbench.studies.lab.data_sets import data_set

    for file in output or []:
        check_figure_file(file, "--output", (*FORMATS, *_TEXTS))
    if width is not None:
        millimetres(width, "--width")
    bounds = dict(map(_bounds, free)) if free else None
    drawn_over = [name.strip() for name in map_.split(",")] if map_ else []
    if drawn_over and (len(drawn_over) != 2 or not any(file.suffix.lower() in FORMATS for file in output or [])):
        raise StdpbenchError("--map names two parameters, such as tau_plus,a_plus, and needs --output with a figure")
    for name in drawn_over:
        if bounds is not None and name not in bounds:
            raise StdpbenchError(f"--map: {name} is not fitted (--free)")
    models = [(_model(rule), pairs_of(set_ or [], "--set"), bounds)]
    for text in against or []:
        kind, *changes = text.split(",")
        models.append((_model(kind), pairs_of(changes, "--against"), None))
    sets, console, fits = [data_set(each) for each in data], Console(stderr=json), list[fitting.Fit]()
    with Display(console) as display:

        def shown(what: str, done: int, total: int) -> None:
            display.progress(Progress(what, done, total))

        for model, values, bounded in models:
            fits.append(
                fitting.fit(
                    model,
                    sets,
                    free=bounded,
                    set=values,
                    weight=weight,
                    relative_to=relative_to,
                    robust=robust,
                    seed=seed,
                    progress=shown,
                )
            )
        drawn = certainty.bootstrap(fits[0], bootstrap, seed, shown) if bootstrap else None
    first = fits[0]
    for each in fits:
        _print_fit(console, each)
    record = fit_report.to_mapping(first)
    if drawn is not None:
        record["bootstrap"] = drawn.tolist()
        for at, each_free in enumerate(first.parameters):
            low, high = _quantiles(drawn[:, at], first.level)
            sure = "" if each_free.determined else ", but the data do not determine it"
            console.print(
                f"bootstrap: {each_free.free.name} {low} … {high} in {100 * first.level:g} % of {bootstrap}{sure}"
            )
    if len(fits) > 1:
        record["compared"] = _compare(console, fits)
    if drawn_over:
        x, y = drawn_over
        optimum = {each.free.name: each.value for each in first.parameters}
        drawn_map = maps.misfit_map(first, x, y)
        figure = maps.draw_map(drawn_map, (optimum[x], optimum[y]), width)
    for file in output or []:
        if writer := _TEXTS.get(file.suffix.lower()):
            write_text_aside(file, getattr(fit_report, writer)(first))
        else:
            write_figure(figure if drawn_over else fit_report.draw(first, width, drawn), file)
        console.print(f"written: {file}", soft_wrap=True)
    if json:
        write_json(record)


def _model(kind: str) -> str | PlasticityRule:
    from stdpbench.kinds.release import releases

    return kind if kind in releases.kinds() else rule_of(kind)


def _bounds(text: str) -> tuple[str, tuple[float, float] | None]:
    name, equals, values = text.partition("=")
    low, _, high = values.partition("..")
    if not equals:
        return name.strip(), None
    try:
        return name.strip(), (float(low), float(high))
    except ValueError:
        raise StdpbenchError(f"--free: expected NAME=LOW..HIGH, such as tau_plus=5..100, got {text!r}") from None


def _quantiles(values: Any, level: float) -> tuple[str, str]:
    import numpy as np

    from stdpbench.studies.lab.fit_report import number

    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return number(float(low)), number(float(high))


def _print_fit(console: Console, fit: Fit) -> None:
    from stdpbench.cli.terminal import PLAIN, new_table
    from stdpbench.studies.lab.fit_report import name_of, number, parameter_row, sentences

    console.print(f"{name_of(fit)}: {', '.join(each.name for each in fit.sets)}", style="bold")
    headings = ("parameter", "value", f"{100 * fit.level:g} % interval", "determined")
    table = new_table(*headings, **PLAIN)
    for each in fit.parameters:
        table.add_row(*parameter_row(each))
    console.print(table)
    points = new_table("point", "data", "model", "residual", right_from=1, **PLAIN)
    for point, error, model, residual in zip(fit.points, fit.error, fit.change, fit.residuals, strict=True):
        points.add_row(point.label, f"{number(point.change)} ± {number(error)}", number(model), number(residual))
    console.print(points)
    for sentence in sentences(fit):
        console.print(sentence, soft_wrap=True)


def _compare(console: Console, fits: Sequence[Fit]) -> list[dict[str, Any]]:
    """Print a table of the fits, and the protocols that tell the best two apart."""
    from stdpbench.cli.terminal import PLAIN, new_table
    from stdpbench.studies.lab.certainty import left_out, most_telling
    from stdpbench.studies.lab.fit_report import finite, name_of, number

    several = len({point.group for point in fits[0].points}) > 1
    rows: list[dict[str, Any]] = [
        {
            "rule": name_of(each),
            "parameters": len(each.parameters),
            "misfit": each.misfit / len(each.error),
            "aicc": finite(each.aicc),
            "left_out": left_out(each) if several else None,
        }
        for each in fits
    ]
    table = new_table("rule", "parameters", "misfit", "AICc", "protocol left out", right_from=1, **PLAIN)
    for fit, row in zip(fits, rows, strict=True):
        left = "–" if row["left_out"] is None else number(row["left_out"])
        table.add_row(row["rule"], str(row["parameters"]), number(row["misfit"]), number(fit.aicc), left)
    console.print(table)
    one, other = sorted(fits, key=lambda each: each.aicc)[:2]
    best = most_telling(one, other)[0]
    first, second = (number(change) for change in best.changes)
    console.print(
        f"Most telling between {name_of(one)} and {name_of(other)}: {best.point.protocol}, {best.point.label}, with "
        f"changes of {first} and {second}, {number(best.distance)} standard deviations apart.",
        soft_wrap=True,
    )
    return rows

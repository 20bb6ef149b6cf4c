"""The command ``stdpbench fit``: a rule fitted to measured weight changes."""

from __future__ import annotations

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
    from stdpbench.results.figures.paper import Table

fit_app = typer.Typer()
_TEXTS = (".toml", ".csv", ".md")


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
    posterior: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="Also draw N values from the posterior distribution: 'stdpbench[posterior]'."
        ),
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
    if bootstrap and posterior:
        raise StdpbenchError("--bootstrap and --posterior fill the same columns and figure; give one of them")
    models = [(_model(rule), pairs_of(set_ or [], "--set"), bounds)]
    for text in against or []:
        kind, *changes = text.split(",")
        models.append((_model(kind), pairs_of(changes, "--against"), None))
    sets, console = [data_set(each) for each in data], Console(stderr=json)
    alike: dict[str, Any] = {"weight": weight, "relative_to": relative_to, "robust": robust, "seed": seed}
    with Display(console) as display:

        def shown(what: str, done: int, total: int) -> None:
            display.progress(Progress(what, done, total))

        fits = [
            fitting.fit(model, sets, free=bounded, set=values, progress=shown, **alike)
            for model, values, bounded in models
        ]
        drawn = failed = None
        if bootstrap:
            drawn = fit_report.Drawn("bootstrap", certainty.bootstrap(fits[0], bootstrap, seed, shown))
        elif posterior:
            try:
                drawn = fit_report.Drawn("posterior", certainty.posterior(fits[0], posterior, seed, shown))
            except StdpbenchError as error:
                failed = error  # reported once the fit, which may have taken long, is written
        compared = certainty.compare(fits, shown) if len(fits) > 1 else None
    first = fits[0]
    for block in fit_report.blocks(fits, drawn, compared):
        _print_block(console, block)
    if drawn_over:
        x, y = drawn_over
        optimum = {each.free.name: each.value for each in first.parameters}
        drawn_map, title = maps.misfit_map(first, x, y), f"{fit_report.name_of(first)}: {', '.join(data)}"
        figure = maps.draw_map(drawn_map, (optimum[x], optimum[y]), width, title)
    for file in output or []:
        suffix = file.suffix.lower()
        if suffix == ".md":
            write_text_aside(file, fit_report.to_markdown(fits, drawn, compared))
        elif suffix in _TEXTS:
            write_text_aside(file, (fit_report.to_csv if suffix == ".csv" else fit_report.to_toml)(first))
        else:
            write_figure(figure if drawn_over else fit_report.draw(fits, width, drawn), file)
        console.print(f"written: {file}", soft_wrap=True)
    if json:
        write_json(fit_report.to_mapping(first, drawn, compared))
    if failed:
        raise failed


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


def _print_block(console: Console, block: str | Table) -> None:
    from stdpbench.cli.terminal import PLAIN, new_table

    if isinstance(block, str):
        console.print(block.removeprefix("# "), style="bold" if block.startswith("# ") else None, soft_wrap=True)
        return
    headings, rows = block
    table = new_table(*headings, right_from=1, **PLAIN)
    for row in rows:
        table.add_row(*map(str, row))
    console.print(table)

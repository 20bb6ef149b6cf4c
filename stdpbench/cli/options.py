"""Arguments, options and help shared by several commands, without heavy imports."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

from stdpbench.base.paths import runs_folder
from stdpbench.cli import completion

if TYPE_CHECKING:
    from stdpbench.experiment import Experiment as Made
    from stdpbench.runs.folder.run_folder import RunFolder

PANELS: Final = {
    "Train": ("run", "reference", "sweep", "queue"),
    "Runs in progress": ("watch", "pause", "step", "checkpoint", "stop", "resume"),
    "Change a run in progress": ("set", "change-rule", "set-learned"),
    "Other histories": ("branch", "rewind", "reproduce"),
    "Results": ("list", "show", "compare", "report", "evaluate", "film", "hardware"),
    "Keep order": ("note", "export", "import", "delete", "restore"),
    "Look up": ("experiments", "describe", "data", "lab", "fit", "validate"),
    "This machine": ("gui", "doctor", "bench"),
}
"""Commands by heading, in the order of ``stdpbench --help``."""


class CommandGroup(TyperGroup):
    """A group whose help lists its commands by `PANELS`, or without panels for a group of subcommands."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the names of commands, each with the first sentence of its help."""
        panels = PANELS if "doctor" in self.commands else {"Commands": tuple(self.commands)}
        for heading, names in panels.items():
            with formatter.section(heading):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(1000)) for name in names])


def find_run(name: str, runs: Path | None) -> RunFolder:
    """Return the folder of a run by its name in a runs folder; see `stdpbench.runs.catalog.names.find_run`."""
    from stdpbench.runs.catalog import names

    return names.find_run(name, runs or runs_folder())


def about_command() -> dict[str, Any]:
    """Return the entry of `RunFolder.about` with the command that is being executed."""
    return {"command": shlex.join(["stdpbench", *sys.argv[1:]])}


def number_of_bits(text: str) -> int:
    """Read a number of bits."""
    from stdpbench.engine.network.rounding import checked_bits

    return checked_bits(text)


Experiment = Annotated[
    str,
    typer.Argument(
        metavar="EXPERIMENT|FILE",
        help="A shipped experiment (`stdpbench experiments`), or a TOML file; `run` also takes a NIR file (.nir).",
        autocompletion=completion.experiment_names,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Change a parameter, such as exc.tau_m='25 ms'; `none` unsets an optional one. Repeatable.",
        autocompletion=completion.assignments,
    ),
]
SetRule = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Change a parameter of the rule. Repeatable.",
        autocompletion=completion.rule_assignments,
    ),
]
Seed = Annotated[int | None, typer.Option(min=0, metavar="N", help="Random seed. Default: that of the experiment.")]
Bits = Annotated[
    int | None,
    typer.Option(
        "--bits",
        parser=number_of_bits,
        metavar="N",
        help="Weights of N bits while the network learns; short for --set simulator.weight_bits=N.",
    ),
]
Workers = Annotated[
    int, typer.Option(min=0, metavar="N", help="Processes for labelling and testing; 0 uses one per processor.")
]
SimulatorName = Annotated[
    str | None,
    typer.Option(
        metavar="compiled|runtime",
        help="Simulator. Default: compiled if there is a C++ compiler, else runtime.",
        autocompletion=completion.simulators,
    ),
]
Validation = Annotated[
    bool, typer.Option("--validation", help="Evaluate on held-out training pictures instead of the test pictures.")
]
Trust = Annotated[
    bool,
    typer.Option("--trust", help="Trust the Python file that builds the network, now and later, as long as it stays."),
]
Baselines = Annotated[bool, typer.Option(help="Also evaluate the start weights, samples as prototypes, and k-means.")]
History = Annotated[
    bool, typer.Option(help="Write moments of training, at most 64 MB, for the timeline of the app and for films.")
]
CheckpointEvery = Annotated[
    int,
    typer.Option(
        min=0,
        max=10**9,
        metavar="N",
        help="Training presentations between checkpoints; 0 chooses a twentieth of all, 50 to 1000.",
    ),
]
ReferenceCheckpoints = Annotated[
    int,
    typer.Option(
        min=0,
        max=10**9,
        metavar="N",
        help="Training pictures between checkpoints; 0 writes one at the end of each pass.",
    ),
]
ReferenceKind = Annotated[
    str,
    typer.Argument(
        metavar="KIND",
        help="Method of training, such as surrogate-gradient (`stdpbench describe KIND`).",
        autocompletion=completion.reference_kinds,
    ),
]
OptionalExperiment = Annotated[
    str | None,
    typer.Argument(
        metavar="[EXPERIMENT|FILE]",
        help="Experiment that provides the data: shipped, or a TOML file. Optional with --features.",
        autocompletion=completion.experiment_names,
    ),
]
Features = Annotated[
    str | None,
    typer.Option(
        "--features",
        metavar="RUN",
        help="Train on the responses of the neurons of a finished run, instead of pictures.",
        autocompletion=completion.runs_of,
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="FILE",
        help="With ann-conversion: convert the trained network in this file (.npz or .nir) instead of training one.",
    ),
]
StartFrom = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="RUN",
        help="Start from the weights and thresholds of another run.",
        autocompletion=completion.runs_of,
    ),
]
Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run folder, the beginning of its name in the runs folder, or BEGINNING@latest for the newest.",
        autocompletion=completion.runs_of,
    ),
]
Runs = Annotated[
    Path | None,
    typer.Option("--runs", metavar="DIR", help="The runs folder. Default: $STDPBENCH_RUNS, else ./runs."),
]
NewRuns = Annotated[
    Path | None,
    typer.Option(
        "--runs", metavar="DIR", help="Folder for the new run folder. Default: $STDPBENCH_RUNS, else ./runs."
    ),
]
Rule = Annotated[
    str,
    typer.Argument(
        metavar="RULE",
        help="A kind of plasticity rule (`stdpbench describe plasticity`), or a TOML file of a rule or experiment.",
        autocompletion=completion.rule_names,
    ),
]
Learner = Annotated[
    str,
    typer.Option(
        "--projection",
        metavar="NAME",
        help="The projection that learns by the rule, if several can.",
        autocompletion=completion.learners,
    ),
]
FigureWidth = Annotated[
    str | None,
    typer.Option(
        "--width",
        metavar="WIDTH",
        help="Width of the figure for a paper, such as '88 mm' or '3.5 in'. Default: a size for the screen.",
    ),
]
Detach = Annotated[bool, typer.Option("--detach", help="Run in the background and return immediately.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
EndWithJson = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object on standard output; everything else goes to standard error."),
]


def trust_file(experiment: Made) -> None:
    """Trust the file that builds the network of an experiment, if there is one."""
    from stdpbench.base.trust import trust

    file = None if experiment.missing_kinds else experiment.graph().file
    if file is not None:
        trust(file.sha256)

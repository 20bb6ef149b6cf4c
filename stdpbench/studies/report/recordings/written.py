"""Write responses of a run for other tools: those that it has kept, or with potentials, in another process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import check_target
from stdpbench.runs.client.helper import carry_out_aside
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.studies.report.recordings.neo_file import write_neo
from stdpbench.studies.report.recordings.nwb_file import write_nwb
from stdpbench.studies.report.recordings.recorded import Recorded, kept

WRITERS = {".nix": write_neo, ".nwb": write_nwb}
"""What writes a file, by the end of its name."""
_PROCESS = "stdpbench.studies.report.recordings.replaying"


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes
    ----------
    spikes : int
        Number of spikes in each file.
    stimuli : int
        Number of stimuli.
    """

    spikes: int
    stimuli: int


def files_for(neo: str | PathLike[str] | None, nwb: str | PathLike[str] | None) -> list[Path]:
    """Return the files that are wanted of both types.

    Raises
    ------
    StdpbenchError
        If the name of one does not end with its type.
    """
    found = list[Path]()
    for wanted, suffix in ((neo, ".nix"), (nwb, ".nwb")):
        if wanted is not None:
            path = Path(wanted).expanduser()
            if path.suffix.lower() != suffix:
                raise StdpbenchError(f"the name of the file must end with {suffix}, unlike {path.name!r}")
            found.append(path)
    return found


def write_responses(
    folder: RunFolder,
    targets: Sequence[Path],
    neurons: Mapping[str, Sequence[int]] | None = None,
    n_stimuli: int = 0,
    *,
    replace: bool = False,
    look: Callable[[], object] = lambda: None,
    on_progress: Callable[[int, int], object] = lambda done, total: None,
) -> Written:
    """Write responses to evaluated stimuli, as Neo (``.nix``) or NWB (``.nwb``).

    Parameters
    ----------
    folder : RunFolder
        A finished run.
    targets : sequence of Path
        The files, with the suffixes of `WRITERS`.
    neurons : mapping of str to sequence of int, optional
        Neurons whose potentials are recorded, by population; the empty name is that of the population that is read.
        Then stimuli are presented again, in another process, and the file has the spikes of all populations.
    n_stimuli : int
        Number of stimuli, from the first; 0: all, or if they are presented again, at most
        `stdpbench.studies.report.recordings.replayed.STIMULI`.
    replace : bool
        Whether to replace existing files.
    look : callable
        Called while stimuli are presented again; an exception that it raises ends this.
    on_progress : callable
        Then told the number of stimuli presented, and that of all.

    Returns
    -------
    Written
        How much.

    Raises
    ------
    StdpbenchError
        If the run has kept no spikes, there are no such neurons, a package is not installed, or a file exists or
        cannot be written.
    """
    for target in targets:
        check_target(target, replace=replace)
    if not neurons:
        return write_recorded(kept(folder, n_stimuli), targets, replace=replace)
    request = {
        "folder": str(folder.path.absolute()),
        "targets": [str(target.absolute()) for target in targets],
        "neurons": {name: [int(number) for number in numbers] for name, numbers in neurons.items()},
        "n_stimuli": n_stimuli,
        "replace": replace,
    }
    return Written(**carry_out_aside(_PROCESS, request, look=look, on_progress=on_progress))


def write_recorded(found: Recorded, targets: Iterable[Path], *, replace: bool) -> Written:
    """Write responses to files."""
    for target in targets:
        WRITERS[target.suffix.lower()](found, target, replace=replace)
    return Written(sum(len(trains.neuron) for trains in found.trains.values()), len(found.durations))


def neurons_named(texts: Iterable[str]) -> dict[str, list[int]]:
    """Return the neurons by population that texts such as ``exc=0,3,7`` name; without a population, ``0,3,7``.

    Raises
    ------
    StdpbenchError
        If one of them names none.
    """
    found = dict[str, list[int]]()
    for text in texts:
        population, _, numbers = text.rpartition("=")
        try:
            found.setdefault(population, []).extend(int(number) for number in numbers.split(","))
        except ValueError:
            raise StdpbenchError(f"expected neurons such as 0,3,7 or exc=0,3,7, not {text!r}") from None
    return found

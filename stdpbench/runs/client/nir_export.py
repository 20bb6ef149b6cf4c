"""Write the network of a run to a NIR file in a separate process, since readers of runs import no simulator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stdpbench.base.files import check_target
from stdpbench.runs.client.helper import carry_out_aside

STIMULI = 20
"""Default number of stimuli with which a file is checked."""
_PROCESS = "stdpbench.runs.process.nir_export"


@dataclass(frozen=True)
class NirExport:
    """A written file, and its comparison with the run.

    Attributes
    ----------
    path : str
        The file.
    nodes : dict of str to str
        Type of each node by its name.
    dt : float
        Time step of the run, in ms.
    marks : tuple of str
        A clause for each substitute of a feature that NIR cannot express; empty for an exact file.
    frozen : tuple of str
        Names of the projections that learn in the run, whose weights are written as they are at its end.
    stimuli : int
        Number of stimuli that were shown to both.
    noun : str
        Noun for a stimulus.
    spikes : int
        Number of spikes of all neurons of the run in response to these stimuli.
    different : int
        Number of spikes that only one of both has.
    explanation : str
        The first difference and its cause; empty if the spikes are identical.
    """

    path: str
    nodes: dict[str, str]
    dt: float
    marks: tuple[str, ...]
    frozen: tuple[str, ...]
    stimuli: int
    noun: str
    spikes: int
    different: int
    explanation: str

    @property
    def verdict(self) -> str:
        """Result of the comparison, as a sentence."""
        shown = f"{self.stimuli} {self.noun}{'s' if self.stimuli != 1 else ''}, {self.spikes} spikes of the run"
        start = f"Read back, and simulated from NIR's equations alone: {shown}"
        if not self.different:
            return f"{start}, identical in the file."
        return f"{start}; {self.different} spikes differ. {self.explanation}"

    @property
    def sentences(self) -> tuple[str, ...]:
        """Sentences for the user."""
        kinds = ", ".join(sorted(set(self.nodes.values())))
        sentences = [f"{self.path}: {len(self.nodes)} nodes ({kinds}), {self.dt:g} ms per step"]
        if self.frozen:
            sentences.append(
                f"Weights of {', '.join(self.frozen)} are those at the end of the run: NIR has no learning."
            )
        if self.marks:
            sentences.append(f"The file is marked as another network: {'; '.join(self.marks)}.")
        return (*sentences, self.verdict)


def export_nir(
    folder: Path,
    target: Path,
    *,
    force: bool = False,
    stimuli: int = STIMULI,
    replace: bool = False,
    look: Callable[[], object] = lambda: None,
) -> NirExport:
    """Write the network of a run to a NIR file, and check it; see `stdpbench.runs.process.nir_export.export_nir`.

    Parameters
    ----------
    folder, target, force, stimuli, replace
        See there.
    look : callable
        Called ten times per second; an exception that it raises ends the process.

    Raises
    ------
    StdpbenchError
        If the file cannot be written.
    """
    check_target(target, replace=replace, suffix=".nir")  # without starting a process
    paths = {"folder": str(folder.absolute()), "target": str(target.absolute())}
    fields = carry_out_aside(_PROCESS, {**paths, "force": force, "stimuli": stimuli, "replace": replace}, look=look)
    return NirExport(**{**fields, "marks": tuple(fields["marks"]), "frozen": tuple(fields["frozen"])})

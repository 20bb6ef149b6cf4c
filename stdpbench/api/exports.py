"""A finished run as files for other tools: its responses, and its network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path

from stdpbench.api.view import RunView
from stdpbench.runs.client.nir_export import export_nir
from stdpbench.runs.protocol.nir_exported import STIMULI, NirExport
from stdpbench.studies.report.recordings import files_for, write_responses


class Exports(RunView):
    """What of a run can be written for other tools."""

    def export(
        self,
        *,
        neo: str | PathLike[str] | None = None,
        nwb: str | PathLike[str] | None = None,
        stimuli: int = 0,
        record: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        """Write the spikes with which the network responded to evaluated stimuli for other tools.

        Parameters
        ----------
        neo, nwb : path, optional
            Files that do not exist yet: ``.nix``, for Neo and Elephant, and ``.nwb``, Neurodata Without Borders.
        stimuli : int
            Number of stimuli, from the first; 0: all, or 100 with `record`.
        record : mapping of str to sequence of int, optional
            Neurons whose potentials are written, too, by population, such as ``{"exc": [0, 3, 7]}``. The stimuli are
            presented again, and the spikes are those of all populations.

        Raises
        ------
        StdpbenchError
            If the run has kept no spikes, there are no such neurons, a package is not installed, or a file exists or
            cannot be written.
        """
        write_responses(self._folder, files_for(neo, nwb), record, stimuli)

    def export_nir(
        self, path: str | PathLike[str], *, force: bool = False, stimuli: int = STIMULI, replace: bool = False
    ) -> NirExport:
        """Write the trained network to a NIR file, and compare the file with this run; see docs/hardware.md.

        Parameters
        ----------
        path : path
            The file, whose name ends with ``.nir``.
        force : bool
            Whether to leave out what NIR cannot say, where possible, and mark the file as another network.
        stimuli : int
            Number of evaluated stimuli with which file and run are compared.
        replace : bool
            Whether to replace an existing file.

        Returns
        -------
        NirExport
            Its `verdict` says whether the spikes are the same.
        """
        return export_nir(self.path, Path(path).expanduser(), force=force, stimuli=stimuli, replace=replace)

"""Write responses as a file of Neurodata Without Borders (NWB).

Each neuron is a unit with its spike times, population and number; each stimulus is a trial; potentials, if recorded,
are a series of acquired data for each population.
"""

from __future__ import annotations

from pathlib import Path

from stdpbench.studies.report.recordings.recorded import Recorded, not_installed, write_file

_KEYWORDS = ("simulation", "spiking neural network")
_METHODS = {"yes": ("supervised",), "no": ("learning without labels",), "unknown": ()}
_TRAINED = {
    "yes": ", whose weights were trained with labels (supervised)",
    "no": "",
    "unknown": ", the origin of whose weights is unknown",
}


def write_nwb(found: Recorded, target: Path, *, replace: bool = False) -> None:
    """Write a file.

    Parameters
    ----------
    found : Recorded
        The responses.
    target : Path
        The file, ``.nwb``.
    replace : bool
        Whether to replace an existing file.

    Raises
    ------
    StdpbenchError
        If PyNWB is not installed, or the file cannot be written.
    """
    try:
        from pynwb import NWBHDF5IO, NWBFile, TimeSeries
        from pynwb.file import Subject
    except ImportError:
        raise not_installed("NWB", "pynwb", "nwb") from None
    about = found.about
    network = f"spiking neural network{_TRAINED[about['supervised']]}"
    made = NWBFile(
        session_description=f"Simulated responses of a {network}; {about['axis']}.",
        identifier=f"{about['run']} {about['digest']}",
        session_start_time=found.started,
        session_id=about["run"],
        experiment_description=f"Experiment {about['experiment']}, seed {about['seed']}: {about['stimuli']}.",
        notes=about["experiment.toml"],
        keywords=[*_KEYWORDS, *_METHODS[about["supervised"]]],
        source_script=f"stdpbench {about['stdpbench']}",
        source_script_file_name="stdpbench",
        # NWB wants a subject with an age and a sex: a network begins with its run, and has no species
        subject=Subject(
            subject_id=about["run"],
            description="A simulated network of spiking neurons.",
            date_of_birth=found.started,
            sex="O",
        ),
    )
    made.add_trial_column("stimulus", "Number of the stimulus in the evaluated part of the data set.")
    for number, (start, duration) in enumerate(zip(found.starts, found.durations, strict=True)):
        made.add_trial(start_time=float(start), stop_time=float(start + duration), stimulus=number)
    made.add_unit_column("population", "Name of the population of the neuron.")
    made.add_unit_column("neuron", "Number of the neuron in its population.")
    observed = [[0.0, found.duration]]
    for population in found.trains:
        for number, times in enumerate(found.times(population)):
            made.add_unit(spike_times=times, obs_intervals=observed, population=population, neuron=number)
    if made.units is not None:
        made.units.resolution = found.dt
    for population, course in found.courses.items():
        made.add_acquisition(
            TimeSeries(
                name=f"v_{population}",
                data=course.values,
                unit="volts" if course.unit == "V" else "n.a.",
                rate=1 / found.dt,
                starting_time=0.0,
                description=f"Potential of neurons {', '.join(map(str, course.neurons))} of {population}.",
            )
        )

    def write(path: Path) -> None:
        with NWBHDF5IO(str(path), "w") as file:
            file.write(made)

    write_file(target, ".nwb", write, replace=replace)

"""From an experiment to a run folder with data and start weights."""

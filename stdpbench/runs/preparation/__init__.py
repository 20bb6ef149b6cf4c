"""Preparation of runs: from an experiment to a run folder with data and initial weights."""

"""Runs: training, labelling, testing, and the folder that is left behind."""

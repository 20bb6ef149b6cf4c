"""Presentation of stimuli to frozen networks, distributed over processes; for the evaluation of runs, and reports."""

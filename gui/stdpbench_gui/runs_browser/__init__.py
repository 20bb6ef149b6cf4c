"""The parts of the Runs page: history, queue, comparison, and what can be done with runs."""

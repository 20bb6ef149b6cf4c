"""From an experiment to Brian2 (`network`), and from Brian2 to code that stays in the process (`simulators`)."""

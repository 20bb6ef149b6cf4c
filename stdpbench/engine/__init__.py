"""Building Brian2 networks from experiments (`network`), and running them (`simulators`)."""

"""What is asked beyond one run: the laboratory of rules, reports, and sweeps."""

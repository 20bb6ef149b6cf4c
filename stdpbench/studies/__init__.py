"""Studies beyond a single run: the laboratory of rules, reports, and sweeps."""

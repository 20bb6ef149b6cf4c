"""Declaration of kinds and their parameters: fields with units and bounds, registries, expressions, names."""

"""How a kind and its parameters are declared: fields with units and bounds, registries, expressions, names."""

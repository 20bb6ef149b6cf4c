"""The weight map."""

"""The views of the Evaluate page, and what they share."""

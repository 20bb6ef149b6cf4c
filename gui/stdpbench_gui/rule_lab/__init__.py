"""The parts of the Rule lab page."""

"""Read-outs of responses, and figures."""

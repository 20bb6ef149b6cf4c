"""What responses say: read-outs and their figures."""

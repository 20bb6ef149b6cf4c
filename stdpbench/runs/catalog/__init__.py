"""Many runs: the index of a runs folder, search, comparison, forecast, trash."""

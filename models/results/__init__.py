"""Results: their tables, statistics, CSV files and the store of runs."""

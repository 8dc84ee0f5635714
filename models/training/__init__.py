"""From an experiment to snapshots: train, measure, save. Imports diagnostics and below."""

"""Training, from an experiment to snapshots of what was measured. Imports diagnostics and below."""

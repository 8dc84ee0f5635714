"""The experiment: every setting of a run, presets, partition, random streams and cost.

Imports cells, tasks and settings.
"""

from models.experiment.experiment import Experiment, ExperimentError

__all__ = ["Experiment", "ExperimentError"]

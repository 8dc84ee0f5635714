"""E"""

from models.experiment.experiment import Experiment, ExperimentError

__all__ = ["Experiment", "ExperimentError"]

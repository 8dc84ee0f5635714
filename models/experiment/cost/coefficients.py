"""The time that each stage of a training takes and the memory that it keeps, as measured.

    python -m tests.benchmarks.cost --fit

measures all of this anew and prints this file. Units are those of ``stages``. These were measured
on AMD EPYC, 2 cores, torch 2.13.0, numba 0.68.1; one thread.
"""

from __future__ import annotations

from models.experiment.cost.stages import (
    Diagnostics,
    Drawing,
    Memory,
    Omega,
    Pass,
    Passes,
    Read,
    Setting,
    SettingUp,
    Starting,
    Tables,
    Update,
)

MEMORY = Memory(3.65e08, 7.49e07, 3.58e06, 56.4, 5.46, 30.1)
TRAJECTORIES = {
    "none": {
        "rnn": 10.5,
        "lstm": 17.9,
        "gru": 11.4,
    },
    "layer": {
        "rnn": 9.44,
        "lstm": 15.7,
        "gru": 10.3,
    },
    "batch": {
        "rnn": 7.85,
        "lstm": 21.6,
        "gru": 6.26,
    },
}
"""The numbers of a trajectory in memory, per row and number of a hidden state, H·B."""
STARTING = Starting(3.4e05, 1.8e04)
OVERHEAD_PROBE = 0.00149
"""The seconds of the first probe of ``models.service.questions.speed`` on the same machine."""
ARITHMETIC_PROBE = 0.0011
"""The seconds of its second probe on the same machine."""
PASSES = {
    "none": {
        "rnn": Passes(
            Pass(191, 32.1, 0, 0.38, 0.0191, 0.0412), Pass(88.9, 60.1, 0.225, 0.539, 0.0664, 0.172)
        ),
        "lstm": Passes(
            Pass(204, 27.7, 0, 1.67, 0.0207, 0.05), Pass(101, 57.7, 0.65, 2.76, 0.0667, 0.15)
        ),
        "gru": Passes(
            Pass(204, 29.8, 0.0863, 1.5, 0.0191, 0.0608), Pass(105, 57.9, 0.828, 3.06, 0.0638, 0.17)
        ),
    },
    "layer": {
        "rnn": Passes(
            Pass(212, 22.4, 0.47, 0.601, 0.0205, 0.12), Pass(92.2, 62.5, 1.2, 1, 0.0674, 0.355)
        ),
        "lstm": Passes(
            Pass(195, 39.5, 1.15, 4.92, 0.0207, 0.286), Pass(89.6, 59.3, 2.88, 13.7, 0.0576, 0.675)
        ),
        "gru": Passes(
            Pass(207, 32.4, 1.02, 4.42, 0.0181, 0.247), Pass(98.7, 85.3, 2.46, 8.66, 0.0616, 0.558)
        ),
    },
    "batch": {
        "rnn": Passes(
            Pass(219, 28.8, 0.516, 0.831, 0.0205, 0.1), Pass(100, 74.5, 1.77, 1.84, 0.0673, 0.394)
        ),
        "lstm": Passes(
            Pass(210, 37.2, 0.715, 4.38, 0.0192, 0.167), Pass(93.8, 99.6, 2.28, 9.36, 0.0656, 0.502)
        ),
        "gru": Passes(
            Pass(227, 31.6, 0.84, 3.01, 0.0187, 0.143), Pass(108, 90.2, 2.49, 7.24, 0.0596, 0.473)
        ),
    },
}
"""The passes by normalisation and cell."""
DIAGNOSTICS = {
    "none": {
        "rnn": Diagnostics(575, 109, 319, 13.2, 0, 0.797, 3.17, 107),
        "lstm": Diagnostics(1.37e03, 216, 0, 51.4, 0, 0.873, 1.85, 212),
        "gru": Diagnostics(576, 293, 411, 30.6, 0, 0.88, 2.4, 263),
    },
    "layer": {
        "rnn": Diagnostics(327, 238, 518, 47.3, 0, 0.746, 1.02, 217),
        "lstm": Diagnostics(421, 503, 619, 199, 0, 0.833, 3.05, 499),
        "gru": Diagnostics(817, 684, 387, 187, 0, 0.652, 0, 669),
    },
    "batch": {
        "rnn": Diagnostics(455, 287, 601, 20.7, 0, 1.21, 3.95, 273),
        "lstm": Diagnostics(526, 506, 599, 87.9, 0, 1.26, 2.76, 486),
        "gru": Diagnostics(814, 665, 484, 62.3, 0, 1.34, 1.17, 614),
    },
}
"""The diagnostics by normalisation and cell."""
READ = Read(1.11, 21.5, 1.2)
OMEGA = Omega(216, 13.4, 0.0674)
UPDATE = Update(132, 4.02)
SETTING = Setting(5.78, 0.137)
SETTING_UP = SettingUp(286, 207, 45.5)
TABLES = Tables(4.24e03, 0, 3.59)
TASKS = {
    "temporal_order": Drawing(65.4, 5.83),
    "adding": Drawing(46.5, 2.57),
    "copy": Drawing(35.2, 6.73),
    "recall": Drawing(41, 6.68),
    "digits": Drawing(48.3, 1.12),
}
"""The drawing of each task by its name."""

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

MEMORY = Memory(4.9e08, 2.02e07, 4.01e05, 61.4, 6.32, 18.6)
TRAJECTORIES = {
    "none": {
        "rnn": 9.03,
        "lstm": 13.7,
        "gru": 9.42,
    },
    "layer": {
        "rnn": 4.25,
        "lstm": 15.0,
        "gru": 7.58,
    },
    "batch": {
        "rnn": 5.05,
        "lstm": 14.1,
        "gru": 8.27,
    },
}
"""The numbers of a model's trajectory in memory, per time step and number of a hidden state."""
STARTING = Starting(1.41e05, 2.32e04)
OVERHEAD_PROBE = 0.00146
"""The seconds of the first probe of ``models.service.questions.speed`` on the same machine."""
ARITHMETIC_PROBE = 0.0011
"""The seconds of its second probe on the same machine."""
PASSES = {
    "none": {
        "rnn": Passes(
            Pass(222, 35.8, 0.27, 0.0616, 0.0212, 0.139),
            Pass(98.6, 81.2, 0.187, 1.09, 0.0605, 0.298),
        ),
        "lstm": Passes(
            Pass(266, 12.5, 0, 2.27, 0.0217, 0.0575), Pass(140, 32.2, 0.6, 5.5, 0.0688, 0.11)
        ),
        "gru": Passes(
            Pass(348, 19.9, 0.679, 1.05, 0.0241, 0.0405), Pass(100, 73.4, 2.04, 3.84, 0.0696, 0.161)
        ),
    },
    "layer": {
        "rnn": Passes(
            Pass(205, 23.5, 0.464, 0.92, 0.0191, 0.118), Pass(97.3, 63.4, 0.426, 1.35, 0.0676, 0.37)
        ),
        "lstm": Passes(
            Pass(198, 53, 0.846, 9.75, 0.00865, 0.424), Pass(147, 36.3, 2.6, 18.3, 0.0478, 0.817)
        ),
        "gru": Passes(
            Pass(285, 0, 1.58, 6.72, 0.014, 0.282), Pass(149, 18.8, 3.14, 16.6, 0.0411, 0.659)
        ),
    },
    "batch": {
        "rnn": Passes(
            Pass(220, 40.6, 0.383, 0.691, 0.0218, 0.225), Pass(118, 93.3, 1.1, 1.65, 0.0633, 0.716)
        ),
        "lstm": Passes(
            Pass(314, 0, 1.19, 7.53, 0.0167, 0.191), Pass(227, 0, 4, 15.5, 0.0608, 0.633)
        ),
        "gru": Passes(
            Pass(203, 86.3, 0.208, 3.09, 0.0212, 0.184), Pass(84.4, 141, 1.39, 8.31, 0.0604, 0.599)
        ),
    },
}
"""The passes by normalisation and cell."""
DIAGNOSTICS = {
    "none": {
        "rnn": Diagnostics(0, 0, 1.83e03, 17.1, 0, 1.32, 3.38, 48),
        "lstm": Diagnostics(50, 11.2, 1.64e03, 53.3, 0, 0.694, 6.5, 48.9),
        "gru": Diagnostics(0, 13.5, 1.48e03, 33.5, 0, 0.551, 4.23, 45.3),
    },
    "layer": {
        "rnn": Diagnostics(0, 12.7, 1.35e03, 34.5, 0, 0, 9.97, 64.9),
        "lstm": Diagnostics(0, 33.3, 1.7e03, 44.8, 0, 0.292, 17.7, 72.7),
        "gru": Diagnostics(318, 35.9, 1.07e03, 69.1, 0, 0.893, 2.88, 73),
    },
    "batch": {
        "rnn": Diagnostics(0, 4.56, 1.39e03, 12, 0, 1.22, 2.16, 52.4),
        "lstm": Diagnostics(76.8, 0, 2.12e03, 65.6, 0, 0.915, 0, 81.3),
        "gru": Diagnostics(0, 44.8, 899, 25.8, 0, 0.209, 17.2, 57.8),
    },
}
"""The diagnostics by normalisation and cell."""
READ = Read(0, 26.7, 3.61)
OMEGA = Omega(319, 16.9, 0)
UPDATE = Update(219, 7.4)
SETTING = Setting(11.2, 0.255)
SETTING_UP = SettingUp(545, 411, 87.4)
TABLES = Tables(7.85e03, 391, 0)
TASKS = {
    "temporal_order": Drawing(141, 7.46),
    "adding": Drawing(110, 5.12),
    "copy": Drawing(87.1, 13),
    "recall": Drawing(95.7, 12.5),
    "digits": Drawing(104, 1.75),
}
"""The drawing of each task by its name."""

"""Memory Lab's computing half: tasks, cells, training and results. It knows no screen."""

__version__ = "0.1.0"

"""One visitor's state: who it is, the run on show, what was read of it.

Imports scheduling, figures.
"""

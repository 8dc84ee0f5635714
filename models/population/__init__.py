"""Models in memory, many at once: parameters, outputs, loss, accuracy.

Imports kernels and below.
"""

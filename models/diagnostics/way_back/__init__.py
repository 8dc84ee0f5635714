"""Backpropagation through time on one short sequence, one step at a time, with every number.

One unit, plain floats and no torch: a page computes the whole walk while it is drawn.
"""

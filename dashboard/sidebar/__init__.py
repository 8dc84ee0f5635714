"""The controls of an experiment, bound to the address.

Imports components, session and scheduling.
"""

"""Why a cell remembers or forgets, measured on models in memory. Imports population and below.

Throughout, n is the number of models, H the hidden size, B the number of sequences and T that of
the time steps.
"""

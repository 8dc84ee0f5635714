"""Populations of models: parameters, outputs, loss, accuracy. Imports kernels and below."""

"""Populations of models: parameters, outputs, loss, gradient. Imports kernels and below."""

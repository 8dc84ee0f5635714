"""Tidy tables of results in, statistics, memory spans and sentences out; no torch.

Imports experiment, cells, tasks and settings.
"""

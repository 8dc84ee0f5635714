"""Runs from beginning to end, for Python, a terminal or a dashboard: training, quick questions,
progress, processes and their limits, logs. Imports exchange and below.
"""

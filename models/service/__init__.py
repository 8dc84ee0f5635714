"""Runs from beginning to end, for Python, a terminal or a dashboard: training, quick questions,
progress, memory limit, logs. Imports exchange and below.
"""

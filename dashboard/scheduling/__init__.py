"""Whose run trains and whose page is drawn: queue, trainer processes, admission.

Imports figures.
"""

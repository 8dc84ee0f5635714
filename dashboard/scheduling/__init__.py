"""Whose run trains and whose page is drawn: queue, processes, admission.

Imports figures.
"""

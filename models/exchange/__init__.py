"""Results as files that leave and come back: CSV, ZIP, standalone script.

Imports store and below.
"""

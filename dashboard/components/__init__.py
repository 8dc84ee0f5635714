"""What several sections use: charts, cards, downloads, tables, legends.

Imports session, scheduling, figures.
"""

"""The parts of a page, each with its picture, its numbers and its words.

Imports sidebar, components, session, scheduling and figures.
"""

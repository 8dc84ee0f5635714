"""The process that trains for a dashboard: runs, quick questions, memory limit, logs. Imports
everything below but the stories.
"""

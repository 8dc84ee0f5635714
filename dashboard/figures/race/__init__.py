"""The figures of the Race page: accuracy by length, learning curves, who solved the task."""

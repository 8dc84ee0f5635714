"""Why a cell remembers or forgets: measured on its recurrence, and read off what it measured."""

"""What the store raises; each message says to people what is wrong, and what to do."""

from __future__ import annotations

from models.settings.quoting import quoted


class StoreError(Exception):
    """The store cannot be read or written now."""


class UnknownRunError(Exception):
    """What is asked for is not in the store, or this release cannot read it.

    The message says in one line which run it is, and what of it.
    """


def unknown_run(run_id: str) -> UnknownRunError:
    """The error that there is no run of this id."""
    return UnknownRunError(f"there is no run {quoted(run_id)} in this store")


class NotOursError(Exception):
    """Another process trains the run by now, or it may not be trained."""

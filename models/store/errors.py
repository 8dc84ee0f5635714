"""What the store raises; each message says to people what is wrong, and what to do."""


class StoreError(Exception):
    """The store cannot be read or written now."""


class UnknownRunError(Exception):
    """What is asked for is not in the store, or this release cannot read it.

    The message says in one line which run it is, and what of it.
    """


class NotOursError(Exception):
    """Another process trains the run by now, or it may not be trained."""

"""The store of runs: a database, what was measured, migrations, housekeeping. Imports training and
below, but for torch.
"""

from models.store.store import NotOursError, Status, Store, StoreError, UnknownRunError

__all__ = ["NotOursError", "Status", "Store", "StoreError", "UnknownRunError"]

"""S"""

from models.store.store import NotOursError, Status, Store, StoreError

__all__ = ["NotOursError", "Status", "Store", "StoreError"]

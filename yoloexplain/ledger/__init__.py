"""The ledger: every published number of the networks here, beside ours.

It stands beside the path from image to picture and holds it to account. Each entry states where a
number was printed, what was counted and how it was rounded; ours is counted when asked, on the meta
device, and never stored. Where the two differ, the row says why.

>>> from yoloexplain.ledger import ledger
>>> for row in ledger("densenet121 parameters"):
...     print(row.published, row.ours, row.status)
7,978,856 7,978,856 agrees
"""

from .entry import Entry, LedgerRow, Reading, Status
from .table import Ledger, ledger

__all__ = ["Entry", "Ledger", "LedgerRow", "Reading", "Status", "ledger"]

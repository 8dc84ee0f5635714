"""The entry of ``python -m models``."""

from __future__ import annotations

import sys

from models.command_line.main import main
from models.command_line.standard_streams import with_standard_streams

if __name__ == "__main__":
    sys.exit(with_standard_streams(main))

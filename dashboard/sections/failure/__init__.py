"""Why a cell failed at a length, on the Race page: diagnosis, two pictures, one thing to try."""

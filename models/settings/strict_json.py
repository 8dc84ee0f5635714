"""JSON without its loopholes: no NaN, no name given twice, nothing nested without end."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from models.settings.quoting import shortened

MOST_DIGITS = 400
"""Of a whole number: no float has more."""


def parsed(text: str | bytes) -> Any:
    """What the JSON text says. Raises ValueError with one line where it says nothing clear."""
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refused,
            parse_int=_whole,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({shortened(str(error))})") from error
    except UnicodeDecodeError as error:
        raise ValueError("not JSON (not a text in UTF-8)") from error
    except RecursionError as error:
        raise ValueError("not JSON that can be read: it is nested too deeply") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise ValueError(f"'{shortened(name)}' is given twice")
        values[name] = value
    return values


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"not JSON ({constant} is no number in JSON)")


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"not JSON that can be read: a number has {len(digits)} digits")
    return int(digits)

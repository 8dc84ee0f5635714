"""Numbers and JSON from text, read without the loopholes of Python's own readers.

``int`` and ``float`` also take ``1_0``, ``١٢``, ``" 12 "``, ``nan`` and ``infinity``; ``json`` also
takes NaN and a name given twice, and fails with a RecursionError on values nested too deeply.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from models.settings.quoting import shortened

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
NUMBER = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,4})?")
MAX_DIGITS = 400
"""The most digits of a whole number in JSON: no float has more."""


def whole_number(text: str) -> int:
    """Reads a whole number. Raises ValueError on anything else."""
    return int(_matched(WHOLE_NUMBER, text, "a whole number"))


def number(text: str) -> float:
    """Reads a number, infinite where it is too large for a float. Raises ValueError."""
    return float(_matched(NUMBER, text, "a number"))


def json_value(text: str | bytes) -> Any:
    """Reads JSON. Raises ValueError, with one line, where the text is not JSON or ambiguous."""
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refused,
            parse_int=_json_whole_number,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({shortened(str(error))})") from error
    except UnicodeDecodeError as error:
        raise ValueError("not JSON (not a text in UTF-8)") from error
    except RecursionError as error:
        raise ValueError("not JSON that can be read: it is nested too deeply") from error


def _matched(pattern: re.Pattern[str], text: str, expected: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"expected {expected}")
    return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise ValueError(f"'{shortened(name)}' is given twice")
        values[name] = value
    return values


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"not JSON ({constant} is no number in JSON)")


def _json_whole_number(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"not JSON that can be read: a number has {len(digits)} digits")
    return int(digits)

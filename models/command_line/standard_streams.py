"""Standard input, output and error that a command can rely on, wherever they lead.

A command's work does not hang on who reads its output: what cannot be written is dropped, the
command goes on to its end, and its exit status says so.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
import unicodedata
from collections.abc import Callable

BROKEN_PIPE = 141
"""The exit status of a command whose reader has left, as shells give it: 128 + SIGPIPE."""

_NAMES = ("stdin", "stdout", "stderr")
_SPELLED = str.maketrans(
    {"–": "-", "−": "-", "×": "x", "·": "*", "⊙": "*", "√": "sqrt", "∂": "d", "‖": "||", "≈": "~"}
    | {"±": "+-"}
)
"""Signs that Unicode does not decompose into ASCII."""


def with_standard_streams(command: Callable[[], int]) -> int:
    """Runs a command with standard streams that never raise; returns its exit status.

    Where its output could not be written, that is BROKEN_PIPE if a reader has left, and else 1
    after one line that says why.
    """
    _open_closed()
    codecs.register_error("spelled", _spelled)
    outputs = [_replaced(name) for name in _NAMES[1:]]
    try:
        status = command()
    except SystemExit as end:  # argparse's, after --help
        status = end.code if isinstance(end.code, int) else 0
    sys.stdout.flush()
    for name, output in zip(_NAMES[1:], outputs, strict=True):
        if output and output.lost and not status:
            status = _status(name, output.lost)
    return status


class _Output(io.FileIO):
    """A file that drops what cannot be written, and keeps the first reason."""

    lost: OSError | None = None

    def write(self, content: object) -> int:
        with memoryview(content) as view:  # type: ignore[arg-type]
            size = view.nbytes
        if not self.lost:
            try:
                return super().write(content)  # type: ignore[arg-type]
            except OSError as error:
                self.lost = error
        return size


def _status(name: str, lost: OSError) -> int:
    if isinstance(lost, BrokenPipeError):
        return BROKEN_PIPE
    print(f"python -m models: {name} cannot be written: {lost.strerror}", file=sys.stderr)
    return 1


def _open_closed() -> None:
    """Closed streams lead nowhere: else the next file that is opened would take their place."""
    for descriptor, name in enumerate(_NAMES):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest one that is free, which is this
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, "w" if descriptor else "r", closefd=False))


def _replaced(name: str) -> _Output | None:
    """Puts a stream that never raises in place of one of ``sys``; a Windows console is left."""
    stream: io.TextIOWrapper = getattr(sys, name)
    raw = getattr(stream.buffer, "raw", stream.buffer)
    if not isinstance(raw, io.FileIO):
        stream.reconfigure(errors="spelled")
        return None
    output = _Output(raw.fileno(), "w", closefd=False)
    text = io.TextIOWrapper(
        io.BufferedWriter(output),
        encoding=stream.encoding,
        errors="spelled",
        line_buffering=stream.line_buffering or stream.write_through,
    )
    setattr(sys, name, text)
    return output


def _spelled(error: UnicodeError) -> tuple[str, int]:
    """Spells signs that the output's encoding lacks in ASCII: 10⁻³ as 10^-3, σ as sigma."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    power = "^" if unicodedata.decomposition(signs[0]).startswith("<super>") else ""
    return power + "".join(map(_in_ascii, signs)), error.end


def _in_ascii(sign: str) -> str:
    if (name := unicodedata.name(sign, "")).startswith("GREEK"):
        return name.split()[-1].lower()
    plain = unicodedata.normalize("NFKD", sign).translate(_SPELLED)
    return plain.encode("ascii", "replace").decode()

"""The state equations of one unit at one step, as HTML that the browser fills with numbers."""

from __future__ import annotations

from dashboard.figures.inside.gate_style import GateRoles


def equation(roles: GateRoles, *, normalised: bool = False) -> str:
    """The equations of h, and of c where there is one, in letters and then in numbers.

    Slots such as {f:3} are those of gate_player.js. With ``normalised`` the memory is normalised
    before it is read, by numbers that stand nowhere.
    """
    memory, candidate = roles.memory, roles.candidate
    now, before = _at(memory), _at(memory, "t−1")
    if roles.keep is None:
        return _row(before, f"{{{memory}-:3}}") + _row(now, f"{{{memory}:3}}")
    letters, factor = f"(1 − {_at(roles.keep)})", f"{{1-{roles.keep}:3}}"
    if roles.write:
        letters, factor = _at(roles.write), f"{{{roles.write}:3}}"
    rows = [
        _row(now, f"{_at(roles.keep)} · {before} + {letters} · {_at(candidate)}"),
        _row("", f"{{{roles.keep}:3}} · {{({memory}-):3}} + {factor} · {{({candidate}):3}}"),
        _row("", f"{{{memory}:3}}"),
    ]
    if roles.show:
        inner = f"N({now})" if normalised else now
        rows.append(_row(_at("h"), f"{_at(roles.show)} · tanh({inner})"))
        if not normalised:
            rows.append(_row("", f"{{{roles.show}:3}} · tanh({{{memory}:3}})"))
        rows.append(_row("", "{h:3}"))
    return "".join(rows)


def _at(letter: str, when: str = "t") -> str:
    return f"<i>{letter}<sub>{when}</sub></i>"


def _row(left: str, right: str) -> str:
    return f"<span>{left}</span><span>= {right}</span>"

"""Which gate does the task need? Accuracy with each of them held."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.inside.gate_style import full_name
from dashboard.figures.layout import GREY, SMALL, Trace, new_figure

ROW = 46
"""Height of one gate's row, pixels."""
STYLES = {
    "0": ("#c0212d", "triangle-left", "held at 0"),
    "1": ("#105dd1", "triangle-right", "held at 1"),
    "mean": ("#047339", "circle", "held at its mean"),
}
LABEL = 0.15
"""Share of the axis that the name of a line takes on a narrow screen."""
APART = 0.22
"""Distance between two points of one gate, in rows."""


def ablation(table: pd.DataFrame, *, chance: float) -> go.Figure:
    """Accuracy with its 95% interval where a gate is held at 0, 1 or its mean: one row per gate.

    ``table`` is that of ``models.diagnostics.inside.surgery.ablation_table``.
    """
    held = table[table["gate"] != ""]
    (intact,) = table.loc[table["gate"] == "", "accuracy"]
    gates = list(dict.fromkeys(held["gate"]))
    figure = new_figure(
        f"ablation/{gates}",
        height=ROW * len(gates) + 120,
        xaxis={"title": "held-out accuracy", "range": [-0.03, 1.03], "nticks": 6},
        yaxis={
            "range": [len(gates) - 0.5, -0.5],
            "tickvals": list(range(len(gates))),
            "ticktext": [full_name(gate) for gate in gates],
            "fixedrange": True,
        },
    )
    figure.update_layout(
        margin={"t": 62},
        legend={"yref": "container", "y": 0.99, "yanchor": "top"},
    )
    figure.add_traces([_held(to, held[held["to"] == to], gates) for to in STYLES])
    apart = intact - chance > 2 * LABEL
    for value, text, right in ((chance, "chance", apart), (intact, "intact", not apart)):
        figure.add_vline(value, line={"color": GREY, "dash": "dash", "width": 1.2})
        figure.add_annotation(
            text=text,
            x=value,
            y=1,
            yref="paper",
            yanchor="bottom",
            xanchor="left" if right else "right",
            showarrow=False,
            font={"size": SMALL},
        )
    return figure


def _held(to: str, rows: pd.DataFrame, gates: list[str]) -> Trace:
    shade, symbol, name = STYLES[to]
    offset = APART * (list(STYLES).index(to) - 1)
    accuracy = rows["accuracy"]
    return {
        "type": "scatter",
        "uid": f"held/{to}",
        "name": name,
        "x": accuracy.tolist(),
        "y": [round(gates.index(gate) + offset, 3) for gate in rows["gate"]],
        "mode": "markers",
        "marker": {"color": shade, "symbol": symbol, "size": 11},
        "error_x": {
            "type": "data",
            "array": (rows["high"] - accuracy).tolist(),
            "arrayminus": (accuracy - rows["low"]).tolist(),
            "color": shade,
            "thickness": 1.5,
            "width": 4,
        },
        "customdata": rows[["gate", "low", "high", "sequences"]].to_numpy().tolist(),
        "hovertemplate": f"%{{customdata[0]}} {name} · %{{x:.3f}} (%{{customdata[1]:.3f}} to "
        "%{customdata[2]:.3f}, %{customdata[3]} sequences)<extra></extra>",
    }

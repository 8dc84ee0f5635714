"""Writes the cells of a standalone script: torch.nn modules, and the weights they start with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from models.cells import CELLS
from models.cells.cell import Cell
from models.experiment import Experiment
from models.settings import spec
from models.settings.spec import Option

MODULES = {"rnn": "nn.RNN", "lstm": "nn.LSTM", "gru": "nn.GRU"}
"""Cells that torch.nn has; others are left out of a script, which then says so."""

STARTS = ("init", "bias", "gain")
"""Options that are weights at the start alone, which a script sets by itself."""


class Settings(NamedTuple):
    """What a script has to know of a cell."""

    module: str
    hidden: int
    init: str
    bias: str
    """The bias of the gate that keeps the state."""
    gain: float
    relu: bool

    @property
    def gated(self) -> bool:
        return self.module != "nn.RNN"

    @property
    def maker(self) -> str:
        """Returns the source text of what makes the module."""
        return f'partial({self.module}, nonlinearity="relu")' if self.relu else self.module


def scripted(experiment: Experiment) -> dict[str, Settings]:
    """Returns the cells of an experiment that torch.nn has, by their spec."""
    missing, sizes = left_out(experiment), experiment.hidden_sizes()
    return {cell: _settings(cell, sizes[cell]) for cell in experiment.cells if cell not in missing}


def left_out(experiment: Experiment) -> dict[str, str]:
    """Returns the other cells of an experiment, and what torch.nn does not have of each."""
    lacking = {cell: _lacking(*spec.parse("cell", cell, CELLS)) for cell in experiment.cells}
    return {cell: what for cell, what in lacking.items() if what}


def _settings(cell: str, hidden: int) -> Settings:
    described, chosen = spec.parse("cell", cell, CELLS)
    return Settings(
        module=MODULES[described.name],
        hidden=hidden,
        init=chosen["init"],
        bias=chosen.get("bias", "0"),
        gain=float(chosen["gain"]),
        relu=chosen.get("activation") == "relu",
    )


def _lacking(described: type[Cell], chosen: Mapping[str, str]) -> str:
    if described.name not in MODULES:
        return described.title
    options = [
        option.in_name(chosen[option.name])
        for option in described.options
        if not _has(option, chosen[option.name])
    ]
    return f"{described.title} with {' and '.join(options)}" if options else ""


def _has(option: Option, value: str) -> bool:
    known = option.name in STARTS or (option.name, value) == ("activation", "relu")
    return known or value == option.default


def imports(cells: Mapping[str, Settings]) -> list[str]:
    return ["from functools import partial"] if any(cell.relu for cell in cells.values()) else []


def table(cells: Mapping[str, Settings]) -> list[str]:
    """Returns the source text of the script's CELLS."""
    gains = _gains(cells.values())
    title = "name: module, hidden size, recurrent weights, bias of the gate that keeps the state"
    rows = [
        f"    {name!r}: ({cell.maker}, {cell.hidden}, {cell.init!r}, {cell.bias!r}"
        f"{f', {cell.gain:g}' if gains else ''}),"
        for name, cell in cells.items()
    ]
    heading = [f"# {title},", "# factor on the recurrent weights"] if gains else [f"# {title}"]
    return [*heading, "CELLS = {", *rows, "}"]


def model(cells: Mapping[str, Settings], truncate: int) -> str:
    """Returns the source text of the script's Model."""
    settings = cells.values()
    passed = _passed(settings)
    columns = [name if name in passed else "_" for name in ("init", "bias")]
    columns += ["gain"] if "gain" in passed else []
    arguments = ", ".join(["self.network", *passed])
    start = f"        initialise({arguments})\n" if _initialises(settings) else ""
    return f"""\
class Model(nn.Module):
    def __init__(self, name{", steps" if chrono(settings) else ""}):
        super().__init__()
        module, hidden, {", ".join(columns)} = CELLS[name]
        self.network = module(INPUTS, hidden, batch_first=True)
        self.readout = nn.Linear(hidden, OUTPUTS)
{start}        merge_biases(self.network)

{_truncated_forward(settings) if truncate > 0 else _FORWARD}"""


_FORWARD = """\
    def forward(self, inputs, target_steps):
        states, _ = self.network(inputs)
        return self.readout(states[:, -target_steps:])"""


def _truncated_forward(cells: Collection[Settings]) -> str:
    detach, of_lstm = "state = state.detach()", "state = tuple(part.detach() for part in state)"
    modules = {cell.module for cell in cells}
    if modules == {"nn.LSTM"}:
        detach = of_lstm
    elif "nn.LSTM" in modules:
        pair = "pair = isinstance(state, tuple)  # h and c of an LSTM"
        detach = f"{pair}\n            {of_lstm} if pair else state.detach()"
    return f"""\
    def forward(self, inputs, target_steps):
        steps, state, states = inputs.shape[1], None, []
        starts = range(steps % TRUNCATE or TRUNCATE, steps, TRUNCATE)  # of all blocks but the first
        for block in inputs.tensor_split(list(starts), dim=1):
            block_states, state = self.network(block, state)
            {detach}
            states.append(block_states)
        return self.readout(torch.cat(states, dim=1)[:, -target_steps:])"""


def chrono(cells: Collection[Settings]) -> bool:
    """Says whether a model has to know the steps of its sequences."""
    return any(cell.bias == "chrono" for cell in cells)


def _gains(cells: Collection[Settings]) -> bool:
    return any(cell.gain != 1 for cell in cells)


def _gate_biases(cells: Collection[Settings]) -> set[str]:
    return {cell.bias for cell in cells if cell.gated}


def _initialises(cells: Collection[Settings]) -> bool:
    other = any(cell.init != "pytorch" or cell.bias != "0" for cell in cells)
    return other or _gains(cells)


def _passed(cells: Collection[Settings]) -> list[str]:
    """Returns what the script's ``initialise`` takes besides the network."""
    takes = {
        "init": len({cell.init for cell in cells}) > 1,
        "bias": not _gate_biases(cells) <= {"0"},
        "gain": _gains(cells),
        "steps": chrono(cells),
    }
    return [name for name, taken in takes.items() if taken]


def initialisation(cells: Mapping[str, Settings]) -> list[str]:
    """Returns the script's ``initialise``: what differs from how torch.nn starts."""
    settings = cells.values()
    if not _initialises(settings):
        return []
    weights, gate_bias = _weights(settings), _gate_bias(settings)
    lines = [
        *(["hidden = network.hidden_size"] if weights or gate_bias else []),
        *weights,
        *(["network.weight_hh_l0.mul_(gain)"] if _gains(settings) else []),
        *gate_bias,
    ]
    start = f"@torch.no_grad()\ndef initialise({', '.join(['network', *_passed(settings)])}):"
    return ["\n    ".join([start, *lines])]


def merged_biases(cells: Mapping[str, Settings]) -> str:
    """Returns the script's ``merge_biases``: one bias a gate, as the cells here have it.

    Two that are added get equal gradients: together they would move twice as far in an optimiser
    step, and count twice in the gradient norm.
    """
    modules = {cell.module for cell in cells.values()}
    gru, all_of_them = "2 * network.hidden_size", "len(second)"
    lines = ["# torch.nn adds two biases a gate: the first becomes their sum, the second stays 0."]
    if "nn.GRU" in modules:
        lines.append("# A GRU's candidate has two all the same: its reset gate scales the second.")
    lines.append("first, second = network.bias_ih_l0, network.bias_hh_l0")
    if modules == {"nn.GRU"}:
        lines.append(f"gates = {gru}")
    elif "nn.GRU" in modules:
        lines.append(f"gates = {gru} if isinstance(network, nn.GRU) else {all_of_them}")
    if "nn.GRU" in modules:
        lines += [
            "first[:gates] += second[:gates]",
            "second[:gates] = 0",
            "second.register_hook(lambda grad: nn.functional.pad(grad[gates:], (gates, 0)))",
        ]
    else:
        lines += ["first += second", "second.zero_()", "second.register_hook(torch.zeros_like)"]
    return "\n    ".join(["@torch.no_grad()\ndef merge_biases(network):", *lines])


def _weights(cells: Collection[Settings]) -> list[str]:
    inits = {cell.init for cell in cells}
    if inits == {"pytorch"}:
        return []
    lines = [
        "bound = math.sqrt(6 / (INPUTS + hidden))",
        "network.weight_ih_l0.uniform_(-bound, bound)",
        "network.bias_ih_l0.zero_()",
        "network.bias_hh_l0.zero_()",
        "for block in network.weight_hh_l0.split(hidden):  # one for each gate",
    ]
    if inits >= {"orthogonal", "identity"}:
        lines.append('    (nn.init.eye_ if init == "identity" else nn.init.orthogonal_)(block)')
    else:
        lines.append(f"    nn.init.{'eye_' if 'identity' in inits else 'orthogonal_'}(block)")
    if "pytorch" in inits:
        lines = ['if init != "pytorch":', *[f"    {line}" for line in lines]]
    return lines


def _gate_bias(cells: Collection[Settings]) -> list[str]:
    biases = _gate_biases(cells)
    if biases <= {"0"}:
        return []
    lines = [
        "# Gates are in the order i, f, g, o (LSTM) and r, z, n (GRU): the second keeps the state.",
    ]
    fixed = "network.bias_ih_l0[hidden : 2 * hidden] += float(bias)"
    if "chrono" not in biases:
        only_gated = all(cell.gated for cell in cells)
        lines += [fixed] if only_gated else ["if not isinstance(network, nn.RNN):", f"    {fixed}"]
        return lines
    lines += [
        'if bias == "chrono":',
        "    chrono = torch.empty(hidden).uniform_(1, max(steps - 1, 1)).log()",
        "    network.bias_ih_l0[hidden : 2 * hidden] += chrono",
    ]
    chrono_modules = {cell.module for cell in cells if cell.bias == "chrono"}
    if chrono_modules == {"nn.LSTM"}:
        lines.append("    network.bias_ih_l0[:hidden] -= chrono")
    elif "nn.LSTM" in chrono_modules:
        lines += [
            "    if isinstance(network, nn.LSTM):",
            "        network.bias_ih_l0[:hidden] -= chrono",
        ]
    if biases - {"chrono", "0"}:
        lines += ["elif not isinstance(network, nn.RNN):", f"    {fixed}"]
    return lines

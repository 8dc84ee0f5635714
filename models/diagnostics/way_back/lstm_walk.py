"""The walk through an LSTM: its columns, and a sentence and the equations at each step."""

from __future__ import annotations

from models.analysis.words import number
from models.diagnostics.way_back.frames import (
    Arrow,
    Column,
    Frame,
    factors_so_far,
    in_brackets,
    indexed,
    times,
)
from models.diagnostics.way_back.lstm import LSTMStep, walk_lstm
from models.diagnostics.way_back.rnn_walk import loss_frame
from models.diagnostics.way_back.settings import WalkSettings
from models.diagnostics.way_back.verdict import average_factor, share_words, verdict


def lstm_columns_and_frames(
    settings: WalkSettings,
) -> tuple[tuple[Column, ...], tuple[Frame, ...]]:
    """Returns a column for each time step, and all frames in their order."""
    steps = walk_lstm(settings)
    last = len(steps)
    columns = tuple(_column(t, steps) for t in range(1, last + 1))
    return columns, (
        *(_forward(t, step, settings) for t, step in enumerate(steps, start=1)),
        _loss(last, steps[-1]),
        *(_backward(t, steps, settings) for t in range(last - 1, 0, -1)),
        _end(steps),
    )


def _column(t: int, steps: tuple[LSTMStep, ...]) -> Column:
    step = steps[t - 1]
    arrows: tuple[Arrow, ...] = ()
    if t > 1:
        before = steps[t - 2]
        arrows = (
            Arrow("c", f"× {number(step.forward.f)}", f"forget gate {indexed('f', t)}"),
            Arrow("h", f"+ {in_brackets(_through_h(before))}", "through h"),
        )
    states = {"c": step.forward.c, "h": step.forward.h}
    gradients = {"c": step.gradient_c, "h": step.gradient_h}
    return Column(step.forward.x, states, gradients, arrows, step.additive)


def _through_h(step: LSTMStep) -> float:
    """The part of ∂L/∂c_t that comes through h_t."""
    return step.gradient_h * step.forward.h_by_c


def _forward(t: int, step: LSTMStep, settings: WalkSettings) -> Frame:
    now = step.forward
    a = settings.weight * now.h_before + now.x
    i, f, o, g, c, h = (number(value) for value in (now.i, now.f, now.o, now.g, now.c, now.h))
    if t == 1:
        said = (
            f"Step 1: the input {number(now.x)} arrives, and should still be there at the end. The "
            f"input gate lets {i} of the candidate {g} into c, and the output gate shows {o} of "
            f"tanh(c): h becomes {h}."
        )
    else:
        said = (
            f"Step {t}: the forget gate keeps {f} of the old c, {number(now.c_before)}, and the "
            f"input gate adds {i} of the candidate {g}: c becomes {c}. The output gate shows {o} "
            f"of tanh(c): h becomes {h}."
        )
    names = {one: indexed(one, t) for one in "aifogch"}
    gates = (
        f"{names['i']} = {names['o']} = σ({names['a']}) = {i}",
        f"{names['f']} = σ({names['a']} + {in_brackets(settings.forget_bias)}) = {f}",
        f"{names['g']} = tanh({names['a']}) = {g}",
    )
    return Frame(
        "forward",
        t,
        said,
        (
            f"{names['a']} = w {indexed('h', t - 1)} + {indexed('x', t)} = "
            f"{times(settings.weight, now.h_before)} + {in_brackets(now.x)} = {number(a)}",
            " · ".join(gates),
            f"{names['c']} = {times(now.f, now.c_before)} + {times(now.i, now.g)} = {c} · "
            f"{names['h']} = {o} × tanh({c}) = {h}",
        ),
    )


def _loss(t: int, step: LSTMStep) -> Frame:
    return loss_frame(
        t,
        step.forward.h,
        step.gradient_h,
        f"{indexed('∂L/∂c', t)} = {indexed('∂L/∂h', t)} × {_h_by_c(t, step)} = "
        f"{number(step.gradient_c)}",
    )


def _h_by_c(t: int, step: LSTMStep) -> str:
    return f"{indexed('o', t)} (1 − tanh² {indexed('c', t)}) = " + times(
        step.gradient_h, step.forward.h_by_c
    )


def _backward(t: int, steps: tuple[LSTMStep, ...], settings: WalkSettings) -> Frame:
    after, now = steps[t], steps[t - 1]
    along_c, through_h = after.gradient_c * after.forward.f, _through_h(now)
    said = (
        f"Back from step {t + 1} to step {t} along two paths. Along c only the forget gate counts: "
        f"{times(after.gradient_c, after.forward.f)} = {number(along_c)}. Through h come weights "
        f"and slopes: {number(through_h)}. Together ∂L/∂c is {number(now.gradient_c)}."
    )
    gates = times(after.gradient_c, after.forward.c_by_h)
    output = f"{in_brackets(after.gradient_h)} × {in_brackets(after.forward.h_by_h)}"
    c, h = indexed("∂L/∂c", t), indexed("∂L/∂h", t)
    equations = (
        f"through h: {h} = {gates} (by i, g, f) + {output} (by o) = {number(now.gradient_h)}",
        f"× {_h_by_c(t, now)} = {number(through_h)}",
        f"{c} = {number(along_c)} + {in_brackets(through_h)} = {number(now.gradient_c)}",
    )
    factors = [step.forward.f for step in steps[: t - 1 : -1]]
    product = factors_so_far(steps[-1].gradient_c, factors)
    return Frame("backward", t, said, equations, product, "along c alone", number(now.additive))


def _end(steps: tuple[LSTMStep, ...]) -> Frame:
    first, last, back = steps[0], steps[-1], len(steps) - 1
    said = verdict("∂L/∂c", last.gradient_c, first.gradient_c, back, _reason(steps))
    product = factors_so_far(last.gradient_c, [step.forward.f for step in steps[:0:-1]])
    return Frame("end", 1, said, (), product, "along c alone", number(first.additive))


def _reason(steps: tuple[LSTMStep, ...]) -> str:
    first, last, back = steps[0], steps[-1], len(steps) - 1
    gate = average_factor(last.gradient_c, first.additive, back)
    alone = abs(first.additive / last.gradient_c) if last.gradient_c else 0.0
    return (
        f"Along c alone the forget gates, {number(gate)} on average, leave {share_words(alone)}; "
        f"{_ways_through_h(first.additive, first.gradient_c)}."
    )


def _ways_through_h(alone: float, total: float) -> str:
    """What the ways through h make of the gradient along c alone."""
    if total == alone:
        return "nothing comes through h"
    if total * alone < 0:
        return "the ways through h outweigh that, with the other sign"
    more = abs(total) > abs(alone)
    return f"the ways through h {'add the rest' if more else 'take some of it away'}"

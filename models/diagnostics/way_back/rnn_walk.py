"""The walk through a simple RNN: its columns, and a sentence and the equations at each step."""

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
from models.diagnostics.way_back.loss import loss
from models.diagnostics.way_back.rnn import RNNStep, walk_rnn
from models.diagnostics.way_back.settings import WalkSettings
from models.diagnostics.way_back.verdict import average_factor, share_words, verdict


def rnn_columns_and_frames(
    settings: WalkSettings,
) -> tuple[tuple[Column, ...], tuple[Frame, ...]]:
    """Returns a column for each time step, and all frames in their order."""
    steps, words = walk_rnn(settings), _Words(settings)
    last = len(steps)
    columns = tuple(words.column(t, step) for t, step in enumerate(steps, start=1))
    return columns, (
        *(words.forward(t, step) for t, step in enumerate(steps, start=1)),
        words.loss(last, steps[-1]),
        *(words.backward(t, steps) for t in range(last - 1, 0, -1)),
        words.end(steps),
    )


class _Words:
    """What is said of a walk with these settings; t counts from 1."""

    def __init__(self, settings: WalkSettings) -> None:
        self.w = settings.weight
        self.relu = settings.cell != "rnn"
        self.name = "ReLU" if self.relu else "tanh"

    def column(self, t: int, step: RNNStep) -> Column:
        detail = times(step.slope, self.w)
        arrows = (Arrow("h", f"× {in_brackets(step.factor)}", detail),) if t > 1 else ()
        return Column(step.x, {"h": step.h}, {"h": step.gradient}, arrows)

    def forward(self, t: int, step: RNNStep) -> Frame:
        a = self.w * step.before + step.x
        if t == 1:
            said = (
                f"Step 1: the input {number(step.x)} arrives, and should still be there at the "
                f"end. The hidden state becomes {self.name}({number(a)}) = {number(step.h)}."
            )
        else:
            said = (
                f"Step {t}: the old hidden state {number(step.before)} times the recurrent weight "
                f"{number(self.w)}, plus the input {number(step.x)}, goes through {self.name}. The "
                f"hidden state becomes {number(step.h)}."
            )
        inside = f"{times(self.w, step.before)} + {in_brackets(step.x)}"
        state = indexed("h", t)
        equation = f"{state} = {self.name}({inside}) = {self.name}({number(a)}) = {number(step.h)}"
        return Frame("forward", t, said, (equation,))

    def loss(self, t: int, step: RNNStep) -> Frame:
        return loss_frame(t, step.h, step.gradient)

    def backward(self, t: int, steps: tuple[RNNStep, ...]) -> Frame:
        after, now = steps[t], steps[t - 1]
        gradient, slope = indexed("∂L/∂h", t), self._slope(t + 1, after)
        said = f"Back from step {t + 1} to step {t}: "
        if self.relu and not after.slope:
            said += f"ReLU is off at step {t + 1}, its slope is 0, and no gradient gets through."
        else:
            said += (
                f"the gradient {number(after.gradient)} times the slope of {self.name} at step "
                f"{t + 1}, {number(after.slope)}, times the recurrent weight {number(self.w)} is "
                f"{number(now.gradient)}{_change(after.gradient, now.gradient)}."
            )
        weights = times(after.gradient, after.slope, self.w)
        equations = (
            f"slope: {slope}",
            f"{gradient} = {indexed('∂L/∂h', t + 1)} × slope × w = {weights} = "
            f"{number(now.gradient)}",
        )
        factors = [step.factor for step in steps[: t - 1 : -1]]
        product = factors_so_far(steps[-1].gradient, factors)
        return Frame("backward", t, said, equations, product, gradient, number(now.gradient))

    def end(self, steps: tuple[RNNStep, ...]) -> Frame:
        first, last, back = steps[0].gradient, steps[-1].gradient, len(steps) - 1
        said = verdict("∂L/∂h", last, first, back, self._reason(steps))
        product = factors_so_far(last, [step.factor for step in steps[:0:-1]])
        return Frame("end", 1, said, (), product, indexed("∂L/∂h", 1), number(first))

    def _slope(self, t: int, step: RNNStep) -> str:
        if self.relu:
            sign = "> 0" if step.slope else "= 0"
            return f"{indexed('h', t)} {sign}, so ReLU's slope is {number(step.slope)}"
        return f"1 − {indexed('h', t)}² = 1 − {in_brackets(step.h)}² = {number(step.slope)}"

    def _reason(self, steps: tuple[RNNStep, ...]) -> str:
        w = number(self.w)
        if self.w == 0:
            return "The recurrent weight is 0, so no step hears of the one before."
        off = [t for t, step in enumerate(steps, start=1) if t > 1 and not step.slope]
        if off:
            return f"ReLU is off at step {off[-1]}: its slope 0 lets no gradient through."
        if self.relu:
            return f"The slope of ReLU is 1 at every step, so the recurrent weight {w} decides."
        rate = average_factor(steps[-1].gradient, steps[0].gradient, len(steps) - 1)
        slope = f"{number(rate / abs(self.w))} on average"
        if rate > 1:
            return f"The recurrent weight {w} outweighs the slope of tanh, {slope}."
        if abs(self.w) >= 1:
            return (
                f"The recurrent weight {w} would not shrink it, but tanh does: where the hidden "
                f"state is far from 0 it is saturated, and its slope was {slope}."
            )
        return f"The recurrent weight {w} shrinks it, and so does the slope of tanh, {slope}."


def loss_frame(t: int, h: float, gradient: float, *more: str) -> Frame:
    """The frame of the loss at the last step, with ``more`` equations."""
    start = indexed("∂L/∂h", t)
    said = (
        f"The last hidden state is {number(h)} and should be 1. Its loss is {number(loss(h))}, and "
        f"the gradient {number(gradient)} sets out on its way back."
    )
    equations = (
        f"L = ½ ({indexed('h', t)} − 1)² = ½ ({number(h)} − 1)² = {number(loss(h))}",
        f"{start} = {indexed('h', t)} − 1 = {number(h)} − 1 = {number(gradient)}",
        *more,
    )
    return Frame("loss", t, said, equations)


def _change(before: float, after: float) -> str:
    """How much of a gradient one step back leaves, as the end of a sentence."""
    if before == 0:
        return ""
    share = abs(after / before)
    if share > 1:
        return f", {number(share)} times as large"
    return f": {share_words(share)} of its size is left" if share else ""

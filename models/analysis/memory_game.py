"""The networks' task as a game for people: its sequences, how long the next one is, its table.

A game has ten sequences. Their length follows the answers as a staircase (one rung up after a
sequence that was remembered, one down after another), so that most of them stand near the length at
which this person begins to forget. The answers are a table like that of the models, and the memory
span is that of ``memory_spans``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from models.analysis.schema import TABLES, table_of
from models.analysis.words import capitalise, with_article
from models.experiment.random_streams import Stream, generator
from models.tasks import make_task
from models.tasks.task import Example, Question, Task, remembers

ROUNDS = 10
"""The number of sequences of a game, and of the lengths that it may come to."""
PERSON = "you"
"""What stands for the cell in the table of a person's answers."""


class GameError(ValueError):
    """Answers that are none of this game; the message says why."""


@dataclass(frozen=True)
class Game:
    """Ten sequences of a task with a question; the same ones for all who answer alike."""

    task: str
    """The task spec."""
    seed: int
    """Fixes the sequences."""
    longest: int
    """The longest sequence length: only ten right answers in a row lead to it."""

    @property
    def lengths(self) -> tuple[int, ...]:
        """The rungs of the staircase: even in log T, from the task's shortest on."""
        shortest = self._task.minimum_length
        rungs = np.geomspace(shortest, max(self.longest, shortest), ROUNDS).round().astype(int)
        return tuple(dict.fromkeys(rungs.tolist()))

    @property
    def question(self) -> Question:
        """What is asked after each sequence. The task must have a question."""
        question = self._task.question
        assert question
        return question

    def next_rung(self, rung: int, remembered: bool) -> int:
        """The rung of the next sequence, from 0: one up or one down, if there is one."""
        return min(max(rung + (1 if remembered else -1), 0), len(self.lengths) - 1)

    def sequences(self, length: int) -> list[Example]:
        """The sequences of this length: one for each round that may come to it."""
        rng = generator(self.seed, length, Stream.GAME)
        batch = self._task.sample(rng, ROUNDS, length, "held_out")
        return [self._task.describe(batch, number) for number in range(ROUNDS)]

    def steps_shown(self, length: int) -> int:
        """How many steps of a sequence are shown: up to the first at which a network answers."""
        return self._task.steps(length) - self.answers(length) + 1

    def answers(self, length: int) -> int:
        """How many answers the symbols of one sequence make, each of which is right or wrong."""
        return self._task.scored_steps(length)

    def fewest_right(self, length: int) -> int:
        """The fewest right answers to a sequence with which it counts as remembered."""
        answers, chance = self.answers(length), self._task.chance(length).accuracy
        return next(right for right in range(answers + 1) if remembers(right / answers, chance))

    def accuracy(self, answers: Sequence[str]) -> pd.DataFrame:
        """The answers as a table ``accuracy``: a row each, numbered as seeds of their length.

        Raises GameError where they are not answers to this game's sequences, in order.
        """
        if len(answers) > ROUNDS:
            raise GameError(f"{len(answers)} answers are too many, a game has {ROUNDS} sequences")
        rows, rung, asked = [], 0, dict.fromkeys(self.lengths, 0)
        for number, answer in enumerate(answers):
            length = self.lengths[rung]
            chance = self._task.chance(length)
            accuracy = self._share_right(answer, self.sequences(length)[number], length)
            rows.append(
                {
                    "run": "",
                    "task": self.task,
                    "cell": PERSON,
                    "length": length,
                    "seed": asked[length],
                    "learning_rate": 0.0,
                    "step": 1,
                    "accuracy": accuracy,
                    "loss": math.nan,
                    "chance_accuracy": chance.accuracy,
                    "chance_loss": chance.loss,
                    "sequences": 1,
                    "solved": accuracy == 1,
                    "diverged": False,
                }
            )
            asked[length] += 1
            rung = self.next_rung(rung, remembers(accuracy, chance.accuracy))
        names = TABLES["accuracy"]
        return table_of([[row[name] for name in names] for row in rows], names)

    def _share_right(self, answer: str, sequence: Example, length: int) -> float:
        """The share of the answers to a sequence that are right. Raises GameError."""
        right = recalled(sequence)
        if len(answer) != len(right) or not set(answer) <= set(self.question.symbols):
            raise GameError(
                f"an answer to {self.task} is {len(right)} of {', '.join(self.question.symbols)}"
            )
        same = np.array(list(answer)) == np.array(list(right))
        return float(same.reshape(self.answers(length), -1).all(axis=1).mean())

    @cached_property
    def _task(self) -> Task:
        return make_task(self.task)


def recalled(sequence: Example) -> str:
    """The right answer to a question: the informative symbols in order."""
    steps = zip(sequence.symbols, sequence.informative, strict=True)
    return "".join(symbol for symbol, informative in steps if informative)


def spans_in_words(spans: pd.DataFrame) -> str:
    """The spans of ``memory_spans`` in sentences, PERSON's first: "You: about 12 steps. …"."""
    person = spans["cell"] == PERSON
    sentences = []
    for row in pd.concat([spans[person], spans[~person]]).to_dict("records"):
        if row["cell"] == PERSON:
            about = "about " if str(row["text"]).isdigit() else ""
            sentences.append(f"You: {about}{row['text']} steps.")
        else:
            sentences.append(f"{capitalise(with_article(str(row['cell'])))}: {row['text']}.")
    return " ".join(sentences)

"""A dashboard without pages: its scheduler alone, with an answer always on its way.

    python -m tests.faults.lab

Says ``ready`` once the first question is answered. It is there to be killed.
"""

from __future__ import annotations

from dashboard.scheduling.scheduler import Scheduler
from models.settings.configuration import Configuration
from models.store import Store

LONG_ANSWER = {
    "experiment": {
        "cells": ["rnn", "lstm", "gru"],
        "lengths": [100, 200],
        "seeds": 3,
        "hidden_size": 8,
        "batch_size": 4,
    }
}
"""Longer than what a pipe holds, so that whoever answers is often in the middle of it."""


def main() -> None:
    configuration = Configuration.from_environment()
    store = Store(configuration.store)
    scheduler = Scheduler(store, configuration, {"MEMORY_LAB_STORE": configuration.store})
    scheduler.ask("at_initialisation", LONG_ANSWER)
    print("ready", flush=True)
    while True:
        scheduler.ask("at_initialisation", LONG_ANSWER)


if __name__ == "__main__":
    main()

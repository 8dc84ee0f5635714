"""The text of ``python -m models list``: everything that there is to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from models.cells import CELLS
from models.experiment.presets import PRESETS, RECORDED_MODELS
from models.optimisers import OPTIMISERS
from models.published import PUBLISHED
from models.settings.spec import Registered
from models.stories import STORIES
from models.tasks import TASKS


def catalogue() -> str:
    """Returns a list of tasks, cells and optimisers with options, presets, published results."""
    lines = ["Tasks (--task)", *_described(TASKS)]
    lines += ["", "Cells (--cells)", *_described(CELLS)]
    lines += ["", "Optimisers (--optimiser)", *_described(OPTIMISERS)]
    lines += ["", "Presets (--preset)"]
    for preset in (*PRESETS.values(), *RECORDED_MODELS.values()):
        lines += [f"  {preset.name:16} {preset.title} {preset.lesson}"]
    for story in STORIES.values():
        for preset in story.presets:
            lines += [f"  {preset.name:16} {story.title}: {preset.title}. {preset.lesson}"]
    lines += ["", "Published results (python -m models published NAME)"]
    lines += [f"  {one.name:17} {one.title}" for one in PUBLISHED.values()]
    lines += [
        "",
        "Options follow the name: temporal_order:symbols=3, lstm:bias=chrono,init=pytorch",
    ]
    return "\n".join(lines)


def _described(registry: Mapping[str, type[Registered]]) -> Iterable[str]:
    for name, described in registry.items():
        summary = (described.__doc__ or described.title).splitlines()[0]
        yield f"  {name:16} {summary}"
        for option in described.options:
            yield f"    {option.name}={option.offers()} (default {option.default}): {option.help}"

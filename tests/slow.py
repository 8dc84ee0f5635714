"""Which tests are slow: ``pytest -m "not slow"`` leaves them out and still touches each layer."""

from __future__ import annotations

import pytest

SLOW = (
    "tests/browser/",
    "tests/faults/",
    "tests/properties/",
    "tests/test_architecture.py::test_the_dashboards_process_never_loads_what_takes_much_memory",
    # Pages are slow to draw; tests/dashboard/test_runs_page.py stands for them.
    "tests/dashboard/test_about_page.py",
    "tests/dashboard/test_compare_page.py",
    "tests/dashboard/test_admission_page.py",
    "tests/dashboard/test_claims_page.py",
    "tests/dashboard/test_controls.py",
    "tests/dashboard/test_error_pages.py",
    "tests/dashboard/test_gradient_flow_page.py",
    "tests/dashboard/test_import_page.py",
    "tests/dashboard/test_inside_page.py",
    "tests/dashboard/test_lecture_mode.py",
    "tests/dashboard/test_live_run.py",
    "tests/dashboard/test_public_page.py",
    "tests/dashboard/test_race_page.py",
    "tests/dashboard/test_resume.py",
    "tests/dashboard/test_settings.py",
    "tests/dashboard/test_scheduler.py",
    "tests/dashboard/test_draw_slots.py",
    "tests/dashboard/test_the_way_back_page.py",
    "tests/dashboard/test_visitors.py",
    "tests/dashboard/test_your_memory_page.py",
    # Training, or very many cases.
    "tests/models/analysis/test_at_initialisation.py",
    "tests/models/analysis/test_findings.py",
    "tests/models/analysis/test_diagnostic_names.py::test_each_symbol_",
    "tests/models/analysis/test_diagnostic_names.py::test_what_is_",
    "tests/models/claims/test_claims.py::test_shuffled_",
    "tests/models/claims/test_decision.py::test_one_false_",
    "tests/models/command_line/test_command_line.py::TestRunOfTheStore",
    "tests/models/command_line/test_command_line.py::TestTrain",
    "tests/models/command_line/test_command_line.py::test_the_light_modules_do_not_import_torch",
    "tests/models/command_line/test_standard_streams.py",
    "tests/models/diagnostics/test_jacobian.py",
    "tests/models/diagnostics/test_surgery.py",
    "tests/models/diagnostics/test_trained_model.py",
    "tests/models/exchange/test_contradictions.py",
    "tests/models/exchange/test_import_bounds.py",
    "tests/models/exchange/test_import_run.py",
    "tests/models/exchange/test_imported.py",
    "tests/models/exchange/test_script.py",
    "tests/models/experiment/test_cost.py",
    "tests/models/kernels/test_cache.py",
    "tests/models/population/test_compiled.py",
    "tests/models/training/test_cluster.py",
    "tests/models/service/test_inside_questions.py",
    "tests/models/service/test_logs.py",
    "tests/models/service/test_running.py",
    "tests/models/service/test_serving.py",
    "tests/models/store/test_housekeeping.py",
    "tests/models/store/test_labels_and_search.py",
    "tests/models/store/test_lost_runs.py",
    "tests/models/store/test_migrations.py",
    "tests/models/store/test_weights.py",
    "tests/models/stories/test_stories.py::test_a_run_",
    "tests/models/stories/test_stories.py::test_a_trained_run_",
    "tests/models/tasks/test_digits.py",
    "tests/models/training/test_checkpoint.py",
    "tests/models/training/test_gradient_options.py",
)
"""How their ids begin. Found with ``pytest --durations=400 --durations-min=0.3``."""


def is_slow(item: pytest.Item) -> bool:
    """Whether the quick tests leave it out; they need no Postgres."""
    callspec = getattr(item, "callspec", None)
    on_postgres = callspec is not None and callspec.params.get("store_url") == "postgres"
    return on_postgres or item.nodeid.startswith(SLOW)

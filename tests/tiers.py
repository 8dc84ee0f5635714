"""Which tests run when.

``pytest -m "not slow"`` runs the quick ones, while one works; they touch each layer. ``pytest``
runs all but the nightly ones, before a change lands: of what many processes, browsers or generated
inputs try, an example of each kind. ``pytest -m ""`` runs all of them, every night.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

SLOW = (
    "tests/browser/",
    "tests/faults/",
    "tests/properties/",
    # Pages are slow to draw; tests/dashboard/test_runs_page.py stands for them.
    "tests/dashboard/test_about_page.py",
    "tests/dashboard/test_compare_page.py",
    "tests/dashboard/test_admission_page.py",
    "tests/dashboard/test_claims_page.py",
    "tests/dashboard/test_controls.py",
    "tests/dashboard/test_error_pages.py",
    "tests/dashboard/test_gradient_flow_page.py",
    "tests/dashboard/test_guesses.py",
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
    "tests/models/command_line/test_standard_streams.py::TestNoPlainFile",
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
"""How the ids of slow tests begin. Found with ``pytest --durations=400 --durations-min=0.3``."""
NIGHTLY = (
    "tests/browser/test_connection_faults.py",
    "tests/browser/test_first_screen.py::test_one_clock_",
    "tests/browser/test_first_screen.py::test_the_plot_grows_",
    "tests/browser/test_first_screen.py::test_the_toolbar_",
    "tests/browser/test_for_everyone.py::test_nothing_moves_",
    "tests/browser/test_for_everyone.py::test_the_keyboard_",
    "tests/browser/test_gradient_flow.py",
    "tests/browser/test_history.py::test_the_address_",
    "tests/browser/test_inside.py::test_keys_",
    "tests/browser/test_inside.py::test_look_",
    "tests/browser/test_many_visitors.py::test_a_reload_",
    "tests/browser/test_many_visitors.py::test_files_",
    "tests/browser/test_race.py::test_a_finished_",
    "tests/browser/test_race.py::test_a_recorded_",
    "tests/browser/test_runs.py::test_a_name_",
    "tests/browser/test_runs.py::test_it_may_",
    "tests/browser/test_second_visit.py",
    "tests/browser/test_why_it_failed.py::test_back_",
    "tests/dashboard/test_scheduler.py::test_a_question_is_asked_",
    "tests/dashboard/test_scheduler.py::test_a_run_",
    "tests/dashboard/test_scheduler.py::test_a_stopped_",
    "tests/dashboard/test_scheduler.py::test_what_a_killed_",
    "tests/faults/test_bounds.py::test_a_full_",
    "tests/faults/test_bounds.py::test_a_large_",
    "tests/faults/test_bounds.py::test_a_locked_",
    "tests/faults/test_bounds.py::test_a_question_ends_",
    "tests/faults/test_bounds.py::test_a_question_that_",
    "tests/faults/test_bounds.py::test_an_import_",
    "tests/faults/test_bounds.py::test_one_import_",
    "tests/faults/test_bounds.py::test_questions_",
    "tests/faults/test_dashboard_faults.py",
    "tests/faults/test_deleted_store.py::test_a_",
    "tests/faults/test_disk_full.py::test_where_",
    "tests/faults/test_kill_points.py::test_one_",
    "tests/faults/test_kill_points.py::test_the_",
    "tests/faults/test_locked.py::test_training_",
    "tests/models/claims/test_claims.py::test_shuffled_",
    "tests/models/command_line/test_standard_streams.py::TestNoPlainFile",
    "tests/models/exchange/test_export_bounds.py::test_an_export_takes_",
    "tests/models/exchange/test_import_bounds.py::test_a_table_",
    "tests/models/exchange/test_import_bounds.py::test_an_import_",
    "tests/models/exchange/test_import_bounds.py::test_others_",
    "tests/models/exchange/test_import_bounds.py::test_weights_",
    "tests/models/exchange/test_import_bounds.py::test_what_a_killed_",
    "tests/models/kernels/test_cache.py::test_what_is_compiled_",
    "tests/models/service/test_extending.py::test_what_was_extended_",
    "tests/models/service/test_serving.py::test_every_task_",
    "tests/models/service/test_serving.py::test_it_ends_quietly_",
    "tests/models/service/test_serving.py::test_what_trains_",
    "tests/models/service/test_serving.py::test_where_",
    "tests/models/training/test_cluster.py::test_a_result_",
    "tests/models/training/test_cluster.py::test_a_scheduler_that_is_lost_",
    "tests/models/training/test_cluster.py::test_a_stopped_",
    "tests/models/training/test_cluster.py::test_what_a_killed_",
    "tests/properties/test_generated_addresses.py",
    "tests/properties/test_generated_experiments.py::test_anything_",
    "tests/properties/test_generated_experiments.py::test_damaged_",
    "tests/properties/test_generated_experiments.py::test_what_is_within_",
    "tests/properties/test_generated_findings.py",
    "tests/properties/test_generated_imports.py",
    "tests/properties/test_generated_labels.py",
    "tests/properties/test_run_life.py",
    "tests/test_architecture.py::test_the_dashboards_process_",
)
"""How the ids of nightly tests begin: what costs most, and seldom finds what no other test does."""
ONE_CASE = (
    "tests/browser/test_first_screen.py::test_the_whole_",
    "tests/browser/test_for_everyone.py::test_a_page_",
    "tests/dashboard/figures/test_printed.py::test_print_",
    "tests/dashboard/test_controls.py::test_a_page_without_",
    "tests/dashboard/test_controls.py::test_an_address_opens_",
    "tests/dashboard/test_controls.py::test_the_address_after_",
    "tests/dashboard/test_error_pages.py::test_a_store_that_cannot_",
    "tests/dashboard/test_error_pages.py::test_an_unknown_",
    "tests/dashboard/test_gradient_flow_page.py::TestStories",
    "tests/dashboard/test_import_page.py::test_a_run_that_lacks_",
    "tests/dashboard/test_inside_page.py::test_cells_with_",
    "tests/dashboard/test_inside_page.py::test_one_can_",
    "tests/dashboard/test_inside_page.py::test_other_tasks_",
    "tests/dashboard/test_race_page.py::TestBeforeTheFirstPress::test_every_preset_",
    "tests/faults/test_bounds.py::test_a_question_above_",
    "tests/faults/test_kill_points.py::test_killed_",
    "tests/models/command_line/test_standard_streams.py",
    "tests/models/diagnostics/test_jacobian.py::test_exponents_",
    "tests/models/diagnostics/test_surgery.py::test_every_cell_",
    "tests/models/exchange/test_contradictions.py::test_what_a_finished_",
    "tests/models/exchange/test_import_run.py::test_a_finished_",
    "tests/models/exchange/test_import_run.py::test_one_that_had_",
    "tests/models/exchange/test_imported.py::test_every_recorded_",
    "tests/models/service/test_extending.py::test_an_",
    "tests/models/stories/test_stories.py::test_a_trained_run_",
    "tests/models/training/test_checkpoint.py::test_it_goes_on_",
    "tests/models/training/test_checkpoint.py::test_resumed_",
    "tests/properties/test_generated_stories.py",
)
"""How the ids of tests begin of whose cases all but the first are nightly."""
ON_POSTGRES = ("tests/models/store/test_store.py",)
"""How the ids of tests begin that run on Postgres each time, and not each night alone."""


def tiers(items: Iterable[pytest.Item]) -> Iterator[tuple[pytest.Item, tuple[str, ...]]]:
    """The tests that are left out of some runs, each with its markers."""
    begun = set()
    for item in items:
        test = item.nodeid.partition("[")[0]
        further = test in begun and test.startswith(ONE_CASE)
        begun.add(test)
        callspec = getattr(item, "callspec", None)
        on_postgres = callspec is not None and callspec.params.get("store_url") == "postgres"
        nightly = on_postgres and not test.startswith(ON_POSTGRES)
        if nightly or further or test.startswith(NIGHTLY):
            yield item, ("nightly", "slow")
        elif on_postgres or test.startswith(SLOW):
            yield item, ("slow",)

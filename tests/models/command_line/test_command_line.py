"""The command line, bad input included."""

from __future__ import annotations

import errno
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest

from models.analysis.schema import TABLES
from models.cells import CELLS
from models.command_line.catalogue import catalogue
from models.command_line.main import main, parse_experiment
from models.exchange import files
from models.experiment import Experiment
from models.experiment.presets import PRESETS
from models.published import PUBLISHED
from models.store import Store
from models.tasks import TASKS
from tests.models.command_line.processes import ROOT, TINY, process
from tests.models.experiment.test_experiment import ODD
from tests.properties import tiny_run


@pytest.fixture(autouse=True)
def store(own_store: Store) -> Store:
    return own_store


class TestSettings:
    @pytest.mark.parametrize(
        "experiment", [Experiment(), ODD, *(one.experiment for one in PRESETS.values())]
    )
    def test_the_command_line_of_an_experiment_is_that_experiment(
        self, experiment: Experiment
    ) -> None:
        words = shlex.split(experiment.command_line(out=None))
        assert words[:4] == ["python", "-m", "models", "train"]
        assert parse_experiment(words[4:]) == experiment

    def test_every_setting_has_an_option_that_does_something(self) -> None:
        words = shlex.split(ODD.command_line(out=None))[4:]
        for field in fields(Experiment):
            option = "--" + field.name.replace("_", "-")
            first = words.index(option)
            own = [option]
            for word in words[first + 1 :]:
                if word.startswith("--"):
                    break
                own.append(word)
            changed = parse_experiment(["--task", ODD.task, *own])
            assert getattr(changed, field.name) == getattr(ODD, field.name)

    def test_a_preset_is_a_start_that_options_change(self) -> None:
        experiment = parse_experiment(["--preset", "adding", "--seeds", "7"])
        assert experiment.task == PRESETS["adding"].experiment.task
        assert experiment.seeds == 7


class TestTrain:
    def test_it_writes_all_tables_into_a_folder(
        self, tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "results"
        assert main(["train", *TINY, "--out", str(out)]) == 0
        for name in ("accuracy", "training", "gradients"):
            frame = pd.read_csv(out / f"{name}.csv")
            assert tuple(frame.columns) == TABLES[name]
            assert set(frame["cell"]) == {"rnn", "gru:bias=chrono"}
        results = files.read(out)
        assert results.experiment == parse_experiment(TINY)
        assert store.run(results.run).status == "finished"
        told = capsys.readouterr().out
        assert "held-out accuracy" in told
        assert "memory span" in told
        assert "2 of 2" in told or "0 of 2" in told

    def test_it_extends_a_run_and_says_what_is_trained(
        self, tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["train", *TINY]) == 0
        (first,) = store.runs()
        more = ["--seeds", "3", "--lengths", "14", "--cells", "lstm"]
        assert main(["train", "--extend", first.id, *more, "--out", str(tmp_path / "more")]) == 0
        told = capsys.readouterr().err
        assert f"run {first.short_id} and LSTM, T = 14 and 1 more seed: 19 of 27 models are" in told
        whole = ["train", *TINY, "--out", str(tmp_path / "whole")]
        whole += ["--seeds", "3", "--lengths", "10", "12", "14", "--cells"]
        assert main([*whole, "rnn", "gru:bias=chrono", "lstm"]) == 0
        extended, anew = (files.read(tmp_path / name) for name in ("more", "whole"))
        for table, rows in anew.tables.items():
            pd.testing.assert_frame_equal(
                extended.tables[table].drop(columns="run"), rows.drop(columns="run")
            )
        assert main(["train", "--extend", extended.run, "--hidden-size", "8"]) == 2
        assert "train a new run for anything else" in capsys.readouterr().err

    def test_what_cannot_be_narrowed_down_is_told_before_it_is_begun(
        self, store: Store, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["train", *TINY, "--narrow", "1.5", "--minutes", "1"]) == 0
        (run,) = store.runs()
        told = capsys.readouterr().out
        assert run.message
        assert told.splitlines()[-1] == run.message
        assert main(["train", "--extend", run.id, "--narrow", "1.5"]) == 2
        assert f"nothing is added to run {run.short_id}: every interval" in capsys.readouterr().err
        assert [one.id for one in store.runs()] == [run.id]

    def test_or_into_a_zip(self, tmp_path: Path) -> None:
        assert main(["train", *TINY, "--out", str(tmp_path / "results.zip")]) == 0
        assert len(files.read(tmp_path / "results.zip").tables["accuracy"]) == 2 * 2 * 2 * 4

    def test_the_same_command_gives_the_same_files_but_for_the_run(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            assert main(["train", *TINY, "--out", str(tmp_path / name)]) == 0
        runs = {files.read(tmp_path / name).run for name in ("one", "two")}
        assert len(runs) == 2
        for table in ("accuracy", "training", "gradients"):
            texts = []
            for name in ("one", "two"):
                text = (tmp_path / name / f"{table}.csv").read_text()
                texts.append(text.replace(files.read(tmp_path / name).run, "run"))
            assert texts[0] == texts[1]

    def test_no_steps_at_all_measures_models_at_initialisation(self, tmp_path: Path) -> None:
        assert (
            main(["train", *TINY, "--steps", "0", "--out", str(tmp_path / "initialisation")]) == 0
        )
        assert set(pd.read_csv(tmp_path / "initialisation" / "gradients.csv")["step"]) == {0}

    def test_ctrl_c_keeps_and_writes_what_was_measured(self, tmp_path: Path, store: Store) -> None:
        out = tmp_path / "results"
        endless = process("train", *TINY, "--steps", "1000000", "--out", str(out))
        end = time.monotonic() + 60
        while not (store.runs() and store.runs()[0].done_steps):
            assert time.monotonic() < end
            time.sleep(0.1)
        endless.send_signal(signal.SIGINT)
        endless.communicate(timeout=60)
        assert endless.returncode == 130
        run = store.runs()[0]
        assert run.status == "stopped"
        written = pd.read_csv(out / "accuracy.csv")
        assert set(written["cell"]) == {"rnn", "gru:bias=chrono"}
        assert len(written) == len(store.read(run.id, "accuracy")[0])

    @pytest.mark.parametrize("command", ["train", "script"])
    def test_what_cannot_learn_is_refused_in_one_line(
        self, command: str, store: Store, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = [command, "--cells", "rnn:norm=batch", "--batch-size", "1", "--steps", "1"]
        assert main(words) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "RNN, batch norm: batch normalisation at a batch size of 1 leaves no" in line
        assert store.runs() == []


SMALL = ["train", "--task", "recall", "--seeds", "1", "--steps", "2", "--hidden-size", "4"]


class TestOut:
    def test_a_folder_that_holds_another_run_holds_the_new_one_alone(
        self, tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "out"
        first = ["--cells", "lstm", "--lengths", "5", "--test-lengths", "9"]
        rates = ["--learning-rate", "0.01", "0.02"]
        assert main([*SMALL, *first, *rates, "--out", str(out)]) == 0
        (earlier,) = store.runs()
        assert f"written to {out}\n" in capsys.readouterr().out
        (out / "notes.txt").write_text("mine")
        (out / ".memory-lab-broken-off").mkdir()
        assert main([*SMALL, "--cells", "gru", "--lengths", "7", "--out", str(out)]) == 0
        assert f"written to {out}, in place of run {earlier.id}\n" in capsys.readouterr().out
        assert main(["import", str(out)]) == 0
        told = capsys.readouterr()
        assert told.err == f"passed over in {out}: notes.txt\n"
        (imported,) = [run for run in store.runs() if run.id in told.out]
        assert imported.experiment.cells == ("gru",)
        assert (out / "notes.txt").read_text() == "mine"

    def test_a_file_of_somebody_else_is_in_the_way_before_training(
        self, tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "training.csv").write_text("mine")
        assert main([*SMALL, "--out", str(tmp_path)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "training.csv is there already, and no export of a run has written it" in line
        assert not store.runs()

    def test_one_that_cannot_be_written_any_more_is_said_beside_the_results(
        self,
        tmp_path: Path,
        store: Store,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(files, "write", full)
        assert main([*SMALL, "--lengths", "5", "--out", str(tmp_path / "out")]) == 1
        told = capsys.readouterr()
        (run,) = store.runs()
        assert f"No space left on device; run {run.id} is in the store" in told.err
        assert "held-out accuracy" in told.out


class TestImport:
    def test_what_a_run_lacks_is_said(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for name, content in tiny_run.content().items():
            if name != "accuracy.csv":
                (tmp_path / name).write_bytes(content)
        assert main(["import", str(tmp_path)]) == 0
        assert "stopped: as imported, without accuracy.csv" in capsys.readouterr().out


class TestRunOfTheStore:
    def test_a_run_trains_once(self, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
        run = store.create(parse_experiment(TINY))
        assert main(["train", "--run", run]) == 0
        assert main(["train", "--run", run]) == 2
        assert "finished already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required"),
        (["dance"], "invalid choice: 'dance'"),
        (["train", "--task", "chess"], "unknown task 'chess'"),
        (["train", "--cells", "lstm:bias=9"], "bias=9 is not offered"),
        (["train", "--cells"], "cells is empty"),
        (["train", "--lengths", "ten"], "'ten': expected a whole number"),
        (["train", "--lengths", "3"], "needs sequences of at least 10"),
        (["train", "--seeds", "0"], "seeds is 0: it must be at least 1"),
        (["train", "--learning-rate", "nan"], "'nan': expected a number"),
        (["train", "--match", "luck"], "choose from hidden_size, parameters"),
        (["train", "--preset", "nothing"], "invalid choice: 'nothing'"),
        (["train", "--run", "nowhere"], "there is no run 'nowhere'"),
        (["train", "--run", "nowhere", "--seeds", "2"], "leave all settings out"),
        (["train", "--run", "nowhere", "--preset", "copy"], "leave all settings out"),
        (["train", "--extend", "nowhere", "--seeds", "2"], "there is no run 'nowhere'"),
        (["train", "--narrow", "1"], "the factor is 1: give a number from 1.05 to 10"),
        (["train", "--narrow", "wide"], "'wide': expected a number"),
        (["train", "--narrow", "2", "--minutes", "0"], "the time is 0 minutes: give more than 0"),
        (["train", "--minutes", "2"], "give a factor with it"),
        (["train", "--run", "it", "--narrow", "2"], "use --extend with --narrow"),
        (["train", "--extend", "nowhere", "--run", "it"], "leave all settings out"),
        (["train", "--extend", "nowhere", "--preset", "copy"], "leave --preset out"),
        (["tidy", "--keep-runs", "-1"], "--keep-runs is '-1': give a whole number of at least 0"),
        (["tidy", "--keep-megabytes", "-1"], "--keep-megabytes is '-1': give a whole number"),
        (["tidy", "--keep-runs", "1", "--keep-megabytes", "0.5"], "--keep-megabytes is '0.5'"),
        (["tidy", "--keep-runs", "1_0"], "--keep-runs is '1_0': give a whole number"),
        (["pin", "nonsense"], "there is no run 'nonsense' in this store"),
        (["unpin", "nonsense"], "there is no run 'nonsense' in this store"),
        (["train", "--speed", "9"], "unrecognized arguments: --speed 9"),
        (["script", "--task", "chess"], "unknown task 'chess'"),
    ],
)
def test_bad_input_is_one_line_and_exit_status_2(
    arguments: list[str], message: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not store.runs()


def test_an_out_that_cannot_be_written_is_told_before_training(
    tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder.zip").mkdir()
    for out in ("file", "file/below", "folder.zip"):
        assert main(["train", *TINY, "--out", str(tmp_path / out)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert f"--out {tmp_path / out}:" in line
    assert not store.runs()
    assert (tmp_path / "file").read_text() == "mine"


def test_a_store_that_cannot_be_opened_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for url in ("nonsense", "sqlite:////dev/null/runs.sqlite", "nosuch://localhost/runs"):
        monkeypatch.setenv("MEMORY_LAB_STORE", url)
        assert main(["train", *TINY]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "MEMORY_LAB_STORE" in line


def test_a_gpu_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    assert main(["train", *TINY, "--device", "cuda"]) == 2
    assert "use auto or cpu" in capsys.readouterr().err


def test_list_names_everything_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    told = capsys.readouterr().out
    assert told.strip() == catalogue()
    for name in (*TASKS, *CELLS, *PRESETS, *PUBLISHED):
        assert f"  {name} " in told
    offered = [task.options for task in TASKS.values()] + [cell.options for cell in CELLS.values()]
    for options in offered:
        for option in options:
            assert f"{option.name}={option.offers()} (default {option.default})" in told
    assert "gain=0.1…3 (default 1)" in told


def test_script_prints_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["script", "--task", "adding", "--cells", "lstm"]) == 0
    told = capsys.readouterr().out
    compile(told, "script", "exec")
    assert "--task adding:tolerance=0.08 --cells lstm" in told


def test_the_light_modules_do_not_import_torch() -> None:
    light = (
        "models.command_line.main, models.exchange.files, models.service.running, "
        "models.exchange.standalone_script"
    )
    program = f"import sys, {light}; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == 0

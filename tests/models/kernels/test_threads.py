"""Threads that share out jobs: who does what, what is raised, and what each flushes."""

from __future__ import annotations

import threading
import time

import pytest
import torch

from models.kernels.threads import Threads

COUNTS = [1, 2, 3]


@pytest.fixture(autouse=True)
def not_flushed() -> None:
    torch.set_flush_denormal(False)


@pytest.mark.parametrize("count", COUNTS)
def test_every_job_is_done_once_and_they_are_begun_in_their_order(count: int) -> None:
    together, begun = threading.Barrier(count, timeout=30), list[int]()

    def job(number: int) -> None:
        begun.append(number)
        together.wait()  # no thread takes the next before each has one

    jobs = [7, 3, 5, 1, 2, 8]
    for _ in range(3):
        begun.clear()
        Threads(count).run(job, jobs)
        for place in range(0, len(jobs), count):
            taken = slice(place, place + count)
            assert sorted(begun[taken]) == sorted(jobs[taken])
        assert len(begun) == len(jobs)


@pytest.mark.parametrize("count", COUNTS)
def test_so_many_threads_work_and_the_calling_one_is_among_them(count: int) -> None:
    together, threads = threading.Barrier(count, timeout=30), set[int]()

    def job(_: int) -> None:
        threads.add(threading.get_ident())
        together.wait()  # no thread can do two of them

    Threads(count).run(job, range(count))
    assert len(threads) == count
    assert threading.get_ident() in threads


@pytest.mark.parametrize("place", ["calling", "other"])
def test_what_a_job_raises_is_raised_once_nothing_is_on_its_way(place: str) -> None:
    calling, together = threading.get_ident(), threading.Barrier(2, timeout=30)
    done: list[int] = []

    def job(number: int) -> None:
        if number < 2:
            together.wait()
            if (threading.get_ident() == calling) == (place == "calling"):
                raise ValueError("the reason")
            time.sleep(0.1)
        done.append(number)

    threads = Threads(2)
    with pytest.raises(ValueError, match="the reason"):
        threads.run(job, range(5))
    assert sorted(done)[1:] == [2, 3, 4]
    done.clear()
    threads.run(done.append, range(2, 6))
    assert sorted(done) == [2, 3, 4, 5]


@pytest.mark.parametrize("count", COUNTS)
def test_denormal_numbers_are_flushed_in_every_thread(count: int) -> None:
    together, found = threading.Barrier(count, timeout=30), dict[int, float]()

    def job(_: int) -> None:
        found[threading.get_ident()] = float(torch.tensor(1e-40) * 1.0)
        together.wait()

    assert float(torch.tensor(1e-40) * 1.0) > 0
    Threads(count).run(job, range(count))
    assert list(found.values()) == [0.0] * count

"""Letting several do the same at the same moment."""

import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def at_once(number: int, act: Callable[[], Result]) -> list[Result]:
    """Let `number` threads do `act` at the same moment; returns what each of them got. An error of one is raised."""
    start, results, errors = threading.Barrier(number), list[Result](), list[Exception]()

    def run() -> None:
        start.wait()
        try:
            results.append(act())
        except Exception as error:  # noqa: BLE001  (raised again below, where the test sees it)
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error
    return results

"""Runs a subject over its inputs in a process of its own, so that one that dies or hangs is a fault like any other."""

import multiprocessing
import resource
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Final

from tests.fuzzing.mutations import mutated
from tests.fuzzing.subjects import Subject

HANGS_AFTER_S: Final = 120.0
ADDRESS_SPACE: Final = 4_000_000_000
MANY_PAGES: Final = 400


@dataclass(slots=True)
class Report:
    """What became of a subject's inputs."""

    name: str
    inputs: int = 0
    values: int = 0
    declared: int = 0
    cpu_s: float = 0.0
    slowest_s: float = 0.0
    slowest: int = 0
    peak_mb: float = 0.0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Result:
    """How one input ended: its number, whether by a declared error, what is wrong with that, and what it cost."""

    number: int
    declared: bool
    fault: str
    cpu_s: float
    peak_mb: float


def make_input(subject: Subject, seeds: Sequence[bytes], seed: int, number: int) -> tuple[bytes, Random]:
    """The input of this number, and the dice that decide the rest."""
    dice = Random(f"{seed} {subject.name} {number}")
    return mutated(dice.choice(seeds), dice, seeds), dice


def try_input(subject: Subject, seeds: Sequence[bytes], seed: int, number: int) -> Result:
    """Read one input in this process."""
    data, dice = make_input(subject, seeds, seed, number)
    fault, declared, began = "", False, time.process_time()
    try:
        subject.read(data, dice)
    except subject.declared:
        declared = True
    except Exception as error:  # noqa: BLE001  (this is what is looked for)
        last = traceback.extract_tb(error.__traceback__)[-1]
        fault = f"{type(error).__name__}: {str(error)[:200]!r} at {Path(last.filename).name}:{last.lineno}"
    spent = time.process_time() - began
    if not fault and spent > subject.limit_s:
        fault = f"took {spent:.1f} s, {subject.limit_s} allowed"
    return Result(number, declared, fault, spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def run(subject: Subject, inputs: int, seed: int, more: Path | None = None, keep: Path | None = None) -> Report:
    """Read `inputs` inputs; after one that ended its process, go on behind it."""
    seeds = subject.seeds()
    if more and subject.name in ("pages", "charsets"):
        seeds += [path.read_bytes() for path in sorted(more.rglob("*.html"))[:MANY_PAGES]]
    report, done = Report(subject.name), 0
    while done < inputs:
        for result in _results(subject, seeds, seed, range(done, inputs)):
            _count(report, result)
            done += 1
            if result.fault and keep:
                _keep(keep / f"{subject.name}-{seed}-{result.number}", make_input(subject, seeds, seed, result.number))
    report.faults = [f"seed {seed}, {subject.name} {fault}" for fault in report.faults]
    return report


def _results(subject: Subject, seeds: Sequence[bytes], seed: int, numbers: range) -> Iterator[Result]:
    """The result of each input; the last may be that of one at which the process that reads them came to its end."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_work, args=(sender, subject, seeds, seed, numbers))
    process.start()
    sender.close()
    for number in numbers:
        try:
            result = receiver.recv() if receiver.poll(HANGS_AFTER_S) else None
        except EOFError:
            result = None
        if result is None:
            process.kill()  # where it has not ended by itself
            process.join()
            yield Result(number, False, f"ends its process with {process.exitcode}", 0.0, 0.0)
            return
        yield result
    process.join()


def _work(sender: Connection, subject: Subject, seeds: Sequence[bytes], seed: int, numbers: range) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    for number in numbers:
        sender.send(try_input(subject, seeds, seed, number))


def _count(report: Report, result: Result) -> None:
    report.inputs += 1
    report.cpu_s += result.cpu_s
    report.peak_mb = max(report.peak_mb, result.peak_mb)
    if result.cpu_s > report.slowest_s:
        report.slowest_s, report.slowest = result.cpu_s, result.number
    if result.fault:
        report.faults.append(f"number {result.number}: {result.fault}")
    elif result.declared:
        report.declared += 1
    else:
        report.values += 1


def _keep(path: Path, made: tuple[bytes, Random]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made[0])

"""`make fuzz`: mutated input for every reader of what comes from outside, and a table of how they took it.

`python -m tests.fuzzing --inputs 20000 --seed 7 [--pages FOLDER] [--only feeds]`. Every input can be made again from
seed, subject and number; those that are faults are written to --keep.
"""

import argparse
import multiprocessing
import sys
from pathlib import Path

from tests.fuzzing.running import Report, run
from tests.fuzzing.subjects import SUBJECTS

HEAD = f"{'subject':14}{'inputs':>8}{'values':>8}{'declared':>10}{'faults':>8}{'mean ms':>9}{'slowest s':>11}{'peak MB':>9}"


def main() -> int:
    options = _options()
    wanted = [subject for subject in SUBJECTS if options.only in (None, subject.name)]
    print(HEAD, flush=True)
    reports = []
    for subject in wanted:
        share = subject.share / sum(one.share for one in wanted)
        reports.append(run(subject, round(options.inputs * share), options.seed, options.pages, options.keep))
        print(_row(reports[-1]), flush=True)
    faults = [fault for report in reports for fault in report.faults]
    print(f"{sum(report.inputs for report in reports):,} inputs, {len(faults)} faults")
    print("\n".join(faults[:50]))
    return 1 if faults else 0


def _row(report: Report) -> str:
    return (
        f"{report.name:14}{report.inputs:8}{report.values:8}{report.declared:10}{len(report.faults):8}"
        f"{1000 * report.cpu_s / max(1, report.inputs):9.1f}{report.slowest_s:11.2f}{report.peak_mb:9.0f}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=[subject.name for subject in SUBJECTS])
    parser.add_argument("--pages", type=Path, help="a folder of pages to mutate, besides our own")
    parser.add_argument("--keep", type=Path, help="where inputs that are faults are written")
    return parser.parse_args()


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    sys.exit(main())

"""When a watched source is read again. Pure: what is known goes in, seconds come out.

A source that brings news is read more often, one that does not less often, between ten minutes and a day; never more
often than it asks for itself. Trouble slows polling down; only after thirty failures in a row is a source retired,
and then it says why.
"""

SHORTEST_S = 600.0
LONGEST_S = 86_400.0
FIRST_S = 1800.0
FASTER, SLOWER = 0.75, 1.25
MOST_FAILURES = 30


def next_interval_s(interval_s: float | None, new_items: int, floor_s: float = 0.0) -> float:
    """Seconds until the next poll after one that brought `new_items`. `floor_s`: what the source itself asks for."""
    wanted = FIRST_S if interval_s is None else interval_s * (FASTER if new_items else SLOWER)
    return min(max(wanted, SHORTEST_S, floor_s), LONGEST_S)


def next_attempt_s(failures: int, retry_after_s: float | None = None) -> float | None:
    """Seconds until the next poll after `failures` failures in a row; None: the source is retired."""
    if failures >= MOST_FAILURES:
        return None
    return max(min(SHORTEST_S * 2.0 ** min(failures - 1, 10), LONGEST_S), min(retry_after_s or 0.0, LONGEST_S))

"""Pages that hang, eat memory or kill the process that works on them end in quarantine; nobody else notices."""

import os
import time
from collections import Counter

from tests.support import poison, stories

GOOD = 30
LIMITS = {"COPYDESK_ARTICLE_TIME_LIMIT_S": "4", "COPYDESK_MEMORY_LIMIT_MB": "500"}


def pool_until_end(run):
    """Every process that took batches while the run lasted."""
    seen = set()
    while run.process.poll() is None:
        seen |= {process.pid for process in run.pool()}
        time.sleep(0.3)
    return seen


def test_poison_is_quarantined_with_its_reason_and_its_neighbours_finish(desk, tmp_path):
    desk.environment = poison.install_stage(tmp_path / "packages") | LIMITS
    pages = tmp_path / "pages"
    pages.mkdir()
    for number in range(GOOD):
        (pages / f"{number:02}.html").write_text(stories.page(number))
    for number, word in enumerate(poison.REASONS, GOOD):
        (pages / f"{number % 10}{word}.html").write_text(poison.page(number, word))
    nested = "<div>" * 200_000 + stories.page(900) + "</div>" * 200_000
    (pages / "nested.html").write_text(f"<html><body>{nested}</body></html>")

    run = desk.start("run", pages, "--json")
    pool = pool_until_end(run)

    assert run.end().status == 0
    assert len(pool) == len(os.sched_getaffinity(0))  # no worker has died of it
    assert desk.query("select * from stage_run where outcome = 'lost'") == []
    rows = desk.query("select canonical_url, status, reason, detail, id from article")
    for word, reason in poison.REASONS.items():
        ((status, said, detail, id_),) = [row[1:] for row in rows if word in row[0]]
        assert (status, said) == ("quarantined", reason), word
        assert detail
        ledger = desk.query(f"select outcome, reason from stage_run where article_id = {id_} and stage = 'extract'")  # noqa: S608
        assert ledger == [("retry", reason), ("quarantined", reason)], word
    others = [row for row in rows if not any(word in row[0] for word in poison.REASONS) and "nested" not in row[0]]
    assert {row[1] for row in others} == {"done"}
    assert len(others) == GOOD
    runs = Counter(desk.query("select article_id, stage from stage_run where outcome = 'done'"))
    assert set(runs.values()) == {1}

"""The commands that see and steer: monitor, search, requeue, export, on a database that a real run has made."""

import csv
import fcntl
import json
import os
import pty
import subprocess
import sys
import termios
import time

import pytest
from pyarrow import parquet

from tests.support import stories
from tests.support.commands import COPYDESK, Desk, until


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Ten articles, two of them copies, and a page that is none."""
    folder = tmp_path_factory.mktemp("steering")
    pages = folder / "pages"
    pages.mkdir()
    for number in (*range(1, 9), 1, 2):
        name = len(list(pages.iterdir()))
        (pages / f"{name}.html").write_text(stories.page(number))
    (pages / "menu.html").write_text("<html><body><nav><a href='/'>Home</a></nav></body></html>")
    found = Desk(folder / "data")
    found("run", pages, "--label", "=spring")
    yield found
    found.close()


def test_monitor_says_where_everything_is(desk):
    plain = desk("monitor", "--once")
    assert plain.status == 0
    assert "11 submitted = 10 done + 1 dropped + 0 quarantined + 0 in progress" in plain.out
    assert "the broker does not answer" in plain.out

    found = desk.monitor()
    assert found["version"] == 1
    assert (found["submitted"], found["done"], found["dropped"], found["duplicates"]) == (11, 10, 1, 2)
    assert found["dropped_because"] == {"no_text": 1}
    assert found["workers"] == []
    clean = found["stages"]["clean"]
    assert 0 < clean["p50"] <= clean["p95"] <= clean["p99"]
    assert 0 <= clean["waiting_p50"] <= clean["waiting_p95"]


def test_monitor_recounts(desk):
    result = desk("monitor", "--recount")
    assert (result.status, result.out.strip()) == (0, "the tally is right, to the row")


def test_monitor_is_live_on_a_terminal_and_ends_well(desk):
    master, slave = pty.openpty()
    words = [COPYDESK, "monitor", "--data", str(desk.data), "--interval", "0.2"]
    with subprocess.Popen(words, stdout=slave, stdin=slave, stderr=slave, start_new_session=True) as process:
        os.close(slave)
        shown = b""
        deadline = time.monotonic() + 60
        while shown.count(b"11 submitted") < 2:
            assert time.monotonic() < deadline, shown
            shown += os.read(master, 4096)
        process.send_signal(2)
        while True:
            try:
                shown += os.read(master, 4096)
            except OSError:
                break
        assert process.wait(30) == 0
    os.close(master)
    assert b"Traceback" not in shown


def test_search_finds_and_marks(desk):
    word = next(word for word in desk.articles()[0]["text"].split() if len(word) > 8 and word.isalpha())
    result = desk("search", word, "status:done", "--json")
    assert result.status == 0
    hits = result.json["hits"]
    assert all(word.casefold() in (hit["title"] + hit["snippet"]).casefold() for hit in hits)
    assert str(hits[0]["id"]) in desk("search", word).out
    nothing = desk("search", "qqqqq")
    assert (nothing.status, nothing.out) == (1, "nothing found\n")


def test_requeue_says_what_it_would_do_and_does_it(desk):
    would = desk("requeue", "--where", "status=dropped reason=no_text", "--from", "clean", "--dry-run", "--json").json
    assert (would["would"], would["stages"], would["statuses"]) == (1, {"clean": 1}, {"dropped": 1})
    assert "1 article will run again (1 from clean; now 1 dropped)" in desk("requeue", "reason=no_text").out
    assert desk.monitor()["in_progress"] == 1
    assert desk("run").status == 0  # without sources: what is open
    assert desk.monitor()["in_progress"] == 0
    (menu,) = [one["id"] for one in desk.articles() if one["status"] == "dropped"]
    assert [one["stage"] for one in desk("show", menu, "--json").json["life"]] == ["clean", "clean"]


def test_bad_input_is_told_in_one_line(desk):
    for words, message in (
        (["requeue"], "say which articles"),
        (["requeue", "colour=red"], "unknown field 'colour'"),
        (["requeue", "--where", "id>0", "--from", "polish"], "polish"),
        (["search", "since:soon"], "'soon' is not a date"),
        (["search", '"open'], "never closed"),
        (["export", "status=lost"], "'lost' is none of"),
        (["export", "--since", "nonsense"], "not a cursor"),
        (["export", "--since", "another-7"], "of another database"),
        (["export", "--follow", "--format", "parquet"], "need --format jsonl or csv"),
        (["export", "-o", "/nowhere/at/all.jsonl"], "cannot write to /nowhere/at/all.jsonl"),
    ):
        result = desk(*words)
        assert result.status == 2, words
        assert len(result.naming(message)) == 1, result.lines


def test_csv_holds_no_formula(desk, tmp_path):
    desk("export", "--format", "csv", "-o", tmp_path / "all.csv")
    csv.field_size_limit(10_000_000)
    with (tmp_path / "all.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 11
    assert {row["label"] for row in rows} == {"'=spring"}
    assert json.loads(rows[0]["entities"]) == desk.articles()[0]["entities"]


def test_parquet_holds_what_the_lines_hold(desk, tmp_path):
    desk("export", "status=done", "--format", "parquet", "-o", tmp_path / "all.parquet")
    rows = parquet.read_table(tmp_path / "all.parquet").to_pylist()
    lines = [one for one in desk.articles() if one["status"] == "done"]
    times = ("published_at", "modified_at", "fetched_at")
    plain = [row | {name: row[name] and row[name].isoformat() for name in times} for row in rows]
    assert plain == lines


@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="pipes are made small on Linux only")
def test_an_export_that_is_interrupted_says_how_far_it_has_written(desk, tmp_path):
    kept, pipe = tmp_path / "cursor", tmp_path / "pipe"
    os.mkfifo(pipe)
    with open(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb") as reader:
        fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
        following = desk.start("export", "--since", "0", "--follow", "--cursor", kept, "-o", pipe)
        until(lambda: waiting(reader))  # it is in the middle of writing: there is no room for more

        following.interrupt()

        os.set_blocking(reader.fileno(), True)
        written = [json.loads(line) for line in reader]
    end = following.end()
    assert written
    assert end.err.startswith(f"copydesk: {len(written)} articles; ")
    assert end.err.strip().endswith(kept.read_text().strip())


def test_a_file_that_cannot_hold_the_cursor_is_named_with_the_cursor(desk, tmp_path):
    kept, out = tmp_path / "nowhere" / "cursor", tmp_path / "news.jsonl"
    for output in ((), ("-o", out)):
        found = desk("export", "--since", "0", "--cursor", kept, *output)
        assert found.status == 2
        assert len(found.err.splitlines()) == 1
        assert f"cannot keep the cursor in {kept}: No such file or directory" in found.err
    cursor = found.err.split()[-1]
    assert json.loads(out.read_text().splitlines()[-1])["change"] == cursor

    (tmp_path / "cursor").write_bytes(b"\xff\xfe")
    found = desk("export", "--cursor", tmp_path / "cursor")
    assert (found.status, found.out) == (2, "")
    assert f"cannot read the cursor in {tmp_path / 'cursor'}" in found.err


def waiting(reader):
    """How many bytes are in a pipe."""
    return int.from_bytes(fcntl.ioctl(reader, termios.FIONREAD, bytes(4)), sys.byteorder)


@pytest.mark.timeout(300)  # a run of its own in it
def test_export_follows_what_changes(desk, tmp_path):
    kept, out = tmp_path / "cursor", tmp_path / "news.jsonl"
    first = desk("export", "--since", "0", "--cursor", kept, "-o", out)
    seen = [json.loads(line) for line in out.read_text().splitlines()]
    assert first.status == 0
    assert kept.read_text().strip() in first.err
    assert desk("export", "--cursor", kept).out == ""

    following = desk.start("export", "--follow", "--cursor", kept, "-o", out)
    page = tmp_path / "late.html"
    page.write_text(stories.page(77))
    desk("run", page)
    until(lambda: "late.html" in out.read_text())
    following.interrupt()
    end = following.end()
    assert (end.status, len(end.naming("go on with --since"))) == (0, 1)
    news = [json.loads(line) for line in out.read_text().splitlines()[len(seen) :]]
    assert any(one["url"].endswith("late.html") for one in news)
    assert kept.read_text().strip() == end.err.strip().rpartition(" ")[2]

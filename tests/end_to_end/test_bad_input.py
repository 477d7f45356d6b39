"""Whatever a person gives by mistake: one line that names it, the right status, no traceback, and the rest is done."""

import gzip
import shutil
import subprocess

import pytest

from tests.support import stories
from tests.support.commands import COPYDESK, Desk

DATABASES = {
    "of a kind that is not known": ("oracle://host/name", "oracle", 2),
    "that is no URL": ("not a url", "not a url", 2),
    "where no server answers": ("postgresql://nobody@127.0.0.1:1/name", "127.0.0.1:1", 1),
    "in a folder that does not exist": ("sqlite:////nonexistent/folder/x.db", "/nonexistent/folder/x.db", 1),
}


def bad_files(folder):
    """Files that hold nothing that can be used, by name."""
    files = {
        "missing.html": None,
        "empty.html": b"",
        "blank.txt": b" \n\n",
        "picture.html": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
        "program": b"\x7fELF" + bytes(500),
        "broken.html.gz": gzip.compress(stories.page(1).encode())[:60],
        "lines.jsonl": b'{"title": "no address"}\n',
        "broken.jsonl": b'{"url": "https://a.example/1"\n',
        "typos.txt": b"htp//paper.example/1\n",
    }
    for name, body in files.items():
        if body is not None:
            (folder / name).write_bytes(body)
    (folder / "nothing").mkdir()
    return [*files, "nothing"]


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory):
    """A data directory with a migrated database."""
    desk = Desk(tmp_path_factory.mktemp("empty"))  # with the log that a database in use has beside it
    assert desk("migrate").status == 0
    desk.close()
    return desk.data


@pytest.fixture
def migrated(desk, empty_database):
    """A data directory with a database: `submit` needs one."""
    shutil.copytree(empty_database, desk.data)
    return desk


def test_a_run_names_everything_that_it_cannot_use_and_does_the_rest(desk, tmp_path):
    (tmp_path / "good.html").write_text(stories.page(1))
    names = bad_files(tmp_path)
    addresses = ["htps://paper.example/news/1", "https://", "ftp://paper.example/a", "http://127.0.0.1:1/news/1"]
    given = [tmp_path / name for name in names]

    result = desk("run", *given, *addresses, tmp_path / "good.html")

    assert result.status == 0
    assert desk.count("status = 'done'") == 1
    for one in [*map(str, given), *addresses[:3]]:
        (line,) = result.naming(f"not used: {one}")
        assert len(line) > len(f"copydesk: not used: {one}: ")  # it says what is wrong
    assert "refused" in result.out or "robots_unreachable" in result.out
    assert f"{desk.count()} submitted = 1 done" in result.out


def test_a_run_that_gets_nothing_usable_has_status_1(desk, tmp_path):
    result = desk("run", tmp_path / "missing.html")
    assert result.status == 1
    assert len(result.naming("missing.html")) == 1


def test_a_run_of_a_host_that_does_not_answer_says_so_and_has_status_1(desk):
    result = desk("run", "http://127.0.0.1:1/news/1")
    assert result.status == 1
    assert "refused" in result.out or "robots_unreachable" in result.out
    assert "postponed" in result.out


def test_submit_names_the_files_that_it_cannot_use(migrated, tmp_path):
    given = [tmp_path / name for name in bad_files(tmp_path)]
    result = migrated("submit", *given, "--dry-run")
    assert result.status == 1
    for one in given:
        assert len(result.naming(f"not used: {one}")) == 1


def test_submit_names_addresses_with_typos(migrated):
    typos = ["htps://paper.example/1", "https//paper.example/1", "http://", "http://exa mple.org/", "http://[::1/"]
    result = migrated("submit", *typos, "https://paper.example/news/2", "--dry-run", "--json")
    assert result.status == 0
    assert (result.json["found"], result.json["bad"]) == (1, len(typos))
    for address, problem in zip(typos, result.json["problems"], strict=True):
        assert problem.startswith(f"{address}: ")


def test_a_bad_line_of_a_list_is_named_by_its_number_and_the_others_are_used(migrated):
    lines = "https://paper.example/news/1\nhtp//typo\n# a comment\n\nhttps://paper.example/news/2\n"
    result = migrated("submit", "-", "--dry-run", "--json", given=lines)
    assert (result.status, result.json["found"], result.json["bad"]) == (0, 2, 1)
    assert "line 2" in result.json["problems"][0]


def test_empty_standard_input_is_named(migrated):
    result = migrated("submit", "-", "--dry-run", given="")
    assert result.status == 1
    assert len(result.naming("standard input")) == 1


def test_of_many_bad_lines_some_are_named_and_all_are_counted(migrated):
    result = migrated("submit", "-", "--dry-run", "--json", given="".join(f"bad {n}\n" for n in range(500)))
    assert result.json["bad"] == 500
    assert 0 < len(result.json["problems"]) <= 20


@pytest.mark.parametrize("what", DATABASES)
def test_a_database(what, desk, tmp_path):
    """A database that cannot be used is named in one line, by every command."""
    (tmp_path / "good.html").write_text(stories.page(1))
    url, name, status = DATABASES[what]
    for command in (("run", tmp_path / "good.html"), ("monitor", "--once"), ("migrate",)):
        result = desk(*command, "--database", url)
        (line,) = result.lines
        assert line.startswith("copydesk: ")
        assert name in line
        assert result.status == status


def test_the_password_of_a_database_that_does_not_answer_is_not_printed(desk):
    result = desk("monitor", "--once", "--database", "postgresql://me:geheim@127.0.0.1:1/name")
    assert "geheim" not in result.out + result.err


def test_a_command_without_a_database_says_how_to_make_one(desk):
    for command in (("monitor", "--once"), ("export",), ("show", "1"), ("submit", "https://paper.example/news/1")):
        result = desk(*command)
        (line,) = result.lines
        assert line.startswith("copydesk: ")
        assert "copydesk run" in line or "copydesk migrate" in line
        assert result.status in (1, 2)


def test_a_data_directory_that_cannot_be_written_is_named(desk, tmp_path):
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "good.html").write_text(stories.page(1))
    desk.data = tmp_path / "file" / "data"
    result = desk("run", tmp_path / "good.html")
    (line,) = result.lines
    assert str(tmp_path / "file" / "data") in line
    assert "--data" in line
    assert result.status == 2


def test_a_broker_that_is_down_is_named_by_run_and_no_obstacle_to_submit(migrated, tmp_path):
    (tmp_path / "good.html").write_text(stories.page(1))
    down = ("--broker", "redis://127.0.0.1:1/0")

    result = migrated("run", tmp_path / "good.html", *down)
    (line,) = result.lines
    assert "127.0.0.1:1" in line
    assert result.status == 1

    result = migrated("submit", tmp_path / "good.html", *down)
    assert result.status == 0
    assert any("broker does not answer" in line for line in result.lines)
    assert migrated.count("next_stage = 'clean'") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COPYDESK_BATCH_SIZE", "many"),
        ("COPYDESK_LEASE_S", "700"),
        ("COPYDESK_FETCH_ALLOW_NETWORKS", "127.0.0.1/8"),
        ("COPYDESK_FETCH_DELAY_S", "-1"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(desk, tmp_path, name, value):
    (tmp_path / "good.html").write_text(stories.page(1))
    desk.environment = {name: value}
    result = desk("run", tmp_path / "good.html")
    (line,) = result.lines
    assert name in line
    assert result.status == 2


@pytest.mark.parametrize("arguments", [["show"], ["fly"], ["export", "--format", "stone"], ["run", "--colour"]])
def test_wrong_usage_has_status_2(desk, arguments):
    result = desk(*arguments) if arguments[0] != "fly" else desk("fly")
    assert result.status == 2
    assert "Usage:" in result.err


def test_a_run_of_nothing_asks_for_a_source(desk):
    result = desk("run")
    (line,) = result.lines
    assert "give a SOURCE" in line
    assert result.status == 2


def test_an_article_that_is_not_there_is_named(migrated):
    for which in ("4711", "https://paper.example/unknown", "not an address"):
        result = migrated("show", which)
        (line,) = result.lines
        assert which in line
        assert result.status == 2


def test_a_pipe_that_closes_early_is_no_error(desk, tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.html").write_text(stories.page(number))
    assert desk("run", folder).status == 0
    words = f"{COPYDESK} export --data {desk.data} | head -c 10"
    piped = subprocess.run(["sh", "-c", words], check=True, capture_output=True, text=True, timeout=60)
    assert piped.stderr == ""
    assert len(piped.stdout) == 10

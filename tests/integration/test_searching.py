"""Search gives the same articles in the same order on both databases, and what was found can be shown."""

import contextlib
import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, select, text, update

from shared import browsing, pages, searching
from shared.database import is_sqlite, reading, transaction
from shared.errors import UsageError
from shared.models import article, host, search_entry
from shared.searching import Entry, hits
from workers import dispatch

DAY = datetime(2026, 5, 1, 12, tzinfo=UTC)
LONG = "The council met on Tuesday and spoke about many other things for an hour or so before it went home. " * 3
# number: title, text, language; published a day after the one before
ARTICLES = {
    1: ("Flood in the valley", f"{LONG}The river rose.", "en"),
    2: ("Council meets", f"{LONG}A flood was feared; the flood came, and no flood was worse.", "en"),
    3: ("Council meets again", f"{LONG}Nobody spoke of the flood.", "en"),
    4: ("Prime minister resigns", f"{LONG}The prime minister said that her minister was the first.", "en"),
    5: ("The minister", f"{LONG}A minister of prime age, says the prime.", "en"),
    6: ("Überschwemmung in Köln", "Das Wasser stieg über die Straße; die Café-Besitzer schöpften.", "de"),
    7: ("北京举行会议", "今天在北京举行了一次重要会议。", "zh"),
    8: ("Élection à Zürich", "L’élection s’est tenue à Zürich. Naïve façade.", "fr"),
    9: ("Full width ＡＢＣ１２３", "Numbers 3.14 and 10:30, O'Brien's e-mail, x_y.", "en"),
    10: ("Наводнение в Москве", "Вода поднялась ещё на метр.", "ru"),
    11: ("हिन्दी समाचार", "यह एक हिन्दी समाचार है।", "hi"),
    12: ("Floods everywhere", f"{LONG}Flooded floodplains.", "en"),
}  # fmt: skip
QUERIES = {
    "flood": [1, 2, 3],
    "FLOOD": [1, 2, 3],
    "flood -river": [2, 3],
    "flood council": [2, 1, 3],
    "flo*": [12, 1, 2, 3],
    '"prime minister"': [4],
    "prime minister": [4, 5],
    '"minister was"': [4],
    '"valley the council"': [],
    '"minister resigns" OR river': [4, 1],
    "resigns OR river": [4, 1],
    "flood OR resigns council -nobody": [4, 2, 1],
    "uberschwemmung": [6],
    "ÜBERSCHWEMMUNG": [6],
    "strasse": [6],
    "Straße": [6],
    "cafe": [6],
    "北京": [7],
    "京北": [],
    "会议 北京": [7],
    "election": [8],
    "zurich naive": [8],
    "abc123": [9],
    "3.14": [9],
    '"10:30"': [9],
    "o'brien": [9],
    "O’Brien's": [9],
    "e-mail": [9],
    "x_y": [9],
    "наводнение": [10],
    "еще": [10],
    "हिन्दी": [11],
    "lang:de": [6],
    "council lang:en since:2026-05-05": [12, 5],
    "flood until:2026-05-03": [1, 2, 3],
    "flood until:2026-05-02": [1, 2],
    "flood since:2026-05-03": [3],
    "flood host:paper.example": [1, 2, 3],
    "flood host:*.example -host:paper.example": [],
    "status:done council id:3": [3],
    "nothinglikethis": [],
}  # fmt: skip


@pytest.fixture
def library(line):
    """The articles above."""
    for number, (title, body, language) in ARTICLES.items():
        shelve(line, number, (title, body), DAY + timedelta(days=number - 1), language=language)
    return line


def shelve(line, number, said, at, *, name="paper.example", language="en"):
    """Store an article that is done; `said` are title and text."""
    url = f"https://{name}/{number}"
    with transaction() as connection:
        host_id = connection.scalar(select(host.c.id).where(host.c.name == name))
        host_id = host_id or connection.scalar(insert(host).values(name=name).returning(host.c.id))
        connection.execute(
            text("insert into cluster (id, size, created_at) values (:id, 1, :at)"), {"id": number, "at": "2026-05-01"}
        )
        connection.execute(
            insert(article).values(
                id=number, url=url, canonical_url=url, host_id=host_id, submission_id=line.submission_id,
                status="done", cluster_id=number, language=language, published_at=at,
            )
        )  # fmt: skip
        put(connection, number, *said, at)


def put(connection, number, title, body, published_at=None):
    at = published_at or DAY + timedelta(days=number - 1)
    searching.store(connection, {number: Entry(title, body, at)})
    connection.execute(update(article).where(article.c.id == number).values(title=title, text=body, published_at=at))


def found(query, **options):
    with reading() as connection:
        return [hit.id for hit in searching.search(connection, query, **options).hits]


def test_the_same_queries_give_the_same_hits_in_the_same_order(library):
    assert {query: found(query) for query in QUERIES} == QUERIES


VOCABULARY = ["flood", "river", "dam", "council", "floodplain", "mayor", "x"]
HOSTS = ["paper.example", "paper.example", "paper.example", "rare.example"]


@pytest.mark.parametrize(("few", "many"), [(2000, 5000), (3, 9), (0, 0)])
def test_a_query_finds_what_reading_every_article_finds(line, monkeypatch, few, many):
    monkeypatch.setattr(hits, "FEW", few)  # the same by index, by walking back through all entries, and by both
    monkeypatch.setattr(browsing, "FEW", many)
    pick = random.Random(7)
    shelf = [shelved(line, pick, number) for number in range(1, 61)]
    for _ in range(150):
        query, words, terms = asked(pick)
        assert found(query, limit=100) == read(shelf, words, terms), query


def shelved(line, pick, number):
    """One article of a few words, stored: its number, host, title, text and date."""
    title = " ".join(pick.choices(VOCABULARY, k=2))
    body = " ".join(pick.choices(VOCABULARY, weights=[9, 6, 4, 4, 2, 1, 1], k=pick.choice([3, 8])))
    name, at = pick.choice(HOSTS), DAY + timedelta(seconds=7 * number)
    shelve(line, number, (title, body), at, name=name)
    return number, name, title.split(), body.split(), at


def asked(pick):
    """A query at random: as written, its words (groups of alternatives, and unwanted ones), and its conditions."""
    needles = [needle(pick) for _ in range(pick.randint(1, 4))]
    unwanted = [needle(pick)] if pick.random() < 0.4 else []
    groups = [[one] for one in needles[:3]] + ([needles[3:]] if len(needles) > 3 else [])
    if pick.random() < 0.4:
        groups[0].append(needle(pick))
    terms = {}
    if pick.random() < 0.5:
        terms["host"] = pick.choice(HOSTS)
    if pick.random() < 0.3:
        terms[pick.choice(["since", "until"])] = DAY + timedelta(seconds=pick.randrange(500))
    written = [" OR ".join(map(str, group)) for group in groups] + [f"-{one}" for one in unwanted]
    written += [f"{name}:{getattr(value, 'isoformat', value.__str__)()}" for name, value in terms.items()]
    return " ".join(written), (groups, unwanted), terms


def needle(pick):
    """A word, the beginning of one, or a phrase."""
    words = pick.choices(VOCABULARY, k=pick.choice([1, 1, 2]))
    if len(words) > 1:
        return '"' + " ".join(words) + '"'
    return words[0] + pick.choice(["", "", "*"])


def read(shelf, words, terms):
    """The numbers of the articles for which it holds, in the order of the hits, by looking at each of them."""
    groups, unwanted = words
    ranked = []
    for number, name, title, body, at in shelf:
        if name != terms.get("host", name) or not terms.get("since", at) <= at < terms.get(
            "until", at + DAY.resolution
        ):
            continue
        everywhere = [*title, "|", *body]
        about = {*title, *(word for word in body if body.count(word) >= 3 and len(word) >= 4)}
        if any(stands(one, everywhere) for one in unwanted):
            continue
        classes = [
            all(any(stands(one, everywhere, among) for one in group) for group in groups)
            for among in (set(title), about, None)
        ]
        if any(classes):
            ranked.append((classes.index(True), -at.timestamp() // 60, -number, number))
    return [number for *_, number in sorted(ranked)]


def stands(written, words, among=None):
    """Whether a needle stands somewhere in these words, and each of its words in `among`, in any order."""
    parts, prefix = written.strip('"*').split(), written.endswith("*")

    def fits(word, part):
        return word.startswith(part) if prefix else word == part

    if among is not None and not all(any(fits(word, part) for word in among) for part in parts):
        return False
    places = range(len(words) - len(parts) + 1)
    return any(all(fits(words[at + n], part) for n, part in enumerate(parts)) for at in places)


def test_hits_are_read_in_pages(library):
    everything = found("council")
    assert len(everything) == 6
    assert (
        found("council", limit=2) + found("council", limit=2, offset=2) + found("council", limit=2, offset=4)
        == everything
    )
    with reading() as connection:
        assert searching.search(connection, "council", limit=2, offset=2).more
        assert not searching.search(connection, "council", limit=2, offset=4).more


def test_a_text_that_changes_is_found_by_its_new_words_only(library):
    with transaction() as connection:
        put(connection, 1, "Drought in the valley", "The river fell.")
        put(connection, 2, ARTICLES[2][0], ARTICLES[2][1], DAY + timedelta(days=50))

    assert found("flood") == [2, 3]
    assert found("drought") == [1]
    assert found("valley river -flood") == [1]
    assert found("flood since:2026-06-01") == [2]
    check_index()


def test_a_forgotten_or_deleted_article_is_not_found(library):
    with transaction() as connection:
        searching.forget(connection, [1, 99])
        searching.forget(connection, [2])
        connection.execute(delete(article).where(article.c.id == 2))

    assert found("flood") == [3]
    check_index()


def check_index():
    """SQLite's own check of the index; a word that was not taken out as it was put in would show."""
    with transaction() as connection:
        if is_sqlite(connection):
            connection.execute(text("insert into search_words (search_words) values ('integrity-check')"))


def test_what_has_no_entry_is_indexed_after_an_upgrade(library):
    with transaction() as connection:
        searching.forget(connection, list(ARTICLES))
    assert found("flood") == []

    with transaction() as connection:
        assert searching.index_missing(connection) == len(ARTICLES)
        assert searching.index_missing(connection) == 0

    assert found("flood") == [1, 2, 3]


def test_hits_are_marked_in_title_and_snippet(library):
    with reading() as connection:
        (hit,) = searching.search(connection, 'strasse OR "uberschwemmung in"').hits
    record = hit.as_dict()
    assert [record["title"][start:end] for start, end in record["title_hits"]] == ["Überschwemmung", "in"]
    assert [record["snippet"][start:end] for start, end in record["snippet_hits"]] == ["Straße"]


def test_a_snippet_shows_the_place_where_the_words_are(library):
    with reading() as connection:
        hit = searching.search(connection, '"nobody spoke"').hits[0]
    shown = "".join(piece.text for piece in hit.snippet)
    assert shown.startswith("… ")
    assert [piece.text for piece in hit.snippet if piece.is_hit] == ["Nobody", "spoke"]
    assert len(shown.split()) < 45


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "give a word to look for"),
        ("-flood", "give a word to look for"),
        ("!?", "give a word to look for"),
        ('"flood', "a quote is opened and never closed"),
        ("OR flood", "OR stands between two words"),
        ("flood OR", "OR stands between two words"),
        ("flood OR OR river", "OR stands between two words"),
        ("flood colour:red", "unknown field 'colour'"),
        ("flood host: example.org", "host: is followed by nothing"),
        ("flood since:soon", "'soon' is not a date"),
        ("word " * 50, "more than 40 words"),
    ],
)
def test_a_query_that_cannot_be_understood_is_told_in_one_line(query, message, database):
    with reading() as connection, pytest.raises(UsageError) as caught:
        searching.search(connection, query)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "query",
    [
        "flood'; drop table article; --",
        'flood" OR "1"="1',
        "flood) OR (river",
        "flood NEAR river",
        "{title}:flood",
        "flood\x00",
        "a" * 500,
        "'",
        "\ue000flood",
    ],
)
def test_nothing_in_a_query_is_taken_for_the_databases_own_language(query, library):
    with contextlib.suppress(UsageError):
        found(query)
    assert found("flood") == [1, 2, 3]


def test_the_line_keeps_the_index_up_to_date(line):
    one, other = line.add_stories(1, 2)
    dispatch.tick()
    line.work()
    word = next(word for word in line.row(one).text.split() if len(word) > 8 and word.isalpha())
    assert one in found(word)

    with transaction() as connection:  # its page is another now
        page = "<html><body><nav><a href='/'>Home</a></nav></body></html>"
        pages.store(
            connection,
            [
                {
                    "article_id": one,
                    "url": "https://paper.example/1",
                    "status_code": 200,
                    "headers": {},
                    "content_type": "text/html",
                    "body": pages.pack(page.encode()),
                    "size": len(page),
                    "given": None,
                }
            ],
        )
    line.change(one, next_stage="clean")
    dispatch.tick()
    line.work()

    assert line.row(one).status == "dropped"
    assert one not in found(word)
    with reading() as connection:
        assert connection.scalars(search_entry.select().with_only_columns(search_entry.c.article_id)).all() == [other]

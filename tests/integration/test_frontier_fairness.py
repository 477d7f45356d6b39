"""Fairness: a source of 100,000 addresses holds up no article that a person asked for, on its host nor elsewhere."""

from shared import hosts, sources, submissions
from shared.database import now, transaction
from shared.models import article
from shared.sources import NewSource
from shared.submissions import DIRECT_PRIORITY, NewArticle

CHUNKS, CHUNK = 10, 10_000
LEASE_S, TTL_S = 60.0, 3600.0


def claim(limit=64):
    with transaction() as connection:
        return hosts.claim(connection, limit, LEASE_S, TTL_S)


def ask_for(line, url, name):
    """An article that a person named."""
    with transaction() as connection:
        (article_id,) = submissions.add_articles(
            connection, line.submission_id, [NewArticle(url, url, name, priority=DIRECT_PRIORITY)]
        )
    return article_id


def settle(targets):
    with transaction() as connection:
        hosts.settle_all(connection, [(target, 0.0, {}) for target in targets])


def flood(line, *, chunks):
    """Add so many thousands of articles of a source, all on one host."""
    for chunk in range(chunks):
        urls = [f"https://flood.example/{chunk}-{number}" for number in range(CHUNK)]
        with transaction() as connection:
            submissions.add_articles(
                connection, line.submission_id, [NewArticle(url, url, "flood.example") for url in urls]
            )


def test_100_000_addresses_of_a_source_hold_up_no_article_that_is_asked_for(line):
    flood(line, chunks=CHUNKS)
    settle(claim())
    here = ask_for(line, "https://flood.example/wanted", "flood.example")
    elsewhere = ask_for(line, "https://quiet.example/wanted", "quiet.example")

    assert sorted(target.row.id for target in claim()) == [here, elsewhere]


def test_hosts_take_turns_however_much_waits_for_them(line):
    flood(line, chunks=1)
    quiet = line.add_urls(*(f"https://quiet.example/{number}" for number in range(3)))

    asked = []
    for _ in range(8):  # one request at a time
        targets = claim(limit=1)
        asked += [target.host.name for target in targets]
        settle(targets)

    assert asked[:6].count("quiet.example") == len(quiet)


def test_the_sources_of_a_host_do_not_hold_up_an_article_asked_for(line):
    names = [f"https://many.example/sitemap-{number}.xml" for number in range(500)]
    with transaction() as connection:
        new = [NewSource(name, name, "many.example", line.submission_id) for name in names]
        assert sources.add(connection, new) == len(names)
    wanted = ask_for(line, "https://many.example/wanted", "many.example")

    (first,) = claim()
    settle([first])
    (second,) = claim()

    assert (first.table.name, first.row.id) == ("article", wanted)
    assert second.table.name == "source"


def test_a_source_goes_before_the_articles_of_other_sources(line):
    line.add_urls("https://many.example/1")
    with transaction() as connection:
        feed = "https://many.example/feed.xml"
        sources.add(connection, [NewSource(feed, feed, "many.example", line.submission_id)])

    (target,) = claim()

    assert target.table.name == "source"


def test_a_host_that_was_found_empty_too_early_stays_awake(line):
    """Its article came between the look at what waits and the decision to let the host sleep."""
    line.add_urls("https://late.example/1")
    late = line.host("late.example")
    with transaction() as connection:
        hosts._sleep(connection, [late.id])
    assert line.host("late.example").next_allowed_at is not None
    with transaction() as connection:
        connection.execute(article.update().values(due_at=now(60)))
        hosts._sleep(connection, [late.id])
    assert line.host("late.example").next_allowed_at is None

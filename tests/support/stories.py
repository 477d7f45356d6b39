"""Made-up articles and the pages that they are printed on."""

import random

NOUNS = """harbour council bridge library orchard ferry school market tunnel river museum station bakery theatre garden
lighthouse factory hospital railway stadium quarry vineyard reservoir workshop observatory""".split()
VERBS = "reopened closed expanded repaired measured painted surveyed restored leased inspected extended sold".split()
PEOPLE = """Anna Bergmann, Tomas Novak, Claire Fontaine, Samuel Okafor, Ingrid Larsen, Peter Lindqvist, Maria Rossi,
Helen Marsh, Victor Almeida, Judith Keller""".replace("\n", " ").split(", ")
PLACES = "Lisbon Hamburg Oslo Nairobi Geneva Warsaw Dublin Athens Toronto Vienna".split()


def title(number: int) -> str:
    """A headline that no other number has."""
    return f"The {NOUNS[number % len(NOUNS)]} of {PLACES[number % len(PLACES)]} enters its chapter number {number}"


def paragraphs(number: int) -> list[str]:
    """The text of article `number`: about 200 words, and shared with no other number."""
    dice = random.Random(number)
    return [" ".join(_sentence(dice) for _ in range(4)) for _ in range(4)]


def _sentence(dice: random.Random) -> str:
    first, second, third = dice.sample(NOUNS, 3)
    return (
        f"{dice.choice(PEOPLE)} said in {dice.choice(PLACES)} that the {first} {dice.choice(VERBS)} "
        f"{dice.randrange(10_000)} days before the {second} and {dice.randrange(10_000)} after the {third}."
    )


def page(number: int, *, canonical: str | None = None, links: str = "") -> str:
    """The page of article `number`, as a site would print it."""
    link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    body = "\n".join(f"<p>{one}</p>" for one in paragraphs(number))
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title(number)}</title>{link}'
        f'<meta property="og:type" content="article"></head><body><nav><a href="/">Home</a></nav>'
        f"<article><h1>{title(number)}</h1>\n{body}\n</article>{links}<footer>All rights reserved</footer>"
        "</body></html>"
    )

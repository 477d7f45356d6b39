"""Article or not: a reason of shared/reasons.py for what is none."""

import re
from typing import Final

MIN_TEXT: Final = 60  # characters: the shortest real news flash has more
NOT_FOUND: Final = re.compile(
    r"\b(?:404|page (?:not found|does(?: not|n.t) exist)|not found|seite (?:wurde )?nicht gefunden"
    r"|page (?:introuvable|non trouvée)|página no encontrada|pagina non trovata|página não encontrada"
    r"|pagina niet gevonden|nie znaleziono|страница не найдена|sayfa bulunamadı)\b",
    re.IGNORECASE,
)


def judge(text: str, title: str | None) -> str | None:
    """None for an article."""
    words = len(text.split())
    if words < 150 and title and len(title) < 60 and NOT_FOUND.search(title):
        return "soft_404"
    return None if len(text) >= MIN_TEXT else "no_text"

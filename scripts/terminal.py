"""What others have written, on a terminal of ours."""

from rich import markup

from shared.texts import shown


def escape(text: object) -> str:
    """`text` for rich to print as it stands: no markup, and nothing that a terminal obeys."""
    return markup.escape(shown(text))

"""Draws docs/terminal.svg from what a terminal showed.

script -qec "copydesk demo" /dev/null | python docs/terminal.py "make run" > docs/terminal.svg
"""

import io
import re
import sys

from rich.console import Console
from rich.text import Text

FONTS = re.compile(r"@font-face \{[^}]*\}\s*")  # a reader's page fetches nothing
CURSOR = re.compile(r"\x1b\[(?:\?25[lh]|\d*[ABCDGJK])|\r")


def main() -> None:
    shown = sys.stdin.buffer.read().decode("utf-8", "replace")
    lines = [CURSOR.sub("", line.split("\r")[-1] or line) for line in shown.replace("\r\n", "\n").split("\n")]
    console = Console(record=True, width=110, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi("\n".join(line for line in lines if line.strip())), soft_wrap=False)
    drawing = console.export_svg(title=sys.argv[1] if len(sys.argv) > 1 else "copydesk")
    sys.stdout.write(FONTS.sub("", drawing))


if __name__ == "__main__":
    main()

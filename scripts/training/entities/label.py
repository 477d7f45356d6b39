"""Let trained weights label raw text, to train on in turn.

    python -m scripts.training.entities.label MODEL.onnx RAW.jsonl OUT.jsonl

Words that the model is less than SURE of teach nothing. Texts whose names all stay unsure are left out.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np

from workers.stages.extracting import decoding, model, words

SURE: Final = 0.7
WEIGHT: Final = 0.6  # of a word, beside one that people labelled


def labelled(text: str, network: Any) -> dict[str, Any]:
    """The text with its names, and the stretches that are not sure."""
    found = words.read(text)
    scores = model.scored(found, network)
    spans = [[span.start, span.end, span.type] for span in decoding.spans(found, scores)]
    doubtful = np.flatnonzero(scores.max(1) < np.log(SURE)).tolist()
    unsure = [[found.starts[at], found.ends[at]] for at in doubtful]
    return {"text": text, "spans": spans, "misc": True, "weight": WEIGHT, "unsure": unsure}


def main() -> None:
    """The command line."""
    weights, raw, out = map(Path, sys.argv[1:4])
    network = model.load(weights)
    rows = [json.loads(line)["text"] for line in raw.read_text(encoding="utf-8").split("\n") if line]
    made = [json.dumps(labelled(text, network), ensure_ascii=False) for text in rows if text.strip()]
    # written under another name first: training may be reading the old one
    out.with_suffix(".part").write_text("\n".join(made) + "\n", encoding="utf-8")
    out.with_suffix(".part").replace(out)
    print(f"{out}: {len(made)} texts")


if __name__ == "__main__":
    main()

"""Write trained weights as the int8 ONNX file that the package ships.

    python -m scripts.training.entities.export WEIGHTS.pt... MODEL.onnx

Of several weights the mean is taken: states of one training, some hundred steps apart, do better together than each
alone.

The graph is composed here node by node of onnxruntime's fused operators, because an exported and then converted one
is slower and larger. Weights are int8 with a scale per column (word embeddings: per row); activations are quantised
as they come, over one window at a time, so that no other window or article has a say.
"""

import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from scripts.training.entities.corpus import TAGS
from scripts.training.entities.network import HEADS, LAYERS
from workers.stages.extracting.words import FLAGS

FUSED: Final = "com.microsoft"
LONGEST: Final = 256
Array = NDArray[Any]


class Graph:
    """Nodes and constants as they are added; every method returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: Array) -> str:
        """A tensor stored in the file."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, kind: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        """One operator with one output."""
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def linear(self, x: str, name: str, weight: Array, bias: Array) -> str:
        """x times an int8 weight (given as torch has it: outputs, inputs), plus bias."""
        whole, scale = columns(weight.T)
        inputs = [
            x,
            self.constant(f"{name}.w", whole),
            self.constant(f"{name}.s", scale),
            "",
            self.constant(f"{name}.b", bias),
        ]
        return self.add("DynamicQuantizeMatMul", inputs, f"{name}.out", FUSED)

    def attention(self, x: str, name: str, weight: Array, bias: Array) -> str:
        """Self-attention over all pieces; queries, keys and values come from one int8 weight."""
        self.nodes.append(
            helper.make_node(
                "Split", [self.linear(x, name, weight, bias)], [f"{name}.{k}" for k in "qkv"], axis=-1, num_outputs=3
            )
        )
        return self.add("MultiHeadAttention", [f"{name}.{k}" for k in "qkv"], f"{name}.mixed", FUSED, num_heads=HEADS)

    def norm(self, x: str, residual: str, name: str, weights: dict[str, Array]) -> str:
        """The sum of two, normalised. onnxruntime's fused operator for this takes eight times as long."""
        total = self.add("Add", [x, residual], f"{name}.sum")
        inputs = [total, self.constant(f"{name}.g", weights[f"{name}.weight"])]
        inputs.append(self.constant(f"{name}.e", weights[f"{name}.bias"]))
        return self.add("LayerNormalization", inputs, f"{name}.out", axis=-1, epsilon=1e-12)


def columns(weight: Array) -> tuple[Array, Array]:
    """A matrix as int8 with one scale a column."""
    scale = np.maximum(np.abs(weight).max(axis=0), 1e-8) / 127
    return np.round(weight / scale).astype(np.int8), scale.astype(np.float32)


def embedded(graph: Graph, weights: dict[str, Array]) -> str:
    """Piece, position, case class and flags as one vector a piece, normalised."""
    whole, scale = columns(weights["word.weight"].T)
    table = graph.constant("word", whole.T)
    rows = graph.add("Gather", [table, "ids"], "word.rows")
    real = graph.add("Cast", [rows], "word.real", to=TensorProto.FLOAT)
    scales = graph.add("Gather", [graph.constant("word.scale", scale[:, None]), "ids"], "word.scales")
    word = graph.add("Mul", [real, scales], "word.out")
    case = graph.add("Gather", [graph.constant("case", weights["case.weight"]), "cases"], "case.out")
    position = graph.add(
        "Gather", [graph.constant("position", weights["position.weight"][:LONGEST]), "places"], "place.out"
    )
    flag = graph.add("MatMul", ["flags", graph.constant("flag", weights["flag.weight"].T)], "flag.out")
    left = graph.add("Add", [word, case], "left")
    right = graph.add("Add", [position, flag], "right")
    return graph.norm(left, right, "norm", weights)


def encoded(graph: Graph, x: str, weights: dict[str, Array]) -> str:
    """The encoder's layers."""
    for at in range(LAYERS):
        base = f"layers.{at}."
        both = {
            part: (weights[f"{base}{part}.weight"], weights[f"{base}{part}.bias"])
            for part in ("attend", "out", "up", "down")
        }
        mixed = graph.linear(graph.attention(x, base + "attend", *both["attend"]), base + "out", *both["out"])
        x = graph.norm(mixed, x, base + "norm", weights)
        fed = graph.add("Gelu", [graph.linear(x, base + "up", *both["up"])], base + "gelu", FUSED)
        x = graph.norm(graph.linear(fed, base + "down", *both["down"]), x, base + "norm_out", weights)
    return x


def scored(graph: Graph, x: str, weights: dict[str, Array]) -> None:
    """The logarithm of each tag's probability for every piece."""
    head = graph.add("MatMul", [x, graph.constant("head.w", weights["head.weight"].T)], "head")
    case = graph.add(
        "Gather", [graph.constant("head.c", weights["case_head.weight"] + weights["head.bias"]), "cases"], "head.case"
    )
    flag = graph.add("MatMul", ["flags", graph.constant("head.f", weights["flag_head.weight"].T)], "head.flag")
    both = graph.add("Add", [case, flag], "head.both")
    graph.add("LogSoftmax", [graph.add("Add", [head, both], "sum")], "scores", axis=-1)


def build(weights: dict[str, Array]) -> onnx.ModelProto:
    """The whole model."""
    graph = Graph()
    scored(graph, encoded(graph, embedded(graph, weights), weights), weights)
    shape: list[Any] = [1, "pieces"]
    whole = [helper.make_tensor_value_info(name, TensorProto.INT32, shape) for name in ("ids", "cases", "places")]
    flags = helper.make_tensor_value_info("flags", TensorProto.FLOAT, [*shape, len(FLAGS)])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [*shape, len(TAGS)])
    made = helper.make_graph(graph.nodes, "tagger", [*whole, flags], [scores], graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid(FUSED, 1)])
    model.ir_version = 8
    return model


def main() -> None:
    """The command line."""
    *files, out = sys.argv[1:]
    states = [torch.load(file, weights_only=True) for file in files]
    mean = {name: sum(state[name] for state in states) / len(states) for name in states[0]}
    onnx.save(build({name: value.float().numpy() for name, value in mean.items()}), out)
    print(f"{out}: {Path(out).stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

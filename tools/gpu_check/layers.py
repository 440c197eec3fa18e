"""Writes the ONNX model of a timed layer, its weights as a sparse file of zeros."""
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))
import graph  # noqa: E402
from graph import number, text, value_info  # noqa: E402
from shapes import BYTES, ONNX_TYPES  # noqa: E402


def real(name, value):
    """An attribute that is a float."""
    return text(1, name) + b"\x15" + struct.pack("<f", value) + number(20, 1)


class Graph(graph.Graph):
    """A graph whose weights are all of one type."""

    def __init__(self, data, kind):
        super().__init__(data)
        self.kind = kind

    def weight(self, name, *shape):
        size = BYTES[self.kind]
        for dim in shape:
            size *= dim
        place = {"location": self.data, "offset": str(self.size), "length": str(size)}
        fields = b"".join(number(1, d) for d in shape) + number(2, ONNX_TYPES[self.kind]) + text(8, name)
        fields += b"".join(text(13, text(1, k) + text(2, v)) for k, v in place.items()) + number(14, 1)
        self.initializers.append(text(5, fields))
        self.size += (size + 4095) // 4096 * 4096
        return name

    def moe(self, inputs, floats, **attributes):
        """A com.microsoft.MoE node; `floats` are attributes too."""
        fields = b"".join(text(1, i) for i in inputs) + text(2, "moe_out") + text(3, "/moe") + text(4, "MoE")
        fields += b"".join(text(5, graph.attribute(k, v)) for k, v in attributes.items())
        fields += b"".join(text(5, real(k, v)) for k, v in floats.items())
        self.nodes.append(text(1, fields + text(7, "com.microsoft")))
        return "moe_out"


def experts(g, shape, logits):
    inputs = ["x", logits, g.weight("fc1", shape.experts, shape.up_columns(), shape.hidden), "",
              g.weight("fc2", shape.experts, shape.hidden, shape.inter), ""]
    attributes = {"k": shape.k, "normalize_routing_weights": int(shape.k > 1)}
    if shape.act == "relu":
        return g.moe(inputs, {}, activation_type="relu", **attributes)
    floats = {}
    if shape.act == "clamped":
        inputs[3] = g.weight("fc1_bias", shape.experts, shape.up_columns())
        inputs[5] = g.weight("fc2_bias", shape.experts, shape.hidden)
        floats = {"activation_alpha": 1.702, "activation_beta": 1.0, "swiglu_limit": 7.0}
    return g.moe(inputs, floats, activation_type="swiglu", swiglu_fusion=1, **attributes)


def shared(g, shape):
    gate = g.node("MatMul", ["x", g.weight("shared_gate", shape.hidden, shape.shared)])
    up = g.node("MatMul", ["x", g.weight("shared_up", shape.hidden, shape.shared)])
    active = g.node("Mul", [g.node("Mul", [gate, g.node("Sigmoid", [gate])]), up])
    return g.node("MatMul", [active, g.weight("shared_down", shape.shared, shape.hidden)])


def write_layer(path, shape, kind):
    """`path` and `path`.data."""
    g = Graph(f"{path.name}.data", kind)
    y = experts(g, shape, g.node("MatMul", ["x", g.weight("router", shape.hidden, shape.experts)]))
    if shape.shared:
        y = g.node("Add", [y, shared(g, shape)])
    fields = g.nodes + [text(2, "layer")] + g.initializers
    for field, name in ((11, "x"), (12, y)):
        fields.append(text(field, value_info(name, ONNX_TYPES[kind], ["tokens", shape.hidden])))
    model = number(1, 10) + text(2, "moe-bench") + text(7, b"".join(fields))
    model += text(8, text(1, "") + number(2, 20)) + text(8, text(1, "com.microsoft") + number(2, 1))
    path.write_bytes(model)
    graph.write_data(Path(f"{path}.data"), g.size, numbers=False)

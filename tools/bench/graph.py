#!/usr/bin/python3
"""Writes a Mixture-of-Experts ONNX model of any size, for measuring the compiler.

    tools/bench/graph.py OUT.onnx [--form dense|loop|fused] [--layers 48] [--experts 128] ...

dense: every expert over all tokens, weighted by Equal, Cast, Mul, ReduceSum, as exporters without a
fused operator write it. loop: NonZero, Gather, ScatterElements for each expert. fused: com.microsoft.MoE,
for models whose weights are large. With --plain, one expert of each layer has another activation, so
that no layer can be raised and all nodes are compiled as they stand. The weights are OUT.onnx.data, a
sparse file of zeros unless --numbers fills it.

Nothing but Python's own library: an ONNX file is a few kinds of protobuf fields.
"""
import argparse
import array
import os
import random
from pathlib import Path

FLOAT, INT64 = 1, 7


def varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value & (1 << 64) - 1)


def text(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def attribute(name, value):
    if isinstance(value, int):
        return text(1, name) + number(3, value) + number(20, 2)
    if isinstance(value, str):
        return text(1, name) + text(4, value) + number(20, 3)
    return text(1, name) + b"".join(number(8, v) for v in value) + number(20, 7)


def value_info(name, kind, shape):
    dims = b"".join(text(1, text(2, d) if isinstance(d, str) else number(1, d)) for d in shape)
    return text(1, name) + text(2, text(1, number(1, kind) + text(2, dims)))


class Graph:
    """Nodes and initialisers as they are written, and the bytes of weights so far."""

    def __init__(self, data):
        self.data, self.nodes, self.initializers, self.size, self.count = data, [], [], 0, 0

    def node(self, kind, inputs, outputs=1, domain="", **attributes):
        self.count += 1
        names = [f"{kind}_{self.count}_{i}" for i in range(outputs)]
        fields = b"".join(text(1, i) for i in inputs) + b"".join(text(2, n) for n in names)
        fields += text(3, f"/{kind}_{self.count}") + text(4, kind)
        fields += b"".join(text(5, attribute(k, v)) for k, v in attributes.items())
        self.nodes.append(text(1, fields + (text(7, domain) if domain else b"")))
        return names[0] if outputs == 1 else names

    def weight(self, name, *shape):
        size = 4
        for dim in shape:
            size *= dim
        place = {"location": self.data, "offset": str(self.size), "length": str(size)}
        fields = b"".join(number(1, d) for d in shape) + number(2, FLOAT) + text(8, name)
        fields += b"".join(text(13, text(1, k) + text(2, v)) for k, v in place.items()) + number(14, 1)
        self.initializers.append(text(5, fields))
        self.size += (size + 63) // 64 * 64
        return name

    def integers(self, name, *values, shape=None):
        shape = (len(values),) if shape is None else shape
        fields = b"".join(number(1, d) for d in shape) + number(2, INT64) + text(8, name)
        self.initializers.append(text(5, fields + text(9, array.array("q", values).tobytes())))
        return name


def mlp(g, name, x, args, odd):
    """down(silu(gate(x)) * up(x)); the odd one has a tanh."""
    def product(rows, part, depth, columns):
        return g.node("MatMul", [rows, g.weight(f"{name}.{part}", depth, columns)])
    gate = product(x, "gate", args.hidden, args.inter)
    active = g.node("Tanh", [gate]) if odd else g.node("Mul", [gate, g.node("Sigmoid", [gate])])
    return product(g.node("Mul", [active, product(x, "up", args.hidden, args.inter)]), "down", args.inter, args.hidden)


def dense_expert(g, layer, e, x, ids, weights, sum, args):
    chosen = g.node("Cast", [g.node("Equal", [ids, f"expert_{e}"])], to=FLOAT)
    scale = g.node("ReduceSum", [g.node("Mul", [chosen, weights]), "minus_one"], keepdims=1)
    y = mlp(g, f"layers.{layer}.experts.{e}", x, args, args.plain and e == 0)
    y = g.node("Mul", [y, scale])
    return g.node("Add", [sum, y]) if sum else y


def loop_expert(g, layer, e, x, ids, weights, sum, args):
    mask = g.node("Equal", [ids, f"expert_{e}"])
    token, slot = g.node("Split", [g.node("NonZero", [mask])], 2, axis=0, num_outputs=2)
    token = g.node("Squeeze", [token, "zero"])
    slot = g.node("Squeeze", [slot, "zero"])
    y = mlp(g, f"layers.{layer}.experts.{e}", g.node("Gather", [x, token], axis=0), args, args.plain and e == 0)
    pairs = g.node("Concat", [g.node("Unsqueeze", [token, "minus_one"]), g.node("Unsqueeze", [slot, "minus_one"])], axis=1)
    scale = g.node("Unsqueeze", [g.node("GatherND", [weights, pairs]), "minus_one"])
    rows = g.node("Expand", [g.node("Unsqueeze", [token, "minus_one"]), g.node("Shape", [y])])
    return g.node("ScatterElements", [sum, rows, g.node("Mul", [y, scale])], axis=0, reduction="add")


def layer(g, index, x, args):
    """One layer with its residual."""
    logits = g.node("MatMul", [x, g.weight(f"layers.{index}.router", args.hidden, args.experts)])
    if args.form == "fused":
        stacked = [g.weight(f"layers.{index}.fc1", args.experts, 2 * args.inter, args.hidden), "",
                   g.weight(f"layers.{index}.fc2", args.experts, args.hidden, args.inter)]
        y = g.node("MoE", [x, logits, *stacked], domain="com.microsoft", activation_type="swiglu",
                   swiglu_fusion=2, k=args.k, normalize_routing_weights=1)
        return g.node("Add", [x, y])
    scores, ids = g.node("TopK", [g.node("Softmax", [logits], axis=-1), "k"], 2)
    weights = g.node("Div", [scores, g.node("ReduceSum", [scores, "minus_one"], keepdims=1)])
    sum = None
    if args.form == "loop":
        sum = g.node("ConstantOfShape", [g.node("Shape", [x])])
    for e in range(args.experts):
        expert = dense_expert if args.form == "dense" else loop_expert
        sum = expert(g, index, e, x, ids, weights, sum, args)
    return g.node("Add", [x, sum])


def build(args, data):
    g = Graph(data)
    g.integers("k", args.k)
    g.integers("zero", 0)
    g.integers("minus_one", -1)
    for e in range(args.experts):
        g.integers(f"expert_{e}", e, shape=())
    x = "x"
    for index in range(args.layers):
        x = layer(g, index, x, args)
    fields = g.nodes + [text(2, "bench")] + g.initializers
    fields.append(text(11, value_info("x", FLOAT, ["tokens", args.hidden])))
    fields.append(text(12, value_info(x, FLOAT, ["tokens", args.hidden])))
    model = number(1, 10) + text(2, "moe-bench") + text(7, b"".join(fields))
    model += text(8, text(1, "") + number(2, 21)) + text(8, text(1, "com.microsoft") + number(2, 1))
    return model, g


def write_data(path, size, numbers):
    with open(path, "wb") as file:
        file.truncate(size)
        if not numbers:
            return
        # One block of an odd size, over and over: nothing lines up with rows or pages.
        source = random.Random(1)
        block = array.array("f", (source.uniform(-0.5, 0.5) for _ in range((1 << 18) + 1))).tobytes()
        while (left := size - file.tell()) > 0:
            file.write(block[:left])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--form", choices=["dense", "loop", "fused"], default="dense")
    parser.add_argument("--layers", type=int, default=48)
    parser.add_argument("--experts", type=int, default=128)
    parser.add_argument("--k", type=int, default=8)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--inter", type=int, default=32)
    parser.add_argument("--plain", action="store_true", help="a near miss in each layer: nothing is raised")
    parser.add_argument("--numbers", action="store_true", help="weights that are no zeros")
    args = parser.parse_args()
    data = Path(f"{args.output}.data")
    model, g = build(args, data.name)
    args.output.write_bytes(model)
    write_data(data, g.size, args.numbers)
    print(f"{args.output}: {g.count} nodes, {len(model) / 1e6:.1f} MB, {g.size / 1e9:.2f} GB of weights, "
          f"{os.stat(data).st_blocks * 512 / 1e6:.0f} MB of them on disk")


if __name__ == "__main__":
    main()

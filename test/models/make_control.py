#!/usr/bin/env python3
"""Writes the cases of layers in and around control flow: make_control.py [NAME ...]

Expected values are the layers' meaning in float64 numpy, one token at a time, rounded once; where
onnxruntime runs the file, its difference is noted. Needs onnx and onnxruntime; the cases do not.
"""
import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import helper as h
from onnx import numpy_helper

HERE = Path(__file__).resolve().parent
FLOAT, INT64, BOOL = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64, onnx.TensorProto.BOOL
H, I, E, K = 16, 24, 4, 2


class Graph:
    """Nodes of one graph; bodies are graphs of their own that read the names around them."""

    def __init__(self, prefix=""):
        self.prefix, self.nodes, self.count = prefix, [], 0

    def op(self, op, *inputs, outputs=1, domain="", **attributes):
        self.count += 1
        names = [f"{self.prefix}{op}_{self.count}" + (f"_{i}" if i else "") for i in range(outputs)]
        self.nodes.append(h.make_node(op, list(inputs), names, name=names[0], domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def const(self, array):
        name = f"{self.prefix}c_{self.count}"
        self.count += 1
        self.nodes.append(h.make_node("Constant", [], [name], value=numpy_helper.from_array(np.asarray(array), name)))
        return name

    def ints(self, *numbers):
        return self.const(np.array(numbers, np.int64))

    def one(self, number):
        return self.const(np.int64(number))

    def body(self, inputs, outputs, name="body"):
        """(name, type, shape) each."""
        values = [[h.make_tensor_value_info(*v) for v in vs] for vs in (inputs, outputs)]
        return h.make_graph(self.nodes, name, *values)


class Layer:
    """A router and E gated experts; the file's weights and what they mean."""

    def __init__(self, name, seed):
        random = np.random.default_rng(seed)
        normal = lambda *shape: (random.standard_normal(shape) * 0.4).astype(np.float32)
        self.name = name
        self.weights = {f"{name}.router": normal(H, E) * 3, f"{name}.gate": normal(E, H, I), f"{name}.up": normal(E, H, I),
                        f"{name}.down": normal(E, I, H)}

    def __call__(self, x):
        """In float64; x [tokens, H]."""
        router, gate, up, down = (w.astype(np.float64) for w in self.weights.values())
        out = np.zeros_like(x)
        for t, row in enumerate(x):
            logits = row @ router
            p = np.exp(logits - logits.max())
            p /= p.sum()
            ids = np.argsort(-p, kind="stable")[:K]
            for e in ids:
                g = row @ gate[e]
                out[t] += p[e] / p[ids].sum() * ((g / (1 + np.exp(-g)) * (row @ up[e])) @ down[e])
        return out

    def route(self, g, x):
        """(weights, ids) of tokens x."""
        scores = g.op("Softmax", g.op("MatMul", x, f"{self.name}.router"), axis=-1)
        top, ids = g.op("TopK", scores, g.ints(K), outputs=2)
        return g.op("Div", top, g.op("ReduceSum", top, g.ints(-1), keepdims=1)), ids

    def matrix(self, g, which, expert):
        return g.op("Gather", f"{self.name}.{which}", expert, axis=0)

    def expert(self, g, rows, expert):
        """The expert's output; `expert` is the name of a scalar."""
        gate = g.op("MatMul", rows, self.matrix(g, "gate", expert))
        act = g.op("Mul", gate, g.op("Sigmoid", gate))
        return g.op("MatMul", g.op("Mul", act, g.op("MatMul", rows, self.matrix(g, "up", expert))),
                    self.matrix(g, "down", expert))

    def mask(self, g, ids, expert):
        return g.op("Equal", ids, expert)

    def places(self, g, mask):
        """(tokens, slots) of mask [tokens, K], a list each."""
        place = g.op("NonZero", mask)
        return [g.op("Gather", place, g.one(i), axis=0) for i in (0, 1)]

    def add_rows(self, g, x, weights, tokens, slots, expert, total):
        """`total` with the expert's weighted rows added at `tokens`."""
        rows = self.expert(g, g.op("Gather", x, tokens, axis=0), expert)
        columns = [g.op("Unsqueeze", v, g.ints(1)) for v in (tokens, slots)]
        weight = g.op("GatherND", weights, g.op("Concat", *columns, axis=1))
        scaled = g.op("Mul", rows, g.op("Unsqueeze", weight, g.ints(1)))
        return g.op("ScatterND", total, columns[0], scaled, reduction="add")

    def zeros(self, g, x):
        return g.op("ConstantOfShape", g.op("Shape", x), value=numpy_helper.from_array(np.zeros(1, np.float32)))

    def loop(self, g, x):
        """Unrolled: rows of each expert gathered, weighted and added."""
        weights, ids = self.route(g, x)
        total = self.zeros(g, x)
        for e in range(E):
            tokens, slots = self.places(g, self.mask(g, ids, g.one(e)))
            total = self.add_rows(g, x, weights, tokens, slots, g.one(e), total)
        return total

    def fused(self, g, x):
        """com.microsoft.MoE with the weights of `fused_weights`."""
        logits = g.op("MatMul", x, f"{self.name}.router")
        return g.op("MoE", x, logits, f"{self.name}.fc1", "", f"{self.name}.fc2", "", f"{self.name}.fc3", domain="com.microsoft",
                    k=K, activation_type="silu", normalize_routing_weights=1)

    def fused_weights(self):
        turned = lambda which: np.ascontiguousarray(self.weights[f"{self.name}.{which}"].transpose(0, 2, 1))
        return {f"{self.name}.router": self.weights[f"{self.name}.router"], f"{self.name}.fc1": turned("gate"),
                f"{self.name}.fc2": turned("down"), f"{self.name}.fc3": turned("up")}


def block():
    return dict(experts=E, top_k=K, hidden=H, intermediate=I, gate="softmax, top-k, renormalised", ffn="swiglu", shared_expert=False)


def write(name, graph, inputs, outputs, weights, sets, layers, note):
    """`sets`: (inputs, expected) each."""
    values = [[h.make_tensor_value_info(*v) for v in vs] for vs in (inputs, outputs)]
    initializers = [numpy_helper.from_array(w, n) for n, w in weights.items()]
    model = h.make_model(h.make_graph(graph.nodes, name, *values, initializers), producer_name="moe-test-cases",
                         opset_imports=[h.make_opsetid("", 18), h.make_opsetid("com.microsoft", 1)], ir_version=9)
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    onnx.save(model, folder / "model.onnx")
    ran = run(folder / "model.onnx", sets)
    for number, (given, expected) in enumerate(sets):
        for kind, arrays in (("inputs", given), ("expected", expected)):
            place = folder / (kind + (f"_{number + 1}" if number else ""))
            place.mkdir(exist_ok=True)
            for key, array in arrays.items():
                np.save(place / f"{key}.npy", array)
    info = dict(name=name, family="control", producer="moe-test-cases", opset=18, blocks=[block()] * layers,
                tolerance=dict(rtol=1e-4, atol=1e-5), expected_from="numpy reference", onnxruntime=ran, note=note)
    (folder / "case.json").write_text(json.dumps(info, indent=1) + "\n")
    print(name, ran)


def run(path, sets):
    import onnxruntime
    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        worst = 0.0
        for given, expected in sets:
            found = session.run(list(expected), given)
            for got, want in zip(found, expected.values()):
                assert got.shape == want.shape and got.dtype == want.dtype, (got.shape, want.shape, got.dtype, want.dtype)
                worst = max(worst, float(np.abs(got.astype(np.float64) - want).max(initial=0)))
        return dict(ran=True, max_abs_diff=float(f"{worst:.2e}"))
    except Exception as why:
        return dict(ran=False, why=str(why)[:200])


def tokens(count, seed):
    return np.random.default_rng(seed).standard_normal((count, H)).astype(np.float32)


def f32(x):
    return x.astype(np.float32)


# ---- Layers in bodies ----

def control_decode_loop():
    """Steps of decoding in a Loop: a fused layer, then an unrolled one, which also makes two rows a step that are listed."""
    layers = [Layer("first", 1), Layer("second", 2)]
    b = Graph("step/")
    x = b.op("Tanh", b.op("Add", "x", layers[0].fused(b, "x")))
    y = b.op("Tanh", b.op("Add", x, layers[1].loop(b, x)))
    last = layers[1].loop(b, b.op("Gather", y, b.ints(-1, 0), axis=0))
    goes = b.op("Identity", "on")
    body = b.body([("step", INT64, []), ("on", BOOL, []), ("x", FLOAT, ["tokens", H])],
                  [(goes, BOOL, []), (y, FLOAT, ["tokens", H]), (last, FLOAT, [2, H])])
    g = Graph()
    out, trace = g.op("Loop", "steps", "", "tokens", outputs=2, body=body)
    g.nodes += [h.make_node("Identity", [out], ["y"]), h.make_node("Identity", [trace], ["trace"])]

    def expect(x, steps):
        trace = []
        for _ in range(steps):
            x = np.tanh(x + layers[0](x))
            x = np.tanh(x + layers[1](x))
            trace.append(layers[1](x[[-1, 0]]))
        return dict(y=f32(x), trace=f32(np.reshape(trace, (steps, 2, H))))

    sets = [(dict(tokens=tokens(n, n), steps=np.array(s, np.int64)), expect(tokens(n, n).astype(np.float64), s)) for n, s in ((5, 3), (1, 1), (3, 0))]
    write("control_decode_loop", g, [("tokens", FLOAT, ["tokens", H]), ("steps", INT64, [])],
          [("y", FLOAT, ["tokens", H]), ("trace", FLOAT, ["steps", 2, H])], {**layers[0].fused_weights(), **layers[1].weights}, sets, 3,
          control_decode_loop.__doc__)


def control_cache_branch():
    """A merged decoder: an If over the presence of a cache, a whole decoder in each branch, initialisers shared."""
    layer = Layer("moe", 3)
    branches = []
    for cached in (False, True):
        b = Graph("cached/" if cached else "whole/")
        x = b.op("Add", "x", "past") if cached else b.op("Identity", "x")
        y = b.op("Add", x, layer.loop(b, x))
        branches.append(b.body([], [(y, FLOAT, ["tokens", H])], "cached" if cached else "whole"))
    g = Graph()
    out = g.op("If", "use_cache_branch", else_branch=branches[0], then_branch=branches[1])
    g.nodes.append(h.make_node("Identity", [out], ["y"]))

    def case(count, cached):
        x, past = tokens(count, count), tokens(count, count + 50)
        start = x.astype(np.float64) + (past if cached else 0)
        return dict(x=x, past=past, use_cache_branch=np.array([cached])), dict(y=f32(start + layer(start)))

    write("control_cache_branch", g, [("x", FLOAT, ["tokens", H]), ("past", FLOAT, ["tokens", H]), ("use_cache_branch", BOOL, [1])],
          [("y", FLOAT, ["tokens", H])], layer.weights, [case(6, True), case(6, False), case(1, True)], 2, control_cache_branch.__doc__)


# ---- Control flow in layers ----

def simple(name, graph, layer, note, counts=(6, 1, 30)):
    """A graph of x [tokens, H] to y = layer(x)."""
    sets = [(dict(x=tokens(n, n)), dict(y=f32(layer(tokens(n, n).astype(np.float64))))) for n in counts]
    write(name, graph, [("x", FLOAT, ["tokens", H])], [("y", FLOAT, ["tokens", H])], layer.weights, sets, 1, note)


def control_guarded_experts():
    """Each expert in an If that skips it where no token chose it, asked in four ways."""
    layer, g = Layer("moe", 4), Graph()
    weights, ids = layer.route(g, "x")
    total = layer.zeros(g, "x")
    for e in range(E):
        mask = layer.mask(g, ids, g.one(e))
        chosen, slots = layer.places(g, mask)
        some, none = Graph(f"some{e}/"), Graph(f"none{e}/")
        added = layer.add_rows(some, "x", weights, chosen, slots, some.one(e), total)
        branches = [some.body([], [(added, FLOAT, None)], "some"), none.body([], [(none.op("Identity", total), FLOAT, None)], "none")]
        size = g.op("Size", chosen)
        count = g.op("Gather", g.op("Shape", slots), g.one(0), axis=0)
        asked = [lambda: g.op("Greater", size, g.one(0)), lambda: g.op("Equal", count, g.one(0)), lambda: g.op("Cast", size, to=BOOL),
                 lambda: g.op("Cast", g.op("ReduceMax", g.op("Cast", mask, to=onnx.TensorProto.INT32), keepdims=0), to=BOOL)][e]()
        if e == 1:
            branches.reverse()
        total = g.op("If", asked, then_branch=branches[0], else_branch=branches[1])
    g.nodes.append(h.make_node("Identity", [total], ["y"]))
    simple("control_guarded_experts", g, layer, control_guarded_experts.__doc__)


def expert_loop(layer, g, guarded):
    """A Loop over the experts: masks and weights by the round's number, the sum carried, a skip in it."""
    weights, ids = layer.route(g, "x")
    b = Graph("round/")
    mask = layer.mask(b, ids, "e")
    chosen, slots = layer.places(b, mask)
    if guarded:
        some, none = Graph("some/"), Graph("none/")
        added = layer.add_rows(some, "x", weights, chosen, slots, "e", "sum")
        total = b.op("If", b.op("Less", b.op("Size", chosen), b.one(1)),
                     then_branch=none.body([], [(none.op("Identity", "sum"), FLOAT, None)], "none"),
                     else_branch=some.body([], [(added, FLOAT, None)], "some"))
    else:
        total = layer.add_rows(b, "x", weights, chosen, slots, "e", "sum")
    body = b.body([("e", INT64, []), ("on", BOOL, []), ("sum", FLOAT, ["tokens", H])],
                  [(b.op("Identity", "on"), BOOL, []), (total, FLOAT, ["tokens", H])])
    return g.op("Loop", g.one(E), "", layer.zeros(g, "x"), body=body)


def control_expert_loop():
    """A Loop over the experts that nobody unrolled: weights gathered by the round's number, an If that skips."""
    layer, g = Layer("moe", 5), Graph()
    g.nodes.append(h.make_node("Identity", [expert_loop(layer, g, True)], ["y"]))
    simple("control_expert_loop", g, layer, control_expert_loop.__doc__)


def control_expert_scan():
    """A Scan over the experts' stacked weights, every expert on every token, outputs stacked and summed."""
    layer, g = Layer("moe", 6), Graph()
    weights, ids = layer.route(g, "x")
    b = Graph("round/")
    gate = b.op("MatMul", "x", "w_gate")
    act = b.op("Mul", b.op("Mul", gate, b.op("Sigmoid", gate)), b.op("MatMul", "x", "w_up"))
    chosen = b.op("Cast", b.op("Equal", ids, "e"), to=FLOAT)
    share = b.op("ReduceSum", b.op("Mul", weights, chosen), b.ints(-1), keepdims=1)
    given = b.op("Mul", b.op("MatMul", act, "w_down"), share)
    after = b.op("Add", "e", b.one(1))
    body = b.body([("e", INT64, []), ("w_gate", FLOAT, [H, I]), ("w_up", FLOAT, [H, I]), ("w_down", FLOAT, [I, H])],
                  [(after, INT64, []), (given, FLOAT, ["tokens", H])])
    _, stack = g.op("Scan", g.one(0), "moe.gate", "moe.up", "moe.down", outputs=2, body=body, num_scan_inputs=3)
    g.nodes.append(h.make_node("ReduceSum", [stack, g.ints(0)], ["y"], keepdims=0))
    simple("control_expert_scan", g, layer, control_expert_scan.__doc__)


def sorted_rows(layer, g):
    """(weights [tokens * K], tokens' numbers and places back in the order of pairs, rows, counts), sorted by expert."""
    weights, ids = layer.route(g, "x")
    flat = g.op("Reshape", ids, g.ints(-1))
    _, order = g.op("TopK", flat, g.op("Shape", flat), outputs=2, largest=0, axis=0)
    _, back = g.op("TopK", order, g.op("Shape", order), outputs=2, largest=0, axis=0)
    rows = g.op("Gather", "x", g.op("Div", order, g.one(K)), axis=0)
    hits = g.op("Cast", g.op("Equal", g.op("Unsqueeze", flat, g.ints(1)), g.const(np.arange(E, dtype=np.int64))), to=INT64)
    return weights, back, rows, g.op("ReduceSum", hits, g.ints(0), keepdims=0)


def unsorted(layer, g, rows, back, weights):
    pairs = g.op("Reshape", g.op("Gather", rows, back, axis=0), g.ints(-1, K, H))
    g.nodes.append(h.make_node("ReduceSum", [g.op("Mul", pairs, g.op("Unsqueeze", weights, g.ints(-1))), g.ints(1)], ["y"], keepdims=0))


def control_sorted_sequence():
    """Rows sorted by expert, split into a sequence by counts, each element through its expert, joined again."""
    layer, g = Layer("moe", 7), Graph()
    weights, back, rows, counts = sorted_rows(layer, g)
    parts = g.op("SplitToSequence", rows, counts, axis=0)
    outs = g.op("SequenceConstruct", *[layer.expert(g, g.op("SequenceAt", parts, g.one(e)), g.one(e)) for e in range(E)])
    unsorted(layer, g, g.op("ConcatFromSequence", outs, axis=0), back, weights)
    simple("control_sorted_sequence", g, layer, control_sorted_sequence.__doc__)


def control_carried_sequence():
    """The same with a Loop over the experts, which carries the sequence of what they gave."""
    layer, g = Layer("moe", 8), Graph()
    weights, back, rows, counts = sorted_rows(layer, g)
    parts = g.op("SplitToSequence", rows, counts, axis=0)
    b = Graph("round/")
    longer = b.op("SequenceInsert", "outs", layer.expert(b, b.op("SequenceAt", parts, "e"), "e"))
    sequence = lambda name: h.make_tensor_sequence_value_info(name, FLOAT, None)
    body = h.make_graph(b.nodes + [h.make_node("Identity", ["on"], ["goes"])], "body",
                        [h.make_tensor_value_info("e", INT64, []), h.make_tensor_value_info("on", BOOL, []), sequence("outs")],
                        [h.make_tensor_value_info("goes", BOOL, []), sequence(longer)])
    outs = g.op("Loop", g.one(E), "", g.op("SequenceEmpty"), body=body)
    unsorted(layer, g, g.op("ConcatFromSequence", outs, axis=0), back, weights)
    simple("control_carried_sequence", g, layer, control_carried_sequence.__doc__)


CASES = [control_decode_loop, control_cache_branch, control_guarded_experts, control_expert_loop, control_expert_scan,
         control_sorted_sequence, control_carried_sequence]

if __name__ == "__main__":
    for case in CASES:
        if len(sys.argv) == 1 or case.__name__ in sys.argv[1:]:
            case()

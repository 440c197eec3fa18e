#!/usr/bin/env python3
"""Writes the cases of transformer operators: make_transformer.py [NAME ...]

Expected values are the operators' texts in float64 numpy, one row, head and token at a time.
Where onnxruntime runs a node, its difference is noted. Needs onnx and onnxruntime; the cases do not.
"""
import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import helper as h

HERE = Path(__file__).resolve().parent
MS = "com.microsoft"
TYPES = {"float32": 1, "float16": 10, "int32": 6, "int64": 7, "bool": 9}


# ---- The operators, in float64 ----

def softmax_row(scores, sink=None):
    """Weights of one row; a row that may attend to nothing has none."""
    most = max(scores.max(initial=-np.inf), -np.inf if sink is None else sink)
    if most == -np.inf:
        return np.zeros_like(scores)
    powers = np.exp(scores - most)
    return powers / (powers.sum() + (0 if sink is None else np.exp(sink - most)))


def attention(q, k, v, *, scale=None, softcap=0.0, bias=None, allowed=None, sink=None):
    """q [B,H,S,D], k and v [B,G,T,D]; bias and allowed are functions of (b, h, i, j)."""
    q, k, v = (np.asarray(x, np.float64) for x in (q, k, v))
    batch, heads, rows, size = q.shape
    group, out = heads // k.shape[1], np.zeros((batch, heads, rows, v.shape[3]))
    steps = {name: np.zeros((batch, heads, rows, k.shape[2])) for name in ("product", "capped", "masked", "softmax")}
    scale = 1 / np.sqrt(size) if scale is None else scale
    for b in range(batch):
        for head in range(heads):
            for i in range(rows):
                s = k[b, head // group] @ q[b, head, i] * scale
                steps["product"][b, head, i] = s
                s = np.tanh(s / softcap) * softcap if softcap else s
                steps["capped"][b, head, i] = s
                for j in range(len(s)):
                    s[j] += bias(b, head, i, j) if bias else 0
                    if allowed and not allowed(b, head, i, j):
                        s[j] = -np.inf
                steps["masked"][b, head, i] = s
                w = softmax_row(s, None if sink is None else float(sink[head]))
                steps["softmax"][b, head, i] = w
                seen = w > 0
                out[b, head, i] = w[seen] @ v[b, head // group][seen]
    return out, steps


def split(x, heads):
    batch, rows, width = x.shape
    return np.asarray(x, np.float64).reshape(batch, rows, heads, width // heads).transpose(0, 2, 1, 3)


def join(x):
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


def rotate(x, cos, sin, angle, interleaved=False):
    """x [B,H,S,D]; row `angle(b, s, i)` of the tables for pair i."""
    x, half = np.array(x, np.float64), cos.shape[1]
    for b, head, s in np.ndindex(x.shape[:3]):
        row = x[b, head, s].copy()
        for i in range(half):
            m, n = (2 * i, 2 * i + 1) if interleaved else (i, half + i)
            c, d = float(cos[angle(b, s, i), i]), float(sin[angle(b, s, i), i])
            x[b, head, s, m], x[b, head, s, n] = row[m] * c - row[n] * d, row[n] * c + row[m] * d
    return x


def rms(x, weight, epsilon):
    x = np.asarray(x, np.float64)
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon) * weight


def layer_norm(x, scale, bias, epsilon, axis=-1):
    x = np.asarray(x, np.float64)
    axes = tuple(range(axis % x.ndim, x.ndim))
    mean = x.mean(axes, keepdims=True)
    inverse = 1 / np.sqrt(((x - mean) ** 2).mean(axes, keepdims=True) + epsilon)
    return (x - mean) * inverse * scale + (0 if bias is None else bias), mean, inverse


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def resident(total, capacity, window):
    """Rows that a window-sized cache holds after `total` rows."""
    slack = capacity - window + 1
    return total if total <= capacity else total - slack * -(-(total - capacity) // slack)


def group_query(q, k, v, pasts, lengths, total, *, heads, kv, rotary=None, positions=None, interleaved=False,
                window=0, sliding=False, norms=None, epsilon=1e-6, **rest):
    """(output, present key, present value). `pasts` may be None."""
    if k is None:
        size = q.shape[2] // (heads + 2 * kv)
        q, k, v = np.split(q, [heads * size, (heads + kv) * size], 2)
    q, k, v = split(q, heads), split(k, kv), split(v, kv)
    batch, rows = q.shape[0], q.shape[2]
    before = [0 if rows == total else int(n) + 1 - rows for n in lengths]
    if norms:
        q, k = rms(q, norms[0], epsilon), rms(k, norms[1], epsilon)
    if rotary:
        def angle(b, s, i):
            if positions is None:
                return before[b] + s
            return positions[0, 0] + s if rows == total else positions[b, s]
        q, k = (rotate(x, *rotary, angle, interleaved) for x in (q, k))
    capacity = pasts[0].shape[2] if pasts else 0
    length = capacity if sliding else max(total, capacity)
    presents, all_rows = [], []
    for past, new in zip(pasts or (None, None), (k, v)):
        present = np.zeros((batch, kv, length, new.shape[3]))
        every = np.zeros((batch, kv, max(total, 1), new.shape[3]))
        for b in range(batch):
            n, held = before[b], resident(before[b], capacity, window) if sliding else before[b]
            if past is not None:
                every[b, :, n - held:n] = past[b, :, :held]
            end = min(n + rows, every.shape[2])
            every[b, :, n:end] = new[b, :, :end - n]
            kept = resident(int(lengths[b]) + 1, capacity, window) if sliding else end
            first = int(lengths[b]) + 1 - kept if sliding else 0
            present[b, :, :kept] = every[b, :, first:first + kept]
        presents.append(present)
        all_rows.append(every)

    def allowed(b, head, i, j):
        return j <= before[b] + i and not (window > 0 and j <= before[b] + i - window)
    out, _ = attention(q, *all_rows, allowed=allowed, **rest)
    return join(out), *presents


# ---- Cases ----

class Case:
    """A graph of named tensors and its sets of inputs with expected outputs."""

    def __init__(self, name, note, seed, opset=24, tolerance=None):
        self.name, self.note, self.opset = name, note, opset
        self.tolerance = tolerance or {"rtol": 1e-4, "atol": 1e-5}
        self.random = np.random.default_rng(seed)
        self.inputs, self.outputs, self.nodes, self.constants, self.sets = [], [], [], [], []

    def normal(self, *shape, dtype=np.float32):
        return self.random.normal(size=shape).astype(dtype)

    def input(self, name, dtype, *shape):
        self.inputs.append(h.make_tensor_value_info(name, TYPES[np.dtype(dtype).name], shape))

    def constant(self, name, value):
        self.constants.append(onnx.numpy_helper.from_array(value, name))
        return value

    def node(self, op, inputs, outputs, domain="", dtype="float32", keep=None, **attributes):
        self.nodes.append(h.make_node(op, inputs, outputs, name=f"{op}_{len(self.nodes)}", domain=domain, **attributes))
        for name in keep if keep is not None else [x for x in outputs if x]:
            self.outputs.append(h.make_tensor_value_info(name, TYPES[dtype], None))

    def add(self, inputs, expected):
        self.sets.append((inputs, expected))

    def model(self, nodes, outputs):
        graph = h.make_graph(nodes, self.name, self.inputs, outputs, self.constants)
        return h.make_model(graph, ir_version=10, producer_name="moe-test-cases",
                            opset_imports=[h.make_opsetid("", self.opset), h.make_opsetid(MS, 1)])

    def write(self):
        folder = HERE / self.name
        folder.mkdir(exist_ok=True)
        onnx.save(self.model(self.nodes, self.outputs), folder / "model.onnx")
        types = {o.name: o.type.tensor_type.elem_type for o in self.outputs}
        for i, (inputs, expected) in enumerate(self.sets):
            suffix = f"_{i + 1}" if i else ""
            for kind, arrays in (("inputs", inputs), ("expected", expected)):
                (folder / (kind + suffix)).mkdir(exist_ok=True)
                for name, array in arrays.items():
                    if kind == "expected":
                        array = np.asarray(array).astype(h.tensor_dtype_to_np_dtype(types[name]))
                    np.save(folder / (kind + suffix) / f"{name}.npy", array)
        info = {"name": self.name, "family": "operators", "producer": "moe-test-cases", "opset": self.opset,
                "blocks": [], "tolerance": self.tolerance, "expected_from": "numpy reference",
                "onnxruntime_1_31_cpu": self.compare(), "note": self.note}
        (folder / "case.json").write_text(json.dumps(info, indent=1) + "\n")
        print(self.name, json.dumps(info["onnxruntime_1_31_cpu"], indent=1))

    def compare(self):
        """How far onnxruntime is from what is expected, node by node."""
        found = {}
        for node in self.nodes:
            wanted = [o for o in self.outputs if o.name in node.output]
            if wanted:
                found[node.name] = self.compare_node(node, wanted)
        return found

    def compare_node(self, node, wanted):
        import onnxruntime
        model = self.model([n for n in self.nodes if not any(o.name in n.output for o in self.outputs)
                            or n is node or set(n.output) & set(node.input) - {""}], wanted)
        try:
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 4
            session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
            worst = 0.0
            for inputs, expected in self.sets:
                got = session.run([o.name for o in wanted], inputs)
                for value, output in zip(got, wanted):
                    difference = np.abs(value.astype(np.float64) - np.asarray(expected[output.name], np.float64))
                    worst = max(worst, float(np.nanmax(difference, initial=0)))
            return float(f"{worst:.3g}")
        except Exception as error:
            return "does not run: " + str(error).splitlines()[0].split("Status Message: ")[-1][-160:]


def tables(rows, half, dtype=np.float32):
    angles = np.outer(np.arange(rows), 1 / 50.0 ** (np.arange(half) / half))
    return np.cos(angles).astype(dtype), np.sin(angles).astype(dtype)


def group_query_cache():
    case = Case("op_group_query", "one length for each batch entry; a buffer of full length; prefill, then decode", 1)
    heads, kv, size, room = 4, 2, 16, 12
    cos, sin = tables(16, 8)
    case.constant("cos", cos), case.constant("sin", sin)
    sink = case.constant("sink", case.normal(heads))
    norms = [case.constant(n, case.normal(size)) for n in ("q_norm", "k_norm")]
    for name, width in (("q", heads * size), ("k", kv * size), ("v", kv * size), ("qkv", (heads + 2 * kv) * size)):
        case.input(name, np.float32, "batch", "rows", width)
    for name in ("pk", "pv"):
        case.input(name, np.float32, "batch", kv, "room", size)
    case.input("lengths", np.int32, "batch")
    case.input("total", np.int32)
    case.input("positions", np.int64, "batch", "rows")
    case.input("bias", np.float32, 1, heads, "rows", "columns")
    counts = dict(num_heads=heads, kv_num_heads=kv)
    plain = ["q", "k", "v", "pk", "pv", "lengths", "total"]
    case.node("GroupQueryAttention", plain + ["cos", "sin"], ["a", "a_k", "a_v"], MS, do_rotary=1, **counts)
    case.node("GroupQueryAttention", plain + ["", "", "", "", "sink"], ["b", "b_k", "b_v"], MS, keep=["b"],
              local_window_size=3, softcap=2.0, scale=0.3, **counts)
    case.node("GroupQueryAttention", ["qkv", "", "", "pk", "pv", "lengths", "total", "cos", "sin", "positions", "bias"],
              ["c", "c_k", "c_v"], MS, do_rotary=1, rotary_interleaved=1, smooth_softmax=1, **counts)
    case.node("GroupQueryAttention", plain + ["cos", "sin"] + [""] * 5 + ["q_norm", "k_norm"], ["d", "d_k", "d_v"], MS,
              keep=["d", "d_k"], do_rotary=1, qk_norm_epsilon=1e-5, **counts)

    def step(batch, rows, lengths, total, past):
        q, k, v = (case.normal(batch, rows, n * size) for n in (heads, kv, kv))
        qkv, bias = case.normal(batch, rows, (heads + 2 * kv) * size), case.normal(1, heads, rows, total)
        positions = np.sort(case.random.integers(0, 16 - rows, (batch, rows)), 1) + np.arange(rows)[None]
        common = dict(heads=heads, kv=kv)
        a = group_query(q, k, v, past, lengths, total, rotary=(cos, sin), **common)
        b = group_query(q, k, v, past, lengths, total, window=3, softcap=2.0, scale=0.3, sink=sink, **common)
        c = group_query(qkv, None, None, past, lengths, total, rotary=(cos, sin), interleaved=True, sink=np.zeros(heads),
                        positions=positions, bias=lambda _, head, i, j: float(bias[0, head, i, j]), **common)
        d = group_query(q, k, v, past, lengths, total, rotary=(cos, sin), norms=norms, epsilon=1e-5, **common)
        case.add(dict(q=q, k=k, v=v, qkv=qkv, pk=past[0], pv=past[1], lengths=np.array(lengths, np.int32),
                      total=np.array(total, np.int32), positions=positions, bias=bias),
                 dict(a=a[0], a_k=a[1], a_v=a[2], b=b[0], c=c[0], c_k=c[1], c_v=c[2], d=d[0], d_k=d[1]))

    buffers = lambda batch, room: [case.normal(batch, kv, room, size) for _ in range(2)]
    step(2, 5, [4, 4], 5, buffers(2, room))
    step(3, 1, [6, 3, 11], 12, buffers(3, room))
    step(1, 3, [8], 9, buffers(1, 6))  # a past of exact length, several new rows
    step(2, 4, [3, 3], 4, buffers(2, 0))  # an empty past
    return case


def group_query_window():
    case = Case("op_group_query_window", "caches as long as the window or longer, that keep the last rows", 2)
    heads, kv, size, window = 2, 1, 8, 4
    for name, n in (("q", heads), ("k", kv), ("v", kv)):
        case.input(name, np.float32, "batch", "rows", n * size)
    for name in ("pk", "pv"):
        case.input(name, np.float32, "batch", kv, "capacity", size)
    case.input("lengths", np.int32, "batch")
    case.input("total", np.int32)
    case.node("GroupQueryAttention", ["q", "k", "v", "pk", "pv", "lengths", "total"], ["y", "y_k", "y_v"], MS,
              num_heads=heads, kv_num_heads=kv, local_window_size=window, sliding_window_cache=1)
    for batch, rows, lengths, capacity in ((1, 9, [8], 4), (2, 1, [12, 2], 6), (1, 2, [6], 5), (1, 3, [2], 7)):
        total = max(lengths) + 1
        q, k, v = (case.normal(batch, rows, n * size) for n in (heads, kv, kv))
        past = [case.normal(batch, kv, capacity, size) for _ in range(2)]
        out = group_query(q, k, v, past, lengths, total, heads=heads, kv=kv, window=window, sliding=True)
        case.add(dict(q=q, k=k, v=v, pk=past[0], pv=past[1], lengths=np.array(lengths, np.int32),
                      total=np.array(total, np.int32)), dict(y=out[0], y_k=out[1], y_v=out[2]))
    return case


def onnx_attention():
    case = Case("op_attention", "ai.onnx Attention: past inside, cache outside, masks of all shapes, modes of scores", 3)
    heads, kv, size = 4, 2, 6
    for name, n in (("q", heads), ("k", kv), ("v", kv)):
        case.input(name, np.float32, "batch", "rows", n * size)
    for name in ("pk", "pv"):
        case.input(name, np.float32, "batch", kv, "past", size)
    case.input("seen", np.bool_, "rows", "columns")
    case.input("bias", np.float32, "batch", 1, "rows", "columns")
    case.input("cache", np.float32, "batch", kv, "room", size)
    case.input("place", np.int64, "batch")
    case.input("good", np.int64, "batch")
    counts = dict(q_num_heads=heads, kv_num_heads=kv)
    case.node("Attention", ["q", "k", "v", "", "pk", "pv"], ["a", "a_k", "a_v"], is_causal=1, **counts)
    case.node("Attention", ["q", "k", "v", "seen", "pk", "pv"], ["b", "", "", "b_s"], qk_matmul_output_mode=3, **counts)
    case.node("Attention", ["q", "k", "v", "bias", "pk", "pv"], ["c", "", "", "c_s"], softcap=1.5, scale=0.4,
              qk_matmul_output_mode=1, is_causal=1, **counts)
    case.constant("heads4", np.array([0, 0, heads, size], np.int64))
    case.constant("heads2", np.array([0, 0, kv, size], np.int64))
    for name, shape in (("q", "heads4"), ("k", "heads2")):
        case.node("Reshape", [name, shape], [name + "_apart"], keep=[])
        case.node("Transpose", [name + "_apart"], [name + "_first"], keep=[], perm=[0, 2, 1, 3])
    case.node("TensorScatter", ["cache", "k_first", "place"], ["filled"])
    case.node("Attention", ["q_first", "filled", "filled", "", "", "", "good"], ["d", "", "", "d_s"], is_causal=1,
              qk_matmul_output_mode=0)
    case.node("TensorScatter", ["cache", "k_first", "place"], ["around"], mode="circular")

    for batch, rows, past, room in ((2, 3, 2, 7), (1, 1, 5, 6), (2, 4, 0, 5)):
        q, k, v = (case.normal(batch, rows, n * size) for n in (heads, kv, kv))
        pk, pv = (case.normal(batch, kv, past, size) for _ in range(2))
        seen = case.random.random((rows, past + rows)) < 0.6
        seen[0] = False  # a row that attends to nothing is zero
        bias = np.where(case.random.random((batch, 1, rows, past + rows)) < 0.2, -np.inf,
                        case.normal(batch, 1, rows, past + rows)).astype(np.float32)
        bias[..., 0] = 0.5
        cache, place = case.normal(batch, kv, room, size), case.random.integers(0, room - rows + 1, batch)
        good = place + rows
        wide = [np.concatenate([p, split(x, kv)], 2) for p, x in ((pk, k), (pv, v))]
        below = lambda b, head, i, j: j <= past + i
        a, _ = attention(split(q, heads), *wide, allowed=below)
        b, b_s = attention(split(q, heads), *wide, allowed=lambda _, head, i, j: seen[i, j])
        c, c_s = attention(split(q, heads), *wide, softcap=1.5, scale=0.4, allowed=below,
                           bias=lambda x, head, i, j: float(bias[x, 0, i, j]))
        filled, around = cache.copy(), cache.copy()
        for x in range(batch):
            for i in range(rows):
                filled[x, :, place[x] + i] = split(k, kv)[x, :, i]
                around[x, :, (place[x] + i) % room] = split(k, kv)[x, :, i]
        d, d_s = attention(split(q, heads), filled, filled, allowed=lambda x, head, i, j: j <= good[x] - rows + i)
        case.add(dict(q=q, k=k, v=v, pk=pk, pv=pv, seen=seen, bias=bias, cache=cache, place=place, good=good),
                 dict(a=join(a), a_k=wide[0], a_v=wide[1], b=join(b), b_s=b_s["softmax"], c=join(c), c_s=c_s["capped"],
                      filled=filled, d=d, d_s=d_s["product"], around=around))
    return case


def half_attention():
    case = Case("op_attention_f16", "float16: computed in float32 and rounded once", 4,
                tolerance={"rtol": 2e-3, "atol": 2e-3})
    heads, kv, size, half = 2, 1, 8, np.float16
    cos, sin = tables(9, 4, half)
    case.constant("cos", cos), case.constant("sin", sin)
    for name, n in (("q", heads), ("k", kv), ("v", kv)):
        case.input(name, half, "batch", "rows", n * size)
    for name in ("pk", "pv"):
        case.input(name, half, "batch", kv, "past", size)
    case.input("positions", np.int64, "batch", "rows")
    case.input("lengths", np.int32, "batch")
    case.input("total", np.int32)
    case.node("RotaryEmbedding", ["q", "positions", "cos", "sin"], ["turned"], MS, dtype="float16")
    case.node("Attention", ["q", "k", "v", "", "pk", "pv"], ["a", "a_k", "a_v"], is_causal=1, q_num_heads=heads,
              kv_num_heads=kv, dtype="float16")
    case.node("GroupQueryAttention", ["q", "k", "v", "pk", "pv", "lengths", "total", "cos", "sin"], ["b", "b_k", "b_v"],
              MS, dtype="float16", num_heads=heads, kv_num_heads=kv, do_rotary=1)
    for batch, rows, past in ((1, 3, 2), (2, 1, 4)):
        q, k, v = (case.normal(batch, rows, n * size, dtype=half) for n in (heads, kv, kv))
        pk, pv = (case.normal(batch, kv, past, size, dtype=half) for _ in range(2))
        positions = np.tile(past + np.arange(rows), (batch, 1))
        wide = [np.concatenate([p, split(x, kv)], 2) for p, x in ((pk, k), (pv, v))]
        a, _ = attention(split(q, heads), *wide, allowed=lambda b, head, i, j: j <= past + i)
        lengths, total = [past + rows - 1] * batch, past + rows
        b = group_query(q, k, v, (pk, pv), lengths, total, heads=heads, kv=kv, rotary=(cos, sin))
        turned = rotate(split(q, heads), cos, sin, lambda b, s, i: positions[b, s])
        case.add(dict(q=q, k=k, v=v, pk=pk, pv=pv, positions=positions, lengths=np.array(lengths, np.int32),
                      total=np.array(total, np.int32)),
                 dict(turned=join(turned), a=join(a), a_k=wide[0], a_v=wide[1], b=b[0], b_k=b[1], b_v=b[2]))
    return case


def multi_head():
    case = Case("op_multi_head", "Microsoft's attention of encoders: biases, masks, packed operands, with projection", 5)
    heads, size, width = 2, 4, 8
    weights, bias = case.constant("weights", case.normal(5, 3 * width)), case.constant("b", case.normal(3 * width))
    case.input("x", np.float32, "batch", "rows", 5)
    for name in ("q", "k", "v"):
        case.input(name, np.float32, "batch", "rows", width)
    case.input("qkv", np.float32, "batch", "rows", heads, 3, size)
    for name in ("pk", "pv"):
        case.input(name, np.float32, "batch", heads, "past", size)
    case.input("past", np.float32, 2, "batch", heads, "past", size)
    case.input("mask", np.int32, "batch", "columns")
    case.input("added", np.float32, 1, heads, "rows", "columns")
    case.input("lengths", np.int32, "batch")
    case.node("MultiHeadAttention", ["q", "k", "v", "b", "mask", "added", "pk", "pv"], ["a", "a_k", "a_v"], MS,
              num_heads=heads, scale=0.6)
    case.node("MultiHeadAttention", ["qkv", "", "", "", "lengths"], ["p"], MS, num_heads=heads, unidirectional=1)
    case.node("MultiHeadAttention", ["q", "pk", "pv"], ["cross"], MS, num_heads=heads)
    case.node("Attention", ["x", "weights", "b", "mask", "past"], ["w", "w_past"], MS, num_heads=heads,
              unidirectional=1)
    for batch, rows, past in ((2, 3, 2), (1, 1, 4)):
        q, k, v = (case.normal(batch, rows, width) for _ in range(3))
        x, qkv = case.normal(batch, rows, 5), case.normal(batch, rows, heads, 3, size)
        pk, pv = (case.normal(batch, heads, past, size) for _ in range(2))
        both = case.normal(2, batch, heads, past, size)
        mask = (case.random.random((batch, past + rows)) < 0.7).astype(np.int32)
        mask[:, 0] = 1
        added, lengths = case.normal(1, heads, rows, past + rows), case.random.integers(1, rows + 1, batch).astype(np.int32)
        filtered = lambda b, j: 0 if mask[b, j] else -10000.0
        parts = [split(t + bias[i * width:(i + 1) * width], heads) for i, t in enumerate((q, k, v))]
        wide = [np.concatenate([p, t], 2) for p, t in zip((pk, pv), parts[1:])]
        a, _ = attention(parts[0], *wide, scale=0.6,
                         bias=lambda b, head, i, j: float(added[0, head, i, j]) + filtered(b, j))
        apart = [qkv[:, :, :, i].transpose(0, 2, 1, 3) for i in range(3)]
        p, _ = attention(*apart, allowed=lambda b, head, i, j: j <= i,
                         bias=lambda b, head, i, j: 0 if j < lengths[b] else -10000.0)
        cross, _ = attention(split(q, heads), pk, pv)
        projected = np.asarray(x, np.float64) @ weights + bias
        parts = [split(t, heads) for t in np.split(projected, 3, 2)]
        joined = [np.concatenate([both[i], parts[1 + i]], 2) for i in range(2)]
        w, _ = attention(parts[0], *joined, allowed=lambda b, head, i, j: j <= past + i,
                         bias=lambda b, head, i, j: filtered(b, j))
        case.add(dict(x=x, q=q, k=k, v=v, qkv=qkv, pk=pk, pv=pv, past=both, mask=mask, added=added, lengths=lengths),
                 dict(a=join(a), a_k=wide[0], a_v=wide[1], p=join(p), cross=join(cross), w=join(w), w_past=np.stack(joined)))
    return case


def rotations_and_norms():
    case = Case("op_rotary_norm", "rotations in both orders of inputs, parts of heads, three positions; norms and skips", 6)
    heads, size = 2, 12
    full, part = tables(10, 6), tables(10, 4)
    for name, (cos, sin) in (("full", full), ("part", part)):
        case.constant(name + "_cos", cos), case.constant(name + "_sin", sin)
    gamma, beta, bias = (case.constant(n, case.normal(heads * size)) for n in ("gamma", "beta", "bias"))
    case.input("x", np.float32, "batch", "rows", heads * size)
    case.input("skip", np.float32, "batch", "rows", heads * size)
    case.input("apart", np.float32, "batch", heads, "rows", size)
    case.input("positions", np.int64, "batch", "rows")
    case.input("first", np.int64, 1)
    case.input("three", np.int64, 3, "batch", "rows")
    case.input("cos", np.float32, "batch", "rows", size // 2)
    case.input("sin", np.float32, "batch", "rows", size // 2)
    case.input("gate", np.float32, "batch", "rows", 1)
    case.node("RotaryEmbedding", ["x", "full_cos", "full_sin", "positions"], ["a"], num_heads=heads)
    case.node("RotaryEmbedding", ["x", "cos", "sin"], ["b"], num_heads=heads, interleaved=1)
    case.node("RotaryEmbedding", ["apart", "part_cos", "part_sin", "positions"], ["c"], rotary_embedding_dim=8)
    case.node("RotaryEmbedding", ["x", "first", "full_cos", "full_sin"], ["d"], MS)
    case.node("RotaryEmbedding", ["x", "positions", "part_cos", "part_sin"], ["e"], MS, num_heads=heads,
              rotary_embedding_dim=8, interleaved=1)
    case.node("MRotaryEmbedding", ["x", "three", "full_cos", "full_sin"], ["m"], MS, num_heads=heads, mrope_section=[2, 3, 1])
    case.node("MRotaryEmbedding", ["apart", "three", "full_cos", "full_sin"], ["n"], MS, mrope_section=[2, 2, 2], mrope_layout=1)
    case.node("RMSNormalization", ["x", "gamma"], ["rms"], epsilon=1e-4)
    case.node("LayerNormalization", ["x", "gamma", "beta"], ["ln", "mean", "inverse"], axis=-1)
    case.node("SkipSimplifiedLayerNormalization", ["x", "skip", "gamma", "bias"], ["sr", "", "", "sr_sum"], MS, epsilon=1e-4)
    case.node("SkipLayerNormalization", ["x", "skip", "gamma", "beta", "bias"], ["sl", "", "", "sl_sum"], MS, epsilon=1e-4)
    case.node("GatedAdd", ["x", "skip", "gate"], ["gated"], MS)
    for batch, rows in ((2, 3), (1, 5)):
        x, skip, gate = case.normal(batch, rows, heads * size), case.normal(batch, rows, heads * size), case.normal(batch, rows, 1)
        apart = case.normal(batch, heads, rows, size)
        positions, three = case.random.integers(0, 10, (batch, rows)), case.random.integers(0, 10, (3, batch, rows))
        first = np.array([4])
        cos, sin = full[0][positions], full[1][positions]
        own = lambda b, s, i: positions[b, s]
        runs, turns = [0, 0, 1, 1, 1, 2], [0, 1, 2, 0, 1, 2]
        xs = split(x, heads)
        total = np.asarray(x, np.float64) + skip + bias
        ln, mean, inverse = layer_norm(x, gamma, beta, 1e-5)
        case.add(dict(x=x, skip=skip, apart=apart, positions=positions, first=first, three=three, cos=cos, sin=sin, gate=gate),
                 dict(a=join(rotate(xs, *full, own)), b=join(rotate(xs, *full, own, True)), c=rotate(apart, *part, own),
                      d=join(rotate(xs, *full, lambda b, s, i: 4 + s)), e=join(rotate(xs, *part, own, True)),
                      m=join(rotate(xs, *full, lambda b, s, i: three[runs[i], b, s])),
                      n=rotate(apart, *full, lambda b, s, i: three[turns[i], b, s]), rms=rms(x, gamma, 1e-4),
                      ln=ln, mean=mean, inverse=inverse, sr=rms(total, gamma, 1e-4), sr_sum=total,
                      sl=layer_norm(total, gamma, beta, 1e-4)[0], sl_sum=total,
                      gated=np.asarray(x, np.float64) + np.asarray(skip, np.float64) * gate))
    return case


def attention_rows():
    case = Case("op_attention_rows", "more rows than are computed at a time: causal, windows, sinks, masks of one row and of all", 9)
    heads, size = 2, 4
    sink = case.constant("sink", case.normal(heads))
    case.input("q", np.float32, "batch", "rows", heads * size)
    case.input("k", np.float32, "batch", "rows", size)
    case.input("bias", np.float32, 1, 1, "rows", "rows")
    case.input("seen", np.bool_, "some", "rows")
    case.input("lengths", np.int32, "batch")
    case.input("total", np.int32)
    counts = dict(q_num_heads=heads, kv_num_heads=1)
    case.node("Attention", ["q", "k", "k", "bias"], ["a"], is_causal=1, softcap=2.0, **counts)
    case.node("Attention", ["q", "k", "k", "seen"], ["b"], **counts)
    case.node("GroupQueryAttention", ["q", "k", "k", "", "", "lengths", "total", "", "", "", "", "sink"], ["c", "c_k", "c_v"], MS,
              keep=["c"], num_heads=heads, kv_num_heads=1, local_window_size=20)
    case.node("MultiHeadAttention", ["q", "q", "q"], ["d"], MS, num_heads=heads, unidirectional=1)
    for batch, rows, some in ((2, 70, 70), (1, 129, 1), (1, 64, 64), (1, 2, 1)):
        q, k = case.normal(batch, rows, heads * size), case.normal(batch, rows, size)
        bias, seen = case.normal(1, 1, rows, rows), case.random.random((some, rows)) < 0.7
        lengths = np.full(batch, rows - 1, np.int32)
        qs, ks = split(q, heads), split(k, 1)
        causal = lambda b, head, i, j: j <= i
        a, _ = attention(qs, ks, ks, softcap=2.0, bias=lambda b, head, i, j: float(bias[0, 0, i, j]), allowed=causal)
        b, _ = attention(qs, ks, ks, allowed=lambda b, head, i, j: seen[i % some, j])
        c = group_query(q, k, k, None, lengths, rows, heads=heads, kv=1, window=20, sink=sink)
        d, _ = attention(qs, qs, qs, allowed=causal)
        case.add(dict(q=q, k=k, bias=bias, seen=seen, lengths=lengths, total=np.array(rows, np.int32)),
                 dict(a=join(a), b=join(b), c=c[0], d=join(d)))
    return case


def linear(q, k, v, state, decay, beta, *, heads, kv, rule, scale=None):
    """(output, states after each token)."""
    q, k, v = split(q, heads), split(k, kv), split(v, kv)
    batch, _, rows, size = q.shape
    state = np.zeros((batch, kv, size, v.shape[3])) if state is None else np.array(state, np.float64)
    count, states = max(heads, kv), []
    out = np.zeros((batch, count, rows, v.shape[3]))
    for t in range(rows):
        for b, head in np.ndindex(batch, kv):
            key, value = k[b, head, t], v[b, head, t]
            if rule.startswith("gated"):
                g = np.asarray(decay[b, t], np.float64).reshape(kv, -1)[head]
                state[b, head] *= np.exp(g)[:, None]
            if rule.endswith("delta"):
                rate = float(beta[b, t, head if beta.shape[2] > 1 else 0])
                value = rate * (value - state[b, head].T @ key)
            state[b, head] += np.outer(key, value)
        for b, head in np.ndindex(batch, count):
            out[b, head, t] = q[b, head * heads // count, t] @ state[b, head * kv // count] * (scale or size ** -0.5)
        states.append(state.copy())
    return join(out), states


def causal_conv(x, weight, bias, state, dilation=1):
    """x [B,C,L]; (output, padded input)."""
    x, taps = np.asarray(x, np.float64), weight.shape[2]
    before = np.zeros((*x.shape[:2], (taps - 1) * dilation)) if state is None else state
    padded, out = np.concatenate([before, x], 2), np.zeros_like(x)
    for b, c, t in np.ndindex(x.shape):
        out[b, c, t] = sum(padded[b, c, t + j * dilation] * weight[c, 0, j] for j in range(taps))
        out[b, c, t] += 0 if bias is None else bias[c]
    return out, padded


def recurrent():
    case = Case("op_recurrent", "linear attention of all rules, its gate, causal convolutions; states in windows", 7)
    kv, size, width, channels = 2, 3, 5, 6
    weight, bias = case.constant("weight", case.normal(channels, 1, 3)), case.constant("bias", case.normal(channels))
    dt, scales = case.constant("dt", case.normal(kv)), case.constant("scales", case.normal(kv))
    case.input("q4", np.float32, "batch", "rows", 4 * size)
    case.input("q1", np.float32, "batch", "rows", size)
    case.input("k", np.float32, "batch", "rows", kv * size)
    case.input("v", np.float32, "batch", "rows", kv * width)
    case.input("decay", np.float32, "batch", "rows", kv)
    case.input("each", np.float32, "batch", "rows", kv * size)
    case.input("beta", np.float32, "batch", "rows", kv)
    case.input("state", np.float32, "batch", kv, size, width)
    case.input("states", np.float32, 2, "batch", kv, size, width)
    case.input("x", np.float32, "batch", channels, "rows")
    case.input("x_last", np.float32, "batch", "rows", 2, 3)
    case.input("conv", np.float32, "batch", channels, 2)
    case.input("conv_last", np.float32, 2, "batch", 4, 2, 3)
    four = dict(q_num_heads=4, kv_num_heads=kv)
    case.node("LinearAttention", ["q4", "k", "v", "state", "decay", "beta"], ["a", "a_s"], MS, **four)
    case.node("LinearAttention", ["q4", "k", "v", "", "each"], ["b", "b_s"], MS, update_rule="gated", scale=0.7, **four)
    case.node("LinearAttention", ["q1", "k", "v", "states", "", "beta"], ["c", "c_s"], MS, update_rule="delta",
              q_num_heads=1, kv_num_heads=kv, state_window=2)
    case.node("LinearAttention", ["q4", "k", "v", "state"], ["d", "d_s"], MS, update_rule="linear", **four)
    case.node("LinearAttentionGate", ["decay", "dt", "scales", "beta"], ["g", "g_b"], MS)
    case.node("CausalConvWithState", ["x", "weight", "bias", "conv"], ["e", "e_s"], MS, activation="silu")
    case.node("CausalConvWithState", ["x", "weight"], ["f", "f_s"], MS)
    case.node("CausalConvWithState", ["x_last", "weight", "bias", "conv_last"], ["l", "l_s"], MS, channels_last=1, dilation=2,
              state_window=2)
    for batch, rows in ((2, 4), (1, 1)):
        q4, q1 = case.normal(batch, rows, 4 * size), case.normal(batch, rows, size)
        k, v = case.normal(batch, rows, kv * size) / 2, case.normal(batch, rows, kv * width)
        decay, each = -np.abs(case.normal(batch, rows, kv)), -np.abs(case.normal(batch, rows, kv * size))
        beta = sigmoid(case.normal(batch, rows, kv)).astype(np.float32)
        state, states = case.normal(batch, kv, size, width), case.normal(2, batch, kv, size, width)
        x, x_last = case.normal(batch, channels, rows), case.normal(batch, rows, 2, 3)
        conv, conv_last = case.normal(batch, channels, 2), case.normal(2, batch, 4, 2, 3)
        a, a_s = linear(q4, k, v, state, decay, beta, heads=4, kv=kv, rule="gated_delta")
        b, b_s = linear(q4, k, v, None, each, None, heads=4, kv=kv, rule="gated", scale=0.7)
        c, c_s = linear(q1, k, v, states[1], None, beta, heads=1, kv=kv, rule="delta")
        d, d_s = linear(q4, k, v, state, None, None, heads=4, kv=kv, rule="linear")
        e, e_p = causal_conv(x, weight, bias, conv)
        f, f_p = causal_conv(x, weight, None, None)
        last = x_last.reshape(batch, rows, channels).transpose(0, 2, 1)
        l, l_p = causal_conv(last, weight, bias, conv_last[1].reshape(batch, 4, channels).transpose(0, 2, 1), 2)
        slot = lambda padded, end: padded[:, :, end:end + 4].transpose(0, 2, 1).reshape(batch, 4, 2, 3)
        zero = np.zeros_like(c_s[0])
        case.add(dict(q4=q4, q1=q1, k=k, v=v, decay=decay, each=each, beta=beta, state=state, states=states, x=x,
                      x_last=x_last, conv=conv, conv_last=conv_last),
                 dict(a=a, a_s=a_s[-1], b=b, b_s=b_s[-1], c=c, c_s=np.stack([c_s[-2] if rows > 1 else zero, c_s[-1]]),
                      d=d, d_s=d_s[-1], g=scales * np.log1p(np.exp(np.asarray(decay, np.float64) + dt)), g_b=sigmoid(beta),
                      e=e * sigmoid(e), e_s=e_p[:, :, rows:], f=f, f_s=f_p[:, :, rows:],
                      l=l.transpose(0, 2, 1).reshape(x_last.shape),
                      l_s=np.stack([slot(l_p, rows - 1) if rows > 1 else np.zeros_like(conv_last[0]), slot(l_p, rows)])))
    return case


def conv(x, w, b, strides, dilations, before, after, groups):
    x = np.pad(np.asarray(x, np.float64), [(0, 0), (0, 0), *zip(before, after)])
    spans = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], dilations)]
    places = [(n - s) // t + 1 for n, s, t in zip(x.shape[2:], spans, strides)]
    out, per, inner = np.zeros((x.shape[0], w.shape[0], *places)), w.shape[0] // groups, w.shape[1]
    for n, m, *at in np.ndindex(out.shape):
        window = tuple(slice(a * t, a * t + s, d) for a, t, s, d in zip(at, strides, spans, dilations))
        group = m // per
        seen = x[(n, slice(group * inner, (group + 1) * inner), *window)]
        out[(n, m, *at)] = (seen * w[m]).sum() + (0 if b is None else b[m])
    return out


def pool(x, kernel, strides, before, after, what, places):
    """Places are given; what is outside of the input does not count."""
    out = np.zeros((*x.shape[:2], *places))
    for n, c, *at in np.ndindex(out.shape):
        window = []
        for a, k, t, p, size in zip(at, kernel, strides, before, x.shape[2:]):
            window.append(slice(max(a * t - p, 0), min(a * t - p + k, size)))
        out[(n, c, *at)] = what(np.asarray(x[(n, c, *window)], np.float64))
    return out


def convolutions():
    case = Case("op_conv", "convolutions of one and two dimensions, pools and norms by channels", 8, opset=20)
    c = 6
    w1, b1 = case.constant("w1", case.normal(c, 1, 3)), case.constant("b1", case.normal(c))
    w2, b2 = case.constant("w2", case.normal(4, 3, 3, 2)), case.constant("b2", case.normal(4))
    w3 = case.constant("w3", case.normal(5, c, 3, 3))
    stats = {n: case.constant(n, case.normal(c)) for n in ("scale", "shift", "mean")}
    stats["var"] = case.constant("var", np.abs(case.normal(c)) + np.float32(0.5))
    per_group = [case.constant(n, case.normal(3)) for n in ("group_scale", "group_shift")]
    case.input("x1", np.float32, "batch", c, "length")
    case.input("x2", np.float32, "batch", c, "height", "width")
    case.node("Conv", ["x1", "w1", "b1"], ["a"], group=c, pads=[2, 2], kernel_shape=[3])
    case.node("Conv", ["x2", "w2", "b2"], ["b"], group=2, strides=[2, 1], dilations=[1, 2], pads=[1, 0, 0, 2])
    case.node("Conv", ["x2", "w3"], ["s"], auto_pad="SAME_UPPER", strides=[2, 2])
    case.node("MaxPool", ["x2"], ["m"], kernel_shape=[2, 3], strides=[2, 2], pads=[0, 1, 1, 1])
    case.node("AveragePool", ["x2"], ["v"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1)
    case.node("GlobalAveragePool", ["x2"], ["ga"])
    case.node("BatchNormalization", ["x2", "scale", "shift", "mean", "var"], ["bn"], epsilon=1e-3)
    case.node("InstanceNormalization", ["x2", "scale", "shift"], ["in"])
    case.node("GroupNormalization", ["x2", "group_scale", "group_shift"], ["gn"], num_groups=3)
    column = lambda t: np.asarray(t, np.float64)[:, None, None]

    def whiten(x, parts):
        flat = np.asarray(x, np.float64).reshape(x.shape[0], parts, -1)
        flat = (flat - flat.mean(2, keepdims=True)) / np.sqrt(flat.var(2, keepdims=True) + 1e-5)
        return flat.reshape(x.shape)

    def ceil_places(size):
        count = -(-(size + 2 - 3) // 2) + 1
        return count - 1 if (count - 1) * 2 >= size + 1 else count
    for batch, length, height, width in ((1, 5, 7, 6), (2, 1, 4, 5)):
        x1, x2 = case.normal(batch, c, length), case.normal(batch, c, height, width)
        same = [(-(-n // 2) - 1) * 2 + 3 - n for n in (height, width)]
        before = [max(t, 0) // 2 for t in same]
        after = [max(t, 0) - u for t, u in zip(same, before)]
        case.add(dict(x1=x1, x2=x2), {
            "a": conv(x1, w1, b1, [1], [1], [2], [2], c), "b": conv(x2, w2, b2, [2, 1], [1, 2], [1, 0], [0, 2], 2),
            "s": conv(x2, w3, None, [2, 2], [1, 1], before, after, 1),
            "m": pool(x2, [2, 3], [2, 2], [0, 1], [1, 1], np.max, [(height + 1 - 2) // 2 + 1, (width + 2 - 3) // 2 + 1]),
            "v": pool(x2, [3, 3], [2, 2], [1, 1], [1, 1], np.mean, [ceil_places(height), ceil_places(width)]),
            "ga": np.asarray(x2, np.float64).mean((2, 3), keepdims=True),
            "bn": (x2 - column(stats["mean"])) / np.sqrt(column(stats["var"]) + 1e-3) * column(stats["scale"]) + column(stats["shift"]),
            "in": whiten(x2, c) * column(stats["scale"]) + column(stats["shift"]),
            "gn": whiten(x2, 3) * column(np.repeat(per_group[0], 2)) + column(np.repeat(per_group[1], 2))})
    return case


CASES = [group_query_cache, group_query_window, onnx_attention, half_attention, multi_head, rotations_and_norms, recurrent,
         convolutions, attention_rows]

if __name__ == "__main__":
    for make in CASES:
        case = make()
        if not sys.argv[1:] or case.name in sys.argv[1:]:
            case.write()

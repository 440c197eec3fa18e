"""Times one layer in one type, in a process of its own, so that what a fault loses is this layer's rows.

Reads a JSON object on its command line, prints one a line: a row each number of tokens, or what is skipped.
"""
import json
import lzma
import statistics
import sys
import time
from pathlib import Path

import numpy as np

import heads
import peers
import rt
import shapes

BURST = 0.05  # seconds of one peer before the next one's turn
MOST_CALLS = 20
ROWS = 16  # that are compared between batches


def say(**row):
    print(json.dumps(row), flush=True)


def burst(call):
    """The median of what `call` gives, in microseconds."""
    times, end = [], time.perf_counter() + BURST
    while not times or (len(times) < MOST_CALLS and time.perf_counter() < end):
        times.append(call())
    return statistics.median(times)


def made_input(tokens, shape, kind):
    rows = np.random.default_rng(2).standard_normal((tokens, shape.hidden), dtype=np.float32)
    if kind == "f16":
        return rows.astype(np.float16)
    return (rows.view(np.uint32) >> 16).astype(np.uint16) if kind == "bf16" else rows


def numbers(data, kind):
    if kind == "bf16":
        return (data.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    return data.view(np.float16 if kind == "f16" else np.float32).astype(np.float32)


def open_torch(spec, shape):
    """(module, peers), both empty where there is none."""
    try:
        import torch
    except ImportError:
        say(skipped="PyTorch", why="not installed")
        return None, {}
    if not torch.cuda.is_available():
        say(skipped="PyTorch", why="it has no GPU")
        return None, {}
    torch.cuda.set_device(spec["device"])
    torch.set_grad_enabled(False)
    kind = {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32}[spec["kind"]]
    found, skipped = peers.make(torch, shape, kind, f"cuda:{spec['device']}")
    for name, why in skipped.items():
        say(skipped=name, why=why)
    return torch, found


def on_device(torch, rows, kind):
    if kind == "bf16":
        return torch.from_numpy(rows.view(np.int16)).cuda().view(torch.bfloat16)
    return torch.from_numpy(rows).cuda()


def by_events(torch, call, x):
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    call(x)
    end.record()
    end.synchronize()
    return 1000 * begin.elapsed_time(end)


def in_turn(contenders, rounds):
    """Median and minimum of each, in microseconds; one that fails ends with its reason."""
    times, failed = {name: [] for name in contenders}, {}
    for _ in range(rounds + 1):  # the first one warms up
        for name, call in contenders.items():
            if name in failed:
                continue
            try:
                times[name].append(burst(call))
            except Exception as error:  # out of memory, an operator that is not there for these sizes
                if name == "ours":
                    raise
                failed[name] = str(error).splitlines()[0][:200]
    return {name: statistics.median(t[1:]) for name, t in times.items() if name not in failed}, failed


def kernel_times(runtime, model, rows, kind):
    """Microseconds a run of each kernel, launched one by one."""
    session = runtime.session(model, rt.PROFILE)
    session.bind(rows, shapes.ONNX_TYPES[kind])
    session.run()
    before = session.profile()
    session.run()
    after = session.profile()
    session.free()
    return {name: us - before.get(name, (0, 0))[1] for name, (_, us) in after.items()}


def measure(spec, shape, runtime, model, torch, found, per_expert):
    kind, tokens = spec["kind"], shape.tokens(per_expert)
    rows = made_input(tokens, shape, kind)
    session = runtime.session(model, rt.TIME)
    session.bind(rows, shapes.ONNX_TYPES[kind])
    contenders = {"ours": session.run}
    if torch:
        x = on_device(torch, rows, kind)
        contenders |= {name: lambda call=call: by_events(torch, call, x) for name, call in found.items()}
    times, failed = in_turn(contenders, spec["rounds"])
    first = numbers(session.output(ROWS, shapes.BYTES[kind]), kind)
    graph_launches = session.stats().graph_launches
    session.free()
    us, kernels = times.pop("ours"), kernel_times(runtime, model, rows, kind)
    products = sum(t for name, t in kernels.items() if name.endswith(("_many", "_few")))
    row = {"per_expert": per_expert, "tokens": tokens, "us": us, "tflops": shape.flops(tokens) / us / 1e6, "peers_us": times,
           "peers_failed": failed, "ratios": {name: t / us for name, t in times.items()}, "graph_launches": graph_launches,
           "kernels_us": kernels, "products_tflops": shape.flops(tokens) / products / 1e6 if products else None}
    return row, first


def difference(first, rows):
    """Relative, between the first tokens in two batches; null where a result is no number."""
    size = min(len(first), len(rows))
    error = np.linalg.norm(first[:size] - rows[:size]) / max(np.linalg.norm(first[:size]), 1e-30)
    return float(error) if np.isfinite(error) else None


def main(spec):
    shape, folder = shapes.SHAPES[spec["layer"]], Path(spec["folder"])
    artifact = Path(spec["work"]) / "layer.moe"
    head = lzma.decompress((folder / "layers" / f"{spec['layer']}.{spec['kind']}.head.xz").read_bytes())
    heads.fill(head, artifact, spec["kind"])
    runtime = rt.Runtime(folder / "bin/libmoe_rt.so")
    model = runtime.load(artifact, f"cuda:{spec['device']}")
    torch, found = open_torch(spec, shape)
    first = None
    for per_expert in spec["per_expert"]:
        try:
            row, rows = measure(spec, shape, runtime, model, torch, found, per_expert)
            first = rows if first is None else first
            say(**row, finite=bool(np.isfinite(rows).all()), batch_difference=difference(first, rows))
        except (OSError, MemoryError, RuntimeError) as error:
            say(per_expert=per_expert, tokens=shape.tokens(per_expert), error=str(error)[:400])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

"""Layers of real shapes against PyTorch, one process each; rows as they come."""
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import shapes

SECONDS = 120
LEAST_SECONDS = 20  # below that none is begun


def packed(args):
    """Names and types, the more telling first."""
    for kind in shapes.TYPES:
        for name in shapes.SHAPES:
            if (args.folder / "layers" / f"{name}.{kind}.head.xz").exists() and re.search(args.layers, f"{name}.{kind}"):
                yield name, kind


def work(args, name, kind):
    """(rows, what is wrong or None) of one layer."""
    folder = args.out / "work/bench"
    folder.mkdir(parents=True)
    spec = {"folder": str(args.folder), "work": str(folder), "layer": name, "kind": kind, "device": args.device,
            "per_expert": [int(n) for n in args.per_expert.split(",")], "rounds": args.rounds}
    words = [sys.executable, str(Path(__file__).resolve().with_name("bench_layer.py")), json.dumps(spec)]
    log, error = args.out / f"bench-{name}-{kind}.log", None
    try:
        with open(log, "w+") as stdout, open(folder / "stderr", "w+") as stderr:
            status = subprocess.run(words, stdout=stdout, stderr=stderr, timeout=min(SECONDS, max(args.seconds_left(), LEAST_SECONDS))).returncode
            stderr.seek(0)
            if status:
                error = f"status {status}: {(stderr.read().strip().splitlines() or ['nothing said'])[-1][:400]}"
    except subprocess.TimeoutExpired:
        error = "out of time"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{") and line.endswith("}")], error


def add_shares(row, dense):
    """Of what cuBLAS reached in this run for a dense product of the type."""
    if dense and "tflops" in row:
        row["of_dense"] = row["tflops"] / dense
        row["products_of_dense"] = row["products_tflops"] / dense if row["products_tflops"] else None


def main(args, report):
    layers = list(packed(args))
    if not layers:
        return report.skip("bench", "all", "no layer is packed, or none has the name asked for")
    told = set()
    for name, kind in layers:
        if args.seconds_left() < LEAST_SECONDS:
            report.skip("bench", f"{name} {kind}", "no time left")
            continue
        rows, error = work(args, name, kind)
        for row in rows:
            if "skipped" not in row:
                add_shares(row, report.data.get("limits", {}).get(f"dense_{kind}_tflops"))
                report.row("bench", {"layer": name, "type": kind, **row})
            elif row["skipped"] not in told or row["skipped"] != "PyTorch":
                told.add(row["skipped"])
                report.skip("bench", f"{row['skipped']} {name} {kind}" if row["skipped"] != "PyTorch" else "PyTorch", row["why"])
        if error:
            report.row("bench", {"layer": name, "type": kind, "per_expert": "", "error": error})
        print(f"timed: {name} {kind}: {len(rows)} rows{': ' + error if error else ''}", flush=True)

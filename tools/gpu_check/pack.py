"""Fills the folder that is carried to a machine with a GPU."""
import argparse
import concurrent.futures
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import heads
import layers
import shapes

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MODELS = ROOT / "test/models"
MOST_BYTES = 60e6
# What `run` is made of; the other modules stay here.
MODULES = ["bench.py", "bench_layer.py", "cases.py", "heads.py", "limits.py", "main.py", "peers.py", "report.py", "rt.py",
           "sanitizer.py", "shapes.py"]
RUN = """#!/usr/bin/env python3
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "gpu_check"))
import main

sys.exit(main.main(HERE))
"""


def compress(data, path):
    path.write_bytes(lzma.compress(data, preset=6))


def compile_model(args, model, artifact, targets):
    command = [args.bin / "moe-compile", model, "-o", artifact, f"--target={targets}", "--cpu=avx2"]
    subprocess.run(command + ["--no-cubin"] * args.no_cubin, check=True, capture_output=True, text=True)


def pack_case(args, name):
    case, to = MODELS / name, args.folder / "cases" / name
    to.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as tmp:
        artifact = Path(tmp) / "m.moe"
        compile_model(args, case / "model.onnx", artifact, "cpu,sm_80,sm_90")
        compress(artifact.read_bytes(), to / "m.moe.xz")
    shutil.copy(case / "case.json", to)
    for folder in [*case.glob("inputs*"), *case.glob("expected*")]:
        shutil.copytree(folder, to / folder.name)


def pack_layer(args, name, kind):
    with tempfile.TemporaryDirectory() as tmp:
        model, artifact = Path(tmp) / "layer.onnx", Path(tmp) / "layer.moe"
        layers.write_layer(model, shapes.SHAPES[name], kind)
        compile_model(args, model, artifact, "sm_80,sm_90")
        compress(heads.cut(artifact), args.folder / "layers" / f"{name}.{kind}.head.xz")


def pack_tools(args):
    """`run`, its modules, and the programs."""
    for name in ("bin", "gpu_check"):
        (args.folder / name).mkdir()
    shutil.copy(args.bin / "moe-run-portable", args.folder / "bin/moe-run")
    shutil.copy(args.bin.parent / "lib/libmoe_rt.so", args.folder / "bin")
    for module in MODULES:
        shutil.copy(HERE / module, args.folder / "gpu_check")
    run = args.folder / "run"
    run.write_text(RUN)
    run.chmod(0o755)


def jobs(args):
    """(what, function) of all that takes long."""
    for row in json.loads((ROOT / "test/e2e/cases.json").read_text()):
        name = row["name"]
        if not name.startswith("bad/") and re.search(args.only, name):
            yield f"case {name}", lambda name=name: pack_case(args, name)
    if args.no_bench:
        return
    (args.folder / "layers").mkdir()
    for name in shapes.SHAPES:
        for kind in shapes.TYPES:
            if re.search(args.shapes, f"{name}.{kind}"):
                yield f"layer {name} {kind}", lambda name=name, kind=kind: pack_layer(args, name, kind)


def attempt(job):
    """What is wrong, or None."""
    try:
        job[1]()
    except subprocess.CalledProcessError as error:
        return f"{job[0]}: {error.stderr.strip()[:400]}"
    except (OSError, ValueError) as error:
        return f"{job[0]}: {error}"
    return None


def size_of(folder):
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def parse(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    pack = parser.add_subparsers(dest="command", required=True).add_parser("pack", help="fill a folder")
    pack.add_argument("folder", type=Path, help="made; must not exist")
    pack.add_argument("--bin", type=Path, default=ROOT / "build/bin", help="the built tools (default: build/bin)")
    pack.add_argument("--only", default="", metavar="REGEX", help="cases whose name has it")
    pack.add_argument("--no-bench", action="store_true", help="without the timed layers")
    pack.add_argument("--shapes", default="", metavar="REGEX", help="timed layers whose NAME.TYPE has it")
    pack.add_argument("--no-cubin", action="store_true", help="PTX only, which the driver there compiles")
    pack.add_argument("--jobs", type=int, default=os.cpu_count())
    return parser.parse_args()


def main(description):
    args = parse(description)
    if args.folder.exists():
        sys.exit(f"gpu-check: error: {args.folder}: exists; name a new folder")
    args.folder.mkdir(parents=True)
    pack_tools(args)
    todo = list(jobs(args))
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        problems = [problem for problem in pool.map(attempt, todo) if problem]
    for problem in problems:
        print(f"gpu-check: error: {problem}", file=sys.stderr)
    size = size_of(args.folder)
    print(f"{args.folder}: {len(todo)} artifacts, {size / 1e6:.1f} MB")
    if size > MOST_BYTES:
        print(f"gpu-check: error: more than {MOST_BYTES / 1e6:.0f} MB; pack less with --only or --shapes", file=sys.stderr)
    return 1 if problems or size > MOST_BYTES else 0

#!/usr/bin/python3
"""Checks of the tree itself: names line up, examples parse, includes point down, files stay small.

    run.py --bin DIR [--filter REGEX] [--verbose]
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ("dialect", "passes", "lowering", "runtime", "tools", "test")

# What each folder may include; the way of the data points downwards.
MAY_INCLUDE = {
    "dialect": {"dialect"},
    "passes": {"passes", "dialect"},
    "lowering/onnx": {"lowering/onnx", "lowering", "passes", "dialect"},
    "lowering/linalg": {"lowering/linalg", "lowering", "passes", "dialect"},
    "lowering/buffers": {"lowering/buffers", "lowering", "passes", "dialect"},
    "lowering/math": {"lowering/math", "lowering", "dialect"},
    "lowering/host": {"lowering/host", "lowering/buffers", "lowering", "passes", "dialect", "runtime"},
    "lowering/cpu": {"lowering/cpu", "lowering/host", "lowering/math", "lowering/buffers", "lowering", "passes", "dialect", "runtime"},
    "lowering/nvptx": {"lowering/nvptx", "lowering/host", "lowering/math", "lowering/buffers", "lowering", "passes", "dialect", "runtime"},
    "lowering/artifact": {"lowering/artifact", "lowering/nvptx", "lowering/cpu", "lowering/host", "lowering", "passes", "dialect", "runtime"},
    "lowering": {"lowering", "lowering/onnx", "lowering/linalg", "lowering/buffers", "lowering/math", "lowering/host", "lowering/cpu", "lowering/nvptx", "lowering/artifact", "passes", "dialect", "runtime"},
    "runtime": {"runtime"},
    "tools": {"tools", "lowering", "lowering/onnx", "lowering/linalg", "lowering/buffers", "lowering/math", "lowering/host", "lowering/cpu", "lowering/nvptx", "lowering/artifact", "passes", "dialect", "runtime"},
}


def kebab(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def files(*patterns):
    for folder in SOURCE:
        for pattern in patterns:
            yield from sorted((ROOT / folder).rglob(pattern))


def rel(path):
    return str(path.relative_to(ROOT))


def check_names(bin_dir):
    """Pass def = file = flag = test."""
    for td, folder in (("passes/Passes.td", "passes"), ("lowering/Lowerings.td", "lowering")):
        text = (ROOT / td).read_text()
        for name, flag in re.findall(r'^def (\w+) : Pass<"([\w-]+)"', text, re.M):
            test = kebab(name)
            if flag not in (test, f"moe-{test}", f"host-{test}", f"cpu-{test}", f"nvptx-{test}", f"onnx-{test}"):
                yield f"{td}: pass {name} has the flag --{flag}, expected --{test} with an optional moe-, onnx-, host-, cpu- or nvptx-"
            if not list((ROOT / folder).rglob(f"{name}.cpp")):
                yield f"{td}: pass {name} has no {folder}/**/{name}.cpp"
            if not [p for p in (ROOT / "test" / folder).rglob(f"{test}*") if p.suffix == ".mlir" or p.is_dir()]:
                yield f"{td}: pass {name} has no test/{folder}/**/{test}.mlir"


def mlir_blocks():
    for path in [*files("*.td"), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]:
        if path.exists():
            for number, block in enumerate(re.findall(r"```mlir\n(.*?)```", path.read_text(), re.S), 1):
                yield path, number, block


def check_examples(bin_dir):
    """Every `mlir` block in .td files and documents parses and verifies."""
    for path, number, block in mlir_blocks():
        process = subprocess.run([bin_dir / "moe-opt", "-", "-o", os.devnull], input=block, capture_output=True, text=True)
        if process.returncode:
            yield f"{rel(path)}: mlir block {number}: {process.stderr.strip()[:300]}"


def check_op_docs(bin_dir):
    """Every operation and pass has a summary and a description; every operation an example or a place to look."""
    for td in ("dialect/MoeOps.td", "dialect/Onnx.td"):
        text = (ROOT / td).read_text()
        for body in re.split(r"^def (?=\w+Op :)", text, flags=re.M)[1:]:
            name = body.split(" ", 1)[0]
            for field in ("summary", "description"):
                if f"let {field} =" not in body:
                    yield f"{td}: {name} has no {field}"
    for td in ("passes/Passes.td", "lowering/Lowerings.td"):
        for body in re.split(r"^def (?=\w+ : Pass<)", (ROOT / td).read_text(), flags=re.M)[1:]:
            name = body.split(" ", 1)[0]
            for field in ("let summary", "let description", "Example: `test/"):
                if field not in body:
                    yield f"{td}: pass {name} has no `{field}`"
            for test in re.findall(r"Example: `(test/[^`]+)`", body):
                if not (ROOT / test).exists():
                    yield f"{td}: pass {name} names {test}, which is not there"


def folder_of(path):
    parts = path.split("/")
    deep = "/".join(parts[:2])
    return deep if deep in MAY_INCLUDE and len(parts) > 2 else parts[0]


def check_includes(bin_dir):
    """Includes point down: dialect <- passes <- lowering <- tools; runtime alone."""
    for path in files("*.h", "*.cpp", "*.c"):
        here = folder_of(rel(path))
        if here not in MAY_INCLUDE:
            continue
        for include in re.findall(r'^\s*#include "([^"]+)"', path.read_text(), re.M):
            there = folder_of(include)
            if include.split("/")[0] in ("dialect", "passes", "lowering", "runtime", "tools") and there not in MAY_INCLUDE[here]:
                yield f"{rel(path)} includes {include}: {here} may not look into {there}"
            if here == "runtime" and re.match(r"(mlir|llvm)/", include):
                yield f"{rel(path)} includes {include}: the runtime knows nothing of LLVM"


def check_sizes(bin_dir):
    """No source over 1,000 lines; the runtime under 3,500, and 2,500 more for GPUs."""
    total = {"runtime/": 0, "runtime/cuda": 0}
    for path in files("*.h", "*.cpp", "*.c", "*.td", "*.py", "*.mlir"):
        lines = path.read_text().count("\n")
        for prefix in total:
            total[prefix] += lines if rel(path).startswith(prefix) else 0
        if lines > 1000:
            yield f"{rel(path)} has {lines} lines, the limit is 1000"
    for what, lines, limit in (
        ("the CPU's part of runtime/", total["runtime/"] - total["runtime/cuda"], 3500),
        ("runtime/cuda*", total["runtime/cuda"], 2500),
    ):
        if lines > limit:
            yield f"{what} has {lines} lines, the limit is {limit}"


def check_format(bin_dir):
    """clang-format leaves every source as it is."""
    sources = [str(p) for p in files("*.h", "*.cpp", "*.c")]
    process = subprocess.run(["clang-format-22", "--dry-run", "-Werror", *sources], capture_output=True, text=True)
    for place in sorted(set(re.findall(r"^([^:\n]+):\d+:\d+: error", process.stderr, re.M))):
        yield f"{os.path.relpath(place, ROOT)} is not formatted; run clang-format-22 -i"


def check_linking(bin_dir):
    """The tools link the shared MLIR, and moe-run neither MLIR nor LLVM."""
    for tool in ("moe-opt", "moe-compile", "moe-translate", "moe-run"):
        linked = subprocess.run(["ldd", bin_dir / tool], capture_output=True, text=True).stdout
        if ("libMLIR" in linked) != (tool != "moe-run"):
            yield f"{tool} links {'' if 'libMLIR' in linked else 'no '}libMLIR"
        if tool == "moe-run" and re.search("LLVM|protobuf", linked):
            yield "moe-run links LLVM or protobuf"
        if (bin_dir / tool).stat().st_size > 30_000_000:
            yield f"{tool} has {(bin_dir / tool).stat().st_size} bytes: static MLIR in it?"


def check_pipeline_page(bin_dir):
    """docs/pipeline.md shows what the tools print."""
    process = subprocess.run([ROOT / "tools/update-docs", "--check", "--bin", bin_dir], capture_output=True, text=True)
    if process.returncode:
        yield (process.stdout + process.stderr).strip()[-400:]


CHECKS = {
    "names": (check_names, None),
    "examples": (check_examples, None),
    "op-docs": (check_op_docs, None),
    "includes": (check_includes, None),
    "sizes": (check_sizes, None),
    "format": (check_format, "clang-format-22"),
    "linking": (check_linking, "ldd"),
    "pipeline-page": (check_pipeline_page, "protoc"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=Path)
    parser.add_argument("--filter", default="")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    passed = failed = skipped = 0
    for name, (check, program) in CHECKS.items():
        if not re.search(args.filter, name):
            continue
        if program and not shutil.which(program):
            skipped += 1
            print(f"skipped: {name}: no {program} here")
            continue
        problems = list(check(args.bin.resolve()))
        for problem in problems:
            print(f"FAILED: {name}: {problem}")
        failed += bool(problems)
        passed += not problems
        if args.verbose and not problems:
            print(f"ok: {name}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

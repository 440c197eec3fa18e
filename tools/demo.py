#!/usr/bin/python3
"""A trained MoE classifies handwritten digits, and shows which expert saw which digit.

Compiles test/models/digits, runs it on its test images, and prints accuracy, images a second, the
largest error against the reference, and a heat map expert x digit a layer.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / "build" / "bin"
CASE = ROOT / "test" / "models" / "digits"
SHADES = " .:-=+*#%@"


def tool(*command):
    process = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if process.returncode:
        sys.exit(f"{Path(command[0]).name} failed: {process.stderr.strip()}")
    return process.stdout


def heat_map(load):
    """Rows are experts, columns digits; a shade is the expert's share of the digit's routes."""
    lines = ["          " + "".join(f"{digit:^5}" for digit in range(10))]
    share = load / load.sum(axis=0, keepdims=True).clip(min=1)
    top = share.max()
    for expert, row in enumerate(share):
        cells = "".join(f" {SHADES[round(v / top * (len(SHADES) - 1))] * 3} " for v in row)
        lines.append(f"expert {expert} |{cells}| {int(load[expert].sum()):4} rows")
    return "\n".join(lines)


def main():
    with tempfile.TemporaryDirectory(prefix="moe-demo-") as tmp:
        tmp = Path(tmp)
        artifact, images = tmp / "digits.moe", CASE / "inputs" / "images.npy"
        tool(BIN / "moe-compile", CASE / "model.onnx", "-o", artifact)
        run = [BIN / "moe-run", artifact, "--input", f"images={images}"]
        tool(*run, "--output-dir", tmp, "--routing", tmp / "routing")
        layers = json.loads(tool(BIN / "moe-run", artifact, "--info", "--json"))["moe_layers"]
        bench = json.loads(tool(*run, "--bench=1", "--json"))

        labels = np.load(CASE / "labels.npy")
        got, want = np.load(tmp / "logits.npy"), np.load(CASE / "expected" / "logits.npy")
        labels = labels[: len(got)]
        print(f"accuracy       {(got.argmax(axis=1) == labels).mean():.1%} of {len(got)} images")
        print(f"speed          {len(got) / bench['median_s']:,.0f} images/s")
        print(f"largest error  {np.abs(got - want).max():.2g} against the float64 reference")

        case = json.loads((CASE / "case.json").read_text())
        # expert_load also counts the test images that were left out of inputs/ because their routing
        # hangs on rounding: top_k routes of each, and nothing else, may be missing here.
        left_out = case["test_images"] - case["images_kept"]
        for layer, expected in zip(layers, np.array(case["expert_load"])):
            experts = np.load(tmp / "routing" / f"{layer['name']}.experts.npy")
            load = np.zeros((layer["experts"], 10), int)
            np.add.at(load, (experts, labels[:, None]), 1)
            missing = expected - load
            same = missing.min() >= 0 and missing.sum() == left_out * layer["top_k"]
            print(f"\n{layer['name']}: {layer['experts']} experts, top {layer['top_k']}, raised from a "
                  f"{layer['form']}; routed {'as' if same else 'NOT as'} the reference")
            print(heat_map(load))
            if not same:
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

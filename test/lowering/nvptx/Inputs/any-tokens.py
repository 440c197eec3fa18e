"""any-tokens.py ARTIFACT TOKENS...: runs it on random tokens, on the CPU and the device, and compares bits.

Every third token goes to the same experts, so that one has most rows and others few.
"""
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

HIDDEN, EXPERTS = 24, 5


def run(artifact, folder, device):
    command = ["moe-run", artifact, "--input", f"x={folder}/x.npy", "--input", f"logits={folder}/logits.npy",
               "--device", device, "--output-dir", folder / device, "--stats", "--json"]
    stats = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["stats"]
    return (folder / device / "y.npy").read_bytes(), stats


artifact = sys.argv[1]
folder = Path(artifact + ".dir")
folder.mkdir(exist_ok=True)
for tokens in map(int, sys.argv[2:]):
    random = np.random.default_rng(tokens)
    np.save(folder / "x.npy", random.standard_normal((tokens, HIDDEN)).astype(np.float32))
    logits = random.standard_normal((tokens, EXPERTS)).astype(np.float32)
    logits[::3, 1] += 9
    np.save(folder / "logits.npy", logits)
    (expected, _), (got, stats) = run(artifact, folder, "cpu"), run(artifact, folder, "cuda")
    print(f"{tokens} tokens: {'equal' if got == expected else 'different'}, {stats['fetches']} fetches")

"""What a model of n and of 2n layers becomes, stage by stage: twice as much, and code of the same size.

    linear.py FORM LAYERS WORK
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
STAGES = ("import", "typed", "moe", "linalg", "target", "llvm")


def functions(text):
    """The lines of each function, by name."""
    found, name = {}, None
    for line in text.splitlines():
        start = re.match(r"  (?:llvm|func)\.func .*?@(\w+)\(", line)
        if start:
            name = start.group(1)
            found[name] = 0
        elif line == "  }":
            name = None
        elif name:
            found[name] += 1
    return found


def sizes(form, layers, work):
    model = Path(work) / f"{form}-{layers}.onnx"
    subprocess.run([sys.executable, ROOT / "tools/bench/graph.py", model, "--form", form, "--layers", str(layers),
                    "--experts", "16", "--k", "2", "--hidden", "8", "--inter", "8", "--plain"], check=True, stdout=subprocess.DEVNULL)
    result = {}
    for stage in STAGES:
        text = subprocess.run(["moe-compile", model, f"--stop-after={stage}", "--cpu=avx2", "-o", "-"], check=True, capture_output=True, text=True).stdout
        parts = functions(text)
        # Longer functions would be more than linear to the passes that look at them.
        longest = max(count for name, count in parts.items() if name not in ("main", "moe_entry"))  if len(parts) > 1 else 0
        result[stage] = (len(text.splitlines()), len(parts), longest)
    return result


def main():
    form, layers, work = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    small, large = sizes(form, layers, work), sizes(form, 2 * layers, work)
    for stage in STAGES:
        lines, count, longest = small[stage]
        moreLines, moreCount, longer = large[stage]
        ratio = moreLines / lines
        print(f"{stage}: lines x {ratio:.2f}, functions {count} -> {moreCount}, longest {longest} -> {longer}")
        assert ratio < 2.1, f"{stage}: the text grows faster than the model"
        if stage in ("target", "llvm"):
            assert moreCount == count, f"{stage}: layers that are equal became functions of their own"
            assert longer == longest, f"{stage}: functions grow with the model"
            assert ratio < 1.3, f"{stage}: layers that are equal are lowered again"
    print("linear")


if __name__ == "__main__":
    main()

"""What was found, as a JSON file that is whole after every row, and as lines to read."""
import json
import os
import time


class Report:
    def __init__(self, path):
        self.path, self.begin = path, time.time()
        self.data = {"started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "skipped": []}

    def write(self):
        self.data["seconds"] = round(time.time() - self.begin, 1)
        new = self.path.with_name(self.path.name + ".new")
        new.write_text(json.dumps(self.data, indent=1))
        os.replace(new, self.path)

    def set(self, part, value):
        self.data[part] = value
        self.write()

    def row(self, part, row):
        self.data.setdefault(part, []).append(row)
        self.write()

    def skip(self, part, what, why):
        self.data["skipped"].append({"part": part, "what": what, "why": why})
        self.write()
        print(f"skipped: {part}: {what}: {why}", flush=True)

    def fail(self, part, why):
        """A whole part that ended before its end."""
        self.row("failed_parts", {"part": part, "error": why})
        print(f"FAILED: {part}: {why}", flush=True)


def summarise_cases(data):
    rows = data.get("cases", [])
    if not rows:
        return
    bad = [row for row in rows if row["error"]]
    graphs = sum(1 for row in rows if row.get("graph_kernels"))
    routing = [row["routing"] for row in rows if row.get("routing")]
    print(f"cases: {len(rows) - len(bad)} of {len(rows)} right, {graphs} of them through a graph; "
          f"{sum(r['others'] for r in routing)} of {sum(r['choices'] for r in routing)} choices of experts differ from the CPU's")
    for row in bad:
        print(f"  WRONG {row['name']}: {row['error']}")


def summarise_sanitizer(data):
    rows = data.get("sanitizer", [])
    if rows:
        print(f"sanitizer: {sum(1 for row in rows if not row['error'])} of {len(rows)} runs clean")
    for row in rows:
        if row["error"]:
            print(f"  FOUND {row['tool']} {row['name']}: {row['error']}")


def summarise_limits(data):
    for key, value in data.get("limits", {}).items():
        print(f"limits: {key} {value:.4g}")


def summarise_bench(data):
    rows = data.get("bench", [])
    if not rows:
        return
    print(f"{'layer':18} {'type':5} {'rows':>5} {'ours us':>10} {'TFLOP/s':>8} {'of dense':>8} {'products':>8}  others, time over ours")
    for row in rows:
        line = f"{row['layer']:18} {row['type']:5} {row['per_expert']:5}"
        if row.get("error"):
            print(f"{line} FAILED: {row['error']}")
            continue
        shares = [f"{row[key]:8.1%}" if row.get(key) else f"{'-':>8}" for key in ("of_dense", "products_of_dense")]
        others = ", ".join(f"{name} {ratio:.2f}" for name, ratio in row["ratios"].items())
        print(f"{line} {row['us']:10.1f} {row['tflops']:8.2f} {shares[0]} {shares[1]}  {others or '-'}")


def summarise(data):
    device = data.get("device", {})
    print(f"\ndevice: {device.get('name', 'unknown')}, driver {device.get('driver', 'unknown')}")
    for part in (summarise_cases, summarise_sanitizer, summarise_limits, summarise_bench):
        part(data)
    for row in data["skipped"]:
        print(f"skipped: {row['part']}: {row['what']}: {row['why']}")
    for row in data.get("failed_parts", []):
        print(f"FAILED: {row['part']}: {row['error']}")

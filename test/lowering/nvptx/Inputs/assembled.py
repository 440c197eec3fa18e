"""assembled.py ARTIFACT ARCHITECTURE...: what ptxas says of an artifact's kernels, a line an architecture."""
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

BOUND = 224  # of registers: what the largest product takes, and a little
PTX_SECTION = 5  # runtime/moe_format.h


def sections(artifact):
    """(kind, bytes) of a .moe file."""
    data = artifact.read_bytes()
    (count,) = struct.unpack_from("<I", data, 12)
    for i in range(count):
        kind, _, offset, size = struct.unpack_from("<IIQQ", data, 64 + 64 * i)
        yield kind, data[offset:offset + size]


artifact = Path(sys.argv[1])
ptxas = shutil.which("ptxas") or "/usr/local/cuda/bin/ptxas"
ptx = artifact.with_suffix(".ptx")
ptx.write_bytes(next(data for kind, data in sections(artifact) if kind == PTX_SECTION))
for architecture in sys.argv[2:]:
    command = [ptxas, "-v", "-O3", f"-arch=sm_{architecture}", ptx, "-o", artifact.with_suffix(".cubin")]
    log = subprocess.run(command, check=True, capture_output=True, text=True)
    log = log.stdout + log.stderr
    registers = [int(n) for n in re.findall(r"Used (\d+) registers", log)]
    spilling = [n for n in re.findall(r"(\d+) bytes spill stores", log) if int(n)]
    warnings = re.findall(r"warning|C75\d\d", log)
    bound = max(BOUND, *registers)
    print(f"sm_{architecture}: {len(registers)} kernels, at most {bound} registers, {len(spilling)} spill, {len(warnings)} warnings")

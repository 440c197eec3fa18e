"""Artifacts without the numbers of their weights.

The weight section is the last of an artifact (runtime/moe_format.h), and its checksum is compared on
request only: what is before it says all but the numbers.
"""
import struct

import numpy as np

WEIGHTS = 3  # moe_section_kind


def weight_section(head):
    """(offset, bytes) of the weight section."""
    (sections,) = struct.unpack_from("<I", head, 12)
    for index in range(sections):
        kind, _, offset, size = struct.unpack_from("<IIQQ", head, 64 + 64 * index)
        if kind == WEIGHTS:
            return offset, size
    raise ValueError("an artifact without weights")


def cut(artifact):
    """The bytes before the weights."""
    with open(artifact, "rb") as file:
        offset, _ = weight_section(file.read(1 << 16))
        file.seek(0)
        return file.read(offset)


def random_block(kind):
    """A few MB of numbers as weights are: small, around 0. An odd count, so that nothing lines up with rows."""
    values = np.random.default_rng(1).standard_normal((1 << 22) + 1, dtype=np.float32) * np.float32(0.03)
    if kind == "f16":
        values = values.astype(np.float16)
    elif kind == "bf16":
        values = (values.view(np.uint32) >> 16).astype(np.uint16)
    return values.tobytes()


def fill(head, path, kind):
    """Writes the whole artifact to `path`."""
    offset, left = weight_section(head)
    block = random_block(kind)
    with open(path, "wb") as file:
        file.write(head.ljust(offset, b"\0"))
        while left > 0:
            left -= file.write(block[:left])

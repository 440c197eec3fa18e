"""Reads what ONNX's own tests consist of: graphs as far as a report needs them, tensors as NumPy arrays.

Its own few lines of protobuf, so that the tests need nothing but NumPy.
"""
import struct

import numpy as np


def fields(data):
    """(number, value) of each field of a message: an int, or the bytes of it."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            value, at = data[at:at + size], at + size
        else:
            raise ValueError(f"wire type {wire}")
        yield number, value


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def integers(value):
    """The numbers of a repeated field, packed or one alone; negative ones too."""
    found, at = [], 0
    if isinstance(value, int):
        found = [value]
    else:
        while at < len(value):
            number, at = varint(value, at)
            found.append(number)
    return [n - (1 << 64) if n >> 63 else n for n in found]


# TensorProto.DataType: name, NumPy's type for an element in memory, bits in a file.
TYPES = {
    1: ("float32", "<f4", 32), 2: ("uint8", "u1", 8), 3: ("int8", "i1", 8), 4: ("uint16", "<u2", 16),
    5: ("int16", "<i2", 16), 6: ("int32", "<i4", 32), 7: ("int64", "<i8", 64), 8: ("string", "O", 0),
    9: ("bool", "?", 8), 10: ("float16", "<f2", 16), 11: ("float64", "<f8", 64), 12: ("uint32", "<u4", 32),
    13: ("uint64", "<u8", 64), 14: ("complex64", "<c8", 64), 15: ("complex128", "<c16", 128),
    16: ("bfloat16", "<u2", 16), 17: ("float8e4m3fn", "u1", 8), 18: ("float8e4m3fnuz", "u1", 8),
    19: ("float8e5m2", "u1", 8), 20: ("float8e5m2fnuz", "u1", 8), 21: ("uint4", "u1", 4), 22: ("int4", "i1", 4),
    23: ("float4e2m1", "u1", 4), 24: ("float8e8m0", "u1", 8), 25: ("uint2", "u1", 2), 26: ("int2", "i1", 2),
}


class Tensor:
    """A named tensor: `array` as `.npy` files have it (bfloat16 as uint16, smaller numbers a byte each)."""

    def __init__(self, name, code, array):
        self.name, self.type, self.array = name, TYPES[code][0], array

    def numbers(self):
        """The elements as numbers that can be compared."""
        if self.type == "bfloat16":
            return (self.array.astype(np.uint32) << 16).view(np.float32)
        if self.type in SMALL_FLOATS:
            return SMALL_FLOATS[self.type][self.array]
        return self.array


def small_float(exponent_bits, mantissa_bits, bias, infinite=False, fnuz=False):
    """All values of a small float type by their bits; `fnuz`: NaN is the negative zero alone."""
    values = []
    for bits in range(1 << (1 + exponent_bits + mantissa_bits)):
        mantissa = bits & ((1 << mantissa_bits) - 1)
        exponent = (bits >> mantissa_bits) & ((1 << exponent_bits) - 1)
        scale = 2.0 ** (max(exponent, 1) - bias - mantissa_bits)
        value = (mantissa + (exponent > 0) * (1 << mantissa_bits)) * scale
        top = exponent == (1 << exponent_bits) - 1
        if infinite and top:
            value = np.nan if mantissa else np.inf
        elif not fnuz and not infinite and exponent_bits == 4 and top and mantissa == (1 << mantissa_bits) - 1:
            value = np.nan
        values.append(-value if bits >> (exponent_bits + mantissa_bits) else value)
    if fnuz:
        values[1 << (exponent_bits + mantissa_bits)] = np.nan
    return np.array(values, np.float32)


SMALL_FLOATS = {
    "float8e4m3fn": small_float(4, 3, 7),
    "float8e4m3fnuz": small_float(4, 3, 8, fnuz=True),
    "float8e5m2": small_float(5, 2, 15, infinite=True),
    "float8e5m2fnuz": small_float(5, 2, 16, fnuz=True),
    "float4e2m1": small_float(2, 1, 1),
    "float8e8m0": np.array([2.0 ** (e - 127) for e in range(255)] + [np.nan], np.float64),
}


def unpack(raw, code, count):
    """Elements of less than a byte, first in the low bits."""
    bits = TYPES[code][2]
    places = np.arange(8 // bits, dtype=np.uint8) * bits
    values = ((np.frombuffer(raw, np.uint8)[:, None] >> places) & ((1 << bits) - 1)).ravel()[:count]
    if TYPES[code][0].startswith("int"):
        return ((values.astype(np.int16) ^ (1 << (bits - 1))) - (1 << (bits - 1))).astype(np.int8)
    return values


def read_tensor(data):
    """A TensorProto."""
    dims, code, name, raw, values, strings = [], 0, "", None, [], []
    for number, value in fields(data):
        if number == 1:
            dims += integers(value)
        elif number == 2:
            code = value
        elif number == 4:
            values += struct.unpack(f"<{len(value) // 4}f", value)
        elif number == 10:
            values += struct.unpack(f"<{len(value) // 8}d", value)
        elif number in (5, 7, 11):
            values += integers(value)
        elif number == 6:
            strings.append(value)
        elif number == 8:
            name = value.decode()
        elif number == 9:
            raw = value
    count = int(np.prod(dims, dtype=np.int64))
    return Tensor(name, code, elements(code, raw, values, strings, count).reshape(dims))


def elements(code, raw, values, strings, count):
    name, kind, bits = TYPES[code]
    if name == "string":
        return np.array(strings, object)
    if bits < 8:
        packed = bytes(raw) if raw is not None else bytes(v & 255 for v in values)
        return unpack(packed, code, count)
    if raw is not None:
        return np.frombuffer(raw, kind)
    if name == "float16":
        return np.array(values, "<u2").view("<f2")
    if name == "uint64":
        return np.array([v & (1 << 64) - 1 for v in values], kind)
    return np.array(values, kind)


def read_value(data, kind):
    """What a file of test data holds: a Tensor, a list of values, or None for an empty optional."""
    if kind == "tensor":
        return read_tensor(data)
    if kind == "sequence":
        return [read_tensor(v) for number, v in fields(data) if number == 3]
    if kind == "optional":
        for number, value in fields(data):
            if number == 3:
                return read_tensor(value)
            if number == 5:
                return read_value(value, "sequence")
        return None
    raise ValueError(f"values of kind {kind}")


class Graph:
    """A model's operators, opsets, and the (name, kind) of its inputs and outputs."""

    def __init__(self, data):
        self.operators, self.inputs, self.outputs, self.opsets = [], [], [], {}
        self.body = b""
        for number, value in fields(data):
            if number == 7:
                self.body = value
                self.read_graph(value)
            elif number == 8:
                opset = dict(fields(value))
                self.opsets[bytes(opset.get(1, b"")).decode()] = opset.get(2, 0)

    def read_graph(self, data):
        for number, value in fields(data):
            if number == 1:
                node = dict(fields(value))
                self.operators.append(bytes(node[4]).decode())
            elif number in (11, 12):
                info = dict(fields(value))
                kind = next((KINDS.get(n, "other") for n, _ in fields(info.get(2, b"")) if n != 6), "tensor")
                (self.inputs if number == 11 else self.outputs).append((bytes(info[1]).decode(), kind))


KINDS = {1: "tensor", 4: "sequence", 5: "map", 8: "sparse", 9: "optional"}

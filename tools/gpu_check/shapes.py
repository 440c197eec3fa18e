"""The layers that are timed: real models' shapes, one MoE layer each."""
from typing import NamedTuple

TYPES = ["f16", "bf16", "f32"]
BYTES = {"f16": 2, "bf16": 2, "f32": 4}
ONNX_TYPES = {"f16": 10, "bf16": 16, "f32": 1}  # the runtime's numbers too


class Shape(NamedTuple):
    hidden: int
    inter: int
    experts: int
    k: int
    act: str = "swiglu"  # swiglu, clamped (gpt-oss, with biases) or relu (one product, no gate)
    shared: int = 0  # width of an expert that takes all tokens

    def up_columns(self):
        return self.inter if self.act == "relu" else 2 * self.inter

    def tokens(self, per_expert):
        """Tokens of a run in which an expert gets `per_expert` rows on average."""
        return max(1, per_expert * self.experts // self.k)

    def product_flops(self, tokens):
        """Of the experts' products."""
        return 2 * tokens * self.k * self.hidden * (self.up_columns() + self.inter)

    def flops(self, tokens):
        """Of all products of the layer."""
        return self.product_flops(tokens) + 2 * tokens * self.hidden * (self.experts + 3 * self.shared)


SHAPES = {
    "qwen3_30b_a3b": Shape(2048, 768, 128, 8),
    "mixtral": Shape(4096, 3584, 8, 2),
    "gpt_oss_20b": Shape(2880, 2880, 32, 4, "clamped"),
    "deepseek_v2_lite": Shape(2048, 1408, 64, 6, shared=2816),
    "olmoe": Shape(2048, 1024, 64, 8),
    "switch_base_8": Shape(768, 3072, 8, 1, "relu"),
    "switch_base_64": Shape(768, 3072, 64, 1, "relu"),
    "tiny_digits": Shape(64, 128, 8, 2),
}

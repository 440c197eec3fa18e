"""Says how many multiply-adds of products' kernels are tensor instructions: tensor-share.py COUNTERS.json"""
import json
import sys

kernels = json.load(open(sys.argv[1]))["kernels"]
products = {name: kernel for name, kernel in kernels.items() if name.endswith(("_many", "_few"))}
tensor = sum(kernel["tensor_multiply_adds"] for kernel in products.values())
other = sum(kernel["fma_multiply_adds"] for kernel in products.values())
bound = "at least 95 %" if tensor and tensor >= 0.95 * (tensor + other) else f"{tensor} of {tensor + other}"
print(f"{len(products)} products, share of tensor instructions: {bound}")

//===- Refused.cpp - Operators that are known and not compiled ------------===//
//
// A file with one of these is no mistake; whoever has it should read why it is refused, and what
// to export instead, rather than that the operator is unknown.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

static void severalDevices(Inference &n) {
  n.unsupported("experts that are spread over several devices; export the model for one device, "
                "with MoE");
}
static void pagedCache(Inference &n) {
  n.unsupported("a cache in pages, which a serving engine lays out; export with "
                "GroupQueryAttention or Attention");
}
static void packedTokens(Inference &n) {
  n.unsupported("a batch without its padding; export with MultiHeadAttention or Attention");
}
static void fusedQuantised(Inference &n) {
  n.unsupported("several quantised products in one operator of an execution provider; export "
                "with MatMulNBits");
}
static void blockFloat(Inference &n) {
  n.unsupported("weights in blocks of fp8 or fp4 as an execution provider lays them out; export "
                "with DequantizeLinear or MatMulNBits");
}
static void functionsInside(Inference &n) {
  n.unsupported("attention with functions of scores as subgraphs, a preview of ONNX; export with "
                "Attention");
}

llvm::ArrayRef<InferRow> moe::onnx::inferRefusedRows() {
  static const InferRow rows[] = {
      {"ai.onnx.preview", "FlexAttention", 1, functionsInside},
      {"com.microsoft", "MatMulBlockQuantizedFp4Weight", 1, blockFloat},
      {"com.microsoft", "MatMulBlockQuantizedFp8Weight", 1, blockFloat},
      {"com.microsoft", "MatMulNBitsMlp", 1, fusedQuantised},
      {"com.microsoft", "MatMulNBitsQkv", 1, fusedQuantised},
      {"com.microsoft", "PackedAttention", 1, packedTokens},
      {"com.microsoft", "PackedMultiHeadAttention", 1, packedTokens},
      {"com.microsoft", "PagedAttention", 1, pagedCache},
      {"com.microsoft", "ShardedMoE", 1, severalDevices},
  };
  return rows;
}

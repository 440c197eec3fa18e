//===- FusedQuant.cpp - The quantised weights of QMoE ---------------------===//

#include "lowering/onnx/raise/FusedQuant.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moe::raise {
namespace {

const char *const names[] = {"fc1", "fc2", "fc3"};

InFlightDiagnostic error(onnx::NodeOp node) { return node.emitError(nameOf(node)) << ": "; }

std::string shapeText(const WeightView &view) {
  std::string text = "[";
  for (auto [index, size] : llvm::enumerate(view.shape))
    text += (index ? "," : "") + std::to_string(size);
  return text + "]";
}

/// One of fc1, fc2 and fc3.
struct Projection {
  onnx::NodeOp node;
  unsigned index;
  std::string name() const { return names[index]; }

  unsigned weightInput() const { return 2 + 3 * index; }
  Value weight() { return node.input(weightInput()); }
  Value scales() { return node.input(weightInput() + 1); }
  Value zeroPoints() { return node.input(11 + index); }

  InFlightDiagnostic error() { return raise::error(node) << name(); }
  FailureOr<unsigned> bits();
  FailureOr<WeightView> codes(int64_t size);
  FailureOr<WeightView> perBlock(int64_t columns);
  FailureOr<int64_t> blockSize(int64_t depth, int64_t blocks);
  FailureOr<std::optional<WeightView>> zeros(unsigned bits, int64_t columns, int64_t blocks);
};

FailureOr<unsigned> Projection::bits() {
  int64_t all = node.intAttribute("expert_weight_bits", 4);
  int64_t bits = node.intAttribute(name() + "_expert_weight_bits", all);
  if (bits == 0)
    bits = all;
  if (bits != 2 && bits != 4 && bits != 8)
    return error() << "'s codes have " << bits << " bits, expected 2, 4 or 8";
  return static_cast<unsigned>(bits);
}

/// The codes in the order of the file, `size` of them along the last dimension where they may be
/// fewer than the bytes hold.
FailureOr<WeightView> Projection::codes(int64_t size) {
  FailureOr<unsigned> width = bits();
  if (failed(width))
    return failure();
  auto stored = storedView(weight());
  if (!stored)
    return error() << " is no constant; unsupported";
  if (stored->rank() != 3)
    return error() << " " << shapeText(*stored) << " does not have three dimensions";
  bool isByte = stored->elementType.isUnsignedInteger(8);
  int64_t together = 8 / *width, most = stored->shape.back();
  if (!isByte || llvm::MulOverflow(most, together, most))
    return error() << " holds " << stored->elementType
                   << ", expected the bytes of codes (uint8); unsupported";
  // A last byte may be filled up.
  int64_t count = size > most - together && size <= most ? size : most;
  auto view = codesOf(*stored, *width, count);
  if (!view)
    return error() << " " << shapeText(*stored) << " is a view that splits its bytes; unsupported";
  return *view;
}

/// Scales as [E, blocks, N].
FailureOr<WeightView> Projection::perBlock(int64_t columns) {
  if (!scales())
    return error() << " has no scales";
  auto view = weightView(scales());
  if (!view)
    return error() << "'s scales are no constant of floats; unsupported";
  unsigned width = view->elementType.getIntOrFloatBitWidth();
  if (width != 16 && width != 32)
    return error() << "'s scales are of " << view->elementType
                   << ", expected float, float16 or bfloat16; unsupported";
  int64_t experts = lastDim(node.input(1));
  bool fits = (view->rank() == 2 || view->rank() == 3) && view->shape[0] == experts &&
              view->shape[1] == columns && view->shape.back() > 0;
  if (!fits)
    return error() << "'s scales " << shapeText(*view) << " do not fit its weight: expected ["
                   << experts << "," << columns << "] or [" << experts << "," << columns
                   << ",blocks]";
  if (view->rank() == 2) {
    view->shape.push_back(1);
    view->strides.push_back(0);
  }
  return view->permuted({0, 2, 1});
}

/// The block size that the attribute says or, where it is absent or 0, that follows: blocks are
/// powers of two from 16 on.
FailureOr<int64_t> Projection::blockSize(int64_t depth, int64_t blocks) {
  int64_t block = node.intAttribute("block_size", 0);
  if (block < 0 || (block > 0 && (block < 16 || !llvm::isPowerOf2_64(block))))
    return raise::error(node) << "block_size is " << block
                              << ", expected a power of two of at least 16, or 0";
  if (block > 0 && llvm::divideCeilSigned(depth, block) != blocks)
    return error() << "'s scales have " << blocks << " blocks, but a depth of " << depth << " has "
                   << llvm::divideCeilSigned(depth, block) << " blocks of " << block
                   << " (block_size)";
  if (block > 0)
    return std::min(block, std::max<int64_t>(depth, 1));
  if (blocks == 1)
    return depth;
  for (block = 16; block < depth; block *= 2)
    if (llvm::divideCeilSigned(depth, block) == blocks) {
      remark::analysis(node.getLoc(), remark::RemarkOpts::name("Blocks").category("moe-raise"))
          << nameOf(node) + ": " + name() + " has no block_size, its scales say " +
                 std::to_string(block);
      return block;
    }
  return error() << "'s scales have " << blocks << " blocks, and no block_size divides a depth of "
                 << depth << " into so many";
}

/// Zero points as [E, blocks, N]: packed along the blocks, or along the columns where there is one
/// block.
FailureOr<std::optional<WeightView>> Projection::zeros(unsigned bits, int64_t columns,
                                                       int64_t blocks) {
  if (!zeroPoints())
    return std::optional<WeightView>();
  auto stored = storedView(zeroPoints());
  if (!stored || !stored->elementType.isUnsignedInteger(8))
    return error() << "'s zero points are no constant of uint8; unsupported";
  bool perChannel = stored->rank() == 2;
  auto view = codesOf(*stored, bits, perChannel ? columns : blocks);
  int64_t experts = lastDim(node.input(1));
  bool fits = view && view->shape[0] == experts &&
              (perChannel ? blocks == 1 : view->rank() == 3 && view->shape[1] == columns);
  if (!fits) {
    int64_t together = 8 / bits;
    auto diagnostic = error() << "'s zero points " << shapeText(*stored)
                              << " do not fit its scales: expected [" << experts << "," << columns
                              << "," << llvm::divideCeilSigned(blocks, together) << "]";
    if (blocks == 1)
      diagnostic << " or [" << experts << "," << llvm::divideCeilSigned(columns, together) << "]";
    return diagnostic;
  }
  if (perChannel) {
    view->shape.insert(view->shape.begin() + 1, 1);
    view->strides.insert(view->strides.begin() + 1, 0);
    return view;
  }
  return std::optional(view->permuted({0, 2, 1}));
}

/// What the attributes say of how bytes lie. Nothing in them tells permuted bytes from others.
LogicalResult checkStorage(onnx::NodeOp node) {
  if (node.attribute("accuracy_level"))
    remark::analysis(node.getLoc(), remark::RemarkOpts::name("Accuracy").category("moe-raise"))
        << nameOf(node) + ": accuracy_level is not needed: sums are in float32";
  StringRef type = node.stringAttribute("quant_type", "int");
  if (type != "int")
    return error(node) << "unsupported: quant_type is '" << type << "', expected 'int'";
  for (unsigned input = 15; input < node.getInputs().size(); ++input)
    if (node.input(input))
      return error(node) << "unsupported: input " << input
                         << " scales what quant_type 'int' does not have";
  int64_t prepacked = node.intAttribute("weights_prepacked", -1);
  if (prepacked < -1 || prepacked > 1)
    return error(node) << "weights_prepacked is " << prepacked << ", expected -1, 0 or 1";
  if (prepacked == 1)
    return error(node)
           << "unsupported: weights_prepacked = 1 means weights permuted for CUDA, which "
              "cannot be read as plain numbers; export with weights_prepacked = 0";
  return success();
}

/// Files with permuted bytes have the shapes of the old layout, and may say nothing of it.
LogicalResult checkLegacy(onnx::NodeOp node, StringRef option, bool legacy) {
  if (!legacy || option == "legacy" || node.intAttribute("weights_prepacked", -1) == 0)
    return success();
  return error(node) << "unsupported: weights of shape [E, in, out] without weights_prepacked = 0 "
                        "may be permuted for CUDA; if they are plain, say --moe-layout=legacy or "
                        "set weights_prepacked = 0";
}

} // namespace

ArrayRef<StringRef> quantAttributes() {
  static const StringRef known[] = {"expert_weight_bits",
                                    "fc1_expert_weight_bits",
                                    "fc2_expert_weight_bits",
                                    "fc3_expert_weight_bits",
                                    "block_size",
                                    "quant_type",
                                    "weights_prepacked",
                                    "accuracy_level"};
  return known;
}

LogicalResult readQuantised(onnx::NodeOp node, const FusedShapes &shapes, StringRef layoutOption,
                            MutableArrayRef<std::optional<QuantView>> weights,
                            ArrayRef<std::optional<WeightView>> biases) {
  if (failed(checkStorage(node)))
    return failure();
  std::optional<WeightView> codes[3];
  for (unsigned i = 0; i < 3; ++i) {
    Projection one{node, i};
    if (!one.weight())
      continue;
    // The depth of fc2 is the width of fc1, which has both parts with a fusion.
    int64_t depth = i == 1 && codes[0] ? codes[0]->shape[1] / shapes.parts : shapes.hidden;
    FailureOr<WeightView> view = one.codes(depth);
    if (failed(view))
      return failure();
    codes[i] = *view;
  }
  if (!codes[0] || !codes[1])
    return error(node) << "fc1 and fc2 must be given";
  auto legacy = settleLayout(node, shapes, layoutOption, codes, biases);
  if (failed(legacy) || failed(checkLegacy(node, layoutOption, *legacy)))
    return failure();
  for (unsigned i = 0; i < 3; ++i) {
    Projection one{node, i};
    if (!codes[i])
      continue;
    int64_t depth = codes[i]->shape[1], columns = codes[i]->shape[2];
    FailureOr<WeightView> scales = one.perBlock(columns);
    if (failed(scales))
      return failure();
    int64_t blocks = scales->shape[1];
    FailureOr<int64_t> block = one.blockSize(depth, blocks);
    unsigned bits = codes[i]->elementType.getIntOrFloatBitWidth();
    auto zeros = one.zeros(bits, columns, blocks);
    if (failed(block) || failed(zeros))
      return failure();
    auto quant = QuantAttr::get(node.getContext(), codes[i]->elementType, *block, false,
                                *zeros ? 0 : 1 << (bits - 1));
    weights[i] = QuantView{*codes[i], *scales, *zeros, quant, 1};
  }
  return success();
}

} // namespace moe::raise

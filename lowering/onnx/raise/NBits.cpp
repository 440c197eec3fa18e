//===- NBits.cpp - Weights of the contrib operators in blocks -------------===//

#include "lowering/onnx/raise/NBits.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moe::raise {

using Result = std::variant<QuantView, NBitsFault>;

static NBitsFault malformed(const Twine &what) { return {what.str(), false}; }
static NBitsFault unsupported(const Twine &what) { return {what.str(), true}; }

/// A view of all elements in their order, in other dimensions; nothing where they lie otherwise.
static std::optional<WeightView> inShape(const WeightView &view, ArrayRef<int64_t> shape) {
  int64_t next = 1;
  for (int64_t i = view.rank() - 1; i >= 0; --i) {
    if (view.shape[i] != 1 && view.strides[i] != next && view.strides[i] != 0)
      return std::nullopt;
    // A splat repeats its number along all dimensions.
    if (view.shape[i] != 1 && view.strides[i] == 0 && !isa<SplatElementsAttr>(view.source))
      return std::nullopt;
    next *= view.shape[i];
  }
  auto count = staticCount(shape);
  if (count != next)
    return std::nullopt;
  bool isSplat = isa<SplatElementsAttr>(view.source) && isa<FloatType>(view.elementType);
  WeightView result = view;
  result.shape.assign(shape.begin(), shape.end());
  result.strides.assign(shape.size(), 0);
  int64_t stride = 1;
  for (int64_t i = result.rank() - 1; i >= 0 && !isSplat; --i) {
    result.strides[i] = stride;
    stride *= shape[i];
  }
  return result;
}

/// `bits` and `block_size` as the operators' texts have them.
static std::optional<NBitsFault> checkBlocks(int64_t bits, int64_t block) {
  if (bits != 2 && bits != 4 && bits != 8)
    return malformed("bits is " + Twine(bits) + ", expected 2, 4 or 8");
  if (block < 16 || !llvm::isPowerOf2_64(block))
    return malformed("block_size is " + Twine(block) + ", expected a power of two of at least 16");
  return std::nullopt;
}

/// The blocks are in their order: what a group index in the order of the rows says.
static bool isTrivialIndex(Value index, int64_t block) {
  auto numbers = constantInts(index);
  if (!numbers)
    return false;
  for (auto [k, group] : llvm::enumerate(*numbers))
    if (group != static_cast<int64_t>(k) / block)
      return false;
  return true;
}

Result matMulNBitsView(onnx::NodeOp node) {
  int64_t depth = node.intAttribute("K", 0), columns = node.intAttribute("N", 0);
  int64_t bits = node.intAttribute("bits", 4), block = node.intAttribute("block_size", 0);
  if (depth < 1 || columns < 1)
    return malformed("K and N are " + Twine(depth) + " and " + Twine(columns));
  if (auto fault = checkBlocks(bits, block))
    return *fault;
  if (int64_t prepacked = node.intAttribute("weight_prepacked", 0))
    return unsupported("weight_prepacked = " + Twine(prepacked) +
                       " means a weight permuted for CUDA; export with weight_prepacked = 0");
  if (Value index = node.input(4); index && !isTrivialIndex(index, block))
    return unsupported("rows in another order (g_idx)");
  int64_t blocks = llvm::divideCeilSigned(depth, block), padded;
  if (llvm::MulOverflow(blocks, block, padded))
    return malformed("K overflows");
  auto stored = storedView(node.input(1)), scales = weightView(node.input(2));
  if (!stored || !scales)
    return unsupported("a weight or scales that are no constants");
  int64_t bytes = padded / (8 / bits);
  auto flat = inShape(*stored, {columns, bytes});
  if (!flat || !flat->elementType.isUnsignedInteger(8))
    return malformed("B is not " + Twine(columns) + " x " + Twine(bytes) + " bytes of " +
                     Twine(blocks) + " blocks each");
  auto codes = codesOf(*flat, static_cast<unsigned>(bits), padded);
  auto scaleView = inShape(*scales, {columns, blocks});
  if (!scaleView)
    return malformed("scales are not " + Twine(columns) + " x " + Twine(blocks));
  QuantView view{codes->sliced(1, 0, depth), *scaleView, std::nullopt, {}, 1};
  int64_t zero = 0;
  if (Value given = node.input(3)) {
    auto stored = storedView(given);
    bool isPacked = stored && stored->elementType.isUnsignedInteger(8);
    int64_t width = isPacked ? llvm::divideCeilSigned(blocks * bits, 8) : blocks;
    auto zeros = stored ? inShape(*stored, {columns, width}) : std::nullopt;
    if (zeros && isPacked)
      zeros = codesOf(*zeros, static_cast<unsigned>(bits), blocks);
    if (!zeros || (!isPacked && !isa<FloatType>(stored->elementType)))
      return malformed("zero_points are not " + Twine(columns) + " x " + Twine(width) +
                       (isPacked ? " bytes" : " floats"));
    view.zeroPoints = zeros;
  } else {
    zero = int64_t(1) << (bits - 1);
  }
  view.quant = QuantAttr::get(node.getContext(), view.codes.elementType, std::min(block, depth),
                              false, zero);
  return view.permuted({1, 0});
}

Result gatherBlockView(onnx::NodeOp node) {
  auto stored = storedView(node.input(0)), scales = weightView(node.input(2));
  if (!stored || !scales)
    return unsupported("data or scales that are no constants");
  auto integer = dyn_cast<IntegerType>(stored->elementType);
  if (!integer)
    return unsupported("data of " + Twine(stored->elementType.getIntOrFloatBitWidth()) +
                       "-bit floats");
  bool isBytes = integer.isUnsignedInteger(8);
  int64_t bits = isBytes ? node.intAttribute("bits", 4) : integer.getWidth();
  int64_t block = node.intAttribute("block_size", 128), rank = stored->rank();
  if (auto fault = checkBlocks(bits, block))
    return *fault;
  auto axis = normalizeAxis(node.intAttribute("quantize_axis", 1), rank);
  auto gather = normalizeAxis(node.intAttribute("gather_axis", 0), rank);
  if (!axis || !gather)
    return malformed("an axis lies outside of the data's rank");
  if (isBytes && (*gather != 0 || (bits < 8 && *gather == *axis)))
    return malformed("gather_axis of bytes is not 0, or is quantize_axis");
  int64_t last = stored->shape.back(), together = isBytes ? 8 / bits : 1;
  if (llvm::MulOverflow(last, together, last))
    return malformed("data are too large");
  auto codes = codesOf(*stored, static_cast<unsigned>(bits), last);
  SmallVector<int64_t> blocks;
  if (codes)
    blocks.assign(codes->shape.begin(), codes->shape.end());
  if (!codes || blocks.empty())
    return unsupported("data that are a view which splits their bytes");
  blocks[*axis] = llvm::divideCeilSigned(blocks[*axis], block);
  if (scales->shape != blocks)
    return malformed("scales do not have one number a block");
  // Bytes have their middle as the zero point, numbers that say their width have none.
  int64_t zero = isBytes ? int64_t(1) << (bits - 1) : 0;
  QuantView view{*codes, *scales, std::nullopt, {}, *axis};
  if (Value given = node.input(3)) {
    auto zeros = storedView(given);
    if (zeros && zeros->elementType == stored->elementType)
      view.zeroPoints = codesOf(*zeros, static_cast<unsigned>(bits), blocks.back());
    if (!view.zeroPoints || view.zeroPoints->shape != blocks)
      return malformed("zero_points do not have one number a block");
    zero = 0;
  }
  view.quant =
      QuantAttr::get(node.getContext(), view.codes.elementType, block, !integer.isUnsigned(), zero);
  return view;
}

} // namespace moe::raise

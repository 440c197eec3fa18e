//===- KernelBuffers.cpp - Memory of a kernel's own -----------------------===//

#include "lowering/nvptx/loops/KernelBuffers.h"
#include "lowering/nvptx/Device.h"
#include "lowering/nvptx/loops/LoopKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace moe;

/// Slices start where any element may.
static constexpr int64_t kSliceAlignment = 64;

static SmallVector<memref::AllocOp> buffersIn(Operation *root) {
  SmallVector<memref::AllocOp> found;
  root->walk([&](memref::AllocOp op) { found.push_back(op); });
  return found;
}

/// A kernel's buffers end with it.
static void eraseDeallocations(Operation *root) {
  root->walk([](memref::DeallocOp op) { op.erase(); });
}

static int64_t bytesOfElement(MemRefType type) {
  Type element = type.getElementType();
  return element.isIndex() ? 8 : llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
}

/// Bytes of `type`, whole slices' starts; nothing where its size is dynamic, or beyond numbers.
static std::optional<int64_t> bytesOf(MemRefType type) {
  int64_t bytes = bytesOfElement(type);
  for (int64_t size : type.getShape())
    if (ShapedType::isDynamic(size) || llvm::MulOverflow(bytes, size, bytes))
      return std::nullopt;
  if (llvm::AddOverflow(bytes, kSliceAlignment, bytes))
    return std::nullopt;
  return llvm::alignTo(bytes - kSliceAlignment, kSliceAlignment);
}

std::optional<int64_t> moe::staticBytes(Operation *root) {
  int64_t all = 0;
  for (memref::AllocOp buffer : buffersIn(root)) {
    std::optional<int64_t> bytes = bytesOf(buffer.getType());
    if (!bytes || llvm::AddOverflow(all, *bytes, all))
      return std::nullopt;
  }
  return all;
}

//===----------------------------------------------------------------------===//
// Bounds
//===----------------------------------------------------------------------===//

namespace {
/// How far a size is looked at.
constexpr unsigned kDeepestBound = 16;

/// Finds, and on demand makes in front of `root`, a number that a value in `root` never exceeds.
class Bounds {
public:
  explicit Bounds(Operation *root) : root(root) {}

  bool known(Value value, unsigned depth = 0) const {
    if (isOutside(value))
      return true;
    Operation *op = value.getDefiningOp();
    if (!op || depth == kDeepestBound || op->getNumRegions() != 0 || !isPure(op))
      return false;
    auto isKnown = [&](Value operand) { return known(operand, depth + 1); };
    if (isa<arith::MinSIOp, arith::MinUIOp>(op))
      return llvm::any_of(op->getOperands(), isKnown);
    return llvm::all_of(op->getOperands(), isKnown);
  }

  /// Expects `known`.
  Value make(OpBuilder &builder, Value value) {
    if (isOutside(value))
      return value;
    if (Value made = mapping.lookupOrNull(value))
      return made;
    Operation *op = value.getDefiningOp();
    Value made;
    if (isa<arith::MinSIOp, arith::MinUIOp>(op) &&
        !llvm::all_of(op->getOperands(), [&](Value v) { return known(v); })) {
      made = make(builder, known(op->getOperand(0)) ? op->getOperand(0) : op->getOperand(1));
    } else {
      IRMapping operands;
      for (Value operand : op->getOperands())
        operands.map(operand, make(builder, operand));
      made = builder.clone(*op, operands)->getResult(cast<OpResult>(value).getResultNumber());
    }
    mapping.map(value, made);
    return made;
  }

private:
  bool isOutside(Value value) const {
    return !root->isAncestor(value.getParentBlock()->getParentOp());
  }

  Operation *root;
  IRMapping mapping;
};
} // namespace

bool moe::hasBoundedBuffers(Operation *root) {
  Bounds bounds(root);
  return llvm::all_of(buffersIn(root), [&](memref::AllocOp buffer) {
    return llvm::all_of(buffer.getDynamicSizes(), [&](Value size) { return bounds.known(size); });
  });
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

void moe::placeBuffersInThread(LoopKernel &kernel) {
  eraseDeallocations(kernel.function);
  OpBuilder entry = OpBuilder::atBlockBegin(&kernel.function.getBody().front());
  for (memref::AllocOp buffer : buffersIn(kernel.function)) {
    Value own = memref::AllocaOp::create(entry, buffer.getLoc(), buffer.getType());
    buffer.replaceAllUsesWith(own);
    buffer.erase();
  }
}

static void placeInShared(LoopKernel &kernel, memref::AllocOp buffer) {
  OpBuilder builder(buffer);
  MemRefType type = buffer.getType();
  auto area = gpu::AddressSpaceAttr::get(builder.getContext(), gpu::AddressSpace::Workgroup);
  auto shared = MemRefType::get(type.getShape(), type.getElementType(), type.getLayout(), area);
  Value memory = kernel.function.addWorkgroupAttribution(shared, buffer.getLoc());
  Value anywhere = memref::MemorySpaceCastOp::create(builder, buffer.getLoc(), type, memory);
  buffer.replaceAllUsesWith(anywhere);
  buffer.erase();
}

/// Bytes of `buffer` at most, as a value of the host.
static Value boundOf(ImplicitLocOpBuilder &builder, memref::AllocOp buffer, Bounds &bounds) {
  Value bytes = indexOf(builder, bytesOfElement(buffer.getType()));
  auto dynamic = buffer.getDynamicSizes().begin();
  for (int64_t size : buffer.getType().getShape())
    bytes = product(builder, bytes,
                    ShapedType::isDynamic(size) ? bounds.make(builder, *dynamic++)
                                                : indexOf(builder, size));
  Value slices = ceilDiv(builder, builder.getLoc(), bytes, kSliceAlignment);
  return product(builder, slices, indexOf(builder, kSliceAlignment));
}

void moe::placeBuffersInBlock(LoopKernel &kernel, Value blocks) {
  eraseDeallocations(kernel.function);
  int64_t shared = 0;
  SmallVector<std::pair<memref::AllocOp, Value>> sliced; // and where in a block's slice
  ImplicitLocOpBuilder &host = kernel.host;
  Bounds bounds(kernel.original);
  Value length = indexOf(host, 0);
  for (auto [buffer, original] :
       llvm::zip_equal(buffersIn(kernel.function), buffersIn(kernel.original))) {
    std::optional<int64_t> bytes = bytesOf(buffer.getType());
    if (bytes && *bytes <= kSharedBudget - shared) {
      shared += *bytes;
      placeInShared(kernel, buffer);
      continue;
    }
    sliced.emplace_back(buffer, kernel.pass(length));
    length = arith::AddIOp::create(host, length, boundOf(host, original, bounds));
  }
  if (sliced.empty())
    return;
  Value all = arith::MulIOp::create(host, length, blocks);
  auto type = MemRefType::get({ShapedType::kDynamic}, host.getI8Type());
  Value memory = kernel.pass(memref::AllocOp::create(host, type, ValueRange{all}));
  Value step = kernel.pass(length);
  for (auto [buffer, offset] : sliced) {
    ImplicitLocOpBuilder builder(buffer.getLoc(), buffer);
    Value start = arith::MulIOp::create(builder, teamOfBlocks(builder).rank, step);
    Value at = arith::AddIOp::create(builder, start, offset);
    Value view =
        memref::ViewOp::create(builder, buffer.getType(), memory, at, buffer.getDynamicSizes());
    buffer.replaceAllUsesWith(view);
    buffer.erase();
  }
}

//===- LoopSpace.cpp - A linalg operation as loops over flat memory -------===//

#include "lowering/cpu/LoopSpace.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace moe;

Extent moe::known(ImplicitLocOpBuilder &builder, int64_t number) {
  return {arith::ConstantIndexOp::create(builder, number), number};
}

Extent moe::times(ImplicitLocOpBuilder &builder, Extent a, Extent b) {
  int64_t product;
  if (a.known && b.known && !llvm::MulOverflow(*a.known, *b.known, product))
    return known(builder, product);
  if ((a.known && *a.known == 0) || (b.known && *b.known == 1))
    return a;
  if ((b.known && *b.known == 0) || (a.known && *a.known == 1))
    return b;
  return {arith::MulIOp::create(builder, a.value, b.value), std::nullopt};
}

Extent moe::ceilDivide(ImplicitLocOpBuilder &builder, Extent a, int64_t b) {
  if (b == 1)
    return a;
  if (a.known)
    return known(builder, llvm::divideCeilSigned(*a.known, b));
  Value round = arith::AddIOp::create(builder, a.value, known(builder, b - 1).value);
  return {arith::DivUIOp::create(builder, round, known(builder, b).value), std::nullopt};
}

static Extent plus(ImplicitLocOpBuilder &builder, Extent a, Extent b) {
  if (a.known && *a.known == 0)
    return b;
  if (b.known && *b.known == 0)
    return a;
  if (a.known && b.known)
    return known(builder, *a.known + *b.known);
  return {arith::AddIOp::create(builder, a.value, b.value), std::nullopt};
}

FlatMemory moe::flatten(ImplicitLocOpBuilder &builder, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  auto metadata = memref::ExtractStridedMetadataOp::create(builder, memref);
  auto [strides, offset] = type.getStridesAndOffset();
  FlatMemory memory;
  for (auto [stride, value] : llvm::zip_equal(strides, metadata.getStrides())) {
    if (ShapedType::isDynamic(stride))
      memory.strides.push_back({value, std::nullopt});
    else
      memory.strides.push_back(known(builder, stride));
  }
  // The length is not looked at by anyone: where loops end is their own business.
  auto flat = MemRefType::get({ShapedType::kDynamic}, type.getElementType(),
                              StridedLayoutAttr::get(builder.getContext(), offset, {1}));
  OpFoldResult start = ShapedType::isDynamic(offset) ? OpFoldResult(metadata.getOffset())
                                                     : builder.getIndexAttr(offset);
  Value length = known(builder, std::numeric_limits<int64_t>::max()).value;
  memory.flat = memref::ReinterpretCastOp::create(builder, flat, metadata.getBaseBuffer(), start,
                                                  ArrayRef<OpFoldResult>{length},
                                                  ArrayRef<OpFoldResult>{builder.getIndexAttr(1)});
  return memory;
}

/// The coefficient of each loop in `expr`; nothing where it is not a sum of multiples of loops. A
/// constant term is refused too: no operation of ours has one.
static std::optional<SmallVector<int64_t>> coefficientsOf(AffineExpr expr, unsigned loops) {
  SmallVector<int64_t> sum(loops, 0);
  SmallVector<std::pair<AffineExpr, int64_t>> open = {{expr, 1}};
  while (!open.empty()) {
    auto [part, factor] = open.pop_back_val();
    if (auto dim = dyn_cast<AffineDimExpr>(part)) {
      sum[dim.getPosition()] += factor;
      continue;
    }
    if (auto constant = dyn_cast<AffineConstantExpr>(part)) {
      if (constant.getValue() * factor != 0)
        return std::nullopt;
      continue;
    }
    auto binary = dyn_cast<AffineBinaryOpExpr>(part);
    if (!binary)
      return std::nullopt;
    auto right = dyn_cast<AffineConstantExpr>(binary.getRHS());
    if (part.getKind() == AffineExprKind::Add) {
      open.emplace_back(binary.getLHS(), factor);
      open.emplace_back(binary.getRHS(), factor);
    } else if (part.getKind() == AffineExprKind::Mul && right) {
      open.emplace_back(binary.getLHS(), factor * right.getValue());
    } else {
      return std::nullopt;
    }
  }
  return sum;
}

/// Whether consecutive loops are consecutive dimensions of dense memory.
static SmallVector<bool> chainsOf(AffineMap map, MemRefType type) {
  SmallVector<bool> chained(map.getNumDims(), false);
  if (!type.getLayout().isIdentity())
    return chained;
  // A loop that moves along several dimensions, as along a diagonal, makes longer steps.
  SmallVector<unsigned> uses(map.getNumDims(), 0);
  for (AffineExpr result : map.getResults())
    result.walk([&](AffineExpr part) {
      if (auto dim = dyn_cast<AffineDimExpr>(part))
        ++uses[dim.getPosition()];
    });
  for (unsigned i = 0; i + 1 < map.getNumResults(); ++i) {
    auto outer = dyn_cast<AffineDimExpr>(map.getResult(i));
    auto inner = dyn_cast<AffineDimExpr>(map.getResult(i + 1));
    if (outer && inner && outer.getPosition() + 1 == inner.getPosition() &&
        uses[outer.getPosition()] == 1 && uses[inner.getPosition()] == 1)
      chained[outer.getPosition()] = true;
  }
  return chained;
}

static std::optional<Access> accessOf(ImplicitLocOpBuilder &builder, linalg::GenericOp op,
                                      OpOperand &operand) {
  Access access;
  access.argument = op.getMatchingBlockArgument(&operand);
  access.output = op.isDpsInit(&operand);
  unsigned loops = op.getNumLoops();
  access.steps.assign(loops, known(builder, 0));
  access.chained.assign(loops, false);
  if (!isa<MemRefType>(operand.get().getType())) {
    access.scalar = operand.get();
    return access;
  }
  FlatMemory memory = flatten(builder, operand.get());
  access.flat = memory.flat;
  AffineMap map = op.getMatchingIndexingMap(&operand);
  access.chained = chainsOf(map, cast<MemRefType>(operand.get().getType()));
  for (auto [expr, stride] : llvm::zip_equal(map.getResults(), memory.strides)) {
    auto coefficients = coefficientsOf(expr, loops);
    if (!coefficients)
      return std::nullopt;
    for (auto [loop, coefficient] : llvm::enumerate(*coefficients))
      if (coefficient != 0)
        access.steps[loop] =
            plus(builder, access.steps[loop], times(builder, stride, known(builder, coefficient)));
  }
  return access;
}

std::optional<LoopSpace> LoopSpace::of(ImplicitLocOpBuilder &builder, linalg::GenericOp op) {
  LoopSpace space;
  space.body = op.getBlock();
  SmallVector<int64_t> lengths = op.getStaticLoopRanges();
  SmallVector<Range> ranges =
      cast<linalg::LinalgOp>(op.getOperation()).createLoopRanges(builder, builder.getLoc());
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim) {
    Extent size;
    if (!ShapedType::isDynamic(lengths[dim]))
      size = known(builder, lengths[dim]);
    else if (auto constant = getConstantIntValue(ranges[dim].size))
      size = known(builder, *constant);
    else
      size = {cast<Value>(ranges[dim].size), std::nullopt};
    bool parallel = op.getIteratorTypesArray()[dim] == utils::IteratorType::parallel;
    space.loops.push_back({size, parallel, {dim}});
  }
  for (OpOperand &operand : op->getOpOperands()) {
    auto access = accessOf(builder, op, operand);
    if (!access)
      return std::nullopt;
    space.accesses.push_back(std::move(*access));
  }
  space.dropUnitLoops();
  space.mergeLoops(builder);
  return space;
}

SmallVector<unsigned> LoopSpace::select(bool parallel) const {
  SmallVector<unsigned> chosen;
  for (auto [i, loop] : llvm::enumerate(loops))
    if (loop.parallel == parallel)
      chosen.push_back(i);
  return chosen;
}

bool LoopSpace::usesIndex() const {
  return llvm::any_of(*body, [](Operation &op) { return isa<linalg::IndexOp>(op); });
}

void LoopSpace::dropUnitLoops() {
  for (unsigned i = loops.size(); i-- > 0;) {
    if (!loops[i].size.known || *loops[i].size.known != 1)
      continue;
    loops.erase(loops.begin() + i);
    for (Access &access : accesses) {
      access.steps.erase(access.steps.begin() + i);
      if (i > 0)
        access.chained[i - 1] = access.chained[i - 1] && access.chained[i];
      access.chained.erase(access.chained.begin() + i);
    }
  }
}

/// One step of `loop` is as long as all of the next loop, for every operand.
bool LoopSpace::mergeable(unsigned loop) const {
  const Loop &outer = loops[loop], &inner = loops[loop + 1];
  if (outer.parallel != inner.parallel)
    return false;
  return llvm::all_of(accesses, [&](const Access &access) {
    if (!access.moves(loop) && !access.moves(loop + 1))
      return true;
    if (access.chained[loop])
      return true;
    Extent far = access.steps[loop], near = access.steps[loop + 1];
    if (far.known && near.known && inner.size.known)
      return *far.known == *near.known * *inner.size.known;
    return false;
  });
}

void LoopSpace::mergeLoops(ImplicitLocOpBuilder &builder) {
  if (usesIndex())
    return;
  for (unsigned i = loops.size(); i-- > 1;) {
    if (!mergeable(i - 1))
      continue;
    loops[i - 1].size = times(builder, loops[i - 1].size, loops[i].size);
    llvm::append_range(loops[i - 1].dims, loops[i].dims);
    for (Access &access : accesses) {
      access.steps[i - 1] = access.steps[i];
      access.steps.erase(access.steps.begin() + i);
      access.chained[i - 1] = access.chained[i];
      access.chained.erase(access.chained.begin() + i);
    }
    loops.erase(loops.begin() + i);
  }
}

//===- ContractionTiles.cpp - Products by tiles in shared memory ----------===//
//
// A block of 16 x 16 threads makes 64 x 64 results from slices of 16 of the depth; a thread has 4 x
// 4 of them, 16 apart, so that neighbours read and write neighbours. Rows, columns and depth may be
// several loops each, in any order in memory.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/loops/ContractionTiles.h"
#include "lowering/nvptx/Device.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace moe;

namespace {
constexpr int64_t kDepth = 16; ///< of a slice
constexpr int64_t kSide = 16;  ///< threads along a tile
constexpr int64_t kEach = kContractionTile / kSide;
static_assert(kSide * kSide == kTeamThreads);
} // namespace

/// Whether `value` is a function of `argument` and constants only.
static bool comesFrom(Value value, BlockArgument argument) {
  while (value != argument) {
    Operation *op = value.getDefiningOp();
    if (!op || op->getNumOperands() != 1 || op->getNumRegions() != 0 || !isMemoryEffectFree(op) ||
        op->getBlock() != argument.getOwner())
      return false;
    value = op->getOperand(0);
  }
  return true;
}

std::optional<Contraction> Contraction::of(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 || op.hasIndexSemantics() ||
      !llvm::all_of(op->getOperands(), [](Value v) { return isa<MemRefType>(v.getType()); }))
    return std::nullopt;
  for (AffineMap map : op.getIndexingMapsArray())
    if (!map.isProjectedPermutation())
      return std::nullopt;
  auto loops = linalg::inferContractionDims(cast<linalg::LinalgOp>(op.getOperation()));
  if (failed(loops) ||
      loops->m.size() + loops->n.size() + loops->k.size() + loops->batch.size() != op.getNumLoops())
    return std::nullopt;
  Operation *add = op.getBlock()->getTerminator()->getOperand(0).getDefiningOp();
  if (!add || !isa<arith::AddFOp, arith::AddIOp>(add))
    return std::nullopt;
  BlockArgument sumSoFar = op.getRegionOutputArgs().front();
  for (unsigned side : {0, 1}) {
    Operation *multiply = add->getOperand(side).getDefiningOp();
    if (add->getOperand(1 - side) != sumSoFar || !multiply ||
        !isa<arith::MulFOp, arith::MulIOp>(multiply))
      continue;
    ArrayRef<BlockArgument> in = op.getRegionInputArgs();
    if ((comesFrom(multiply->getOperand(0), in[0]) && comesFrom(multiply->getOperand(1), in[1])) ||
        (comesFrom(multiply->getOperand(0), in[1]) && comesFrom(multiply->getOperand(1), in[0])))
      return Contraction{*loops, multiply, add};
  }
  return std::nullopt;
}

namespace {

class Tiles {
public:
  Tiles(ImplicitLocOpBuilder &builder, Structured &space, const Contraction &product,
        gpu::GPUFuncOp kernel)
      : builder(builder), space(space), product(product), thread(blockTeam(builder).rank),
        element(product.multiply->getResult(0).getType()) {
    auto area = gpu::AddressSpaceAttr::get(builder.getContext(), gpu::AddressSpace::Workgroup);
    // One more than a row: threads that write along the depth hit different banks.
    auto type =
        MemRefType::get({kDepth, kContractionTile + 1}, element, MemRefLayoutAttrInterface(), area);
    for (Value &tile : shared)
      tile = kernel.addWorkgroupAttribution(type, builder.getLoc());
    Value side = indexOf(builder, kSide);
    column = arith::RemUIOp::create(builder, thread, side);
    row = arith::DivUIOp::create(builder, thread, side);
    rows = space.count(product.loops.m);
    columns = space.count(product.loops.n);
    depth = space.count(product.loops.k);
  }

  void emitTile(Value number) {
    takePlace(number);
    SmallVector<Value> results;
    forResults([&](const SmallVector<Value> &at, Value inside) {
      results.push_back(readOld(at, inside));
    });
    Value zero = indexOf(builder, 0), step = indexOf(builder, kDepth);
    results =
        carryThrough(builder, zero, depth, step, results, [&](Value slice, ValueRange carried) {
          for (unsigned operand : {0, 1})
            loadSlice(operand, slice);
          gpu::BarrierOp::create(builder);
          SmallVector<Value> next = multiplySlice(carried);
          gpu::BarrierOp::create(builder);
          return next;
        });
    ArrayRef<Value> rest = results;
    forResults([&](const SmallVector<Value> &at, Value inside) {
      onlyIf(builder, inside, [&] { space.finish(at, rest.front()); });
      rest = rest.drop_front();
    });
  }

private:
  Value add(Value a, Value b) { return arith::AddIOp::create(builder, a, b); }
  Value below(Value a, Value b) {
    return arith::CmpIOp::create(builder, arith::CmpIPredicate::ult, a, b);
  }
  Value both(Value a, Value b) { return arith::AndIOp::create(builder, a, b); }

  /// First row, first column and batch of tile `number`; tiles of a row of tiles are neighbours.
  void takePlace(Value number) {
    Value across = ceilDiv(builder, builder.getLoc(), columns, kContractionTile);
    Value down = ceilDiv(builder, builder.getLoc(), rows, kContractionTile);
    Value size = indexOf(builder, kContractionTile);
    Value line = arith::DivUIOp::create(builder, number, across);
    firstColumn =
        arith::MulIOp::create(builder, arith::RemUIOp::create(builder, number, across), size);
    firstRow = arith::MulIOp::create(builder, arith::RemUIOp::create(builder, line, down), size);
    batch = space.origin();
    space.split(arith::DivUIOp::create(builder, line, down), product.loops.batch, batch);
  }

  /// This thread's results, row by row: counters, and whether they are within the operation.
  void forResults(llvm::function_ref<void(const SmallVector<Value> &, Value)> emit) {
    for (int64_t i = 0; i < kEach; ++i)
      for (int64_t j = 0; j < kEach; ++j) {
        Value atRow = add(firstRow, add(row, indexOf(builder, i * kSide)));
        Value atColumn = add(firstColumn, add(column, indexOf(builder, j * kSide)));
        SmallVector<Value> at = batch;
        space.split(atRow, product.loops.m, at);
        space.split(atColumn, product.loops.n, at);
        emit(at, both(below(atRow, rows), below(atColumn, columns)));
      }
  }

  /// What `emit` makes where `inside` holds, else zero.
  Value orZero(Value inside, Type type, llvm::function_ref<Value()> emit) {
    auto branch = scf::IfOp::create(builder, type, inside, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    scf::YieldOp::create(builder, emit());
    builder.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(builder,
                         arith::ConstantOp::create(builder, builder.getZeroAttr(type)).getResult());
    return branch.getResult(0);
  }

  Value readOld(ArrayRef<Value> at, Value inside) {
    OpOperand &output = *space.op.getDpsInitOperand(0);
    Type type = space.op.getRegionOutputArgs().front().getType();
    return orZero(inside, type, [&] { return space.load(output, at); });
  }

  /// Whether the memory of `operand` runs along the depth.
  bool runsAlongDepth(OpOperand &operand) {
    AffineMap map = space.op.getMatchingIndexingMap(&operand);
    return map.getNumResults() != 0 &&
           llvm::is_contained(product.loops.k,
                              cast<AffineDimExpr>(map.getResults().back()).getPosition());
  }

  /// A quarter of a thread's share of a slice at a time, in the order of memory.
  void loadSlice(unsigned number, Value slice) {
    OpOperand &operand = *space.op.getDpsInputOperand(number);
    bool alongDepth = runsAlongDepth(operand);
    Value length = indexOf(builder, alongDepth ? kDepth : kContractionTile);
    for (int64_t i = 0; i < kContractionTile * kDepth / kTeamThreads; ++i) {
      Value item = add(thread, indexOf(builder, i * kTeamThreads));
      Value fast = arith::RemUIOp::create(builder, item, length);
      Value slow = arith::DivUIOp::create(builder, item, length);
      Value atDepth = alongDepth ? fast : slow, across = alongDepth ? slow : fast;
      Value value =
          loadItem(number, add(slice, atDepth), add(number == 0 ? firstRow : firstColumn, across));
      memref::StoreOp::create(builder, value, shared[number], ValueRange{atDepth, across});
    }
  }

  Value loadItem(unsigned number, Value atDepth, Value across) {
    Value inside = both(below(atDepth, depth), below(across, number == 0 ? rows : columns));
    return orZero(inside, element, [&] {
      SmallVector<Value> at = batch;
      space.split(atDepth, product.loops.k, at);
      space.split(across, number == 0 ? product.loops.m : product.loops.n, at);
      return widen(number, space.load(*space.op.getDpsInputOperand(number), at));
    });
  }

  /// `value` of an operand as the product takes it.
  Value widen(unsigned number, Value value) {
    BlockArgument argument = space.op.getRegionInputArgs()[number];
    bool first = comesFrom(product.multiply->getOperand(0), argument);
    Value wanted = product.multiply->getOperand(first ? 0 : 1);
    SmallVector<Operation *> chain;
    for (Value at = wanted; at != argument; at = chain.back()->getOperand(0))
      chain.push_back(at.getDefiningOp());
    IRMapping mapping;
    mapping.map(argument, value);
    for (Operation *op : llvm::reverse(chain))
      builder.clone(*op, mapping);
    return mapping.lookup(wanted);
  }

  SmallVector<Value> multiplySlice(ValueRange carried) {
    return carryThrough(
        builder, indexOf(builder, 0), indexOf(builder, kDepth), indexOf(builder, 1), carried,
        [&](Value at, ValueRange sums) {
          std::array<SmallVector<Value>, 2> values;
          for (unsigned operand : {0, 1})
            for (int64_t i = 0; i < kEach; ++i)
              values[operand].push_back(memref::LoadOp::create(
                  builder, shared[operand],
                  ValueRange{at, add(operand == 0 ? row : column, indexOf(builder, i * kSide))}));
          SmallVector<Value> next;
          for (auto [i, sum] : llvm::enumerate(sums))
            next.push_back(multiplyAdd(values[0][i / kEach], values[1][i % kEach], sum));
          return next;
        });
  }

  Value multiplyAdd(Value left, Value right, Value sum) {
    if (isa<Float32Type, Float64Type>(sum.getType()))
      return math::FmaOp::create(builder, left, right, sum);
    Operation *multiplied = builder.clone(*product.multiply);
    multiplied->setOperands({left, right});
    Operation *added = builder.clone(*product.add);
    added->setOperands({sum, multiplied->getResult(0)});
    return added->getResult(0);
  }

  ImplicitLocOpBuilder &builder;
  Structured &space;
  const Contraction &product;
  Value thread, row, column; ///< of this thread, and its place in the block
  Type element;              ///< what is multiplied
  Value rows, columns, depth;
  std::array<Value, 2> shared; ///< a slice of each operand
  Value firstRow, firstColumn;
  SmallVector<Value> batch;
};

} // namespace

Value moe::countContractionTiles(ImplicitLocOpBuilder &builder, Structured &space,
                                 const Contraction &product) {
  Location loc = builder.getLoc();
  Value down = ceilDiv(builder, loc, space.count(product.loops.m), kContractionTile);
  Value across = ceilDiv(builder, loc, space.count(product.loops.n), kContractionTile);
  Value plane = arith::MulIOp::create(builder, down, across);
  return moe::product(builder, plane, space.count(product.loops.batch));
}

void moe::emitContractionTiles(ImplicitLocOpBuilder &builder, Structured &space,
                               const Contraction &product, gpu::GPUFuncOp kernel,
                               const Team &blocks) {
  Tiles tiles(builder, space, product, kernel);
  Value count = countContractionTiles(builder, space, product);
  forEach(builder, blocks.rank, count, blocks.size, [&](Value number) { tiles.emitTile(number); });
}

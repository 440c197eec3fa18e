//===- ProductKernel.cpp - A block's way through a product ----------------===//
//
// Tiles are numbered without gaps: a block counts the row tiles of all groups from their offsets,
// and a group without rows has none. The host launches as many blocks as there may be tiles at
// most; each takes every so many tiles until there are no more.
// Bands of eight row tiles walk the columns together, so that both operands stay in the L2 cache.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/ProductKernel.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moe;

/// Row tiles of a band.
static constexpr int64_t kBandRows = 8;
static constexpr int64_t kLanes = 32;
static constexpr llvm::StringLiteral kShared = "moe_product_shared";

Value moe::swizzle(ProductCode &e, Value row, Value chunk, int64_t chunks) {
  if (chunks >= 8)
    return e.bitXor(chunk, e.rem(row, 8));
  // Rows of 64 bytes share a line of banks by two, rows of 32 by four.
  return e.bitXor(chunk, e.rem(e.div(row, 8 / chunks), chunks));
}

int64_t moe::columnTiles(const ProductDesign &design) {
  return llvm::divideCeil(design.problem.columns, design.tile.columns);
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

SmallVector<Value> moe::viewedOperands(GroupedMatmulOp op) {
  SmallVector<Value> views{op.getRows()};
  for (Value list : {op.getOffsets(), op.getRowIndex()})
    if (list)
      views.push_back(list);
  llvm::append_range(views, op.getWeights());
  llvm::append_range(views, op.getColumns());
  views.push_back(op.getInit());
  return views;
}

SmallVector<Value> moe::outsideValues(GroupedMatmulOp op) {
  SmallVector<Value> values;
  op.getEpilogue().walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      if (!op.getEpilogue().isAncestor(operand.getParentRegion()) &&
          !operand.getDefiningOp<arith::ConstantOp>() && !llvm::is_contained(values, operand))
        values.push_back(operand);
  });
  return values;
}

static SmallVector<int64_t> stridesOf(MemRefType type) { return type.getStridesAndOffset().first; }

static SmallVector<Type> parameterTypes(GroupedMatmulOp op) {
  MLIRContext *context = op.getContext();
  SmallVector<Type> types;
  Type wide = IntegerType::get(context, 64);
  for (Value view : viewedOperands(op)) {
    types.push_back(LLVM::LLVMPointerType::get(context, kGlobalSpace));
    for (int64_t stride : stridesOf(cast<MemRefType>(view.getType())))
      if (ShapedType::isDynamic(stride))
        types.push_back(wide);
  }
  for (Value value : outsideValues(op))
    types.push_back(value.getType().isIndex() ? wide : value.getType());
  types.push_back(wide);
  return types;
}

/// Reads the parameters in the order of `parameterTypes`.
static void readParameters(ProductFrame &f, ValueRange parameters) {
  ProductCode &e = f.e;
  GroupedMatmulOp op = f.design.op;
  auto next = [&] {
    Value value = parameters.front();
    parameters = parameters.drop_front();
    return value;
  };
  auto view = [&](Value memref) {
    DeviceView view{cast<MemRefType>(memref.getType()), next(), {}};
    for (int64_t stride : stridesOf(view.type))
      view.strides.push_back(ShapedType::isDynamic(stride) ? next() : e.i64(stride));
    return view;
  };
  f.rows = view(op.getRows());
  if (op.getOffsets())
    f.offsets = view(op.getOffsets()).pointer;
  if (op.getRowIndex())
    f.rowIndex = view(op.getRowIndex()).pointer;
  for (Value weight : op.getWeights())
    f.weights.push_back(view(weight));
  for (Value column : op.getColumns())
    f.columns.push_back(view(column));
  f.init = view(op.getInit());
  for (Value value : outsideValues(op))
    f.outside.push_back({value, next()});
  f.rowCount = next();
}

//===----------------------------------------------------------------------===//
// The tile
//===----------------------------------------------------------------------===//

/// Where group `group` starts; behind the last there are only empty ones.
static Value offsetOf(ProductFrame &f, Value group) {
  ProductCode &e = f.e;
  Value at = e.min(group, e.i32(f.design.problem.groups));
  return e.load(e.getI32Type(), e.at(f.offsets, e.getI32Type(), at), 4);
}

/// Row tiles of `count` groups from `group` on.
static Value countTiles(ProductFrame &f, Value group, int64_t count) {
  ProductCode &e = f.e;
  auto add = [&](Value at, ValueRange before) {
    Value end = offsetOf(f, e.add(e.add(group, at), 1));
    Value tiles = e.div(e.add(e.sub(end, before[1]), f.tile.rows - 1), f.tile.rows);
    return SmallVector<Value>{e.add(before[0], tiles), end};
  };
  return e.carry(e.i32(0), e.i32(count), 1, {e.i32(0), offsetOf(f, group)}, add).front();
}

/// The sum of `value` over this lane and those below it.
static Value sumOfLanes(ProductFrame &f, Value value) {
  ProductCode &e = f.e;
  Value lane = e.rem(f.thread, kLanes);
  for (int64_t step = 1; step < kLanes; step *= 2) {
    Value below = e.shuffle(value, e.i32(step), NVVM::ShflKind::up);
    value = e.select(e.less(lane, step), value, e.add(value, below));
  }
  return value;
}

/// Groups that a lane counts where 32 lanes count `groups`.
static int64_t groupsOfLane(int64_t groups) { return llvm::divideCeil(groups, kLanes); }

/// Row tiles of all groups.
static Value countRowTiles(ProductFrame &f) {
  ProductCode &e = f.e;
  if (!f.offsets) {
    Value tiles = e.div(e.add(f.rowCount, f.tile.rows - 1), f.tile.rows);
    return arith::TruncIOp::create(e, e.getI32Type(), tiles);
  }
  int64_t each = groupsOfLane(f.design.problem.groups);
  Value group = e.mul(e.rem(f.thread, kLanes), each);
  return e.shuffle(sumOfLanes(f, countTiles(f, group, each)), e.i32(kLanes - 1),
                   NVVM::ShflKind::idx);
}

/// The group of row tile `tile`, and the tile's number in it. The lanes of a warp each count some
/// groups; the lane that reaches the tile has its groups counted by all, until it is one group.
static std::pair<Value, Value> findGroup(ProductFrame &f, Value tile) {
  ProductCode &e = f.e;
  Value lane = e.rem(f.thread, kLanes), group = e.i32(0);
  int64_t each = f.design.problem.groups;
  do {
    each = groupsOfLane(each);
    Value count = countTiles(f, e.add(group, e.mul(lane, each)), each);
    Value upTo = sumOfLanes(f, count);
    Value before = LLVM::CtPopOp::create(e, e.getI32Type(), e.ballot(e.less(upTo, e.add(tile, 1))));
    tile = e.sub(tile, e.shuffle(e.sub(upTo, count), before, NVVM::ShflKind::idx));
    group = e.add(group, e.mul(before, each));
  } while (each > 1);
  return {group, tile};
}

/// The row tile and the column tile, i32, with the number `tile` (i64) of all.
static std::pair<Value, Value> placeOfTile(ProductFrame &f, Value tile, Value rowTiles) {
  ProductCode &e = f.e;
  int64_t across = columnTiles(f.design);
  auto narrow = [&](Value wide) { return arith::TruncIOp::create(e, e.getI32Type(), wide); };
  if (across == 1)
    return {narrow(tile), e.i32(0)};
  Value within = narrow(e.rem(tile, across * kBandRows));
  Value start = e.mul(narrow(e.div(tile, across * kBandRows)), kBandRows);
  Value height = e.min(e.sub(rowTiles, start), e.i32(kBandRows));
  return {e.add(start, e.rem(within, height)), e.div(within, height)};
}

/// Sets the frame's tile.
static void setTile(ProductFrame &f, Value number, Value rowTiles) {
  ProductCode &e = f.e;
  auto [rowTile, columnTile] = placeOfTile(f, number, rowTiles);
  f.column = e.mul(columnTile, f.tile.columns);
  f.group = e.i32(0);
  Value start = e.i64(0), within = rowTile;
  f.end = f.rowCount;
  if (f.offsets) {
    std::tie(f.group, within) = findGroup(f, rowTile);
    start = e.wide(offsetOf(f, f.group));
    f.end = e.wide(offsetOf(f, e.add(f.group, 1)));
  }
  f.first = e.add(start, e.mul(e.wide(within), f.tile.rows));
}

/// Calls `body` for each of this block's tiles.
static void forTiles(ProductFrame &f, llvm::function_ref<void()> body) {
  ProductCode &e = f.e;
  Value rowTiles = countRowTiles(f);
  Value all = e.mul(e.wide(rowTiles), columnTiles(f.design));
  auto loop = scf::ForOp::create(e, e.wide(e.blockId()), all, e.wide(e.blockCount()));
  OpBuilder::InsertionGuard guard(e);
  e.setInsertionPointToStart(loop.getBody());
  setTile(f, loop.getInductionVar(), rowTiles);
  body();
}

//===----------------------------------------------------------------------===//
// The ring
//===----------------------------------------------------------------------===//

static SmallVector<Value> multiplyStage(ProductFrame &f, const RingTurn &turn, ValueRange before) {
  switch (f.tile.unit) {
  case ProductUnit::Tensor:
    return tensorStage(f, turn, before);
  case ProductUnit::Fma:
    return fmaStage(f, turn, before);
  }
  return {};
}

static SmallVector<Value> startRing(ProductFrame &f, Value stage) {
  switch (f.tile.unit) {
  case ProductUnit::Tensor:
    return tensorStart(f, stage);
  case ProductUnit::Fma:
    return fmaStart(f);
  }
  return {};
}

/// The sums over the whole depth, in ascending order: while a stage is multiplied, the copies of
/// the next ones are under way.
static SmallVector<Value> emitRing(ProductFrame &f) {
  ProductCode &e = f.e;
  int64_t stages = f.tile.stages, bytes = stageBytes(f.tile, f.design.problem);
  int64_t steps = llvm::divideCeil(f.depth(), f.tile.depth);
  Value ring = f.ring();
  if (!steps)
    return startRing(f, ring);
  auto stageOf = [&](Value step) { return e.behind(ring, e.mul(e.rem(step, stages), bytes)); };
  auto fill = [&](Value step) { emitFill(f, stageOf(step), e.mul(step, f.tile.depth)); };
  auto awaitNext = [&] {
    e.waitCopies(stages - 2);
    e.barrier();
  };
  for (int64_t step = 0; step + 1 < stages; ++step) {
    if (step < steps)
      fill(e.i32(step));
    e.commitCopies();
  }
  awaitNext();
  auto turn = [&](Value step, ValueRange before) {
    auto fillAhead = [&] {
      Value ahead = e.add(step, stages - 1);
      e.when(e.less(ahead, steps), [&] { fill(ahead); });
      e.commitCopies();
    };
    // Behind the last stage, that one is read once more.
    Value next = stageOf(e.min(e.add(step, 1), e.i32(steps - 1)));
    return multiplyStage(f, {stageOf(step), next, fillAhead, awaitNext}, before);
  };
  SmallVector<Value> sums = e.carry(e.i32(0), e.i32(steps), 1, startRing(f, ring), turn);
  e.waitCopies(0);
  e.barrier();
  return sums;
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

/// All dynamic shared memory, declared once in the module around `e`.
static Value sharedMemory(ProductCode &e) {
  auto device = e.getInsertionBlock()->getParentOp()->getParentOfType<gpu::GPUModuleOp>();
  auto type = LLVM::LLVMPointerType::get(e.getContext(), kSharedSpace);
  if (!device.lookupSymbol(kShared)) {
    auto outer = OpBuilder::atBlockBegin(device.getBody());
    auto bytes = LLVM::LLVMArrayType::get(e.getI8Type(), 0);
    LLVM::GlobalOp::create(outer, e.getLoc(), bytes, /*isConstant=*/false, LLVM::Linkage::External,
                           kShared, Attribute(), /*alignment=*/128, kSharedSpace);
  }
  return LLVM::AddressOfOp::create(e, type, kShared);
}

LLVM::LLVMFuncOp moe::emitProductKernel(OpBuilder &builder, const ProductDesign &design,
                                        llvm::StringRef name) {
  GroupedMatmulOp op = design.op;
  MLIRContext *context = op.getContext();
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context), parameterTypes(op));
  auto kernel = LLVM::LLVMFuncOp::create(builder, op.getLoc(), name, type);
  kernel->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), builder.getUnitAttr());
  kernel->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(), builder.getUnitAttr());
  kernel->setAttr(NVVM::NVVMDialect::getReqntidAttrName(),
                  builder.getDenseI32ArrayAttr({static_cast<int32_t>(design.tile.threads())}));
  Block *entry = kernel.addEntryBlock(builder);
  ProductCode e(op.getLoc(), OpBuilder::atBlockEnd(entry));
  ProductFrame f(e, design);
  readParameters(f, entry->getArguments());
  f.thread = e.threadId();
  f.shared = sharedMemory(e);
  forTiles(f, [&] {
    emitRowStarts(f);
    e.barrier();
    keepRowStarts(f);
    emitResults(f, emitRing(f));
  });
  LLVM::ReturnOp::create(e, ValueRange{});
  return kernel;
}

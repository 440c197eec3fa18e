//===- ProductKernel.cpp - A block's way through a product ----------------===//
//
// Blocks are numbered row tile by row tile. Group g has the row tiles from
// offsets[g] / rows + g on: enough for its rows wherever they start, found from the offsets alone,
// without a count of any other group; a tile behind its group's end has nothing to do.
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

/// The row tile and column tile of this block, i32.
static std::pair<Value, Value> placeInGrid(ProductFrame &f) {
  ProductCode &e = f.e;
  int64_t across = llvm::divideCeil(f.columnCount(), f.tile.columns);
  if (across == 1)
    return {e.blockId(), e.i32(0)};
  Value block = e.blockId(), rowTiles = e.div(e.blockCount(), across);
  Value band = e.div(block, across * kBandRows), within = e.rem(block, across * kBandRows);
  Value start = e.mul(band, kBandRows);
  Value height = e.min(e.sub(rowTiles, start), e.i32(kBandRows));
  return {e.add(start, e.rem(within, height)), e.div(within, height)};
}

/// The first row tile of `group` (i32).
static Value firstTile(ProductFrame &f, Value group) {
  ProductCode &e = f.e;
  Value offset = e.load(e.getI32Type(), e.at(f.offsets, e.getI32Type(), group), 4);
  return e.add(e.div(offset, f.tile.rows), group);
}

/// The last group whose first tile is at most `rowTile`: a warp looks at 32 groups at once.
static Value findGroup(ProductFrame &f, Value rowTile) {
  ProductCode &e = f.e;
  int64_t groups = f.design.problem.groups, step = 1;
  while (step * kLanes < groups)
    step *= kLanes;
  Value lane = e.rem(f.thread, kLanes), group = e.i32(0);
  for (; step; step /= kLanes) {
    Value at = e.add(group, e.mul(lane, step));
    Value tile = firstTile(f, e.min(at, e.i32(groups - 1)));
    Value reached = e.both(e.less(at, groups), e.less(tile, e.add(rowTile, 1)));
    Value lanes = LLVM::CtPopOp::create(e, e.getI32Type(), e.ballot(reached));
    // Offsets that start behind zero leave tiles that no group reaches.
    Value last = e.sub(e.max(lanes, e.i32(1)), e.i32(1));
    group = e.add(group, e.mul(last, step));
  }
  return group;
}

/// Sets the frame's tile; true where it has rows.
static Value findTile(ProductFrame &f) {
  ProductCode &e = f.e;
  auto [rowTile, columnTile] = placeInGrid(f);
  f.column = e.mul(columnTile, f.tile.columns);
  if (!f.offsets) {
    f.group = e.i32(0);
    f.first = e.mul(e.wide(rowTile), f.tile.rows);
    f.end = f.rowCount;
    return e.less(f.first, f.end);
  }
  f.group = findGroup(f, rowTile);
  Value number = e.sub(rowTile, firstTile(f, f.group));
  Value start = e.loadPosition(f.offsets, f.group);
  f.end = e.loadPosition(f.offsets, e.add(f.group, 1));
  f.first = e.add(start, e.mul(e.wide(number), f.tile.rows));
  return e.both(e.less(e.i32(-1), number), e.less(f.first, f.end));
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
  Value some = findTile(f);
  e.when(some, [&] {
    emitRowStarts(f);
    e.barrier();
    keepRowStarts(f);
    emitResults(f, emitRing(f));
  });
  LLVM::ReturnOp::create(e, ValueRange{});
  return kernel;
}

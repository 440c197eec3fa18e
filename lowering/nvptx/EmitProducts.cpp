//===- EmitProducts.cpp - Kernels of grouped products and their launches --===//
//
// What is known here decides which kernels there are: for many and for few rows of a group, and for
// operands that lie in whole chunks of 16 bytes or do not. What is known only when the host runs
// (the number of rows, where a slice starts) decides there which of them is launched. The host
// never asks the device how many rows a group has: the grid is bounded by all rows and all groups.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/nvptx/Device.h"
#include "lowering/nvptx/ProductKernel.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

namespace moe {
#define GEN_PASS_DEF_EMITPRODUCTS
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

static MemRefType memrefOf(Value value) { return cast<MemRefType>(value.getType()); }

//===----------------------------------------------------------------------===//
// What is known of a product
//===----------------------------------------------------------------------===//

namespace {

/// Whether all rows of an operand lie in whole chunks.
enum class Chunked { Always, AtRun, Never };

/// A product that is emitted: its kernels, and what decides between them.
struct Product {
  GroupedMatmulOp op;
  FloatType element;
  Chunked chunked = Chunked::Never;
  ProductProblem problem;
};

/// One kernel and its shape.
struct Kernel {
  LLVM::LLVMFuncOp function;
  ProductDesign design;
};

} // namespace

static int64_t elementsOfChunk(Type element) {
  return kChunkBytes * 8 / static_cast<int64_t>(element.getIntOrFloatBitWidth());
}

/// What a launch has to ask is `AtRun`: a start or a stride that is not static.
static Chunked chunkedOf(MemRefType type) {
  auto [strides, offset] = type.getStridesAndOffset();
  int64_t each = elementsOfChunk(type.getElementType());
  if (strides.back() != 1 || type.getShape().back() % each)
    return Chunked::Never;
  SmallVector<int64_t> steps(strides.begin(), std::prev(strides.end()));
  steps.push_back(offset);
  auto isOdd = [&](int64_t step) { return !ShapedType::isDynamic(step) && step % each; };
  if (llvm::any_of(steps, isOdd))
    return Chunked::Never;
  return llvm::any_of(steps, ShapedType::isDynamic) ? Chunked::AtRun : Chunked::Always;
}

/// The operands that come in chunks or leave in them.
static SmallVector<Value> chunkedOperands(GroupedMatmulOp op) {
  SmallVector<Value> operands{op.getRows(), op.getInit()};
  llvm::append_range(operands, op.getWeights());
  return operands;
}

static Product describe(GroupedMatmulOp op, bool tf32) {
  Product product{op, op.getAccumulatorType(), Chunked::Always, {}};
  Type rows = memrefOf(op.getRows()).getElementType();
  Type weight = memrefOf(op.getWeights().front()).getElementType();
  bool tensor = rows == weight && (rows.isF16() || rows.isBF16() || (rows.isF32() && tf32));
  if (tensor)
    product.element = cast<FloatType>(rows);
  for (Value operand : chunkedOperands(op))
    product.chunked = std::max(product.chunked, chunkedOf(memrefOf(operand)));
  ProductProblem &problem = product.problem;
  problem.unit = tensor ? ProductUnit::Tensor : ProductUnit::Fma;
  problem.groups = op.getNumGroups();
  problem.depth = op.getReduction();
  problem.columns = op.getNumColumns();
  problem.weights = static_cast<int64_t>(op.getWeights().size());
  problem.elementBytes = product.element.getWidth() / 8;
  return product;
}

static LoadForm loadForm(const Product &product, Value operand, bool chunked) {
  Type from = memrefOf(operand).getElementType();
  if (from != product.element)
    return LoadForm::Converts;
  if (chunked && chunkedOf(memrefOf(operand)) != Chunked::Never)
    return LoadForm::Chunks;
  return product.problem.elementBytes >= 4 ? LoadForm::Elements : LoadForm::Converts;
}

/// The kernel's design where all that may be chunked at run time is, or where nothing is assumed.
static ProductDesign designOf(const Product &product, bool chunked, bool many) {
  GroupedMatmulOp op = product.op;
  ProductDesign design{op, product.problem, {}, product.element};
  auto holds = [&](Value operand) {
    Chunked found = chunkedOf(memrefOf(operand));
    return found == Chunked::Always || (chunked && found == Chunked::AtRun);
  };
  design.rows = loadForm(product, op.getRows(), holds(op.getRows()));
  design.weights = loadForm(product, op.getWeights().front(), holds(op.getWeights().front()));
  design.chunkStores = holds(op.getInit()) && op.getNumColumns() % 8 == 0;
  design.problem.aligned = design.rows == LoadForm::Chunks && design.weights == LoadForm::Chunks;
  ProductPlan plan = chooseProductTiles(design.problem);
  design.tile = many ? plan.many : plan.few;
  return design;
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

namespace {

/// Emits the kernels of one product and launches of them.
class ProductLauncher {
public:
  ProductLauncher(const Product &product, gpu::GPUModuleOp device, llvm::StringRef name)
      : product(product), device(device), name(name) {}

  /// The launch of the product whose operands are `known`'s.
  void launch(OpBuilder &builder, Location loc, const IRMapping &known);

private:
  const Kernel &kernel(bool chunked, bool many);
  Value isChunked(OpBuilder &builder, Location loc, const IRMapping &known);
  void launchFor(OpBuilder &builder, Location loc, const IRMapping &known, bool chunked);
  void launchKernel(OpBuilder &builder, Location loc, const IRMapping &known, const Kernel &kernel);
  Value rowsOf(OpBuilder &builder, Location loc, const IRMapping &known);

  Product product;
  gpu::GPUModuleOp device;
  std::string name;
  std::map<std::pair<bool, bool>, Kernel> kernels;
};

/// if (condition) first() else second()
void emitBranch(OpBuilder &builder, Location loc, Value condition, llvm::function_ref<void()> first,
                llvm::function_ref<void()> second) {
  auto branch = scf::IfOp::create(builder, loc, TypeRange{}, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  first();
  builder.setInsertionPointToStart(branch.elseBlock());
  second();
}

} // namespace

const Kernel &ProductLauncher::kernel(bool chunked, bool many) {
  auto found = kernels.find({chunked, many});
  if (found != kernels.end())
    return found->second;
  ProductDesign design = designOf(product, chunked, many);
  auto builder = OpBuilder::atBlockEnd(device.getBody());
  std::string full = name + (many ? "_many" : "_few");
  if (product.chunked == Chunked::AtRun && !chunked)
    full += "_unaligned";
  LLVM::LLVMFuncOp function = emitProductKernel(builder, design, full);
  SymbolTable(device).insert(function);
  std::string text;
  llvm::raw_string_ostream(text) << design.tile
                                 << (design.tile.unit == ProductUnit::Tensor
                                         ? ", tensor instructions"
                                         : ", exact fma");
  remark::passed(product.op.getLoc(),
                 remark::RemarkOpts::name("Tiles").category("nvptx-emit-products"))
      << llvm::StringRef(text);
  return kernels.emplace(std::make_pair(chunked, many), Kernel{function, design}).first->second;
}

Value ProductLauncher::rowsOf(OpBuilder &builder, Location loc, const IRMapping &known) {
  return builder.createOrFold<memref::DimOp>(loc, known.lookupOrDefault(product.op.getInit()), 0);
}

/// Asks the starts and strides that are not static.
Value ProductLauncher::isChunked(OpBuilder &builder, Location loc, const IRMapping &known) {
  Value rest = arith::ConstantIndexOp::create(builder, loc, 0);
  for (Value operand : chunkedOperands(product.op)) {
    MemRefType type = memrefOf(operand);
    if (chunkedOf(type) != Chunked::AtRun)
      continue;
    auto view =
        memref::ExtractStridedMetadataOp::create(builder, loc, known.lookupOrDefault(operand));
    SmallVector<Value> steps(view.getStrides().drop_back());
    steps.push_back(view.getOffset());
    Value each =
        arith::ConstantIndexOp::create(builder, loc, elementsOfChunk(type.getElementType()));
    for (Value step : steps) {
      Value beyond = arith::RemUIOp::create(builder, loc, step, each);
      rest = arith::OrIOp::create(builder, loc, rest, beyond);
    }
  }
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, rest,
                               arith::ConstantIndexOp::create(builder, loc, 0));
}

void ProductLauncher::launch(OpBuilder &builder, Location loc, const IRMapping &known) {
  MemRefType init = memrefOf(product.op.getInit());
  if (init.getDimSize(0) == 0 || init.getDimSize(1) == 0)
    return;
  if (product.chunked != Chunked::AtRun)
    return launchFor(builder, loc, known, product.chunked == Chunked::Always);
  emitBranch(
      builder, loc, isChunked(builder, loc, known), [&] { launchFor(builder, loc, known, true); },
      [&] { launchFor(builder, loc, known, false); });
}

void ProductLauncher::launchFor(OpBuilder &builder, Location loc, const IRMapping &known,
                                bool chunked) {
  int64_t limit = chooseProductTiles(product.problem).fewRows * product.problem.groups;
  int64_t rows = memrefOf(product.op.getInit()).getDimSize(0);
  if (!ShapedType::isDynamic(rows))
    return launchKernel(builder, loc, known, kernel(chunked, rows > limit));
  Value many =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ugt, rowsOf(builder, loc, known),
                            arith::ConstantIndexOp::create(builder, loc, limit));
  emitBranch(
      builder, loc, many, [&] { launchKernel(builder, loc, known, kernel(chunked, true)); },
      [&] { launchKernel(builder, loc, known, kernel(chunked, false)); });
}

/// What `parameterTypes` of ProductKernel.cpp lists.
static SmallVector<Value> launchOperands(OpBuilder &builder, Location loc, GroupedMatmulOp op,
                                         const IRMapping &known, Value rows) {
  Type wide = builder.getI64Type();
  auto cast = [&](Value index) -> Value {
    return arith::IndexCastOp::create(builder, loc, wide, index);
  };
  SmallVector<Value> operands;
  for (Value there : viewedOperands(op)) {
    Value view = known.lookupOrDefault(there);
    operands.push_back(view);
    auto [strides, offset] = memrefOf(there).getStridesAndOffset();
    for (auto [i, stride] : llvm::enumerate(strides))
      if (ShapedType::isDynamic(stride))
        operands.push_back(
            cast(memref::ExtractStridedMetadataOp::create(builder, loc, view).getStrides()[i]));
  }
  for (Value there : outsideValues(op)) {
    Value value = known.lookupOrDefault(there);
    operands.push_back(value.getType().isIndex() ? cast(value) : value);
  }
  operands.push_back(cast(rows));
  return operands;
}

/// Blocks for all tiles that there may be: each group may end within one of its own.
static Value countBlocks(OpBuilder &builder, Location loc, const ProductDesign &design,
                         Value rows) {
  auto index = [&](int64_t number) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, number);
  };
  Value rowTiles = arith::AddIOp::create(
      builder, loc, arith::DivUIOp::create(builder, loc, rows, index(design.tile.rows)),
      index(design.problem.groups));
  Value blocks = arith::MulIOp::create(builder, loc, rowTiles, index(columnTiles(design)));
  return arith::MinUIOp::create(builder, loc, blocks, index(mostBlocks(design.tile)));
}

void ProductLauncher::launchKernel(OpBuilder &builder, Location loc, const IRMapping &known,
                                   const Kernel &kernel) {
  const ProductDesign &design = kernel.design;
  Value rows = rowsOf(builder, loc, known);
  Launch launch;
  launch.grid = {countBlocks(builder, loc, design, rows), Value(), Value()};
  launch.threads = design.tile.threads();
  launch.sharedBytes = sharedBytes(design.tile, design.problem);
  createLaunch(builder, loc, kernel.function, launch,
               launchOperands(builder, loc, product.op, known, rows));
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// What the emission relies on and the verifier does not say.
static LogicalResult verifyEmittable(GroupedMatmulOp op) {
  for (Value operand : op->getOperands())
    if (auto type = dyn_cast<MemRefType>(operand.getType()); !type || !type.isStrided())
      return op.emitOpError("expects strided memrefs, but got ")
             << operand.getType() << "; run --one-shot-bufferize before --nvptx-emit-products";
  if (op.getQuant() || memrefOf(op.getWeights().front()).getRank() != 3)
    return op.emitOpError("is unsupported with codes or packed weights on this target: expected "
                          "rows of floats");
  if (int64_t(op.getWeights().size()) > kMostWeights)
    return op.emitOpError("is unsupported with ")
           << op.getWeights().size() << " weights, expected at most " << kMostWeights;
  for (Value list : {op.getOffsets(), op.getRowIndex()})
    if (list && memrefOf(list).getStridesAndOffset().first.front() != 1)
      return op.emitOpError("is unsupported with lists that are not dense: ") << list.getType();
  if (Block *block = op.getEpilogueBlock())
    for (Operation &inner : block->without_terminator())
      if (!isa<arith::ConstantOp>(inner) && !OpTrait::hasElementwiseMappableTraits(&inner))
        return inner.emitOpError("is unsupported in the epilogue of 'moe.grouped_matmul': "
                                 "expected elementwise operations of arith and math");
  return success();
}

/// Whether `function` is `op` and constants.
static bool isOnly(func::FuncOp function, GroupedMatmulOp op) {
  return op->getParentOp() == function && function.isPrivate() &&
         llvm::all_of(function.getBody().front(), [&](Operation &inner) {
           return &inner == op || isa<arith::ConstantOp, func::ReturnOp>(inner);
         });
}

namespace {
struct EmitProducts : moe::impl::EmitProductsBase<EmitProducts> {
  using EmitProductsBase::EmitProductsBase;

  void runOnOperation() override {
    if (precision != "f32" && precision != "tf32") {
      getOperation().emitError("unknown precision '") << precision << "': expected f32 or tf32";
      return signalPassFailure();
    }
    SmallVector<GroupedMatmulOp> products;
    bool clean = true;
    getOperation()->walk<WalkOrder::PreOrder>([&](Operation *op) {
      // The kept copy of the moe stage is not on the way any more.
      if (isa<ModuleOp>(op) && op != getOperation())
        return WalkResult::skip();
      if (auto product = dyn_cast<GroupedMatmulOp>(op)) {
        clean &= succeeded(verifyEmittable(product));
        products.push_back(product);
      }
      return WalkResult::advance();
    });
    if (!clean)
      return signalPassFailure();
    for (GroupedMatmulOp product : products)
      emit(product);
  }

  void emit(GroupedMatmulOp op) {
    auto function = op->getParentOfType<func::FuncOp>();
    ProductLauncher launcher(describe(op, precision == "tf32"), getDeviceModule(getOperation()),
                             function.getSymName());
    if (!isOnly(function, op)) {
      OpBuilder builder(op);
      launcher.launch(builder, op.getLoc(), {});
      op.erase();
      return;
    }
    for (func::CallOp call : callsOf(getOperation(), function)) {
      OpBuilder builder(call);
      IRMapping known;
      known.map(function.getArguments(), call.getOperands());
      for (auto constant : function.getOps<arith::ConstantOp>())
        builder.clone(*constant, known);
      launcher.launch(builder, call.getLoc(), known);
      call.erase();
    }
    function.erase();
  }
};
} // namespace

//===- EmitRouting.cpp - Kernels of routing, gathering and combining -------===//
//
// A call of a function that says what routing it is becomes memory for its results and launches;
// sizes follow from the number of tokens, which the host knows. The host reads nothing back.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/Routing.h"
#include "lowering/nvptx/Device.h"
#include "lowering/nvptx/routing/RouteKernels.h"
#include "lowering/nvptx/routing/RowCode.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/StringMap.h"

namespace moe {
#define GEN_PASS_DEF_EMITROUTING
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

/// Up to so many tokens, or slots where there is no gate, one block does all.
static constexpr int64_t kFewTokens = 128, kFewSlots = 4096;
/// Chunks of slots: of at least so many steps of a warp, at most so many chunks.
static constexpr int64_t kLeastSteps = 8, kMostChunks = 256;

static Type elementOf(Type memory) { return cast<MemRefType>(memory).getElementType(); }

namespace {

/// A routing function: what it is, and its kernels, each made when it is first launched.
struct RoutingFunction {
  explicit RoutingFunction(func::FuncOp function)
      : function(function), rule(function->getAttrOfType<DictionaryAttr>(kRoutingAttr)) {}

  StringRef op() const { return rule.getAs<StringAttr>(kRoutingOp).getValue(); }
  int64_t number(StringRef name, int64_t otherwise) const {
    auto value = rule.getAs<IntegerAttr>(name);
    return value ? value.getInt() : otherwise;
  }
  GateShape gate() {
    ArrayRef<Type> inputs = function.getArgumentTypes(), results = function.getResultTypes();
    return {rule.getAs<GateAttr>("gate"), cast<MemRefType>(inputs[0]).getDimSize(1),
            elementOf(inputs[0]), inputs.size() > 1 ? elementOf(inputs[1]) : Type(),
            elementOf(results[0])};
  }
  /// With ids of `choices` experts a token.
  PositionShape positions(int64_t choices) {
    int64_t experts = cast<MemRefType>(function.getResultTypes().back()).getDimSize(0) - 1;
    std::optional<int64_t> capacity;
    if (auto given = rule.getAs<IntegerAttr>("capacity"))
      capacity = given.getInt();
    return {experts, choices, number("tile", 1), capacity, rule.contains("rank_major")};
  }

  func::FuncOp function;
  DictionaryAttr rule;
  llvm::StringMap<Operation *> kernels;
};

/// Writes one call's launches.
class CallWriter {
public:
  CallWriter(ModuleOp module, RoutingFunction &routing, func::CallOp call,
             llvm::DenseMap<Value, Value> &rowsOfSlots)
      : module(module), routing(routing), call(call), rowsOfSlots(rowsOfSlots),
        builder(call.getLoc(), call) {}

  /// The results.
  SmallVector<Value> write() {
    StringRef op = routing.op();
    if (op == GateOp::getOperationName())
      return writeGate();
    if (op == GatherOp::getOperationName())
      return writeGather();
    if (op == CombineOp::getOperationName())
      return writeCombine();
    return writePositions();
  }

private:
  //===--------------------------------------------------------------------===//
  // Host
  //===--------------------------------------------------------------------===//

  Value index(int64_t number) { return arith::ConstantIndexOp::create(builder, number); }
  Value add(Value a, Value b) { return builder.createOrFold<arith::AddIOp>(a, b); }
  Value mul(Value a, Value b) { return builder.createOrFold<arith::MulIOp>(a, b); }
  Value mul(Value a, int64_t b) { return mul(a, index(b)); }
  Value up(Value value, int64_t by) { return ceilDiv(builder, call.getLoc(), value, by); }
  Value max(Value a, int64_t b) { return arith::MaxSIOp::create(builder, a, index(b)); }
  Value size(Value memory, int64_t dim) { return builder.createOrFold<memref::DimOp>(memory, dim); }

  /// Memory of `type`, its dynamic sizes from `sizes`.
  Value allocate(MemRefType type, ArrayRef<Value> sizes) {
    SmallVector<Value> dynamic;
    for (auto [dim, size] : llvm::zip_equal(type.getShape(), sizes))
      if (ShapedType::isDynamic(dim))
        dynamic.push_back(size);
    return memref::AllocOp::create(builder, type, dynamic);
  }
  Value result(unsigned number, ArrayRef<Value> sizes) {
    return allocate(cast<MemRefType>(call.getResult(number).getType()), sizes);
  }
  Value scratch(Type element, Value count) {
    return allocate(MemRefType::get({ShapedType::kDynamic}, element), count);
  }

  /// Launches the kernel `name`; `body` writes it where it is not there yet.
  void launch(StringRef name, int64_t threads, std::array<Value, 3> grid, RoutingOperands &operands,
              llvm::function_ref<void(RoutingKernel &)> body) {
    Operation *&kernel = routing.kernels[name];
    if (!kernel) {
      RoutingKernel made(module, call.getLoc(), routing.function.getSymName() + "_" + name, threads,
                         operands);
      body(made);
      kernel = made.finish();
    }
    SmallVector<Value> given;
    for (Value *operand : operands.all())
      if (*operand)
        given.push_back(*operand);
    gpu::LaunchFuncOp launch = createLaunch(builder, call.getLoc(), kernel, {grid, threads}, given);
    if (Attribute layer = call->getAttr(kLayerAttr))
      launch->setAttr(kLayerAttr, layer);
  }

  //===--------------------------------------------------------------------===//
  // Gates
  //===--------------------------------------------------------------------===//

  /// What the gate reads and writes.
  RoutingOperands gateOperands(const RouteShape &shape, Value tokens) {
    RoutingOperands operands;
    Value choices = index(shape.gate->rule.getK());
    operands.logits = call.getOperand(0);
    if (shape.gate->biasType)
      operands.bias = call.getOperand(1);
    operands.weights = result(0, {tokens, choices});
    operands.experts = result(1, {tokens, choices});
    operands.numTokens = tokens;
    if (!shape.gateInShared())
      operands.workspace = scratch(builder.getI8Type(), mul(tokens, shape.gate->workspaceBytes()));
    return operands;
  }

  void launchGate(const RouteShape &shape, RoutingOperands operands) {
    int64_t warps = shape.gateWarps();
    RoutingOperands own; // of a gate alone
    own.logits = operands.logits, own.bias = operands.bias, own.weights = operands.weights;
    own.workspace = operands.workspace, own.experts = operands.experts;
    own.numTokens = operands.numTokens;
    launch("gate", warps * kWarpLanes, {up(own.numTokens, warps)}, own,
           [&](RoutingKernel &kernel) { emitGateKernel(kernel, shape); });
  }

  SmallVector<Value> writeGate() {
    RouteShape shape{routing.gate(), std::nullopt};
    RoutingOperands operands = gateOperands(shape, size(call.getOperand(0), 0));
    launchGate(shape, operands);
    return {operands.weights, operands.experts};
  }

  //===--------------------------------------------------------------------===//
  // Positions
  //===--------------------------------------------------------------------===//

  /// R, as in `moe.dispatch` (C3).
  Value numRows(const PositionShape &shape, Value slots) {
    Value tile = index(shape.tile);
    Value upper = add(slots, index(shape.experts * (shape.tile - 1)));
    return mul(builder.createOrFold<arith::DivUIOp>(upper, tile), tile);
  }

  SmallVector<Value> writePositions() {
    bool hasGate = routing.op() == RouteOp::getOperationName();
    RouteShape shape;
    RoutingOperands operands;
    if (hasGate) {
      shape.gate = routing.gate();
      shape.positions = routing.positions(shape.gate->rule.getK());
      operands = gateOperands(shape, size(call.getOperand(0), 0));
    } else {
      operands.experts = call.getOperand(1);
      operands.numTokens = size(operands.experts, 0);
      shape.positions =
          routing.positions(cast<MemRefType>(operands.experts.getType()).getDimSize(1));
    }
    addPositionOperands(shape, operands);
    Value few = hasGate ? fewer(operands.numTokens, kFewTokens)
                        : fewer(numSlots(shape, operands), kFewSlots);
    inEither(few, [&] { launchBlock(shape, operands); }, [&] { launchPhases(shape, operands); });
    rowsOfSlots[operands.slots] = operands.rowOf;
    if (hasGate)
      return {operands.weights, operands.experts, operands.slots, operands.offsets};
    return {operands.slots, operands.offsets};
  }

  Value numSlots(const RouteShape &shape, const RoutingOperands &operands) {
    return mul(operands.numTokens, shape.positions->choices);
  }

  void addPositionOperands(const RouteShape &shape, RoutingOperands &operands) {
    Value slots = numSlots(shape, operands);
    operands.numRows = numRows(*shape.positions, slots);
    unsigned first = shape.gate ? 2 : 0;
    operands.slots = result(first, operands.numRows);
    operands.offsets = result(first + 1, index(shape.positions->experts + 1));
    operands.rowOf = scratch(builder.getI32Type(), slots);
    if (shape.passes().size() > 1)
      operands.kept = scratch(builder.getI32Type(), slots);
  }

  Value fewer(Value number, int64_t most) {
    return arith::CmpIOp::create(builder, arith::CmpIPredicate::ule, number, index(most));
  }

  void inEither(Value condition, llvm::function_ref<void()> then,
                llvm::function_ref<void()> otherwise) {
    auto branch = scf::IfOp::create(builder, condition, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    then();
    builder.setInsertionPointToStart(branch.elseBlock());
    otherwise();
  }

  /// Cuts the slots into at most `most` chunks of at least `least` steps of a warp.
  void cutSlots(const RouteShape &shape, RoutingOperands &operands, int64_t most, int64_t least) {
    Value slots = numSlots(shape, operands);
    Value steps = max(up(slots, most * kWarpLanes), least);
    operands.chunk = mul(steps, kWarpLanes);
    operands.numChunks = max(arith::CeilDivUIOp::create(builder, slots, operands.chunk), 1);
    operands.counts =
        scratch(builder.getI32Type(), mul(operands.numChunks, shape.positions->experts));
  }

  void launchBlock(const RouteShape &shape, RoutingOperands operands) {
    cutSlots(shape, operands, shape.blockWarps(), 1);
    launch("block", shape.blockWarps() * kWarpLanes, {}, operands,
           [&](RoutingKernel &kernel) { emitBlockKernel(kernel, shape); });
  }

  void launchPhases(const RouteShape &shape, RoutingOperands operands) {
    if (shape.gate)
      launchGate(shape, operands);
    cutSlots(shape, operands, kMostChunks, kLeastSteps);
    operands.logits = operands.bias = operands.weights = operands.workspace = Value();
    int64_t threads = std::min<int64_t>(llvm::alignTo(shape.positions->experts, kWarpLanes), 1024);
    for (SlotPass pass : shape.passes()) {
      std::string suffix = pass == SlotPass::Keep ? "_kept" : "";
      std::array<Value, 3> chunks = {operands.numChunks};
      launch("count" + suffix, kWarpLanes, chunks, operands,
             [&](RoutingKernel &kernel) { emitCountKernel(kernel, shape, pass); });
      launch("sum" + suffix, threads, {}, operands,
             [&](RoutingKernel &kernel) { emitSumKernel(kernel, shape, pass); });
      launch("place" + suffix, kWarpLanes, chunks, operands,
             [&](RoutingKernel &kernel) { emitPlaceKernel(kernel, shape, pass); });
    }
  }

  //===--------------------------------------------------------------------===//
  // Rows
  //===--------------------------------------------------------------------===//

  /// Blocks along the columns.
  Value columnBlocks(const RowShape &shape, Value columns) {
    return up(columns, kRowThreads * shape.columnsAtOnce());
  }

  SmallVector<Value> writeGather() {
    RoutingOperands operands;
    operands.tokens = call.getOperand(0);
    operands.slots = call.getOperand(1);
    auto type = cast<MemRefType>(operands.tokens.getType());
    RowShape shape{type.getElementType(), type.getDimSize(1), routing.number("k", 1), Type(),
                   Type()};
    Value rows = size(operands.slots, 0);
    operands.numColumns = size(operands.tokens, 1);
    operands.rows = result(0, {rows, operands.numColumns});
    launch("gather", kRowThreads, {rows, columnBlocks(shape, operands.numColumns)}, operands,
           [&](RoutingKernel &kernel) { emitGatherRow(kernel, shape); });
    return {operands.rows};
  }

  SmallVector<Value> writeCombine() {
    RoutingOperands operands;
    operands.rows = call.getOperand(0);
    operands.weights = call.getOperand(2);
    auto rows = cast<MemRefType>(operands.rows.getType());
    auto weights = cast<MemRefType>(operands.weights.getType());
    RowShape shape{rows.getElementType(), rows.getDimSize(1), weights.getDimSize(1),
                   weights.getElementType(), elementOf(call.getResult(0).getType())};
    Value tokens = size(operands.weights, 0);
    operands.rowOf = rowOf(call.getOperand(1), tokens, shape.choices);
    operands.numSlots = size(operands.rowOf, 0);
    operands.numColumns = size(operands.rows, 1);
    operands.result = result(0, {tokens, operands.numColumns});
    launch("combine", kRowThreads, {tokens, columnBlocks(shape, operands.numColumns)}, operands,
           [&](RoutingKernel &kernel) { emitCombineToken(kernel, shape); });
    return {operands.result};
  }

  /// The row of each slot: whoever placed the slots of this layer wrote it, others' are inverted.
  Value rowOf(Value slots, Value tokens, int64_t choices) {
    if (Value known = rowsOfSlots.lookup(slots))
      return known;
    RoutingOperands operands;
    Value count = mul(tokens, choices);
    operands.slots = slots;
    operands.rowOf = scratch(builder.getI32Type(), count);
    operands.numTokens = tokens;
    operands.numRows = size(slots, 0);
    launch("clear", kRowThreads, {up(count, kRowThreads)}, operands,
           [&](RoutingKernel &kernel) { emitClearRowOf(kernel, choices); });
    launch("invert", kRowThreads, {up(operands.numRows, kRowThreads)}, operands,
           [&](RoutingKernel &kernel) { emitRowOf(kernel, choices); });
    return operands.rowOf;
  }

  ModuleOp module;
  RoutingFunction &routing;
  func::CallOp call;
  llvm::DenseMap<Value, Value> &rowsOfSlots;
  ImplicitLocOpBuilder builder;
};

struct EmitRouting : moe::impl::EmitRoutingBase<EmitRouting> {
  using EmitRoutingBase::EmitRoutingBase;

  void runOnOperation() override {
    llvm::StringMap<RoutingFunction> functions;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function->hasAttr(kRoutingAttr))
        functions.try_emplace(function.getSymName(), function);
    SmallVector<func::CallOp> calls;
    for (auto function : getOperation().getOps<func::FuncOp>())
      function.walk([&](func::CallOp call) {
        if (functions.contains(call.getCallee()))
          calls.push_back(call);
      });
    llvm::DenseMap<Value, Value> rowsOfSlots;
    for (func::CallOp call : calls) {
      RoutingFunction &routing = functions.find(call.getCallee())->second;
      call.replaceAllUsesWith(CallWriter(getOperation(), routing, call, rowsOfSlots).write());
      call.erase();
    }
    for (auto &entry : functions)
      entry.second.function.erase();
  }
};
} // namespace

//===- BindSteps.cpp - How steps are called -------------------------------===//
//
// A step of a large model takes hundreds of weights and numbers that are known. Passed one by one,
// they made LLVM's passes over the entry take most of the time: they stand in a table of constants
// instead, and the step is told where. Of memrefs only the parts that are not known are passed.
//
//===----------------------------------------------------------------------===//

#include "lowering/host/BindSteps.h"
#include "dialect/Moe.h"
#include "lowering/buffers/Buffers.h"
#include "lowering/host/Closure.h"
#include "lowering/host/Context.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "runtime/moe_abi.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace moe;

/// From so many known arguments on, a step reads them from the table.
static constexpr unsigned kTableArguments = 16;

/// The number that stands for `value` in the table: a weight's place, or the number that it is.
static std::optional<int64_t> knownNumber(Value value) {
  if (auto weight = value.getDefiningOp<WeightOp>())
    if (weight.getOffset() && isa<MemRefType>(value.getType()))
      return static_cast<int64_t>(*weight.getOffset());
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  if (constant && value.getType().isInteger() && value.getType().getIntOrFloatBitWidth() <= 64)
    return cast<IntegerAttr>(constant.getValue()).getValue().getSExtValue();
  return std::nullopt;
}

namespace {

/// A step with all of its calls.
struct Step {
  func::FuncOp function;
  SmallVector<func::CallOp> calls;
  llvm::BitVector inTable; ///< arguments that all calls know
};

class Binder {
public:
  explicit Binder(ModuleOp module) : module(module), converter(module.getContext()) {}

  void run() {
    llvm::MapVector<StringAttr, Step> steps;
    for (auto function : module.getOps<func::FuncOp>())
      if (function->hasAttr(kStepAttr) && !function.isExternal())
        steps[function.getSymNameAttr()].function = function;
    module.walk([&](func::CallOp call) {
      if (auto found = steps.find(call.getCalleeAttr().getAttr()); found != steps.end())
        found->second.calls.push_back(call);
    });
    for (auto &[name, step] : steps)
      chooseTable(step);
    // All bodies before any call: calls within them hand on their context.
    for (auto &[name, step] : steps)
      bindBody(step);
    for (auto &[name, step] : steps)
      for (func::CallOp call : step.calls)
        bindCall(call, step);
    if (!numbers.empty())
      makeTable();
  }

private:
  void chooseTable(Step &step) {
    step.inTable.resize(step.function.getNumArguments(), !step.calls.empty());
    for (func::CallOp call : step.calls)
      for (auto [i, operand] : llvm::enumerate(call.getOperands()))
        if (step.inTable.test(i) && !knownNumber(operand))
          step.inTable.reset(i);
    if (step.inTable.count() < kTableArguments)
      step.inTable.reset();
  }

  void bindCall(func::CallOp call, const Step &step) {
    OpBuilder builder(call);
    Location loc = call.getLoc();
    SmallVector<Value> operands = {contextOf(call)};
    if (step.inTable.any()) {
      Value table = LLVM::AddressOfOp::create(builder, loc, pointerType(), kTable);
      operands.push_back(addressAt(builder, loc, table, 8 * static_cast<int64_t>(numbers.size())));
    }
    Parts parts(builder, loc, converter);
    for (auto [i, operand] : llvm::enumerate(call.getOperands())) {
      if (step.inTable.test(i))
        numbers.push_back(*knownNumber(operand));
      else
        parts.takeApart(operand, [&](Value part) { operands.push_back(part); });
    }
    call.getOperandsMutable().assign(operands);
  }

  void bindBody(Step &step) {
    Block &body = step.function.getBody().front();
    Location loc = step.function.getLoc();
    unsigned old = body.getNumArguments();
    Value context = body.addArgument(pointerType(), loc), table;
    if (step.inTable.any())
      table = body.addArgument(pointerType(), loc);
    OpBuilder builder(&body, body.begin());
    Parts parts(builder, loc, converter);
    int64_t place = 0;
    for (unsigned i = 0; i < old; ++i) {
      Value argument = body.getArgument(i);
      auto take = [&](Type type) -> Value {
        if (!step.inTable.test(i))
          return body.addArgument(type, loc);
        return readTable(builder, loc, context, addressAt(builder, loc, table, 8 * place++), type);
      };
      Value made = parts.putTogether(argument.getType(), take);
      argument.replaceAllUsesWith(made);
    }
    body.eraseArguments(0, old);
    step.function.removeArgAttrsAttr();
    step.function.setFunctionType(builder.getFunctionType(
        body.getArgumentTypes(), step.function.getFunctionType().getResults()));
    step.function.setArgAttr(0, LLVM::LLVMDialect::getNonNullAttrName(), builder.getUnitAttr());
  }

  /// A number as it is, or the weight at that place.
  Value readTable(OpBuilder &builder, Location loc, Value context, Value address, Type type) {
    Type i64 = builder.getI64Type();
    auto number = LLVM::LoadOp::create(builder, loc, i64, address);
    number.setInvariant(true);
    if (type == i64)
      return number;
    if (!isa<LLVM::LLVMPointerType>(type))
      return LLVM::TruncOp::create(builder, loc, type, number);
    Value base = loadContextField(builder, loc, context, offsetof(moe_context, weights));
    return LLVM::GEPOp::create(builder, loc, type, builder.getI8Type(), base, ValueRange{number});
  }

  void makeTable() {
    OpBuilder builder(module.getBody(), module.getBody()->begin());
    Type i64 = builder.getI64Type();
    auto count = static_cast<int64_t>(numbers.size());
    auto value = DenseElementsAttr::get(RankedTensorType::get({count}, i64), ArrayRef(numbers));
    auto table = LLVM::GlobalOp::create(
        builder, module.getLoc(), LLVM::LLVMArrayType::get(i64, numbers.size()),
        /*isConstant=*/true, LLVM::Linkage::Internal, kTable, value);
    table.setUnnamedAddr(LLVM::UnnamedAddr::Global);
  }

  Type pointerType() { return LLVM::LLVMPointerType::get(module.getContext()); }

  static constexpr llvm::StringLiteral kTable = "moe_table";
  ModuleOp module;
  LLVMTypeConverter converter;
  SmallVector<int64_t> numbers;
};

} // namespace

void moe::bindSteps(ModuleOp module) { Binder(module).run(); }

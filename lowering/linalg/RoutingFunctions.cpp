//===- RoutingFunctions.cpp - Routing as calls of functions ---------------===//
//
// Loops no longer tell that they are a choice of experts. A function's border keeps it visible to
// targets that have kernels for it, and its body says to all others what it means. Layers of the
// same rule and sizes share their functions.
//
//===----------------------------------------------------------------------===//

#include "lowering/Routing.h"
#include "lowering/linalg/MoeToLinalg.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;
using namespace moe;

/// The results that the function has: rows are copied by `moe.gather`.
static ResultRange resultsOf(Operation *op) {
  return isa<DispatchOp>(op) ? op->getResults().drop_front() : op->getResults();
}

/// Name and attributes of `op`.
static DictionaryAttr describe(Operation *op) {
  NamedAttrList attributes(op->getAttrDictionary());
  attributes.erase(kLayerAttr);
  attributes.set(kRoutingOp, op->getName().getIdentifier());
  return attributes.getDictionary(op->getContext());
}

namespace {

class RoutingFunctions {
public:
  explicit RoutingFunctions(ModuleOp module) : module(module), symbols(module) {}

  void outline(Operation *op) {
    OpBuilder builder(op);
    auto call = func::CallOp::create(builder, op->getLoc(), get(op), op->getOperands());
    if (Attribute layer = op->getAttr(kLayerAttr))
      call->setAttr(kLayerAttr, layer);
    for (auto [result, returned] : llvm::zip_equal(resultsOf(op), call.getResults()))
      result.replaceAllUsesWith(returned);
    op->erase();
  }

private:
  func::FuncOp get(Operation *op) {
    auto type =
        FunctionType::get(op->getContext(), op->getOperandTypes(), resultsOf(op).getTypes());
    DictionaryAttr routing = describe(op);
    func::FuncOp &function = functions[{routing, type}];
    if (!function)
      function = make(op, type, routing);
    return function;
  }

  func::FuncOp make(Operation *op, FunctionType type, DictionaryAttr routing) {
    auto function = func::FuncOp::create(
        op->getLoc(), ("moe_routing_" + Twine(functions.size() - 1)).str(), type);
    function.setPrivate();
    function->setAttr(kRoutingAttr, routing);
    Block *block = function.addEntryBlock();
    IRMapping inside;
    inside.map(op->getOperands(), block->getArguments());
    auto builder = OpBuilder::atBlockEnd(block);
    Operation *copy = builder.clone(*op, inside);
    copy->removeAttr(kLayerAttr);
    func::ReturnOp::create(builder, op->getLoc(), resultsOf(copy));
    symbols.insert(function);
    return function;
  }

  ModuleOp module;
  SymbolTable symbols;
  llvm::DenseMap<std::pair<Attribute, Type>, func::FuncOp> functions;
};

} // namespace

void moe::outlineRouting(ModuleOp module, ArrayRef<Operation *> ops) {
  RoutingFunctions functions(module);
  for (Operation *op : ops) {
    if (!isa<GateOp, RouteOp, DispatchOp, GatherOp, CombineOp>(op))
      continue;
    if (op->use_empty())
      op->erase();
    else
      functions.outline(op);
  }
}

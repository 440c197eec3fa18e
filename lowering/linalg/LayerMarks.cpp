//===- LayerMarks.cpp - Which layer an operation belongs to ---------------===//
//
// What a layer offers to see names it; from there its number goes along the indices that routing
// hands to products and sums. Locations do not survive the text form, attributes do.
//
//===----------------------------------------------------------------------===//

#include "lowering/Routing.h"
#include "lowering/linalg/MoeToLinalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace moe;

/// The places of the module's layers.
static llvm::StringMap<IntegerAttr> numbersOf(ModuleOp module) {
  llvm::StringMap<IntegerAttr> numbers;
  Builder builder(module.getContext());
  if (auto layers = module->getAttrOfType<ArrayAttr>(kLayersAttr))
    for (auto [number, layer] : llvm::enumerate(layers.getAsRange<DictionaryAttr>()))
      if (auto name = layer.getAs<StringAttr>("name"))
        numbers[name] = builder.getI64IntegerAttr(number);
  return numbers;
}

static Value beforeCast(Value value) {
  while (auto cast = value.getDefiningOp<tensor::CastOp>())
    value = cast.getSource();
  return value;
}

namespace {

class LayerMarks {
public:
  LayerMarks(ModuleOp module, ArrayRef<Operation *> ops) {
    llvm::StringMap<IntegerAttr> numbers = numbersOf(module);
    for (Operation *op : ops) {
      auto observe = dyn_cast<ObserveOp>(op);
      // Many layers may read the same tokens.
      if (observe && observe.getRole() != Observed::Tokens)
        shown.try_emplace(beforeCast(observe.getValue()), numbers.lookup(observe.getLayer()));
    }
  }

  void mark(Operation *op) {
    if (isa<ObserveOp, WeightOp>(op))
      return;
    if (IntegerAttr layer = layerOf(op))
      op->setAttr(kLayerAttr, layer);
  }

private:
  IntegerAttr layerOf(Operation *op) {
    for (Value result : op->getResults())
      if (IntegerAttr layer = shown.lookup(result))
        return layer;
    for (Value operand : op->getOperands()) {
      if (!getElementTypeOrSelf(operand).isInteger(32))
        continue;
      Value source = beforeCast(operand);
      if (IntegerAttr layer = shown.lookup(source))
        return layer;
      if (Operation *definer = source.getDefiningOp())
        if (auto layer = definer->getAttrOfType<IntegerAttr>(kLayerAttr))
          return layer;
    }
    return {};
  }

  llvm::DenseMap<Value, IntegerAttr> shown;
};

} // namespace

void moe::markLayers(ModuleOp module, ArrayRef<Operation *> ops) {
  LayerMarks marks(module, ops);
  for (Operation *op : ops)
    marks.mark(op);
}

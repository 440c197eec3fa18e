//===- Onnx.cpp - ONNX graphs as the importer produces them ---------------===//

#include "dialect/Onnx.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moe::onnx;

#include "dialect/OnnxDialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dialect/OnnxTypes.cpp.inc"

#define GET_OP_CLASSES
#include "dialect/OnnxOps.cpp.inc"

void OnnxDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialect/OnnxTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/OnnxOps.cpp.inc"
      >();
}

int64_t NodeOp::intAttribute(llvm::StringRef key, int64_t otherwise) {
  auto value = getOnnxAttributes().getAs<IntegerAttr>(key);
  return value ? value.getInt() : otherwise;
}

double NodeOp::floatAttribute(llvm::StringRef key, double otherwise) {
  auto value = getOnnxAttributes().getAs<FloatAttr>(key);
  return value ? value.getValueAsDouble() : otherwise;
}

llvm::StringRef NodeOp::stringAttribute(llvm::StringRef key, llvm::StringRef otherwise) {
  auto value = getOnnxAttributes().getAs<StringAttr>(key);
  return value ? value.getValue() : otherwise;
}

Value NodeOp::input(unsigned index) {
  if (index >= getInputs().size() || isa<NoneType>(getInputs()[index].getType()))
    return {};
  return getInputs()[index];
}

std::string NodeOp::qualifiedName() {
  return getDomain().empty() ? getOp().str() : (getDomain() + "." + getOp()).str();
}

LogicalResult NodeOp::verify() {
  size_t names = getSubgraphs() ? getSubgraphs()->size() : 0;
  if (names != getBodies().size())
    return emitOpError("expects a name in `subgraphs` for each region (C1), ")
           << getBodies().size() << ", but got " << names;
  return success();
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

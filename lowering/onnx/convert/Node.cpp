//===- Node.cpp - One node while it is converted --------------------------===//

#include "lowering/onnx/convert/Node.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

Value Node::in(unsigned input) {
  Value value = op.input(input);
  return value ? values.lookupOrDefault(value) : Value();
}

SmallVector<Value> Node::ins() {
  SmallVector<Value> all;
  for (unsigned i = 0; i < numInputs(); ++i)
    all.push_back(in(i));
  return all;
}

Region *Node::body(llvm::StringRef name) {
  if (op.getSubgraphs())
    for (auto [key, region] : llvm::zip_equal(*op.getSubgraphs(), op.getBodies()))
      if (cast<StringAttr>(key).getValue() == name)
        return &region;
  return nullptr;
}

static bool countsUp(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isUnsignedInteger() || element.isInteger(1);
}

bool Node::isUnsigned(unsigned input) { return countsUp(op.input(input).getType()); }
bool Node::isOutUnsigned(unsigned output) { return countsUp(op.getResult(output).getType()); }
Type Node::outType(unsigned output) { return signless(op.getResult(output).getType()); }

LogicalResult Node::set(unsigned output, Value value) {
  if (!wants(output))
    return success();
  auto type = cast<RankedTensorType>(outType(output)),
       have = cast<RankedTensorType>(value.getType());
  if (type != have) {
    if (type.getElementType() != have.getElementType() ||
        !tensor::CastOp::areCastCompatible(have, type))
      return mlir::emitError(getLoc())
             << "node '" << op.getName() << "': conversion of '" << op.getOp() << "' made " << have
             << " where inference found " << type;
    Dims from = dims(value);
    value = tensor::CastOp::create(*this, type, value);
    remember(value, from);
  }
  results[output] = value;
  return success();
}

LogicalResult Node::unsupported(const Twine &reason) {
  return mlir::emitError(getLoc())
         << "unsupported form of " << op.qualifiedName() << " (node '" << op.getName()
         << "', opset " << op.getVersion() << "): " << reason;
}

LogicalResult Node::malformed(const Twine &reason) {
  return mlir::emitError(getLoc())
         << "malformed " << op.qualifiedName() << " (node '" << op.getName() << "', opset "
         << op.getVersion() << "): " << reason;
}

void Node::check(Value condition, const Twine &what) {
  cf::AssertOp::create(*this, condition, ("node '" + op.getName() + "': " + what).str());
}

std::optional<int64_t> convert::wrapAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return std::nullopt;
  return axis < 0 ? axis + rank : axis;
}

//===- WeightInside.cpp - Routing weights before an expert's last product -===//

#include "lowering/onnx/raise/WeightInside.h"
#include "lowering/onnx/raise/Letters.h"

using namespace mlir;

namespace moe::raise {

/// A gate's product and an activation's stand between, not more.
static constexpr int kMostSteps = 4;

/// The one node that reads `value`, or null.
static onnx::NodeOp onlyUser(Value value) {
  return value.hasOneUse() ? dyn_cast<onnx::NodeOp>(*value.user_begin()) : onnx::NodeOp();
}

/// Whether the node turns each row of `rows`, its first operand, into another by a matrix.
static bool isRowProduct(onnx::NodeOp node, Value rows) {
  if (!isPlainProduct(node) || node.input(0) != rows || node.input(1) == rows)
    return false;
  auto letters = lettersOf(node);
  if (!letters || letters->a.size() != letters->out.size() || letters->a.empty())
    return false;
  auto leading = [](ArrayRef<int> one) { return one.drop_back(); };
  return leading(letters->a) == leading(letters->out) &&
         !llvm::is_contained(letters->out, letters->a.back()) &&
         llvm::is_contained(letters->b, letters->a.back());
}

/// The nodes from `value` on that rows pass, each times something else, up to a row product.
static SmallVector<onnx::NodeOp> pathToProduct(Value value) {
  SmallVector<onnx::NodeOp> path;
  for (int step = 0; step < kMostSteps; ++step) {
    onnx::NodeOp node = onlyUser(value);
    if (!node)
      return {};
    path.push_back(node);
    if (isRowProduct(node, value))
      return path;
    bool scales = node.is("Mul") && tensorType(node.getOutputs()[0]) == tensorType(value);
    if (!scales)
      return {};
    value = node.getOutputs()[0];
  }
  return {};
}

/// Moves `mul`, which multiplies `rows` by `weight`, behind `path`.
static void moveBehind(onnx::NodeOp mul, Value rows, Value weight, ArrayRef<onnx::NodeOp> path) {
  path.front()->replaceUsesOfWith(mul.getOutputs()[0], rows);
  Value product = onnx::NodeOp(path.back()).getOutputs()[0];
  OpBuilder builder(product.getContext());
  builder.setInsertionPointAfterValue(product);
  auto weighted = onnx::NodeOp::create(builder, mul.getLoc(), product.getType(), "Mul", "",
                                       mul.getVersion(), mul.getName(), mul.getOnnxAttributes(),
                                       ArrayAttr(), ValueRange{product, weight}, 0);
  product.replaceAllUsesExcept(weighted.getOutputs()[0], weighted);
}

bool moveBehindProducts(ArrayRef<Value> weights) {
  bool moved = false;
  for (Value weight : weights) {
    RankedTensorType type = tensorType(weight);
    if (!type || !type.getRank() || type.getShape().back() != 1)
      continue;
    for (Operation *user : llvm::to_vector(weight.getUsers())) {
      auto mul = dyn_cast<onnx::NodeOp>(user);
      if (!mul || !mul.is("Mul") || mul.input(0) == mul.input(1))
        continue;
      Value rows = mul.input(mul.input(0) == weight ? 1 : 0);
      // One number a row, which makes nothing larger.
      bool isOfRows = tensorType(rows) == tensorType(mul.getOutputs()[0]) && lastDim(rows) != 1;
      SmallVector<onnx::NodeOp> path;
      if (isOfRows)
        path = pathToProduct(mul.getOutputs()[0]);
      if (path.empty())
        continue;
      moveBehind(mul, rows, weight, path);
      moved = true;
    }
  }
  return moved;
}

} // namespace moe::raise

//===- FusedLayout.cpp - Which way the weights of MoE lie -----------------===//

#include "lowering/onnx/raise/FusedLayout.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;

namespace moe::raise {
namespace {

using Views = ArrayRef<std::optional<WeightView>>;

const char *const names[] = {"fc1", "fc2", "fc3"};

InFlightDiagnostic error(onnx::NodeOp node) { return node.emitError(nameOf(node)) << ": "; }

std::string shapeText(ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (auto [index, size] : llvm::enumerate(shape))
    text += (index ? "," : "") + std::to_string(size);
  return text + "]";
}

std::string describe(Views weights, unsigned index) {
  return std::string(names[index]) + " " + shapeText(weights[index]->shape);
}

/// The shape that weight `index` has as [E, out, in] (`legacy`: [E, in, out]).
SmallVector<int64_t> expectedShape(const FusedShapes &shapes, int64_t inner, unsigned index,
                                   bool legacy) {
  int64_t out = index == 1 ? shapes.hidden : index == 0 ? inner * shapes.parts : inner;
  int64_t in = index == 1 ? inner : shapes.hidden;
  if (legacy)
    std::swap(in, out);
  return {shapes.experts, out, in};
}

/// The intermediate size that fc1 implies read this way, or nothing where it does not fit.
std::optional<int64_t> innerSize(const FusedShapes &shapes, const WeightView &first, bool legacy) {
  int64_t out = first.shape[legacy ? 2 : 1], in = first.shape[legacy ? 1 : 2];
  if (in != shapes.hidden || out % shapes.parts)
    return std::nullopt;
  return out / shapes.parts;
}

bool fits(const FusedShapes &shapes, Views weights, bool legacy) {
  auto inner = innerSize(shapes, *weights[0], legacy);
  if (!inner)
    return false;
  for (unsigned i = 0; i < weights.size(); ++i)
    if (weights[i] && weights[i]->shape != expectedShape(shapes, *inner, i, legacy))
      return false;
  return true;
}

LogicalResult checkExperts(onnx::NodeOp node, const FusedShapes &shapes, Views weights) {
  for (unsigned i = 0; i < weights.size(); ++i) {
    if (!weights[i])
      continue;
    if (weights[i]->rank() != 3)
      return error(node) << describe(weights, i) << " does not have three dimensions";
    if (weights[i]->shape[0] != shapes.experts)
      return error(node) << "router_probs has " << shapes.experts
                         << " columns but the weights hold " << weights[i]->shape[0] << " experts ("
                         << describe(weights, i) << ")";
  }
  return success();
}

/// Says which weight does not fit which, by the reading that fc1 allows.
LogicalResult mismatch(onnx::NodeOp node, const FusedShapes &shapes, Views weights) {
  for (bool legacy : {false, true}) {
    auto inner = innerSize(shapes, *weights[0], legacy);
    if (!inner)
      continue;
    for (unsigned i : {1u, 2u})
      if (weights[i] && weights[i]->shape != expectedShape(shapes, *inner, i, legacy))
        return error(node) << describe(weights, i) << " does not fit " << describe(weights, 0)
                           << ": expected " << shapeText(expectedShape(shapes, *inner, i, legacy));
  }
  return error(node) << describe(weights, 0) << " does not fit the hidden size " << shapes.hidden
                     << (shapes.parts == 2 ? " and two parts" : "");
}

/// Whether each weight's own shape excludes the modern reading.
bool allSayLegacy(const FusedShapes &shapes, Views weights) {
  int64_t inner = *innerSize(shapes, *weights[0], true);
  for (unsigned i = 0; i < weights.size(); ++i)
    if (weights[i] && weights[i]->shape == expectedShape(shapes, inner, i, false))
      return false;
  return true;
}

LogicalResult ambiguous(onnx::NodeOp node, const FusedShapes &shapes, Views weights) {
  int64_t inner = *innerSize(shapes, *weights[0], true);
  std::string only, both;
  for (unsigned i = 0; i < weights.size(); ++i)
    if (weights[i]) {
      bool fitsBoth = weights[i]->shape == expectedShape(shapes, inner, i, false);
      std::string &list = fitsBoth ? both : only;
      list += (list.empty() ? "" : " and ") + describe(weights, i);
    }
  return error(node) << only << " fits only the legacy (in, out) layout and " << both
                     << " fits both: the layout is ambiguous; say which is meant with "
                        "--moe-layout=legacy or --moe-layout=modern";
}

/// Whether the layout is legacy.
FailureOr<bool> chooseLayout(onnx::NodeOp node, const FusedShapes &shapes, StringRef option,
                             Views weights) {
  bool modern = fits(shapes, weights, false), legacy = fits(shapes, weights, true);
  if (!modern && !legacy)
    return mismatch(node, shapes, weights);
  if (!option.empty()) {
    bool wanted = option == "legacy" ? legacy : modern;
    if (!wanted)
      return error(node) << "layout " << option << " was asked for, but " << describe(weights, 0)
                         << " and " << describe(weights, 1) << " do not fit it";
    return option == "legacy";
  }
  if (modern)
    return false;
  if (!allSayLegacy(shapes, weights))
    return ambiguous(node, shapes, weights);
  return true;
}

} // namespace

FailureOr<bool> settleLayout(onnx::NodeOp node, const FusedShapes &shapes, StringRef option,
                             MutableArrayRef<std::optional<WeightView>> weights,
                             ArrayRef<std::optional<WeightView>> biases) {
  if (failed(checkExperts(node, shapes, weights)))
    return failure();
  auto legacy = chooseLayout(node, shapes, option, weights);
  if (failed(legacy))
    return failure();
  remark::analysis(node.getLoc(), remark::RemarkOpts::name("Layout").category("moe-raise"))
      << nameOf(node) + ": weights are read as [E, " +
             (*legacy ? "in, out] (legacy)" : "out, in] (modern)");
  for (unsigned i = 0; i < weights.size(); ++i) {
    if (!weights[i]) {
      if (biases[i])
        return error(node) << names[i] << " has a bias but no weight";
      continue;
    }
    if (!*legacy)
      weights[i] = weights[i]->permuted({0, 2, 1});
    SmallVector<int64_t> bias{shapes.experts, weights[i]->shape[2]};
    if (biases[i] && biases[i]->shape != bias)
      return error(node) << names[i] << "'s bias " << shapeText(biases[i]->shape)
                         << " does not fit its weight: expected " << shapeText(bias);
  }
  return *legacy;
}

} // namespace moe::raise

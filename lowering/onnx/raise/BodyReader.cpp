//===- BodyReader.cpp - Reads an expert's body from a graph ---------------===//

#include "lowering/onnx/raise/BodyReader.h"
#include "lowering/onnx/raise/Routed.h"
#include "lowering/onnx/raise/ScalarMath.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace moe::raise {

using Operand = Body::Operand;

/// Far above any body seen; a bound keeps a hostile file from costing more than linear time.
static constexpr size_t kMostValues = 1024;

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

BodyValue BodyValue::whole(Operand operand, const Axes &axes, int64_t columns) {
  BodyValue value;
  value.axes = axes;
  value.operand = operand;
  value.sizes = {columns};
  value.strides = {1};
  return value;
}

SmallVector<int64_t, 2> BodyValue::freeSizes() const {
  if (!weight)
    return sizes;
  return SmallVector<int64_t, 2>(ArrayRef<int64_t>(weight->view.shape).drop_front(weight->stacked));
}

void BodyValue::slice(unsigned index, int64_t from, int64_t count, int64_t step) {
  if (weight) {
    weight->view = weight->view.sliced(index + weight->stacked, from, count, step);
    return;
  }
  start += from * strides[index];
  sizes[index] = count;
  strides[index] *= step;
}

void BodyValue::select(unsigned index, int64_t at) {
  if (weight) {
    weight->view = weight->view.selected(index + weight->stacked, at);
    return;
  }
  start += at * strides[index];
  sizes.erase(sizes.begin() + index);
  strides.erase(strides.begin() + index);
}

void BodyValue::permute(ArrayRef<int64_t> order) {
  if (weight) {
    SmallVector<int64_t> whole;
    if (weight->stacked)
      whole.push_back(0);
    for (int64_t from : order)
      whole.push_back(from + weight->stacked);
    weight->view = weight->view.permuted(whole);
    return;
  }
  auto oldSizes = sizes, oldStrides = strides;
  for (auto [to, from] : llvm::enumerate(order)) {
    sizes[to] = oldSizes[from];
    strides[to] = oldStrides[from];
  }
}

bool BodyValue::reshape(ArrayRef<int64_t> to) {
  if (!weight)
    return restrided(sizes, strides, to);
  WeightView &view = weight->view;
  SmallVector<int64_t, 2> shape = freeSizes();
  SmallVector<int64_t, 2> steps(ArrayRef<int64_t>(view.strides).drop_front(weight->stacked));
  if (!restrided(shape, steps, to))
    return false;
  view.shape.truncate(weight->stacked);
  view.strides.truncate(weight->stacked);
  view.shape.append(shape);
  view.strides.append(steps);
  return true;
}

//===----------------------------------------------------------------------===//
// Order of reading
//===----------------------------------------------------------------------===//

static bool isConstantLike(Value value) {
  return constantNumber(value) || weightView(value) || quantView(value);
}

/// Records what the pattern knows; false, and what to read first in `next`, for another's alias.
bool BodyReader::readInput(Value value, const BodyInput &found, Value &next) {
  BodyValue made;
  switch (found.kind) {
  case BodyInput::Alias: {
    auto it = known.find(found.alias);
    if (it == known.end()) {
      next = found.alias;
      return false;
    }
    made = it->second;
    break;
  }
  case BodyInput::Weight:
    made.axes = found.axes;
    made.weight = Body::Weight{found.view, true};
    break;
  case BodyInput::Rows: {
    auto feature = llvm::find_if(found.axes, [](const Dim &dim) { return dim.free; });
    rowColumns = tensorType(value).getDimSize(feature - found.axes.begin());
    made = BodyValue::whole({Operand::Rows}, found.axes, rowColumns);
    break;
  }
  }
  known.insert({value, made});
  return true;
}

void BodyReader::inputsToRead(onnx::NodeOp node, SmallVectorImpl<Value> &inputs) {
  bool isProduct = node.is("MatMul") || node.is("Gemm") || node.is("Einsum") ||
                   node.is("FusedMatMul", "com.microsoft");
  size_t count = isProduct                                         ? 2
                 : findElementwise(node.getOp(), node.getDomain()) ? node.getInputs().size()
                                                                   : 1;
  for (unsigned i = 0; i < count; ++i)
    if (Value input = node.input(i); input && !isConstantLike(input))
      inputs.push_back(input);
  // The addend of a Gemm may be gathered; most are constants.
  if (Value addend = node.is("Gemm") ? node.input(2) : Value(); addend && !isConstantLike(addend))
    inputs.push_back(addend);
}

/// How nodes are read, by their operator; null where no body holds it.
BodyReader::NodeReader BodyReader::readerOf(onnx::NodeOp node) {
  if (findElementwise(node.getOp(), node.getDomain()))
    return &BodyReader::readElementwise;
  if (node.is("MatMulNBits", "com.microsoft"))
    return &BodyReader::readNBits;
  if (node.is("FusedMatMul", "com.microsoft"))
    return &BodyReader::readProduct;
  return llvm::StringSwitch<NodeReader>(node.getDomain().empty() ? node.getOp() : "")
      .Cases({"Einsum", "Gemm", "MatMul"}, &BodyReader::readProduct)
      .Cases({"Gather", "Slice", "Split"}, &BodyReader::readPart)
      .Cases({"Cast", "CastLike", "Dropout", "Expand", "Flatten", "Identity"},
             &BodyReader::readLayout)
      .Cases({"Reshape", "Squeeze", "Tile", "Transpose", "Unsqueeze"}, &BodyReader::readLayout)
      .Default(nullptr);
}

FailureOr<Body> BodyReader::read(Value output) {
  context = output.getContext();
  SmallVector<Value> stack{output};
  while (!stack.empty()) {
    Value value = stack.back();
    if (known.contains(value)) {
      stack.pop_back();
      continue;
    }
    onnx::NodeOp node = nodeOf(value);
    if (auto found = input(value)) {
      Value next;
      if (found->kind == BodyInput::Rows &&
          llvm::none_of(found->axes, [](const Dim &dim) { return dim.free; }))
        return attempt.miss(output.getDefiningOp(), "an expert's rows have no columns");
      if (!readInput(value, *found, next))
        stack.push_back(next);
      continue;
    }
    if (!node || !tensorType(value) || known.size() > kMostValues || stack.size() > kMostValues)
      return attempt.miss(node ? node.getOperation() : output.getDefiningOp(),
                          "an expert's output does not come from its rows alone");
    NodeReader readNode = readerOf(node);
    if (!readNode)
      return miss(node, "is no part of an expert's body");
    SmallVector<Value> inputs;
    inputsToRead(node, inputs);
    auto unread = [&](Value input) { return !known.contains(input); };
    if (llvm::any_of(inputs, unread)) {
      // The first input on top: steps come in the order they are written in.
      for (Value input : llvm::reverse(inputs))
        if (unread(input))
          stack.push_back(input);
      continue;
    }
    if (inputs.empty())
      return miss(node, "does not depend on the rows");
    if (failed((this->*readNode)(node, value)))
      return failure();
  }
  const BodyValue &result = known.find(output)->second;
  auto operand = columnsOf(nodeOf(output), result);
  if (failed(operand))
    return failure();
  body.result = *operand;
  body.axes = result.axes;
  prune();
  bool hasProduct = llvm::any_of(body.steps, [](const Body::Step &step) { return !step.op; });
  if (body.result.kind != Operand::Step || !hasProduct)
    return attempt.miss(output.getDefiningOp(), "an expert's body holds no product with a weight");
  return body;
}

//===----------------------------------------------------------------------===//
// Layout and parts
//===----------------------------------------------------------------------===//

/// The free dimensions of the result of a Transpose, as places among those of its input.
static SmallVector<int64_t> freeOrder(onnx::NodeOp transpose, const Axes &axes) {
  SmallVector<int64_t> places(axes.size(), -1), order;
  int64_t count = 0;
  for (auto [dim, place] : llvm::zip_equal(axes, places))
    if (dim.free)
      place = count++;
  auto perm = dyn_cast_or_null<DenseI64ArrayAttr>(transpose.attribute("perm"));
  for (size_t i = 0; i < axes.size(); ++i) {
    int64_t from = perm ? perm[i] : static_cast<int64_t>(axes.size() - 1 - i);
    if (places[from] >= 0)
      order.push_back(places[from]);
  }
  return order;
}

/// The labels of plain rows, features last, reshaped with the same features.
static std::optional<Axes> plainRowsReshaped(onnx::NodeOp node, const Axes &axes) {
  RankedTensorType from = tensorType(node.input(0)), to = tensorType(node.getOutputs()[0]);
  bool isShape =
      node.is("Reshape") || node.is("Squeeze") || node.is("Unsqueeze") || node.is("Flatten");
  if (!isShape || !to || axes.empty() || !axes.back().free || !to.getRank() ||
      to.getShape().back() != from.getShape().back())
    return std::nullopt;
  Axes result;
  for (int64_t size : to.getShape().drop_back())
    result.push_back(dimOf(Atom::Token, size));
  result.push_back(axes.back());
  return result;
}

LogicalResult BodyReader::readLayout(onnx::NodeOp node, Value value) {
  BodyValue result = known.find(node.input(0))->second;
  RankedTensorType type = tensorType(value);
  auto axes = relaid(node, result.axes, counts);
  if (!axes && plainRows && !result.weight)
    axes = plainRowsReshaped(node, result.axes);
  if (!axes)
    return miss(node, "is no part of an expert's body");
  if (!isa<FloatType>(type.getElementType()))
    return miss(node, "rounds an expert's numbers to another kind");
  if (node.is("Transpose"))
    result.permute(freeOrder(node, result.axes));
  SmallVector<int64_t> sizes;
  for (auto [dim, size] : llvm::zip_equal(*axes, type.getShape()))
    if (dim.free)
      sizes.push_back(size);
  if (ArrayRef<int64_t>(sizes) != ArrayRef<int64_t>(result.freeSizes()) && !result.reshape(sizes))
    return miss(node, "mixes features up");
  result.axes = std::move(*axes);
  known.insert({value, result});
  return success();
}

/// Elements `start, start + step, ...` of dimension `axis`; all of it, if that is no feature's.
LogicalResult BodyReader::takePart(onnx::NodeOp node, BodyValue &of, int64_t axis, int64_t start,
                                   int64_t count, int64_t step) {
  RankedTensorType type = tensorType(node.input(0));
  int64_t whole = type.getDimSize(axis);
  bool fixed = !ShapedType::isDynamic(whole) && !ShapedType::isDynamic(count) && count > 0;
  if (fixed && start == 0 && step == 1 && count == whole)
    return success();
  if (!fixed || !of.axes[axis].free || start < 0 || start >= whole || step < 1 ||
      count > (whole - 1 - start) / step + 1)
    return miss(node, "does not cut columns at constant places");
  unsigned index = llvm::count_if(ArrayRef<Dim>(of.axes).take_front(axis),
                                  [](const Dim &dim) { return dim.free; });
  if (count == 1) {
    of.select(index, start);
    of.axes[axis] = {};
  } else {
    of.slice(index, start, count, step);
  }
  return success();
}

/// The places along an axis that a Gather with constant indices takes, if they are evenly spaced.
static std::optional<std::pair<int64_t, int64_t>> evenly(ArrayRef<int64_t> places) {
  int64_t step = places.size() > 1 ? places[1] - places[0] : 1;
  for (size_t i = 1; i < places.size(); ++i)
    if (places[i] - places[i - 1] != step)
      return std::nullopt;
  return places.empty() ? std::nullopt : std::optional(std::pair(places.front(), step));
}

LogicalResult BodyReader::readPart(onnx::NodeOp node, Value value) {
  BodyValue result = known.find(node.input(0))->second;
  RankedTensorType from = tensorType(node.input(0)), to = tensorType(value);
  int64_t rank = from.getRank();
  auto unknown = [&] { return miss(node, "does not cut columns at constant places"); };
  if (node.is("Slice")) {
    auto starts = constantInts(node.input(1)), axes = constantInts(node.input(3));
    auto steps = node.input(4) ? constantInts(node.input(4)) : std::nullopt;
    if (!starts || !axes || (node.input(4) && !steps) || starts->size() != axes->size() ||
        (steps && steps->size() != axes->size()))
      return unknown();
    for (size_t i = 0; i < axes->size(); ++i) {
      auto axis = normalizeAxis((*axes)[i], rank);
      if (!axis || from.isDynamicDim(*axis))
        return unknown();
      int64_t size = from.getDimSize(*axis), start = (*starts)[i];
      start = std::clamp<int64_t>(start < 0 ? start + size : start, 0, size);
      if (failed(
              takePart(node, result, *axis, start, to.getDimSize(*axis), steps ? (*steps)[i] : 1)))
        return failure();
    }
    known.insert({value, result});
    return success();
  }
  auto axis = normalizeAxis(node.intAttribute("axis", 0), rank);
  if (!axis)
    return unknown();
  if (node.is("Split")) {
    int64_t start = 0;
    for (Value output : node.getOutputs()) {
      if (output == value)
        break;
      int64_t size = tensorType(output).getDimSize(*axis);
      if (ShapedType::isDynamic(size))
        return unknown();
      start += size;
    }
    if (failed(takePart(node, result, *axis, start, to.getDimSize(*axis), 1)))
      return failure();
    known.insert({value, result});
    return success();
  }
  auto places = constantInts(node.input(1));
  RankedTensorType index = tensorType(node.input(1));
  if (!places || index.getRank() > 1 || from.isDynamicDim(*axis))
    return unknown();
  for (int64_t &place : *places)
    place += place < 0 ? from.getDimSize(*axis) : 0;
  auto even = evenly(*places);
  if (!even || failed(takePart(node, result, *axis, even->first, places->size(), even->second)))
    return unknown();
  if (index.getRank() == 0) {
    if (!result.axes[*axis].isUnit())
      return unknown();
    result.axes.erase(result.axes.begin() + *axis);
  }
  known.insert({value, result});
  return success();
}

//===----------------------------------------------------------------------===//
// Entry
//===----------------------------------------------------------------------===//

FailureOr<Body> matchBody(Value output, Counts counts,
                          llvm::function_ref<std::optional<BodyInput>(Value)> input,
                          Attempt &attempt) {
  return BodyReader(input, counts, /*plainRows=*/false, attempt).read(output);
}

FailureOr<Body> matchRowsBody(Value output,
                              llvm::function_ref<std::optional<BodyInput>(Value)> input,
                              Attempt &attempt) {
  return BodyReader(input, {1, 1}, /*plainRows=*/true, attempt).read(output);
}

std::optional<Axes> plainRows(Value value) {
  RankedTensorType type = tensorType(value);
  if (!type || !type.getRank() || ShapedType::isDynamic(type.getShape().back()))
    return std::nullopt;
  Axes axes;
  for (int64_t size : type.getShape().drop_back())
    axes.push_back(dimOf(Atom::Token, size));
  axes.push_back(freeDim(type.getShape().back()));
  return axes;
}

FailureOr<Body> matchBody(Value output, llvm::function_ref<bool(Value)> isRows, Attempt &attempt) {
  auto input = [&](Value value) -> std::optional<BodyInput> {
    auto axes = isRows(value) ? plainRows(value) : std::nullopt;
    return axes ? std::optional(BodyInput{BodyInput::Rows, *axes}) : std::nullopt;
  };
  return matchRowsBody(output, input, attempt);
}

} // namespace moe::raise

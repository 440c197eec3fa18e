//===- CapacityLayer.cpp - From proven masks to a layer -------------------===//
//
// Summed over an expert's places, the mask that weights is the routing weight of each token and
// expert, and the mask that dispatches says whether the token is there at all. Choices that were
// dropped become -1.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/CapacityLayer.h"
#include "lowering/onnx/raise/Layers.h"
#include "lowering/onnx/raise/MixtureLayer.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Writes the nodes that turn masks into routing.
class RoutingWriter {
public:
  RoutingWriter(OpBuilder &builder, const CapacityLayer &layer, onnx::NodeOp anchor)
      : builder(builder), layer(layer), loc(anchor.getLoc()), version(anchor.getVersion()) {
    ArrayRef<int64_t> shape = tensorType(layer.tokens).getShape().drop_back();
    tokens.assign(shape.begin(), shape.end());
  }

  Value node(StringRef op, ValueRange inputs, RankedTensorType type,
             ArrayRef<NamedAttribute> attributes = {}) {
    return onnx::NodeOp::create(builder, loc, type, op, "", version, "",
                                builder.getDictionaryAttr(attributes), ArrayAttr(), inputs, 0)
        .getOutputs()[0];
  }
  Value ints(ArrayRef<int64_t> numbers, bool scalar = false) {
    SmallVector<int64_t> shape;
    if (!scalar)
      shape.push_back(numbers.size());
    auto type = RankedTensorType::get(shape, builder.getI64Type());
    return onnx::ConstantOp::create(builder, loc, type, DenseIntElementsAttr::get(type, numbers));
  }
  NamedAttribute integer(StringRef key, int64_t value) {
    return builder.getNamedAttr(key, builder.getI64IntegerAttr(value));
  }
  RankedTensorType typeOf(int64_t last, Type element) {
    SmallVector<int64_t> shape = tokens;
    shape.push_back(last);
    return RankedTensorType::get(shape, element);
  }
  Value cast(Value value, Type element, int64_t code) {
    RankedTensorType type = tensorType(value);
    return type.getElementType() == element
               ? value
               : node("Cast", value, type.clone(element), integer("to", code));
  }

  Value summed(ArrayRef<MaskFactor> masks, StringRef out, RankedTensorType type);
  Value perExpert(ArrayRef<MaskFactor> masks);
  Value ids();
  Value kept(Value ids, Value present);
  void checkPlaces();

  OpBuilder &builder;
  const CapacityLayer &layer;
  Location loc;
  int64_t version;
  /// The tokens' sizes.
  SmallVector<int64_t> tokens;
};

/// The product of masks, summed over all dimensions but those of `out`, as floats.
Value RoutingWriter::summed(ArrayRef<MaskFactor> masks, StringRef out, RankedTensorType type) {
  std::string equation;
  SmallVector<Value> operands;
  char unit = 'p';
  for (const MaskFactor &mask : masks) {
    equation += equation.empty() ? "" : ",";
    Value value = cast(mask.value, type.getElementType(), 1);
    SmallVector<int64_t> shape, sizes;
    std::string letters;
    for (auto [name, size] : llvm::zip_equal(mask.dims, tensorType(value).getShape())) {
      if (name == "ec") {
        shape.append({layer.sizes.experts, layer.sizes.places});
        sizes.append({layer.sizes.experts, layer.sizes.places});
        letters += "ec";
        continue;
      }
      shape.push_back(0);
      sizes.push_back(size);
      letters += name.empty() ? std::string(1, unit++) : name;
    }
    if (shape.size() != mask.dims.size())
      value = node("Reshape", {value, ints(shape)},
                   RankedTensorType::get(sizes, type.getElementType()));
    operands.push_back(value);
    equation += letters;
  }
  equation += "->" + out.str();
  return node("Einsum", operands, type,
              builder.getNamedAttr("equation", builder.getStringAttr(equation)));
}

/// A number for each token and expert.
Value RoutingWriter::perExpert(ArrayRef<MaskFactor> masks) {
  return summed(masks, layer.grouped ? "gte" : "te",
                typeOf(layer.sizes.experts, builder.getF32Type()));
}

/// All choices of a token, [tokens..., k].
Value RoutingWriter::ids() {
  SmallVector<Value> columns;
  int64_t count = 0, rank = tokens.size();
  for (const MaskFactor &choice : layer.ids) {
    Value value = cast(choice.value, builder.getI64Type(), 7);
    RankedTensorType type = tensorType(value);
    if (type.getRank() == rank)
      value = node("Unsqueeze", {value, ints({rank})}, typeOf(1, builder.getI64Type()));
    count += tensorType(value).getShape().back();
    columns.push_back(value);
  }
  if (columns.size() == 1)
    return columns.front();
  return node("Concat", columns, typeOf(count, builder.getI64Type()), integer("axis", rank));
}

/// The ids whose token is at a place of the expert, and -1 for the others. An id that a choice
/// before has taken would count twice.
Value RoutingWriter::kept(Value ids, Value present) {
  RankedTensorType type = tensorType(ids);
  RankedTensorType flags = type.clone(builder.getI1Type());
  auto half = RankedTensorType::get({}, builder.getF32Type());
  Value threshold =
      onnx::ConstantOp::create(builder, loc, half, DenseElementsAttr::get(half, {0.5f}));
  Value keep = node("Greater", {present, threshold}, flags);
  int64_t k = type.getShape().back();
  for (int64_t column = 1; column < k && layer.ids.size() > 1; ++column)
    for (int64_t before = 0; before < column; ++before) {
      RankedTensorType one = typeOf(1, builder.getI64Type());
      auto take = [&](int64_t at) {
        return node("Gather", {ids, ints({at})}, one,
                    integer("axis", static_cast<int64_t>(tokens.size())));
      };
      Value same = node("Equal", {take(column), take(before)}, one.clone(builder.getI1Type()));
      SmallVector<int64_t> place(k, 0);
      place[column] = 1;
      auto mark = RankedTensorType::get({k}, builder.getI1Type());
      SmallVector<bool> bits(place.begin(), place.end());
      Value here = onnx::ConstantOp::create(builder, loc, mark, DenseElementsAttr::get(mark, bits));
      Value twice = node("And", {same, here}, flags);
      keep = node("And", {keep, node("Not", twice, flags)}, flags);
    }
  return node("Where", {keep, ids, ints({-1}, true)}, type);
}

/// Traps where two tokens stand at one place.
void RoutingWriter::checkPlaces() {
  if (layer.onePerPlace)
    return;
  auto f32 = builder.getF32Type();
  SmallVector<int64_t> shape;
  if (layer.grouped)
    shape.push_back(tokens.front());
  shape.append({layer.sizes.experts, layer.sizes.places});
  auto type = RankedTensorType::get(shape, f32);
  Value all = summed({MaskFactor{layer.mask, layer.maskDims}}, layer.grouped ? "gec" : "ec", type);
  auto scalar = RankedTensorType::get({}, f32);
  Value most =
      onnx::ConstantOp::create(builder, loc, scalar, DenseElementsAttr::get(scalar, {1.5f}));
  Value crowded = node("Greater", {all, most}, type.clone(builder.getI1Type()));
  Value count = cast(crowded, builder.getI64Type(), 7);
  Value sum = node("ReduceSum", {count, ints(llvm::to_vector(llvm::seq<int64_t>(0, shape.size())))},
                   RankedTensorType::get({}, builder.getI64Type()), integer("keepdims", 0));
  Value none =
      node("Equal", {sum, ints({0}, true)}, RankedTensorType::get({}, builder.getI1Type()));
  cf::AssertOp::create(builder, loc, tensor::ExtractOp::create(builder, loc, none),
                       "two tokens stand at one place of an expert");
}

} // namespace

LogicalResult writeCapacity(const CapacityLayer &layer, const Choices &choices, Attempt &attempt) {
  onnx::NodeOp node = nodeOf(layer.result);
  RankedTensorType type = tensorType(layer.tokens), result = tensorType(layer.result);
  for (const Body::Weight &weight : layer.body.weights)
    if (weight.view.elementType != type.getElementType())
      return attempt.miss(node, nameOf(node) + " weights experts whose weights are of another type "
                                               "than their rows");
  if (result.getElementType() != type.getElementType() || !type.getElementType().isF32() ||
      layer.body.columns() != result.getShape().back())
    return attempt.miss(node, nameOf(node) + " is of another type than the experts' rows");
  for (const MaskFactor &choice : layer.ids) {
    MaskDims tokens = layer.grouped ? MaskDims{"g", "t"} : MaskDims{"t"};
    bool hasSlots = choice.dims.size() == tokens.size() + 1;
    if (ArrayRef<std::string>(choice.dims).drop_back(hasSlots) != ArrayRef<std::string>(tokens) ||
        ShapedType::isDynamic(hasSlots ? lastDim(choice.value) : 1))
      return attempt.miss(node, nameOf(node) + " follows choices in another order than the tokens");
  }
  OpBuilder builder(node);
  RoutingWriter writer(builder, layer, node);
  Value weights = layer.weights, present = layer.present;
  if (!weights) {
    writer.checkPlaces();
    weights = writer.perExpert(layer.combine);
    present = writer.perExpert({MaskFactor{layer.mask, layer.maskDims}});
  }
  Value ids;
  if (layer.ids.empty()) {
    SmallVector<int64_t> all = llvm::to_vector(llvm::seq<int64_t>(0, layer.sizes.experts));
    Value row = writer.ints(all);
    RankedTensorType whole = writer.typeOf(layer.sizes.experts, builder.getI64Type());
    Value zeros = writer.cast(present, builder.getI64Type(), 7);
    Value nothing = writer.node("Mul", {zeros, writer.ints({0}, true)}, whole);
    ids = writer.kept(writer.node("Add", {nothing, row}, whole), present);
  } else {
    Value chosen = writer.ids();
    NamedAttribute axis = writer.integer("axis", writer.tokens.size());
    RankedTensorType taken = tensorType(chosen).clone(builder.getF32Type());
    weights = writer.node("GatherElements", {weights, chosen}, taken, axis);
    ids = writer.kept(chosen, writer.node("GatherElements", {present, chosen}, taken, axis));
  }
  LayerSpec spec;
  spec.anchor = choices.anchor;
  spec.experts = choices.experts;
  spec.tokens = layer.tokens;
  spec.given = GivenRouting{ids, weights, choices.name, "what the masks leave of the choices"};
  setWeights(spec, {layer.body}, choices.experts);
  spec.intermediate = layer.body.intermediate();
  spec.columns = layer.body.columns();
  spec.resultType = result;
  auto write = [&](BodyBuilder &body) { writeBody(layer.body, body); };
  spec.writeBody = write;
  spec.form = "capacity";
  spec.body = layer.body.describe();
  spec.checkTokens = true;
  Value whole = layer.result;
  whole.replaceAllUsesWith(attempt.layers.write(builder, spec));
  return success();
}

} // namespace moe::raise

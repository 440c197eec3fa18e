//===- Layers.cpp - Writes a layer in the moe dialect ---------------------===//

#include "lowering/onnx/raise/Layers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;

namespace moe::raise {

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

/// The module path that exporters put before a node's name, dots between its parts:
/// "/layers.0/TopK" is of "layers.0".
std::string Layers::nameFor(onnx::NodeOp anchor) {
  StringRef scope = anchor.getName().rsplit('/').first;
  if (!anchor.getName().contains('/'))
    scope = "";
  scope = scope.trim('/');
  std::string name = scope.str();
  llvm::replace(name, '/', '.');
  if (name.empty())
    name = "moe_" + std::to_string(entries.size());
  std::string unique = name;
  for (int i = 1; !names.insert(unique).second; ++i)
    unique = name + "_" + std::to_string(i);
  return unique;
}

/// `value` with all dimensions but the last as one.
static Value collapsed(OpBuilder &builder, Location loc, Value value) {
  int64_t rank = typeOf(value).getRank();
  if (rank == 2)
    return value;
  SmallVector<ReassociationIndices> groups(2);
  llvm::append_range(groups[0], llvm::seq<int64_t>(0, rank - 1));
  groups[1].push_back(rank - 1);
  return tensor::CollapseShapeOp::create(builder, loc, value, groups);
}

/// `rows` [T, N] with the leading dimensions of `like`, as `type`.
static Value expanded(OpBuilder &builder, Location loc, Value rows, Value like,
                      RankedTensorType type) {
  RankedTensorType likeType = typeOf(like);
  int64_t rank = likeType.getRank();
  Value result = rows;
  if (rank != 2) {
    SmallVector<int64_t> shape(likeType.getShape());
    shape.back() = typeOf(rows).getDimSize(1);
    SmallVector<OpFoldResult> sizes;
    for (int64_t i = 0; i < rank; ++i)
      sizes.push_back(ShapedType::isDynamic(shape[i])
                          ? OpFoldResult(tensor::DimOp::create(builder, loc, like, i).getResult())
                          : OpFoldResult(builder.getIndexAttr(shape[i])));
    SmallVector<ReassociationIndices> groups(2);
    llvm::append_range(groups[0], llvm::seq<int64_t>(0, rank - 1));
    groups[1].push_back(rank - 1);
    result = tensor::ExpandShapeOp::create(
        builder, loc, RankedTensorType::get(shape, likeType.getElementType()), rows, groups, sizes);
  }
  return result.getType() == type ? result
                                  : tensor::CastOp::create(builder, loc, type, result).getResult();
}

/// The generated code trusts that each row of logits has its row of tokens.
static void assertSameTokens(OpBuilder &builder, Location loc, Value tokens, Value logits) {
  Value a = tensor::DimOp::create(builder, loc, tokens, 0);
  Value b = tensor::DimOp::create(builder, loc, logits, 0);
  Value same = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, a, b);
  cf::AssertOp::create(builder, loc, same,
                       "the router's logits and the tokens differ in their number of rows");
}

static DictionaryAttr entryOf(OpBuilder &builder, LayerSpec &spec, StringRef name) {
  auto text = [&](StringRef key, StringRef value) {
    return builder.getNamedAttr(key, builder.getStringAttr(value));
  };
  auto number = [&](StringRef key, int64_t value) {
    return builder.getNamedAttr(key, builder.getI64IntegerAttr(value));
  };
  std::string gate = spec.gate.describe().str();
  if (spec.bias)
    gate = gate == "sigmoid_topk" ? "sigmoid_bias_topk" : gate + "_bias";
  return builder.getDictionaryAttr({text("name", name), number("experts", spec.experts),
                                    number("top_k", spec.gate.getK()),
                                    number("hidden", typeOf(spec.tokens).getShape().back()),
                                    number("intermediate", spec.intermediate), text("gate", gate),
                                    text("form", spec.form), text("node", spec.anchor.getName())});
}

static void remarkRaised(LayerSpec &spec, StringRef name) {
  auto number = [](int64_t value) { return std::to_string(value); };
  remark::passed(spec.anchor.getLoc(), remark::RemarkOpts::name("Raised").category("moe-raise"))
      << ("raised " + spec.form + ": " + number(spec.experts) + " experts, top " +
          number(spec.gate.getK()) + ", " + spec.gate.describe() + ", body " + spec.body +
          ", layer " + name + ", from " + nameOf(spec.anchor))
             .str();
}

Value Layers::write(OpBuilder &builder, LayerSpec &spec) {
  Location loc = spec.anchor.getLoc();
  std::string name = nameFor(spec.anchor);
  Value tokens = collapsed(builder, loc, spec.tokens),
        logits = collapsed(builder, loc, spec.logits);
  RankedTensorType tokensType = typeOf(tokens), logitsType = typeOf(logits);
  if (spec.checkTokens)
    assertSameTokens(builder, loc, tokens, logits);

  auto stack = [&](const LayerSpec::Stack &weight, StringRef key) {
    std::string full = name + "." + key.str();
    return weight.stacked ? stackedWeight(builder, loc, weight.views.front(), full)
                          : stackWeights(builder, loc, weight.views, full);
  };
  Value bias = spec.bias ? stackedWeight(builder, loc, *spec.bias, name + ".bias") : Value();
  int64_t numTokens = logitsType.getDimSize(0), k = spec.gate.getK();
  auto gate = GateOp::create(
      builder, loc, RankedTensorType::get({numTokens, k}, logitsType.getElementType()),
      RankedTensorType::get({numTokens, k}, builder.getI32Type()), logits, bias, spec.gate);
  int64_t slots = ShapedType::kDynamic;
  if (ShapedType::isStatic(numTokens) && llvm::MulOverflow(numTokens, k, slots))
    slots = ShapedType::kDynamic;
  auto dispatch = DispatchOp::create(
      builder, loc, tokensType.clone({slots, tokensType.getDimSize(1)}),
      RankedTensorType::get({slots}, builder.getI32Type()),
      RankedTensorType::get({spec.experts + 1}, builder.getI32Type()), tokens, gate.getExperts(),
      builder.getI64IntegerAttr(spec.experts), IntegerAttr(), UnitAttr(), IntegerAttr());
  SmallVector<Value> weights;
  for (auto [index, weight] : llvm::enumerate(spec.weights))
    weights.push_back(stack(weight, "w" + std::to_string(index)));
  auto expert = ExpertOp::create(builder, loc, tokensType.clone({slots, spec.columns}),
                                 dispatch.getRows(), dispatch.getOffsets(), weights);
  BodyBuilder body(expert);
  spec.writeBody(body);
  auto combine =
      CombineOp::create(builder, loc, tokensType.clone({tokensType.getDimSize(0), spec.columns}),
                        expert.getResult(), dispatch.getSlots(), gate.getWeights());

  auto observe = [&](Observed role, Value value) {
    ObserveOp::create(builder, loc, name, role, value, IntegerAttr());
  };
  observe(Observed::Logits, logits);
  observe(Observed::Tokens, tokens);
  observe(Observed::Experts, gate.getExperts());
  observe(Observed::Weights, gate.getWeights());
  observe(Observed::Output, combine.getResult());
  entries.push_back(entryOf(builder, spec, name));
  remarkRaised(spec, name);
  return expanded(builder, loc, combine.getResult(), spec.tokens, spec.resultType);
}

void Layers::store(ModuleOp module) {
  if (!entries.empty())
    module->setAttr(kLayersAttr, ArrayAttr::get(module.getContext(), entries));
}

} // namespace moe::raise

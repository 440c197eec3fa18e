//===- Layers.cpp - Writes a layer in the moe dialect ---------------------===//

#include "lowering/onnx/raise/Layers.h"
#include "lowering/onnx/raise/GivenIds.h"
#include "lowering/onnx/raise/SharedExpert.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/StringExtras.h"

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

/// `value` with all dimensions but the last as one; a list becomes one column.
static Value collapsed(OpBuilder &builder, Location loc, Value value) {
  int64_t rank = typeOf(value).getRank();
  if (rank == 2)
    return value;
  if (rank == 1)
    return tensor::ExpandShapeOp::create(builder, loc,
                                         typeOf(value).clone({typeOf(value).getDimSize(0), 1}),
                                         value, ArrayRef<ReassociationIndices>{{0, 1}});
  SmallVector<ReassociationIndices> groups(2);
  llvm::append_range(groups[0], llvm::seq<int64_t>(0, rank - 1));
  groups[1].push_back(rank - 1);
  return tensor::CollapseShapeOp::create(builder, loc, value, groups);
}

/// `rows` [T, N] with the leading dimensions of `like`, as `type`.
static Value expanded(OpBuilder &builder, Location loc, Value rows, Value like,
                      RankedTensorType type) {
  RankedTensorType likeType = typeOf(like);
  // Tokens may be laid out in more dimensions than the rows that the graph goes on with.
  int64_t rank = type.getRank();
  Value result = rows;
  if (type.getRank() != 2) {
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
    result =
        tensor::ExpandShapeOp::create(builder, loc, typeOf(rows).clone(shape), rows, groups, sizes);
  }
  return result.getType() == type ? result
                                  : tensor::CastOp::create(builder, loc, type, result).getResult();
}

/// The generated code trusts that each row of logits has its row of tokens.
static void assertSameTokens(OpBuilder &builder, Location loc, Value tokens, Value other,
                             const Twine &what) {
  Value a = tensor::DimOp::create(builder, loc, tokens, 0);
  Value b = tensor::DimOp::create(builder, loc, other, 0);
  Value same = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, a, b);
  cf::AssertOp::create(builder, loc, same,
                       (what + " and the tokens differ in their number of rows").str());
}

/// Whether what stands beside `op` may run several times in a run of the model.
static bool isInLoop(Operation *op) {
  for (op = op->getParentOp(); op; op = op->getParentOp())
    if (auto node = dyn_cast<onnx::NodeOp>(op); node && !node.is("If"))
      return true;
  return false;
}

/// What is observed in each round of a loop is of any number of rows, as all rounds are seen as
/// one.
static Value anyRows(OpBuilder &builder, LayerSpec &spec, Value value) {
  RankedTensorType type = typeOf(value);
  if (type.isDynamicDim(0) || !isInLoop(spec.anchor))
    return value;
  return tensor::CastOp::create(builder, spec.anchor.getLoc(),
                                type.clone({ShapedType::kDynamic, type.getDimSize(1)}), value);
}

namespace {
/// A layer's choices, [T, k] each; no logits where the graph itself chooses.
struct Routing {
  Value logits, experts, weights;
};
} // namespace

/// Choices as the graph computes them: checked, and in the language's own types.
static Routing readGiven(OpBuilder &builder, LayerSpec &spec, Value tokens) {
  Location loc = spec.anchor.getLoc();
  Value ids = anyRows(builder, spec, collapsed(builder, loc, spec.given->ids));
  Value weights = anyRows(builder, spec, collapsed(builder, loc, spec.given->weights));
  if (spec.checkTokens) {
    assertSameTokens(builder, loc, tokens, ids, "the chosen experts");
    assertSameTokens(builder, loc, tokens, weights, "the routing weights");
  }
  return {Value(), checkedIds(builder, loc, ids, spec.experts), weights};
}

/// Choices by a gate.
static Routing writeGate(OpBuilder &builder, LayerSpec &spec, Value tokens, StringRef name) {
  Location loc = spec.anchor.getLoc();
  Value logits = anyRows(builder, spec, collapsed(builder, loc, spec.logits));
  if (spec.checkTokens)
    assertSameTokens(builder, loc, tokens, logits, "the router's logits");
  Value bias = spec.bias ? stackedWeight(builder, loc, *spec.bias, name.str() + ".bias") : Value();
  int64_t numTokens = typeOf(logits).getDimSize(0), k = spec.gate.getK();
  auto gate = GateOp::create(
      builder, loc, RankedTensorType::get({numTokens, k}, typeOf(logits).getElementType()),
      RankedTensorType::get({numTokens, k}, builder.getI32Type()), logits, bias, spec.gate);
  return {logits, gate.getExperts(), gate.getWeights()};
}

/// The gate's name in `moe_layers`.
static std::string gateName(const LayerSpec &spec) {
  if (spec.given)
    return spec.given->gate.str();
  if (!spec.gateName.empty())
    return spec.gateName.str();
  std::string gate = spec.gate.describe().str();
  if (!spec.bias || spec.gate.getGroups() > 1)
    return gate;
  return gate == "sigmoid_topk" ? "sigmoid_bias_topk" : gate + "_bias";
}

/// "int4 in blocks of 32 with zero points", each kind once; empty for floats.
static std::string quantisationOf(ExpertOp expert) {
  SmallVector<std::string> kinds;
  for (auto dequantize : expert.getBody().front().getOps<DequantizeOp>()) {
    QuantAttr quant = dequantize.getQuant();
    int64_t depth = typeOf(dequantize.getCodes()).getDimSize(0);
    std::string kind = (quant.getCode().isInteger() ? "int" : "fp") + std::to_string(quant.bits());
    kind += quant.getBlock() >= depth ? " per channel"
                                      : " in blocks of " + std::to_string(quant.getBlock());
    kind += dequantize.getZeroPoints() ? " with zero points" : "";
    if (!llvm::is_contained(kinds, kind))
      kinds.push_back(kind);
  }
  return llvm::join(kinds, ", ");
}

static DictionaryAttr entryOf(OpBuilder &builder, LayerSpec &spec, StringRef name, int64_t topK,
                              StringRef quantisation) {
  auto text = [&](StringRef key, StringRef value) {
    return builder.getNamedAttr(key, builder.getStringAttr(value));
  };
  auto number = [&](StringRef key, int64_t value) {
    return builder.getNamedAttr(key, builder.getI64IntegerAttr(value));
  };
  SmallVector<NamedAttribute> entry{text("name", name),
                                    number("experts", spec.experts),
                                    number("top_k", topK),
                                    number("hidden", typeOf(spec.tokens).getShape().back()),
                                    number("intermediate", spec.intermediate),
                                    text("gate", gateName(spec)),
                                    text("form", spec.form),
                                    text("node", spec.anchor.getName())};
  if (!quantisation.empty())
    entry.push_back(text("quantisation", quantisation));
  return builder.getDictionaryAttr(entry);
}

/// The remark on a layer up to its body and weights.
static std::string describe(const LayerSpec &spec, int64_t topK, StringRef quantisation) {
  return ("raised " + spec.form + ": " + Twine(spec.experts) + " experts, top " + Twine(topK) +
          ", " + gateName(spec) + ", body " + spec.body +
          (quantisation.empty() ? "" : ", weights ") + quantisation)
      .str();
}

static std::string describeOrigin(LayerSpec &spec, StringRef name) {
  std::string text = (", layer " + name + ", from " + nameOf(spec.anchor)).str();
  if (isInLoop(spec.anchor))
    text += " in a loop";
  if (spec.given && !spec.given->why.empty())
    text += "; routed as the graph says: " + spec.given->why;
  return text;
}

/// Whoever runs the model may see what the layer reads, chooses and gives.
static void offer(OpBuilder &builder, Location loc, StringRef name, Value tokens,
                  const Routing &routing, Value output) {
  auto observe = [&](Observed role, Value value) {
    ObserveOp::create(builder, loc, name, role, value, IntegerAttr());
  };
  if (routing.logits)
    observe(Observed::Logits, routing.logits);
  observe(Observed::Tokens, tokens);
  observe(Observed::Experts, routing.experts);
  observe(Observed::Weights, routing.weights);
  observe(Observed::Output, output);
}

Value Layers::write(OpBuilder &builder, LayerSpec &spec) {
  Location loc = spec.anchor.getLoc();
  std::string name = nameFor(spec.anchor);
  Value whole = collapsed(builder, loc, spec.tokens), tokens = anyRows(builder, spec, whole);
  RankedTensorType tokensType = typeOf(tokens);
  Routing routing =
      spec.given ? readGiven(builder, spec, tokens) : writeGate(builder, spec, tokens, name);
  auto stack = [&](const LayerSpec::Stack &weight, StringRef key) {
    std::string full = name + "." + key.str();
    return weight.stacked ? stackedWeight(builder, loc, weight.views.front(), full)
                          : stackWeights(builder, loc, weight.views, full);
  };
  int64_t numTokens = typeOf(routing.experts).getDimSize(0);
  int64_t k = typeOf(routing.experts).getDimSize(1);
  int64_t slots = ShapedType::kDynamic;
  if (ShapedType::isStatic(numTokens) && llvm::MulOverflow(numTokens, k, slots))
    slots = ShapedType::kDynamic;
  auto dispatch = DispatchOp::create(
      builder, loc, tokensType.clone({slots, tokensType.getDimSize(1)}),
      RankedTensorType::get({slots}, builder.getI32Type()),
      RankedTensorType::get({spec.experts + 1}, builder.getI32Type()), tokens, routing.experts,
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
                        expert.getResult(), dispatch.getSlots(), routing.weights);
  offer(builder, loc, name, tokens, routing, combine.getResult());
  std::string quantisation = quantisationOf(expert);
  entries.push_back(entryOf(builder, spec, name, k, quantisation));
  written.push_back({loc, describe(spec, k, quantisation), describeOrigin(spec, name),
                     combine.getResult(), spec.tokens});
  Value rows = combine.getResult();
  if (whole != tokens)
    rows = tensor::CastOp::create(
        builder, loc, tokensType.clone({typeOf(whole).getDimSize(0), spec.columns}), rows);
  return expanded(builder, loc, rows, spec.like ? spec.like : spec.tokens, spec.resultType);
}

static StringRef nameOf(SharedExpert shared) {
  switch (shared) {
  case SharedExpert::None:
    return "";
  case SharedExpert::Plain:
    return "plain";
  case SharedExpert::Gated:
    return "gated";
  }
  llvm_unreachable("all kinds are named above");
}

void Layers::store(ModuleOp module) {
  Builder builder(module.getContext());
  SmallVector<Attribute> stored;
  for (auto [entry, layer] : llvm::zip_equal(entries, written)) {
    StringRef shared = nameOf(findSharedExpert(layer.result, layer.tokens));
    NamedAttrList attributes(entry);
    if (!shared.empty())
      attributes.set("shared", builder.getStringAttr(shared));
    stored.push_back(attributes.getDictionary(module.getContext()));
    remark::passed(layer.loc, remark::RemarkOpts::name("Raised").category("moe-raise"))
        << layer.what + (shared.empty() ? "" : (", " + shared + " shared expert").str()) +
               layer.from;
  }
  if (!stored.empty())
    module->setAttr(kLayersAttr, builder.getArrayAttr(stored));
}

} // namespace moe::raise

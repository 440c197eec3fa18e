//===- KeepReference.cpp - Keep what each layer means ---------------------===//
//
// What follows the moe stage turns layers into kernels. The copy kept here is what a run can be
// compared with afterwards (moe-run --verify): it names its weights and nothing else of the model,
// so it costs a few hundred bytes a layer.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/RegionUtils.h"
#include "passes/Passes.h"
#include "llvm/ADT/MapVector.h"

namespace moe {
#define GEN_PASS_DEF_KEEPREFERENCE
#include "passes/Passes.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

namespace {

/// What is observed of one layer, by role; null where it is not.
struct Layer {
  std::array<Value, 5> values;
  Value &operator[](Observed role) { return values[static_cast<size_t>(role)]; }
};

/// Why a layer cannot be kept.
using Reason = std::optional<std::string>;

static unsigned depthOf(Operation *op) {
  unsigned depth = 0;
  while ((op = op->getParentOp()))
    ++depth;
  return depth;
}

/// The operations that compute something, in order, down to given values.
class Slice {
public:
  explicit Slice(ArrayRef<Value> given) : given(given.begin(), given.end()) {}

  /// Adds `root` and all that it needs.
  Reason add(Operation *root) {
    SmallVector<Operation *> pending{root};
    while (!pending.empty()) {
      Operation *op = pending.pop_back_val();
      if (!ops.insert(op).second)
        continue;
      if (!isPure(op))
        return ("'" + op->getName().getStringRef() + "' is not pure").str();
      llvm::SetVector<Value> needed(op->operand_begin(), op->operand_end());
      getUsedValuesDefinedAbove(op->getRegions(), needed);
      for (Value value : needed) {
        if (given.contains(value))
          continue;
        if (!value.getDefiningOp())
          return "it reads an argument of the model, not only what is observed of the layer";
        pending.push_back(value.getDefiningOp());
      }
    }
    return std::nullopt;
  }

  void clone(OpBuilder &builder, IRMapping &mapping) const {
    SmallVector<Operation *> sorted(ops.begin(), ops.end());
    // What a layer in a body of a loop needs may stand in the blocks around it.
    llvm::sort(sorted, [](Operation *a, Operation *b) {
      if (a->getBlock() != b->getBlock())
        return depthOf(a) < depthOf(b);
      return a->isBeforeInBlock(b);
    });
    for (Operation *op : sorted)
      builder.clone(*op, mapping);
  }

private:
  llvm::SmallDenseSet<Value> given;
  llvm::SmallDenseSet<Operation *> ops;
};

/// Writes the function of one layer.
class LayerWriter {
public:
  LayerWriter(llvm::StringRef name, Layer layer) : name(name), layer(layer) {}

  /// Finds what the function consists of, or why there is none.
  Reason find() {
    auto seen = [&](Observed role) { return static_cast<bool>(layer[role]); };
    if (!llvm::all_of(ArrayRef(givenRoles).drop_front(), seen) || !seen(Observed::Output))
      return "it is not observed in all its roles";
    gate = layer[Observed::Experts].getDefiningOp<GateOp>();
    if (!gate && layer[Observed::Logits])
      return "its experts are not the result of a moe.gate";
    if (gate && !layer[Observed::Logits])
      return "it is not observed in all its roles";
    if (gate)
      if (Reason reason = routing.add(gate))
        return reason;
    Operation *output = layer[Observed::Output].getDefiningOp();
    if (!output)
      return "its output is an argument of the model";
    return arithmetic.add(output);
  }

  void write(OpBuilder &builder) {
    // Of choices that the graph itself computes there is nothing to compare.
    SmallVector<Value> results;
    SmallVector<Observed> roles;
    if (gate) {
      results.push_back(gate.getExperts());
      roles.push_back(Observed::Experts);
    }
    // Weights that the graph goes on computing with are not the gate's to answer for.
    if (gate && layer[Observed::Weights] == gate.getWeights()) {
      results.push_back(gate.getWeights());
      roles.push_back(Observed::Weights);
    }
    IRMapping fromRouting, fromArithmetic;
    func::FuncOp func = makeFunction(builder, fromRouting, fromArithmetic);
    OpBuilder body = OpBuilder::atBlockEnd(&func.getBody().front());
    // The gate is compared with the choice that the arithmetic is given.
    routing.clone(body, fromRouting);
    arithmetic.clone(body, fromArithmetic);
    SmallVector<Value> returned =
        llvm::map_to_vector(results, [&](Value value) { return fromRouting.lookup(value); });
    returned.push_back(fromArithmetic.lookup(layer[Observed::Output]));
    roles.push_back(Observed::Output);
    func::ReturnOp::create(body, func.getLoc(), returned);
    func.setFunctionType(
        builder.getFunctionType(func.getArgumentTypes(), TypeRange(ValueRange(returned))));
    for (auto [index, role] : llvm::enumerate(roles))
      func.setResultAttr(index, kRoleAttr, ObservedAttr::get(builder.getContext(), role));
  }

private:
  /// What a layer's function takes; the first of a gate only.
  static constexpr Observed givenRoles[] = {Observed::Logits, Observed::Tokens, Observed::Experts,
                                            Observed::Weights};

  func::FuncOp makeFunction(OpBuilder &builder, IRMapping &fromRouting, IRMapping &fromArithmetic) {
    ArrayRef<Observed> given = ArrayRef(givenRoles).drop_front(gate ? 0 : 1);
    SmallVector<Type> types;
    for (Observed role : given)
      types.push_back(layer[role].getType());
    auto func = func::FuncOp::create(builder, layer[Observed::Output].getLoc(), name,
                                     builder.getFunctionType(types, {}));
    Block *block = func.addEntryBlock();
    for (auto [index, role] : llvm::enumerate(given)) {
      func.setArgAttr(index, kRoleAttr, ObservedAttr::get(builder.getContext(), role));
      fromArithmetic.map(layer[role], block->getArgument(index));
    }
    if (gate)
      fromRouting.map(layer[Observed::Logits], block->getArgument(0));
    return func;
  }

  llvm::StringRef name;
  Layer layer;
  GateOp gate;
  Slice routing{{layer[Observed::Logits]}};
  Slice arithmetic{{layer[Observed::Logits], layer[Observed::Tokens], layer[Observed::Experts],
                    layer[Observed::Weights]}};
};

struct KeepReference : moe::impl::KeepReferenceBase<KeepReference> {
  using KeepReferenceBase::KeepReferenceBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    // A second run keeps the stage of its own time.
    if (auto old = module.lookupSymbol<ModuleOp>(kReferenceName))
      old.erase();
    llvm::MapVector<StringAttr, Layer> layers;
    module.walk([&](ObserveOp observe) {
      layers[observe.getLayerAttr()][observe.getRole()] = observe.getValue();
    });
    auto reference = ModuleOp::create(module.getLoc(), kReferenceName);
    reference->setAttr(kStageAttr, StringAttr::get(&getContext(), "moe"));
    OpBuilder builder = OpBuilder::atBlockEnd(reference.getBody());
    for (auto &[name, layer] : layers)
      keep(builder, name, layer);
    if (reference.getBody()->empty())
      return reference.erase();
    module.push_back(reference);
  }

  void keep(OpBuilder &builder, StringAttr name, const Layer &layer) {
    constexpr auto options =
        remark::RemarkOpts::name("keep-reference").category("moe-keep-reference");
    LayerWriter writer(name, layer);
    Location loc = llvm::find_if(layer.values, [](Value value) { return bool(value); })->getLoc();
    if (Reason reason = writer.find()) {
      remark::missed(loc, options)
          << remark::reason("layer '{0}' cannot be verified: {1}", name.getValue().str(), *reason);
      return;
    }
    writer.write(builder);
    remark::passed(loc, options) << remark::add("layer '{0}' is kept", name.getValue().str());
  }
};

} // namespace

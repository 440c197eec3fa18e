//===- Reference.cpp - The kept moe stage, for moe-run --verify -----------===//
//
// The reference is what the layers mean before any pass took them apart. Its weights are those that
// the artifact holds anyway: each is given the place and layout of the planned weight that is made
// of the same pieces.
//
//===----------------------------------------------------------------------===//

#include "dialect/Moe.h"
#include "lowering/artifact/Write.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace moe;

using Numbers = std::pair<Attribute, Type>;

/// What a weight's numbers are, however they lie.
static Numbers numbersOf(WeightOp weight) { return {weight.getPieces(), weight.getNumberType()}; }

/// The planned weights by their numbers; packed ones win, so that nothing is stored twice.
static DenseMap<Numbers, WeightOp> planned(func::FuncOp main) {
  DenseMap<Numbers, WeightOp> byPieces;
  main.walk([&](WeightOp weight) {
    WeightOp &known = byPieces[numbersOf(weight)];
    if (!known || known.getLayout() == Layout::Rows)
      known = weight;
  });
  return byPieces;
}

FailureOr<std::string> moe::buildReference(ModuleOp module) {
  auto references = module.getOps<ModuleOp>();
  if (references.empty())
    return std::string();
  DenseMap<Numbers, WeightOp> places = planned(module.lookupSymbol<func::FuncOp>("main"));
  OwningOpRef<ModuleOp> copy = (*references.begin()).clone();
  WalkResult walked = copy->walk([&](WeightOp weight) -> WalkResult {
    auto found = places.find(numbersOf(weight));
    if (found == places.end())
      return weight.emitOpError("of the kept reference is not in the artifact");
    WeightOp place = found->second;
    OpBuilder builder(weight);
    auto moved = cast<WeightOp>(builder.clone(*place));
    // Paths have no business in an artifact; the place says where the numbers are.
    SmallVector<Attribute> anonymous;
    for (auto piece : weight.getPieces().getAsRange<PieceAttr>())
      anonymous.push_back(PieceAttr::get(weight.getContext(), builder.getStringAttr(""), 0,
                                         piece.getShape(), piece.getStrides()));
    moved.setPiecesAttr(builder.getArrayAttr(anonymous));
    // The reference computes with the unpacked type; a cast would be a second meaning.
    auto unpacked = RankedTensorType::get(moved.getUnpackedShape(), moved.getNumberType());
    moved.getResult().setType(unpacked);
    moved.removeElementAttr();
    weight.replaceAllUsesWith(moved.getResult());
    weight.erase();
    return WalkResult::skip();
  });
  if (walked.wasInterrupted())
    return failure();
  // Locations would carry paths and make bytes depend on where the model lay.
  Location nowhere = UnknownLoc::get(module.getContext());
  copy->walk([&](Operation *op) {
    op->setLoc(nowhere);
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        argument.setLoc(nowhere);
  });
  std::string bytes;
  llvm::raw_string_ostream out(bytes);
  BytecodeWriterConfig config("moe");
  if (failed(writeBytecodeToFile(*copy, out, config)))
    return module.emitError("cannot write the reference as bytecode");
  return bytes;
}

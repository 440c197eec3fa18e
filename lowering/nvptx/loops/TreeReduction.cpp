//===- TreeReduction.cpp - A block for each result ------------------------===//
//
// For long sums along memory: norms, softmax, whole sums.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/loops/TreeReduction.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace moe;

/// The operation that adds to output number `output`; null where there is no such single one.
static Operation *combinerOf(linalg::GenericOp op, unsigned output) {
  SmallVector<Operation *> combiners;
  auto arguments = llvm::to_vector(op.getRegionOutputArgs());
  if (!matchReduction(arguments, output, combiners) || combiners.size() != 1)
    return nullptr;
  return combiners.front();
}

bool moe::reducesSimply(linalg::GenericOp op) {
  for (unsigned i = 0; i < op.getNumDpsInits(); ++i) {
    Operation *combiner = combinerOf(op, i);
    if (!combiner || combiner->getNumOperands() != 2 || !arith::getNeutralElement(combiner))
      return false;
  }
  return true;
}

namespace {

class Trees {
public:
  Trees(ImplicitLocOpBuilder &builder, Structured &space, gpu::GPUFuncOp kernel)
      : builder(builder), space(space), team(blockTeam(builder)) {
    auto shared = gpu::AddressSpaceAttr::get(builder.getContext(), gpu::AddressSpace::Workgroup);
    for (unsigned i = 0; i < space.op.getNumDpsInits(); ++i) {
      Type element = space.op.getRegionOutputArgs()[i].getType();
      auto type = MemRefType::get({kTeamThreads}, element, MemRefLayoutAttrInterface(), shared);
      parts.push_back(kernel.addWorkgroupAttribution(type, builder.getLoc()));
    }
  }

  void emitResult(SmallVector<Value> counters) {
    for (auto [part, value] : llvm::zip_equal(parts, emitPart(counters)))
      memref::StoreOp::create(builder, value, part, ValueRange{team.rank});
    gpu::BarrierOp::create(builder);
    for (int64_t half = kTeamThreads / 2; half > 0; half /= 2) {
      onlyIf(builder, isBelow(team.rank, indexOf(builder, half)), [&] { join(half); });
      gpu::BarrierOp::create(builder);
    }
    onlyIf(builder, isZero(builder, team.rank), [&] { write(counters); });
    // The parts are read before the next result's are written.
    gpu::BarrierOp::create(builder);
  }

private:
  Value isBelow(Value a, Value b) {
    return arith::CmpIOp::create(builder, arith::CmpIPredicate::ult, a, b);
  }

  /// What this thread has of a result.
  SmallVector<Value> emitPart(SmallVector<Value> counters) {
    SmallVector<Value> neutral;
    for (unsigned i = 0; i < parts.size(); ++i)
      neutral.push_back(
          arith::ConstantOp::create(builder, *arith::getNeutralElement(combinerOf(space.op, i))));
    return carryThrough(builder, team.rank, space.count(space.reduction), team.size, neutral,
                        [&](Value number, ValueRange carried) {
                          SmallVector<Value> at = counters;
                          space.split(number, space.reduction, at);
                          return space.step(at, carried);
                        });
  }

  Value combine(unsigned output, Value left, Value right) {
    Operation *combiner = builder.clone(*combinerOf(space.op, output));
    combiner->setOperands({left, right});
    return combiner->getResult(0);
  }

  void join(int64_t half) {
    Value other = arith::AddIOp::create(builder, team.rank, indexOf(builder, half));
    for (auto [i, part] : llvm::enumerate(parts)) {
      Value mine = memref::LoadOp::create(builder, part, ValueRange{team.rank});
      Value theirs = memref::LoadOp::create(builder, part, ValueRange{other});
      memref::StoreOp::create(builder, combine(i, mine, theirs), part, ValueRange{team.rank});
    }
  }

  void write(ArrayRef<Value> counters) {
    SmallVector<Value> values;
    Value first = indexOf(builder, 0);
    for (auto [i, output] : llvm::enumerate(space.op.getDpsInitsMutable())) {
      Value sum = memref::LoadOp::create(builder, parts[i], ValueRange{first});
      values.push_back(combine(i, space.load(output, counters), sum));
    }
    space.finish(counters, values);
  }

  ImplicitLocOpBuilder &builder;
  Structured &space;
  Team team;
  SmallVector<Value> parts; ///< of each output, one a thread, in the block's memory
};

} // namespace

void moe::emitTrees(ImplicitLocOpBuilder &builder, Structured &space, gpu::GPUFuncOp kernel,
                    const Team &blocks) {
  Trees trees(builder, space, kernel);
  SmallVector<Value> origin = space.origin();
  forEach(builder, blocks.rank, space.count(space.parallel), blocks.size, [&](Value number) {
    SmallVector<Value> counters = llvm::to_vector(origin);
    space.split(number, space.parallel, counters);
    trees.emitResult(counters);
  });
}

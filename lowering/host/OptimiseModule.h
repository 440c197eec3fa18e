//===- OptimiseModule.h - LLVM's passes over a module -----------*- C++ -*-===//

#ifndef MOE_LOWERING_HOST_OPTIMISEMODULE_H
#define MOE_LOWERING_HOST_OPTIMISEMODULE_H

#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"

namespace moe {

/// Runs the O3 pipeline with what `machine` knows.
void optimiseModule(llvm::Module &module, llvm::TargetMachine &machine,
                    const llvm::PipelineTuningOptions &tuning);

} // namespace moe

#endif // MOE_LOWERING_HOST_OPTIMISEMODULE_H

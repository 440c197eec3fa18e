//===- EmitPtx.cpp - From the LLVM dialect to PTX -------------------------===//
//
// LLVM IR for NVPTX, the O3 pipeline, the assembly printer. Multiplies and adds are not fused on
// their own: kernels say fma where they mean it, and give the CPU's bits where their order of
// additions is the same.
//
//===----------------------------------------------------------------------===//

#include "lowering/host/OptimiseModule.h"
#include "lowering/nvptx/Codegen.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace moe;

/// The oldest PTX that knows what the kernels use; drivers from CUDA 12.0 on compile it.
static constexpr llvm::StringLiteral kPtxVersion = "+ptx80";

static std::unique_ptr<llvm::TargetMachine> makeMachine(unsigned architecture, std::string &error) {
  static bool initialised = [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
    // 1 / sqrt(x) is what it says, not an approximation of it.
    auto &known = llvm::cl::getRegisteredOptions();
    if (auto found = known.find("nvptx-rsqrt-approx-opt"); found != known.end())
      static_cast<llvm::cl::opt<bool> *>(found->second)->setValue(false);
    return true;
  }();
  (void)initialised;
  llvm::Triple triple("nvptx64-nvidia-cuda");
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, "sm_" + std::to_string(architecture), kPtxVersion, options, std::nullopt,
      std::nullopt, llvm::CodeGenOptLevel::Aggressive));
}

/// Assembly may contain barriers and warp operations: it must not be moved into or out of branches.
/// MLIR's translation does not say so.
static void markConvergent(llvm::Module &module) {
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction : llvm::instructions(function))
      if (auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction); call && call->isInlineAsm())
        call->addFnAttr(llvm::Attribute::Convergent);
}

/// The name of a function that nobody defines, or "".
static llvm::StringRef undefinedFunction(const llvm::Module &module) {
  for (const llvm::Function &function : module)
    if (function.isDeclaration() && !function.isIntrinsic() && !function.use_empty())
      return function.getName();
  return "";
}

FailureOr<std::string> moe::emitPtx(ModuleOp device, unsigned architecture) {
  auto fail = [&](const llvm::Twine &why) {
    return device.emitError("internal error: PTX for sm_") << architecture << ": " << why.str();
  };
  auto modules = device.getOps<gpu::GPUModuleOp>();
  if (modules.empty())
    return std::string();
  llvm::LLVMContext context;
  auto code = translateModuleToLLVMIR(*modules.begin(), context, "moe");
  std::string error;
  auto machine = makeMachine(architecture, error);
  if (!code || !machine)
    return fail(code ? "no target machine: " + error : "no LLVM IR");
  code->setTargetTriple(machine->getTargetTriple());
  code->setDataLayout(machine->createDataLayout());
  markConvergent(*code);
  optimiseModule(*code, *machine, llvm::PipelineTuningOptions());
  if (llvm::StringRef name = undefinedFunction(*code); !name.empty())
    return fail("a kernel calls '" + name + "', which nobody defines");
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager emission;
  if (machine->addPassesToEmitFile(emission, stream, nullptr, llvm::CodeGenFileType::AssemblyFile))
    return fail("the target machine writes no assembly");
  emission.run(*code);
  return text.str().str();
}

//===- EmitCode.cpp - From the LLVM dialect to machine code ---------------===//
//
// The way's last step: LLVM IR for one variant, the O3 pipeline with that variant's target machine,
// an object in memory. Fusing of multiplies and adds is off: code says fma where it means it, so
// that a vector's body and a scalar's tail give the same bits.
//
//===----------------------------------------------------------------------===//

#include "lowering/host/HostCode.h"
#include "lowering/host/LinkCode.h"
#include "lowering/host/OptimiseModule.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "runtime/moe_abi.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace moe;

/// What the code generator may call on its own. Rarely used: our own copies are vector
/// loops, and "no-builtins" keeps LLVM from making calls of loops.
static const char kMemoryFunctions[] = R"(
define hidden ptr @memcpy(ptr noalias returned %d, ptr noalias readonly %s, i64 %n) {
  call {ptr, ptr, i64} asm sideeffect "rep movsb", "={di},={si},={cx},0,1,2,~{memory},~{dirflag},~{fpsr},~{flags}"(ptr %d, ptr %s, i64 %n)
  ret ptr %d
}
define hidden ptr @memset(ptr returned %d, i32 %c, i64 %n) {
  %b = trunc i32 %c to i8
  call {ptr, i64} asm sideeffect "rep stosb", "={di},={cx},0,1,{al},~{memory},~{dirflag},~{fpsr},~{flags}"(ptr %d, i64 %n, i8 %b)
  ret ptr %d
}
define hidden ptr @memmove(ptr returned %d, ptr readonly %s, i64 %n) {
  %di = ptrtoint ptr %d to i64
  %si = ptrtoint ptr %s to i64
  %distance = sub i64 %di, %si
  %apart = icmp uge i64 %distance, %n
  br i1 %apart, label %forward, label %start
forward:
  call {ptr, ptr, i64} asm sideeffect "rep movsb", "={di},={si},={cx},0,1,2,~{memory},~{dirflag},~{fpsr},~{flags}"(ptr %d, ptr %s, i64 %n)
  ret ptr %d
start:
  %any = icmp ne i64 %n, 0
  br i1 %any, label %backward, label %done
backward:
  %i = phi i64 [ %n, %start ], [ %next, %backward ]
  %next = sub i64 %i, 1
  %from = getelementptr i8, ptr %s, i64 %next
  %to = getelementptr i8, ptr %d, i64 %next
  %byte = load volatile i8, ptr %from
  store volatile i8 %byte, ptr %to
  %more = icmp ne i64 %next, 0
  br i1 %more, label %backward, label %done
done:
  ret ptr %d
}
)";

static std::unique_ptr<llvm::TargetMachine> makeMachine(const CpuVariant &variant,
                                                        std::string &error) {
  static bool initialised = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser(); // the memory functions are inline assembly
    return true;
  }();
  (void)initialised;
  llvm::Triple triple("x86_64-unknown-linux-gnu");
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  options.FunctionSections = true;
  options.DataSections = true;
  return std::unique_ptr<llvm::TargetMachine>(
      target->createTargetMachine(triple, variant.cpu, variant.features, options, llvm::Reloc::PIC_,
                                  llvm::CodeModel::Small, llvm::CodeGenOptLevel::Aggressive));
}

/// Adds memcpy and its kind; the linker drops those that nobody calls.
static bool addMemoryFunctions(llvm::Module &module) {
  llvm::SMDiagnostic diagnostic;
  auto functions = llvm::parseAssemblyString(kMemoryFunctions, diagnostic, module.getContext());
  if (!functions)
    return false;
  functions->setDataLayout(module.getDataLayout());
  functions->setTargetTriple(module.getTargetTriple());
  return !llvm::Linker::linkModules(module, std::move(functions));
}

static void setFunctionAttributes(llvm::Module &module, const CpuVariant &variant) {
  std::string width = std::to_string(variant.vectorBits);
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    bool exported =
        function.getName() == MOE_ENTRY_SYMBOL || function.getName() == MOE_PREPARE_SYMBOL;
    if (!function.hasHiddenVisibility() && !exported)
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
    function.addFnAttr("target-cpu", variant.cpu);
    if (!variant.features.empty())
      function.addFnAttr("target-features", variant.features);
    function.addFnAttr("prefer-vector-width", width);
    function.addFnAttr("min-legal-vector-width", width);
    function.addFnAttr("no-builtins");
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
}

static void optimise(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::PipelineTuningOptions tuning;
  // Lanes and tiles are chosen where loops are made.
  tuning.SLPVectorization = false;
  tuning.LoopUnrolling = false;
  tuning.LoopInterleaving = false;
  optimiseModule(module, machine, tuning);
}

/// From LLVM IR to the shared object.
static MachineCode finish(llvm::Module &code, const CpuVariant &variant) {
  MachineCode result;
  std::unique_ptr<llvm::TargetMachine> machine = makeMachine(variant, result.error);
  if (!machine) {
    result.error = "no target machine: " + result.error;
    return result;
  }
  code.setSourceFileName("moe");
  code.setTargetTriple(machine->getTargetTriple());
  code.setDataLayout(machine->createDataLayout());
  if (!addMemoryFunctions(code)) {
    result.error = "the memory functions do not parse";
    return result;
  }
  setFunctionAttributes(code, variant);
  optimise(code, *machine);

  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager emission;
  if (machine->addPassesToEmitFile(emission, stream, nullptr, llvm::CodeGenFileType::ObjectFile)) {
    result.error = "the target machine writes no object files";
    return result;
  }
  emission.run(code);
  auto linked = linkCode(llvm::StringRef(object.data(), object.size()));
  if (linked)
    result.bytes = std::move(*linked);
  else
    result.error = llvm::toString(linked.takeError());
  return result;
}

std::future<MachineCode> moe::startCpuCode(ModuleOp module, const CpuVariant &variant) {
  auto context = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(module, *context, "moe");
  return std::async(std::launch::async,
                    [context = std::move(context), code = std::move(code), &variant]() mutable {
                      MachineCode result;
                      if (code)
                        result = finish(*code, variant);
                      else
                        result.error = "no LLVM IR";
                      code.reset(); // before its context
                      return result;
                    });
}

FailureOr<llvm::SmallVector<char, 0>> moe::finishCpuCode(ModuleOp module, const CpuVariant &variant,
                                                         std::future<MachineCode> code) {
  MachineCode result = code.get();
  if (!result.error.empty())
    return module.emitError("internal error: variant '") << variant.name << "': " << result.error;
  return std::move(result.bytes);
}

FailureOr<llvm::SmallVector<char, 0>> moe::emitCpuCode(ModuleOp module, const CpuVariant &variant) {
  return finishCpuCode(module, variant, startCpuCode(module, variant));
}

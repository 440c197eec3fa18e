//===- Codegen.h - From the planned linalg stage to PTX and cubin -*- C++ -*-===//
//
// What the driver and the artifact's writer need to know of code generation for NVIDIA GPUs: the
// pipelines, and the program that they end in: code for the host, PTX and cubin for the device.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_CODEGEN_H
#define MOE_LOWERING_NVPTX_CODEGEN_H

#include "lowering/host/HostCode.h"
#include "llvm/Support/Error.h"

namespace moe {

/// Planned linalg stage -> target stage: host functions, launches and one module of kernels
/// (`moe-to-nvptx-target`). `precision` is that of f32 products, "f32" or "tf32".
void buildNvptxTargetPipeline(mlir::OpPassManager &manager, llvm::StringRef precision = "f32");
/// Target stage -> the LLVM dialect, host and device (`moe-to-nvptx-llvm`). The module of kernels
/// stays in the module.
void buildNvptxLlvmPipeline(mlir::OpPassManager &manager);
void registerNvptxPipelines();
/// Registers the dialects, external models and translations that the pipelines need.
void registerNvptxDialects(mlir::DialectRegistry &registry);

/// A kernel as the artifact lists it.
struct KernelInfo {
  std::string name;
  uint32_t threads, sharedBytes;
};

/// The kernels that stand for one layer, by number.
struct LaunchesInfo {
  uint32_t layer;
  std::vector<uint32_t> kernels;
};

/// A program for one architecture.
struct GpuCode {
  unsigned architecture; ///< 80 for sm_80
  std::string ptx;
  llvm::SmallVector<char, 0> cubin; ///< empty where there is no ptxas
};

/// A whole program.
struct GpuProgram {
  llvm::SmallVector<char, 0> host;              ///< an ELF shared object
  llvm::ArrayRef<llvm::StringRef> hostFeatures; ///< that it needs, as /proc/cpuinfo spells them
  std::vector<KernelInfo> kernels;
  std::vector<LaunchesInfo> launches;
  uint64_t deviceBytes = 0;
  std::vector<GpuCode> codes; ///< one an architecture asked for
};

/// The program of a module at the LLVM stage, which is used up. Without `cubin` nothing is
/// assembled. Reports what went wrong.
mlir::FailureOr<GpuProgram> emitGpuProgram(mlir::ModuleOp module,
                                           llvm::ArrayRef<unsigned> architectures, bool cubin);

/// PTX of the kernels of `device` (a module with one gpu.module in the LLVM dialect).
mlir::FailureOr<std::string> emitPtx(mlir::ModuleOp device, unsigned architecture);

/// Where ptxas is: in CUDA_ROOT, CUDA_HOME or CUDA_PATH, on PATH, or where the build found the CUDA
/// toolkit. Empty where there is none.
std::string findPtxas();
/// The cubin of `ptx`, through the `ptxas` at that path. `log` gets what it says (registers,
/// spills, warnings), also where it succeeds.
llvm::Expected<llvm::SmallVector<char, 0>> assemblePtx(llvm::StringRef ptxas, llvm::StringRef ptx,
                                                       unsigned architecture, std::string &log);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_CODEGEN_H

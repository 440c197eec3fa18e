//===- Program.cpp - A product, compiled into this process ----------------===//

#include "tools/bench/Program.h"
#include "lowering/Lowerings.h"
#include "lowering/cpu/Codegen.h"
#include "lowering/cpu/Pack.h"
#include "mlir/Parser/Parser.h"
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace moe;
using namespace moe::bench;

std::vector<std::string> moe::bench::hostVariants() {
  std::vector<std::string> names;
  for (const CpuVariant &variant : cpuVariants())
    if (hostRuns(variant))
      names.push_back(variant.name.str());
  return names;
}

/// The entry of a shared object that lies in memory.
static moe_entry_fn load(llvm::ArrayRef<char> image) {
  int file = memfd_create("moe-bench", 0);
  for (size_t written = 0; written < image.size();) {
    ssize_t count = write(file, image.data() + written, image.size() - written);
    if (count <= 0)
      return nullptr;
    written += static_cast<size_t>(count);
  }
  std::string path = "/proc/self/fd/" + std::to_string(file);
  void *handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  close(file);
  if (!handle) {
    llvm::errs() << "bench-cpu: " << dlerror() << "\n";
    return nullptr;
  }
  return reinterpret_cast<moe_entry_fn>(dlsym(handle, MOE_ENTRY_SYMBOL));
}

std::optional<Program> moe::bench::compile(const std::string &text, const std::string &name) {
  const CpuVariant *variant = findCpuVariant(name);
  if (!variant)
    return std::nullopt;
  mlir::DialectRegistry registry;
  registerCpuDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  if (!module)
    return std::nullopt;
  mlir::PassManager manager(&context);
  manager.addPass(createPlanArtifact());
  buildCpuPipeline(manager, *variant);
  if (failed(manager.run(*module)))
    return std::nullopt;
  Program program;
  if (auto bytes = (*module)->getAttrOfType<mlir::IntegerAttr>(kWeightBytesAttr))
    program.weightBytes = bytes.getInt();
  auto image = emitCpuCode(*module, *variant);
  if (failed(image))
    return std::nullopt;
  program.entry = load(*image);
  if (!program.entry)
    return std::nullopt;
  return program;
}

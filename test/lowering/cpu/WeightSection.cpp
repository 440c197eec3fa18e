//===- WeightSection.cpp - The weights of a module under test -------------===//

#include "test/lowering/cpu/WeightSection.h"
#include "lowering/Lowerings.h"
#include "lowering/cpu/Codegen.h"
#include "lowering/cpu/Pack.h"
#include "mlir/Parser/Parser.h"
#include <cstdlib>
#include <unistd.h>

using namespace moe;
using namespace moe::test;

/// Packs every weight of a module to its place.
static mlir::LogicalResult packAll(mlir::ModuleOp module, std::vector<uint8_t> &section,
                                   int64_t partBytes = PackedWeight::kPartBytes) {
  WeightFiles files;
  auto result = mlir::success();
  module.walk([&](WeightOp weight) {
    size_t at = weight.getOffset().value_or(0);
    auto sink = [&](llvm::ArrayRef<char> bytes) {
      section.resize(std::max(section.size(), at + bytes.size()));
      std::copy(bytes.begin(), bytes.end(), section.begin() + at);
      at += bytes.size();
      return mlir::success();
    };
    if (failed(packWeight(weight, files, sink, partBytes)))
      result = mlir::failure();
  });
  return result;
}

std::optional<std::vector<uint8_t>> moe::test::weightSection(const std::string &text) {
  mlir::DialectRegistry registry;
  registerCpuDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  if (!module)
    return std::nullopt;
  mlir::PassManager manager(&context);
  manager.addPass(createPlanArtifact());
  std::vector<uint8_t> section;
  if (failed(manager.run(*module)) || failed(packAll(*module, section)))
    return std::nullopt;
  auto planned = (*module)->getAttrOfType<mlir::IntegerAttr>(kWeightBytesAttr);
  if (!planned || planned.getInt() < static_cast<int64_t>(section.size()))
    return std::nullopt;
  section.resize(planned.getInt());
  return section;
}

std::optional<std::vector<uint8_t>> moe::test::packedBytes(const std::string &text,
                                                           int64_t partBytes) {
  mlir::DialectRegistry registry;
  registerCpuDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  std::vector<uint8_t> section;
  if (!module || failed(packAll(*module, section, partBytes)))
    return std::nullopt;
  return section;
}

std::string moe::test::packingErrors(const std::string &text) {
  mlir::DialectRegistry registry;
  registerCpuDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  std::string messages;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    messages += diagnostic.str() + "\n";
    return mlir::success();
  });
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  std::vector<uint8_t> section;
  if (module && succeeded(packAll(*module, section)))
    return "";
  return messages;
}

TemporaryFile::TemporaryFile(const std::vector<char> &bytes) {
  const char *folder = std::getenv("TMPDIR");
  name = std::string(folder ? folder : "/tmp") + "/moe-weights-XXXXXX";
  int file = mkstemp(name.data());
  size_t written = 0;
  while (file >= 0 && written < bytes.size()) {
    ssize_t count = write(file, bytes.data() + written, bytes.size() - written);
    if (count <= 0)
      break;
    written += static_cast<size_t>(count);
  }
  close(file);
}

TemporaryFile::~TemporaryFile() { unlink(name.c_str()); }

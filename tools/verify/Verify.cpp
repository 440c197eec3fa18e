//===- Verify.cpp - libmoe_verify.so, the C side --------------------------===//
//
// moe-run loads this library for --verify only, so that neither it nor the runtime needs MLIR. What
// MLIR has to say comes back as one message.
//
//===----------------------------------------------------------------------===//

#include "tools/verify/Verify.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include <algorithm>
#include <cstring>

using namespace mlir;
using namespace moe;
using namespace moe::verify;

/// The module of layers: the parsed one itself, or the one in it.
static ModuleOp findReference(ModuleOp module) {
  if (module.getSymName() == kReferenceName)
    return module;
  return module.lookupSymbol<ModuleOp>(kReferenceName);
}

static OwningOpRef<ModuleOp> parse(MLIRContext &context, const void *bytes, size_t size) {
  // The reader wants bytecode to be aligned.
  auto buffer =
      llvm::WritableMemoryBuffer::getNewUninitMemBuffer(size, "reference", llvm::Align(64));
  if (!buffer)
    return {};
  std::memcpy(buffer->getBufferStart(), bytes, size);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  return parseSourceFile<ModuleOp>(sources, &context);
}

/// The observations by layer; the key is the pointer that results give back.
static llvm::MapVector<llvm::StringRef, Observations>
byLayer(llvm::ArrayRef<moe_verify_observation> observations) {
  llvm::MapVector<llvm::StringRef, Observations> layers;
  for (const moe_verify_observation &observation : observations)
    if (std::optional<Observed> role = symbolizeObserved(observation.role))
      layers[observation.layer][*role] = &observation;
  return layers;
}

static LogicalResult verifyModel(ModuleOp module,
                                 llvm::ArrayRef<moe_verify_observation> observations,
                                 const WeightSection &section, moe_verify_result *results,
                                 size_t &room) {
  size_t written = 0;
  ModuleOp reference = findReference(module);
  if (!reference)
    return module.emitError(
        "has no module @reference; was it compiled without --moe-keep-reference?");
  for (auto &[name, ofLayer] : byLayer(observations)) {
    auto layer = reference.lookupSymbol<func::FuncOp>(name);
    if (!layer)
      continue;
    if (written == room)
      return module.emitError("has more layers than the caller has room for, ") << room;
    moe_verify_result &result = results[written++];
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): the pointer that the caller gave.
    result = {name.data(), 0, 0, 0, 0, 0};
    if (failed(verifyLayer(layer, ofLayer, section, result)))
      return failure();
  }
  room = written;
  return success();
}

extern "C" __attribute__((visibility("default"))) int
moe_verify_model(const void *reference, size_t size, const uint8_t *weights, size_t weights_size,
                 const moe_verify_observation *observations, size_t count,
                 moe_verify_result *results, size_t *num_results, char *message,
                 size_t message_size) {
  DialectRegistry registry;
  registry.insert<MoeDialect, arith::ArithDialect, func::FuncDialect, linalg::LinalgDialect,
                  math::MathDialect, tensor::TensorDialect>();
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  std::string text;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (text.empty() && diagnostic.getSeverity() == DiagnosticSeverity::Error)
      text = diagnostic.str();
    return success();
  });
  LogicalResult done = failure();
  if (OwningOpRef<ModuleOp> module = parse(context, reference, size))
    done =
        verifyModel(*module, {observations, count}, {weights, weights_size}, results, *num_results);
  else if (text.empty())
    text = "the reference is not a module";
  if (message_size) {
    size_t length = std::min(text.size(), message_size - 1);
    std::memcpy(message, text.data(), length);
    message[length] = '\0';
  }
  return succeeded(done) ? 0 : 1;
}

//===- ImportMutations.cpp - Damaged models never crash the importer ------===//
//
// Models are damaged at random, and each is either imported to a valid module or refused with an
// error. The first seeds are the text models of this folder, which reach every part of the
// importer; MOE_MUTATIONS asks for more runs than the default.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/Import.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <random>

using namespace mlir;

namespace {

std::vector<std::string> readSeeds() {
  std::vector<std::filesystem::path> paths;
  for (const auto &entry : std::filesystem::directory_iterator(MOE_SEEDS))
    if (entry.path().extension() == ".onnx")
      paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end()); // or a run could not be repeated
  std::vector<std::string> seeds;
  for (const auto &path : paths) {
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

class Mutator {
public:
  Mutator(std::vector<std::string> seeds, unsigned seed) : seeds(std::move(seeds)), random(seed) {}

  /// A seed with one to three faults.
  std::string next() {
    std::string model = any();
    for (size_t faults = 1 + below(3); faults && !model.empty(); --faults)
      damage(model);
    return model;
  }

private:
  size_t below(size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(random); }
  const std::string &any() { return seeds[below(seeds.size())]; }

  /// Most faults keep the file's length: others rarely get beyond the first wrong length field.
  void damage(std::string &model) {
    size_t at = below(model.size());
    switch (below(16)) {
    case 0: // the end is missing
      model.resize(at);
      break;
    case 1: // a piece is missing
      model.erase(at, 1 + below(16));
      break;
    case 2: { // a piece of some model comes in addition
      const std::string &other = any();
      model.insert(at, other.substr(below(other.size()), below(256)));
      break;
    }
    case 3:
    case 4:
    case 5: { // a piece of this model stands in another place too
      std::string piece = model.substr(below(model.size()), 1 + below(16));
      model.replace(at, piece.size(), piece);
      break;
    }
    case 6:
    case 7:
    case 8:
    case 9: // a byte where numbers and lengths become extreme
      model[at] = "\x00\x01\x7f\x80\xff"[below(5)];
      break;
    case 10:
    case 11:
    case 12: // a number next to the right one
      model[at] += below(2) ? 1 : -1;
      break;
    default: // another bit
      model[at] ^= static_cast<char>(1 << below(8));
      break;
    }
  }

  std::vector<std::string> seeds;
  std::mt19937 random;
};

/// Imports `model` and returns what is wrong with the outcome, or "".
std::string judge(const std::string &model, MLIRContext &context, unsigned &accepted) {
  unsigned errors = 0;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    errors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
    (void)diagnostic.str();
  });
  auto module = moe::importOnnx(llvm::MemoryBufferRef(model, MOE_SEEDS "/model.onnx"), &context);
  if (!module)
    return errors ? "" : "refused without an error";
  ++accepted;
  if (errors)
    return "accepted with an error";
  if (failed(verify(*module)))
    return "accepted as an invalid module";
  llvm::raw_null_ostream nowhere;
  module->print(nowhere);
  return "";
}

TEST(ImportMutations, RefusedOrValid) {
  std::vector<std::string> seeds = readSeeds();
  ASSERT_GE(seeds.size(), 10u);
  const char *asked = std::getenv("MOE_MUTATIONS");
  unsigned runs = asked ? std::strtoul(asked, nullptr, 10) : 20000, accepted = 0;
  Mutator mutator(std::move(seeds), /*seed=*/1);
  std::unique_ptr<MLIRContext> context;
  for (unsigned run = 0; run < runs; ++run) {
    if (run % 64 == 0) // what a context holds is never given back
      context = std::make_unique<MLIRContext>(MLIRContext::Threading::DISABLED);
    std::string model = mutator.next();
    std::string fault = judge(model, *context, accepted);
    if (fault.empty())
      continue;
    std::ofstream("ImportMutations.onnx", std::ios::binary) << model;
    FAIL() << fault << " in run " << run << "; the model is in ImportMutations.onnx";
  }
  // Both outcomes occur, or the faults are too many or none.
  EXPECT_GT(accepted, runs / 20);
  EXPECT_LT(accepted, runs * 19 / 20);
}

} // namespace

//===- DifferentialTest.cpp - Random layers, run against the reference ----===//
//
// A layer of random sizes and rules, converted to linalg and run, has to be what the reference
// makes of the same logits and tokens. A failure prints the seed; MOE_TEST_SEED runs that one
// alone.
//
//===----------------------------------------------------------------------===//

#include "dialect/Onnx.h"
#include "lowering/Lowerings.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "passes/Passes.h"
#include "runtime/moe_verify.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>
#include <gtest/gtest.h>
#include <random>

using namespace mlir;

namespace {

constexpr int64_t kHidden = 6;

/// A ranked memref of two dimensions, as MLIR's C interface passes it.
template <typename T> struct Matrix {
  T *allocated = nullptr, *aligned = nullptr;
  int64_t offset = 0, sizes[2] = {0, 0}, strides[2] = {0, 1};

  Matrix() = default;
  Matrix(std::vector<T> &numbers, int64_t rows, int64_t columns)
      : allocated(numbers.data()), aligned(numbers.data()), sizes{rows, columns},
        strides{columns, 1} {}
};

struct Results {
  Matrix<int32_t> experts;
  Matrix<float> weights, output;
};

/// One random layer.
struct Case {
  explicit Case(unsigned seed) : random(seed) {
    const int64_t expertCounts[] = {1, 2, 4, 8, 12};
    experts = expertCounts[pick(0, 4)];
    k = pick(1, std::min<int64_t>(experts, 9));
    tokens = pick(0, 3) == 0 ? pick(0, 1) : pick(2, 20);
    rule = makeRule();
    if (pick(0, 2) == 0)
      attributes += ", capacity = " + std::to_string(pick(1, 5)) + " : i64";
    if (pick(0, 1))
      attributes += ", rank_major";
    tile = pick(0, 1) ? 1 : pick(2, 7);
    logits = numbers(tokens * experts);
    inputs = numbers(tokens * kHidden);
  }

  std::string makeRule() {
    const char *const scores[] = {"softmax", "sigmoid", "identity", "sqrt_softplus", "sparsemixer"};
    std::string score = scores[pick(0, experts < 2 ? 3 : 4)];
    if (score == "sparsemixer") {
      k = 2;
      return "score = sparsemixer, k = 2, jitter = 1.0e-1 : f64";
    }
    std::string text = "score = " + score + ", k = " + std::to_string(k);
    if (pick(0, 3) == 0)
      text += ", score_after = true";
    // Logits of both signs may cancel in a sum: only positive scores are normalised here.
    if (score != "identity" && pick(0, 1))
      text += ", normalize = true, epsilon = 1.0e-6 : f64";
    if (pick(0, 1))
      text += ", scale = 2.5 : f64";
    hasBias = pick(0, 1);
    if (experts % 4 == 0 && k <= experts / 2 && pick(0, 1)) {
      text += ", groups = 4, top_groups = 2, group_best = " + std::to_string(pick(1, experts / 4));
      if (pick(0, 1))
        text += ", outside = " + std::to_string(pick(-1, 1)) + ".5 : f64";
    }
    if (pick(0, 3) == 0)
      text += ", least_weight = 2.0e-1 : f64";
    if (pick(0, 3) == 0)
      text += ", least_sum = 7.0e-1 : f64";
    return text;
  }

  int64_t pick(int64_t from, int64_t to) {
    return std::uniform_int_distribution<int64_t>(from, to)(random);
  }

  /// Few different values, so that there are ties.
  std::vector<float> numbers(int64_t count) {
    std::vector<float> values;
    for (int64_t i = 0; i < count; ++i)
      values.push_back(static_cast<float>(pick(-8, 8)) / 4);
    return values;
  }

  std::string constant(int64_t count) {
    std::string text;
    for (float value : numbers(count))
      text += (text.empty() ? "" : ", ") + std::to_string(value);
    return text;
  }

  std::string module();

  std::mt19937 random;
  int64_t experts, k, tokens, tile;
  bool hasBias = false;
  std::string rule, attributes;
  std::vector<float> logits, inputs;
};

/// Replaces every `$NAME$`.
std::string fill(std::string text, const std::vector<std::pair<std::string, std::string>> &values) {
  for (const auto &[name, value] : values)
    for (size_t at; (at = text.find("$" + name + "$")) != std::string::npos;)
      text.replace(at, name.size() + 2, value);
  return text;
}

// The dense constants are flat and reshaped, which spares their brackets.
std::string Case::module() {
  const char *const text = R"(
func.func @main(%l: tensor<?x$E$xf32>, %x: tensor<?x6xf32>) -> (tensor<?x$k$xi32>, tensor<?x$k$xf32>, tensor<?x6xf32>)
    attributes {llvm.emit_c_interface} {
  moe.observe "layer" logits %l : tensor<?x$E$xf32>
  moe.observe "layer" tokens %x : tensor<?x6xf32>
  %bias = arith.constant dense<[$bias$]> : tensor<$E$xf32>
  %weights, %experts = moe.gate %l $useBias$ <$rule$> : tensor<?x$E$xf32> -> tensor<?x$k$xf32>, tensor<?x$k$xi32>
  moe.observe "layer" experts %experts : tensor<?x$k$xi32>
  moe.observe "layer" weights %weights : tensor<?x$k$xf32>
  %flat = arith.constant dense<[$weight$]> : tensor<$EHH$xf32>
  %w = tensor.expand_shape %flat [[0, 1, 2]] output_shape [$E$, 6, 6] : tensor<$EHH$xf32> into tensor<$E$x6x6xf32>
  %rows, %slots, %offsets = moe.dispatch %x, %experts {num_experts = $E$ : i64$attributes$}
      : tensor<?x6xf32>, tensor<?x$k$xi32> -> tensor<?x6xf32>, tensor<?xi32>, tensor<$E1$xi32>
  %out = moe.expert %rows, %offsets weights(%w) : tensor<?x6xf32>, tensor<$E1$xi32>, (tensor<$E$x6x6xf32>) -> tensor<?x6xf32> {
  ^bb0(%r: tensor<?x6xf32>, %we: tensor<6x6xf32>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %r, %c0 : tensor<?x6xf32>
    %e = tensor.empty(%n) : tensor<?x6xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x6xf32>) -> tensor<?x6xf32>
    %p = linalg.matmul ins(%r, %we : tensor<?x6xf32>, tensor<6x6xf32>) outs(%z : tensor<?x6xf32>) -> tensor<?x6xf32>
    %h = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>],
                         iterator_types = ["parallel", "parallel"]} ins(%p : tensor<?x6xf32>) outs(%e : tensor<?x6xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = math.tanh %a : f32
      linalg.yield %0 : f32
    } -> tensor<?x6xf32>
    %y = linalg.matmul ins(%h, %we : tensor<?x6xf32>, tensor<6x6xf32>) outs(%z : tensor<?x6xf32>) -> tensor<?x6xf32>
    moe.yield %y : tensor<?x6xf32>
  }
  %y = moe.combine %out, %slots, %weights : tensor<?x6xf32>, tensor<?xi32>, tensor<?x$k$xf32> -> tensor<?x6xf32>
  moe.observe "layer" output %y : tensor<?x6xf32>
  return %experts, %weights, %y : tensor<?x$k$xi32>, tensor<?x$k$xf32>, tensor<?x6xf32>
})";
  std::string numExperts = std::to_string(experts);
  return fill(text, {{"useBias", hasBias ? "bias %bias : tensor<$E$xf32>" : ""},
                     {"E", numExperts},
                     {"E1", std::to_string(experts + 1)},
                     {"EHH", std::to_string(experts * kHidden * kHidden)},
                     {"k", std::to_string(k)},
                     {"rule", rule},
                     {"attributes", attributes},
                     {"bias", constant(experts)},
                     {"weight", constant(experts * kHidden * kHidden)}});
}

/// The row of passes from the kept reference to LLVM, with `tile`; routing in place or as
/// functions.
std::string pipeline(int64_t tile, bool functions) {
  return fill("func.func(moe-fuse-routing, moe-pad-capacity{tile=$tile$}),"
              "convert-moe-to-linalg{functions=$functions$},"
              "canonicalize, cse,"
              "one-shot-bufferize{bufferize-function-boundaries "
              "function-boundary-type-conversion=identity-layout-map},"
              "canonicalize, cse, canonicalize, buffer-deallocation-pipeline,"
              "convert-bufferization-to-memref, func.func(scf-forall-to-parallel, "
              "convert-linalg-to-loops), convert-scf-to-cf, expand-strided-metadata, lower-affine,"
              "convert-math-to-llvm, convert-math-to-libm, convert-arith-to-llvm,"
              "finalize-memref-to-llvm, convert-func-to-llvm, convert-cf-to-llvm,"
              "reconcile-unrealized-casts",
              {{"tile", std::to_string(tile)}, {"functions", functions ? "true" : "false"}});
}

class Differential : public testing::Test {
protected:
  static void SetUpTestSuite() {
    // memrefCopy, which copies of rows become.
    ASSERT_FALSE(llvm::sys::DynamicLibrary::LoadLibraryPermanently("libmlir_c_runner_utils.so"));
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    registerAllPasses();
    moe::registerMoePasses();
    moe::registerConvertMoeToLinalg();
  }

  Differential() {
    DialectRegistry registry;
    registerAllDialects(registry);
    registerAllExtensions(registry);
    registerBuiltinDialectTranslation(registry);
    registerLLVMDialectTranslation(registry);
    registry.insert<moe::MoeDialect>();
    context.appendDialectRegistry(registry);
    context.disableMultithreading();
  }

  LogicalResult runPasses(ModuleOp module, llvm::StringRef passes) {
    PassManager manager(&context);
    return failed(parsePassPipeline(passes, manager)) ? failure() : manager.run(module);
  }

  /// Compiles @main and calls it.
  bool call(ModuleOp module, Results &results, Matrix<float> &logits, Matrix<float> &tokens) {
    auto llvmContext = std::make_unique<llvm::LLVMContext>();
    std::unique_ptr<llvm::Module> llvmModule = translateModuleToLLVMIR(module, *llvmContext);
    if (!llvmModule)
      return false;
    jit = llvm::cantFail(llvm::orc::LLJITBuilder().create());
    jit->getMainJITDylib().addGenerator(
        llvm::cantFail(llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
            jit->getDataLayout().getGlobalPrefix())));
    llvm::cantFail(jit->addIRModule({std::move(llvmModule), std::move(llvmContext)}));
    auto entry = llvm::cantFail(jit->lookup("_mlir_ciface_main"))
                     .toPtr<void (*)(Results *, Matrix<float> *, Matrix<float> *)>();
    entry(&results, &logits, &tokens);
    return true;
  }

  void check(unsigned seed);

  MLIRContext context;
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

template <typename T>
moe_verify_observation observation(uint32_t role, uint32_t type, const Matrix<T> &matrix) {
  return {
      "layer", role, type, 2, {matrix.sizes[0], matrix.sizes[1]}, matrix.aligned + matrix.offset};
}

void Differential::check(unsigned seed) {
  Case layer(seed);
  SCOPED_TRACE("seed " + std::to_string(seed) + ": " + layer.rule + layer.attributes +
               ", tile = " + std::to_string(layer.tile) + ", T = " + std::to_string(layer.tokens) +
               ", E = " + std::to_string(layer.experts));
  auto module = parseSourceString<ModuleOp>(layer.module(), &context);
  ASSERT_TRUE(module && succeeded(runPasses(*module, "moe-keep-reference")));
  auto kept = module->lookupSymbol<ModuleOp>(moe::kReferenceName);
  ASSERT_TRUE(kept);
  std::string reference;
  llvm::raw_string_ostream(reference) << kept;
  kept.erase();
  module->walk([](moe::ObserveOp observe) { observe.erase(); });
  ASSERT_TRUE(succeeded(runPasses(*module, pipeline(layer.tile, seed % 2))));

  Matrix<float> logits(layer.logits, layer.tokens, layer.experts);
  Matrix<float> tokens(layer.inputs, layer.tokens, kHidden);
  Results run;
  ASSERT_TRUE(call(*module, run, logits, tokens));
  moe_verify_observation observations[] = {
      observation(0, 1, logits), observation(1, 1, tokens), observation(2, 6, run.experts),
      observation(3, 1, run.weights), observation(4, 1, run.output)};
  moe_verify_result result{};
  size_t room = 1;
  char message[256] = "";
  int status = moe_verify_model(reference.data(), reference.size(), nullptr, 0, observations, 5,
                                &result, &room, message, sizeof(message));
  EXPECT_EQ(status, 0) << message;
  EXPECT_EQ(result.rows_compared, layer.tokens);
  EXPECT_EQ(result.routing_mismatches, 0);
  EXPECT_LE(result.max_error_ratio, 1);
  std::free(run.experts.allocated);
  std::free(run.weights.allocated);
  std::free(run.output.allocated);
}

TEST_F(Differential, RandomLayers) {
  if (const char *seed = std::getenv("MOE_TEST_SEED"))
    return check(std::atoi(seed));
  for (unsigned seed = 1; seed <= 60 && !HasFailure(); ++seed)
    check(seed);
}

} // namespace

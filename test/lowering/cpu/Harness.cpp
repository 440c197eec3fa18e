//===- Harness.cpp - Runs MLIR text of the linalg stage -------------------===//

#include "test/lowering/cpu/Harness.h"
#include "lowering/Lowerings.h"
#include "lowering/cpu/Codegen.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassRegistry.h"
#include "passes/Passes.h"
#include "runtime/moe_abi.h"
#include <atomic>
#include <csetjmp>
#include <dlfcn.h>
#include <iostream>
#include <map>
#include <sstream>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

using namespace moe;
using namespace moe::test;

//===----------------------------------------------------------------------===//
// The context
//===----------------------------------------------------------------------===//

namespace {

struct TestContext {
  moe_context abi; // first: the callbacks get its address
  Call *run;
  std::map<void *, size_t> blocks;
  size_t held = 0;
  std::jmp_buf failed;
};

TestContext &self(moe_context *context) { return *reinterpret_cast<TestContext *>(context); }

void *testAlloc(moe_context *context, int64_t bytes) {
  TestContext &test = self(context);
  size_t size = (static_cast<size_t>(bytes) + 63) / 64 * 64 + 64;
  void *block = std::aligned_alloc(64, size);
  std::memset(block, 0xcd, size); // nobody may rely on zeros
  test.blocks[block] = size;
  test.held += size;
  test.run->peakBytes = std::max(test.run->peakBytes, test.held);
  return block;
}

void testFree(moe_context *context, void *block) {
  TestContext &test = self(context);
  auto found = test.blocks.find(block);
  if (found == test.blocks.end()) {
    std::cerr << "harness: free of a block that is not held\n";
    std::abort();
  }
  test.held -= found->second;
  std::memset(block, 0xdd, found->second);
  test.blocks.erase(found);
  std::free(block);
}

void testParallelFor(moe_context *context, int64_t items, int64_t grain, moe_body_fn body,
                     void *closure) {
  TestContext &test = self(context);
  ++test.run->parallelLoops;
  std::atomic<int64_t> next{0};
  auto work = [&] {
    for (int64_t begin; (begin = next.fetch_add(grain)) < items;)
      body(closure, begin, std::min(items, begin + grain));
  };
  std::vector<std::thread> workers;
  for (unsigned i = 1; i < context->num_threads; ++i)
    workers.emplace_back(work);
  work();
  for (std::thread &worker : workers)
    worker.join();
}

Tensor copyOf(const moe_abi_tensor &value, size_t elementBytes) {
  Tensor tensor;
  tensor.shape.assign(value.shape, value.shape + value.rank);
  tensor.bytes.resize(static_cast<size_t>(tensor.size()) * elementBytes);
  if (!tensor.bytes.empty())
    std::memcpy(tensor.bytes.data(), value.data, tensor.bytes.size());
  return tensor;
}

void testObserve(moe_context *context, int32_t observation, const moe_abi_tensor *value) {
  Call &run = *self(context).run;
  run.observed[observation] = copyOf(*value, run.observeBytes[observation]);
}

void testFail(moe_context *context, const char *message) {
  self(context).run->failure = message;
  std::longjmp(self(context).failed, 1);
}

} // namespace

std::vector<float> moe::test::noise(size_t count, uint32_t seed) {
  std::vector<float> values(count);
  for (float &value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<float>(static_cast<int32_t>(seed)) / 2147483648.0f;
  }
  return values;
}

//===----------------------------------------------------------------------===//
// Compiling
//===----------------------------------------------------------------------===//

std::vector<std::string> moe::test::hostVariants() {
  std::vector<std::string> names;
  for (const CpuVariant &variant : cpuVariants()) {
    if (hostRuns(variant))
      names.push_back(variant.name.str());
    else
      std::cout << "skipped: this machine lacks what variant " << variant.name.str() << " needs\n";
  }
  return names;
}

static void registerOnce() {
  static bool done = [] {
    mlir::registerAllPasses();
    registerMoePasses();
    registerMoeLoweringPasses();
    return true;
  }();
  (void)done;
}

std::unique_ptr<Code> moe::test::compile(const std::string &text, const std::string &name,
                                         const std::string &pipeline) {
  registerOnce();
  mlir::DialectRegistry registry;
  registerCpuDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  const CpuVariant *variant = findCpuVariant(name);
  if (!module || !variant)
    return nullptr;
  mlir::PassManager manager(&context);
  if (!pipeline.empty() && failed(mlir::parsePassPipeline(pipeline, manager)))
    return nullptr;
  buildCpuPipeline(manager, *variant);
  if (failed(manager.run(*module)))
    return nullptr;
  auto object = emitCpuCode(*module, *variant);
  if (failed(object))
    return nullptr;

  std::unique_ptr<Code> code(new Code);
  code->image.assign(object->begin(), object->end());
  int file = memfd_create("moe", 0);
  size_t written = 0;
  while (written < code->image.size())
    written += static_cast<size_t>(
        write(file, code->image.data() + written, code->image.size() - written));
  std::string path = "/proc/self/fd/" + std::to_string(file);
  code->handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  // Open as long as its library: the loader knows libraries by path.
  code->file = file;
  if (!code->handle) {
    std::cerr << "harness: " << dlerror() << "\n";
    return nullptr;
  }
  code->entry = dlsym(code->handle, MOE_ENTRY_SYMBOL);
  return code->entry ? std::move(code) : nullptr;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

Code::~Code() {
  if (handle)
    dlclose(handle);
  if (file >= 0)
    close(file);
}

std::vector<Tensor> Code::run(const std::vector<Tensor> &inputs, Call &run) const {
  auto context = std::make_unique<TestContext>();
  std::vector<uint8_t> flags(run.observeBytes.size() + 1);
  for (size_t i = 0; i < run.observeBytes.size(); ++i)
    flags[i] = run.observeBytes[i] != 0;
  run.observed.resize(run.observeBytes.size());
  size_t weightBytes = (run.weights.size() / 4096 + 1) * 4096;
  std::unique_ptr<void, decltype(&std::free)> weights(std::aligned_alloc(4096, weightBytes),
                                                      &std::free);
  if (!run.weights.empty())
    std::memcpy(weights.get(), run.weights.data(), run.weights.size());
  context->abi = {MOE_ABI_VERSION, run.threads, static_cast<const uint8_t *>(weights.get()),
                  flags.data(),    testAlloc,   testFree,
                  testParallelFor, testObserve, testFail,
                  nullptr,         nullptr,     nullptr,
                  nullptr};
  context->run = &run;

  std::vector<std::vector<char>> data;
  std::vector<moe_abi_tensor> in(inputs.size()), out(run.outputBytes.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    data.push_back(inputs[i].bytes);
    in[i].data = data.back().data();
    in[i].rank = static_cast<int64_t>(inputs[i].shape.size());
    std::copy(inputs[i].shape.begin(), inputs[i].shape.end(), in[i].shape);
  }
  std::vector<Tensor> results;
  if (setjmp(context->failed) == 0) {
    reinterpret_cast<moe_entry_fn>(entry)(&context->abi, in.data(), out.data());
    for (size_t i = 0; i < out.size(); ++i)
      results.push_back(copyOf(out[i], run.outputBytes[i]));
  }
  run.blocksHeld = 0;
  for (auto &[block, size] : context->blocks) {
    bool output = false;
    for (const moe_abi_tensor &tensor : out)
      output |= tensor.data == block;
    run.blocksHeld += !output;
    std::free(block);
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    if (data[i] != inputs[i].bytes) {
      std::cerr << "harness: input " << i << " was written to\n";
      std::abort();
    }
  return results;
}

std::vector<Tensor> Code::operator()(const std::vector<Tensor> &inputs, size_t outputs,
                                     size_t elementBytes) const {
  Call run;
  run.outputBytes.assign(outputs, elementBytes);
  return this->run(inputs, run);
}

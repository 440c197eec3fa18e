//===- BenchCpu.cpp - Grouped products against the machine's own limits ---===//
//
// Times grouped products as the compiler emits them, with more experts than the last-level cache
// holds, and prints the ratio to the f32 multiply-add peak of the same run. Seconds are those that
// the threads got from the machine, so that a neighbour does not make a kernel look slow; the peak
// is taken right before and after each sample.
//
//===----------------------------------------------------------------------===//

#include "tools/bench/PeakLoop.h"
#include "tools/bench/Program.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <thread>

using namespace moe::bench;

namespace {

struct Options {
  int64_t experts = 64, depth = 2048, columns = 768, tokens = 64, active = 0;
  int64_t rounds = 9, threads = 1;
  bool gated = false;
  int64_t block = 32;
  std::string variant, type = "f32";

  /// Bits of a code; 0 where weights are floats.
  int64_t bits() const {
    int64_t bits;
    llvm::StringRef left = type;
    return left.consume_front("int") && !left.getAsInteger(10, bits) ? bits : 0;
  }
  /// The type of the rows.
  std::string rowType() const { return bits() ? "f32" : type; }
};

const char usage[] =
    "usage: bench-cpu [--variant=NAME] [--type=f32|f64|f16|bf16|int8|int4|int2] [--block=B (of\n"
    "                 codes, with f16 scales)] [--experts=E] [--depth=K]\n"
    "                 [--columns=N] [--tokens=M (an expert)] [--active=A (experts with rows)]\n"
    "                 [--gated (two weights)] [--threads=T] [--rounds=R]\n";

/// Seconds of processor time of the calling thread.
double threadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double wallSeconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// What the emitted code may call, and the time that its threads took.
struct Context {
  moe_context abi; // first: the callbacks get its address
  // Blocks are kept from run to run, as the runtime does: no page faults in the figures.
  std::map<void *, size_t> sizes;
  std::multimap<size_t, void *> unused;
  std::mutex lock;
  double workerSeconds = 0;
};

Context &self(moe_context *context) { return *reinterpret_cast<Context *>(context); }

void *benchAlloc(moe_context *context, int64_t bytes) {
  Context &c = self(context);
  size_t size = (static_cast<size_t>(bytes) / 64 + 1) * 64;
  if (auto kept = c.unused.find(size); kept != c.unused.end()) {
    void *block = kept->second;
    c.unused.erase(kept);
    return block;
  }
  void *block = std::aligned_alloc(64, size);
  c.sizes[block] = size;
  return block;
}

void benchFree(moe_context *context, void *block) {
  Context &c = self(context);
  c.unused.emplace(c.sizes.at(block), block);
}

void benchObserve(moe_context *, int32_t, const moe_abi_tensor *) {}

void benchFail(moe_context *, const char *message) {
  std::fprintf(stderr, "bench-cpu: %s\n", message);
  std::exit(2);
}

void benchParallelFor(moe_context *context, int64_t items, int64_t grain, moe_body_fn body,
                      void *closure) {
  std::atomic<int64_t> next{0};
  auto work = [&] {
    for (int64_t begin; (begin = next.fetch_add(grain)) < items;)
      body(closure, begin, std::min(items, begin + grain));
  };
  std::vector<std::thread> workers;
  for (unsigned i = 1; i < context->num_threads; ++i)
    workers.emplace_back([&, context] {
      double start = threadSeconds();
      work();
      std::lock_guard<std::mutex> guard(self(context).lock);
      self(context).workerSeconds += threadSeconds() - start;
    });
  work();
  for (std::thread &worker : workers)
    worker.join();
}

std::string programText(const Options &o) {
  auto number = [](int64_t value) { return std::to_string(value); };
  std::string g = number(o.experts), k = number(o.depth), n = number(o.columns);
  std::string element = o.bits() ? "i" + number(o.bits()) : o.type;
  std::string weight = "tensor<" + g + "x" + k + "x" + n + "x" + element + ">";
  int64_t count = (o.depth + o.block - 1) / o.block;
  std::string scale = "tensor<" + g + "x" + number(count) + "x" + n + "xf16>";
  std::string offsets = "tensor<" + number(o.experts + 1) + "xi32>";
  std::string x = "tensor<?x" + k + "x" + o.rowType() + ">";
  std::string y = "tensor<?x" + n + "x" + o.rowType() + ">";
  std::string scalar = o.type == "f64" ? "f64" : "f32";
  auto piece = [&](int64_t at) {
    return "moe.weight [#moe.piece<\"none\" at " + number(at) + " shape [" + g + ", " + k + ", " +
           n + "] strides [" + number(o.depth * o.columns) + ", " + n + ", 1]>] : " + weight + "\n";
  };
  std::string text = "func.func @main(%x: " + x + ", %offsets: " + offsets +
                     ", %slots: tensor<?xi32>) -> " + y + " {\n%w = " + piece(0);
  if (o.gated)
    text += "%u = " + piece(8);
  if (o.bits())
    text += "%s = moe.weight [#moe.piece<\"none\" at 0 shape [" + g + ", " + number(count) + ", " +
            n + "] strides [" + number(count * o.columns) + ", " + n + ", 1]>] : " + scale + "\n";
  text += "%c0 = arith.constant 0 : index\n%rows = tensor.dim %slots, %c0 : tensor<?xi32>\n"
          "%init = tensor.empty(%rows) : " +
          y + "\n%y = moe.grouped_matmul %x offsets(%offsets : " + offsets +
          ") row_index(%slots : tensor<?xi32>) weights(";
  text += o.gated ? "%w, %u : " + weight + ", " + weight : "%w : " + weight;
  if (o.bits())
    text += o.gated ? ") scales(%s, %s : " + scale + ", " + scale : ") scales(%s : " + scale;
  text += ") into(%init : " + y + ")";
  if (o.bits())
    text += " {quant = #moe.quant<code = " + element + ", block = " + number(o.block) +
            ", zero = " + number(int64_t(1) << (o.bits() - 1)) + ">}";
  text += " : " + x + " -> " + y;
  if (o.gated)
    text += " epilogue {\n^bb0(%a: " + scalar + ", %b: " + scalar +
            "):\n%0 = arith.mulf %a, %b : " + scalar + "\nmoe.yield %0 : " + scalar + "\n}";
  return text + "\nreturn %y : " + y + "\n}\n";
}

/// Memory with numbers that are neither zero nor denormal in any of the types.
uint8_t *filledMemory(size_t bytes) {
  void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::fprintf(stderr, "bench-cpu: no memory for %zu bytes\n", bytes);
    std::exit(1);
  }
  std::memset(memory, 0x3c, bytes);
  return static_cast<uint8_t *>(memory);
}

/// FLOP a second of one thread's multiply-adds over about ten milliseconds.
double measurePeak(const std::string &variant) {
  double start = threadSeconds(), seconds, done = 0;
  do {
    done += peakLoop(variant, 20000);
    seconds = threadSeconds() - start;
  } while (seconds < 0.01);
  return done / seconds;
}

struct Sample {
  double flops, wallFlops, peak;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

bool parse(int argc, char **argv, Options &o) {
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i], name = argument.substr(0, argument.find('='));
    std::string value = name == argument ? "" : argument.substr(name.size() + 1);
    std::map<std::string, int64_t *> numbers = {{"--experts", &o.experts}, {"--depth", &o.depth},
                                                {"--columns", &o.columns}, {"--tokens", &o.tokens},
                                                {"--block", &o.block},     {"--active", &o.active},
                                                {"--threads", &o.threads}, {"--rounds", &o.rounds}};
    if (auto found = numbers.find(name); found != numbers.end()) {
      if (llvm::StringRef(value).getAsInteger(10, *found->second))
        return false;
    } else if (name == "--variant")
      o.variant = value;
    else if (name == "--type")
      o.type = value;
    else if (argument == "--gated")
      o.gated = true;
    else
      return false;
  }
  return o.experts > 0 && o.depth > 0 && o.columns > 0 && o.tokens >= 0 && o.block > 0 &&
         o.threads > 0 && o.threads <= 1024 && o.rounds > 0;
}

/// One run between two looks at the peak.
Sample takeSample(const Options &o, const Program &program, Context &context,
                  const moe_abi_tensor *inputs, double work) {
  double before = measurePeak(o.variant);
  context.workerSeconds = 0;
  double wall = wallSeconds(), start = threadSeconds();
  moe_abi_tensor output;
  program.entry(&context.abi, inputs, &output);
  // The caller waits for the workers, so that its own time alone would flatter.
  double seconds =
      (threadSeconds() - start + context.workerSeconds) / static_cast<double>(o.threads);
  wall = wallSeconds() - wall;
  benchFree(&context.abi, output.data);
  return {work / seconds, work / wall,
          (before + measurePeak(o.variant)) / 2 * static_cast<double>(o.threads)};
}

void bench(const Options &o, const Program &program) {
  int64_t active = o.active > 0 ? std::min(o.active, o.experts) : o.experts;
  int64_t rows = active * o.tokens;
  std::vector<int32_t> offsets(o.experts + 1), slots(rows);
  for (int64_t e = 0; e < o.experts; ++e)
    offsets[e + 1] = static_cast<int32_t>(std::min(rows, (e + 1) * o.tokens));
  for (int64_t row = 0; row < rows; ++row)
    slots[row] = static_cast<int32_t>(row * 7919 % rows);
  size_t element = o.type == "f64" ? 8 : o.rowType() == "f32" ? 4 : 2;
  uint8_t *weights = filledMemory(program.weightBytes + 4096);
  uint8_t *x = filledMemory(rows * o.depth * element + 4096);
  moe_abi_tensor inputs[3] = {
      {x, 2, {rows, o.depth}}, {offsets.data(), 1, {o.experts + 1}}, {slots.data(), 1, {rows}}};
  Context context;
  context.abi = {MOE_ABI_VERSION,  static_cast<uint32_t>(o.threads),
                 weights,          nullptr,
                 benchAlloc,       benchFree,
                 benchParallelFor, benchObserve,
                 benchFail,        nullptr,
                 nullptr,          nullptr,
                 nullptr};
  double weightCount = o.gated ? 2 : 1;
  double work = 2.0 * static_cast<double>(rows) * static_cast<double>(o.depth) *
                static_cast<double>(o.columns) * weightCount;
  double bytes = static_cast<double>(program.weightBytes) * static_cast<double>(active) /
                 static_cast<double>(o.experts);
  std::vector<double> flops, wall, peaks, ratios;
  takeSample(o, program, context, inputs, work);
  for (int64_t round = 0; round < o.rounds; ++round) {
    Sample sample = takeSample(o, program, context, inputs, work);
    flops.push_back(sample.flops);
    wall.push_back(sample.wallFlops);
    peaks.push_back(sample.peak);
    ratios.push_back(sample.flops / sample.peak);
  }
  std::printf(
      "%-6s %-4s E=%lld active=%lld K=%lld N=%lld%s m=%lld threads=%lld: %.1f GFLOP/s (wall "
      "%.1f), peak %.1f, ratio %.2f (best %.2f), weights at %.1f GB/s\n",
      o.variant.c_str(), o.type.c_str(), static_cast<long long>(o.experts),
      static_cast<long long>(active), static_cast<long long>(o.depth),
      static_cast<long long>(o.columns), o.gated ? "x2" : "", static_cast<long long>(o.tokens),
      static_cast<long long>(o.threads), median(flops) * 1e-9, median(wall) * 1e-9,
      median(peaks) * 1e-9, median(ratios), *std::max_element(ratios.begin(), ratios.end()),
      bytes * median(flops) / work * 1e-9);
}

} // namespace

int main(int argc, char **argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fputs(usage, stderr);
    return 1;
  }
  std::vector<std::string> variants = hostVariants();
  if (!options.variant.empty())
    variants = {options.variant};
  for (const std::string &variant : variants) {
    options.variant = variant;
    auto program = compile(programText(options), variant);
    if (!program) {
      std::fprintf(stderr, "bench-cpu: error: no code for variant '%s'\n", variant.c_str());
      return 1;
    }
    bench(options, *program);
  }
  return 0;
}

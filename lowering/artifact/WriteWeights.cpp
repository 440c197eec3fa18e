//===- WriteWeights.cpp - The weights of an artifact ----------------------===//
//
// A few threads pack parts and write them to their places; the caller's follows in the order of the
// file, with the hash. What is known to be zero without reading it is neither packed nor written:
// a hole stays a hole.
//
//===----------------------------------------------------------------------===//

#include "lowering/artifact/WriteWeights.h"
#include "lowering/cpu/Pack.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/ThreadPool.h"
#include <deque>
#include <map>
#include <unistd.h>

using namespace mlir;
using namespace moe;

/// Bytes that are packed ahead of the hash, at most: what writing takes of memory.
static constexpr int64_t kAhead = int64_t(32) << 20;
/// More do not make a disk faster.
static constexpr unsigned kMostThreads = 8;

std::error_code moe::writeAt(int file, llvm::ArrayRef<char> bytes, uint64_t position) {
  while (!bytes.empty()) {
    ssize_t count = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(position));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return std::error_code(errno, std::generic_category());
    bytes = bytes.drop_front(count);
    position += count;
  }
  return {};
}

static llvm::ThreadPoolStrategy fewThreads() {
  llvm::ThreadPoolStrategy strategy = llvm::hardware_concurrency(kMostThreads);
  strategy.Limit = true;
  return strategy;
}

namespace {

using Buffer = SmallVector<char, 0>;

/// A part on its way to the file.
struct Pending {
  std::shared_ptr<const PackedWeight> weight;
  WeightPart part;
  uint64_t position;
  bool wasCached = true;
  Buffer buffer = {};
  /// Not valid where the part is zero.
  std::shared_future<std::error_code> written = {};
};

class WeightWriter {
public:
  WeightWriter(WeightPlace place, llvm::function_ref<void(llvm::ArrayRef<char>)> hash,
               llvm::function_ref<void(uint64_t, uint64_t)> progress)
      : place(place), hash(hash), progress(progress), pool(fewThreads()) {}
  ~WeightWriter() { pool.wait(); }

  /// Starts writing a weight at `offset`, beyond those before it.
  std::error_code add(PackedWeight weight, uint64_t offset);
  /// Waits for what is on its way; the rest of the section is zero.
  std::error_code finish();

private:
  void start(Pending &next);
  std::error_code waitForAll();
  std::error_code waitForFirst();
  void hashZeros(uint64_t count);

  WeightPlace place;
  llvm::function_ref<void(llvm::ArrayRef<char>)> hash;
  llvm::function_ref<void(uint64_t, uint64_t)> progress;
  uint64_t hashed = 0;
  int64_t ahead = 0;
  std::deque<Pending> pending; // its elements stay where they are
  std::vector<Buffer> unused;
  llvm::DefaultThreadPool pool;
};

} // namespace

void WeightWriter::hashZeros(uint64_t count) {
  static const char zeros[64 << 10] = {};
  hashed += count;
  for (; count; count -= std::min<uint64_t>(count, sizeof zeros))
    hash({zeros, static_cast<size_t>(std::min<uint64_t>(count, sizeof zeros))});
}

/// Packs and writes a part on another thread.
void WeightWriter::start(Pending &next) {
  if (!unused.empty()) {
    next.buffer = std::move(unused.back());
    unused.pop_back();
  }
  next.wasCached = next.weight->isCached(next.part);
  next.buffer.resize_for_overwrite(next.part.bytes);
  next.written = pool.async([this, &next] {
    next.weight->pack(next.part, next.buffer.data());
    return writeAt(place.file, next.buffer, place.start + next.position);
  });
}

std::error_code WeightWriter::waitForFirst() {
  Pending &first = pending.front();
  hashZeros(first.position - hashed);
  if (first.written.valid()) {
    if (std::error_code error = first.written.get())
      return error;
    first.weight->release(first.part, first.wasCached);
    hash(first.buffer);
    hashed += first.part.bytes;
    unused.push_back(std::move(first.buffer));
  } else {
    hashZeros(first.part.bytes);
  }
  ahead -= first.part.bytes;
  pending.pop_front();
  progress(hashed, place.size);
  return {};
}

std::error_code WeightWriter::waitForAll() {
  while (!pending.empty())
    if (std::error_code error = waitForFirst())
      return error;
  return {};
}

std::error_code WeightWriter::add(PackedWeight weight, uint64_t offset) {
  auto shared = std::make_shared<const PackedWeight>(std::move(weight));
  uint64_t position = offset;
  for (const WeightPart &part : shared->parts()) {
    while (!pending.empty() && ahead + part.bytes > kAhead)
      if (std::error_code error = waitForFirst())
        return error;
    pending.push_back({shared, part, position});
    ahead += part.bytes;
    if (!shared->isZero(part))
      start(pending.back());
    position += part.bytes;
  }
  return {};
}

std::error_code WeightWriter::finish() {
  if (std::error_code error = waitForAll())
    return error;
  hashZeros(place.size - hashed);
  return {};
}

/// The weights, each once, by their places.
static std::map<int64_t, WeightOp> weightsByPlace(ModuleOp planned) {
  std::map<int64_t, WeightOp> byPlace;
  for (auto function : planned.getOps<func::FuncOp>())
    function.walk(
        [&](WeightOp weight) { byPlace.emplace(weight.getOffset().value_or(0), weight); });
  return byPlace;
}

LogicalResult moe::writeWeights(ModuleOp planned, WeightPlace place,
                                llvm::function_ref<void(llvm::ArrayRef<char>)> hash,
                                llvm::function_ref<void(uint64_t, uint64_t)> progress,
                                std::error_code &error) {
  WeightFiles files;
  WeightWriter writer(place, hash, progress);
  for (auto &[offset, weight] : weightsByPlace(planned)) {
    FailureOr<PackedWeight> packed = PackedWeight::open(weight, files);
    if (failed(packed))
      return failure();
    if ((error = writer.add(std::move(*packed), offset)))
      return failure();
  }
  error = writer.finish();
  return failure(static_cast<bool>(error));
}

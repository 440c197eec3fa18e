//===- Harness.h - Runs MLIR text of the linalg stage -----------*- C++ -*-===//
//
// Compiles a module at the planned linalg stage for one variant, loads the shared object into this
// process and calls it with the smallest moe_context there is. Free of MLIR's headers, so that
// tests compile in a second.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_CPU_HARNESS_H
#define MOE_TEST_LOWERING_CPU_HARNESS_H

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace moe::test {

/// A dense tensor; what its bytes mean is the test's business.
struct Tensor {
  std::vector<int64_t> shape;
  std::vector<char> bytes;

  Tensor() = default;
  template <typename T>
  Tensor(std::vector<int64_t> shape, const std::vector<T> &values) : shape(std::move(shape)) {
    bytes.resize(values.size() * sizeof(T));
    if (!values.empty())
      std::memcpy(bytes.data(), values.data(), bytes.size());
  }

  int64_t size() const {
    int64_t count = 1;
    for (int64_t dim : shape)
      count *= dim;
    return count;
  }
  template <typename T> std::vector<T> as() const {
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty())
      std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
};

/// Where the rows of groups of these sizes begin, and the end of the last.
inline std::vector<int32_t> offsetsOf(const std::vector<int32_t> &sizes) {
  std::vector<int32_t> bounds{0};
  for (int32_t size : sizes)
    bounds.push_back(bounds.back() + size);
  return bounds;
}

/// What a run is given besides its inputs, and what it leaves.
struct Call {
  std::vector<uint8_t> weights;     ///< the weight section
  unsigned threads = 1;             ///< workers of parallel_for
  std::vector<size_t> outputBytes;  ///< bytes an element of each output
  std::vector<size_t> observeBytes; ///< bytes an element of each observation; 0: not asked for
  std::string failure;              ///< message of context->fail, or empty
  std::vector<Tensor> observed;     ///< by number
  size_t blocksHeld = 0;            ///< blocks neither freed nor outputs
  size_t peakBytes = 0;             ///< most memory held at once
  size_t parallelLoops = 0;         ///< calls of parallel_for
};

/// Inputs that no rounding makes equal by accident.
std::vector<float> noise(size_t count, uint32_t seed = 1);

/// Names of the variants that this machine can run, best first; others are printed as skipped.
std::vector<std::string> hostVariants();

/// One compiled module.
class Code {
public:
  ~Code();
  /// Calls the entry. On failure (Call::failure) there are no outputs.
  std::vector<Tensor> run(const std::vector<Tensor> &inputs, Call &run) const;
  /// The same for outputs of 4 bytes an element, without anything else.
  std::vector<Tensor> operator()(const std::vector<Tensor> &inputs, size_t outputs = 1,
                                 size_t elementBytes = 4) const;
  /// The shared object.
  const std::vector<char> &bytes() const { return image; }

private:
  friend std::unique_ptr<Code> compile(const std::string &, const std::string &,
                                       const std::string &);
  Code() = default;
  std::vector<char> image;
  int file = -1;
  void *handle = nullptr;
  void *entry = nullptr;
};

/// Compiles `text`; null and a message on stderr where that fails. `pipeline`, where given, runs
/// before (text form of MLIR's pass pipelines).
std::unique_ptr<Code> compile(const std::string &text, const std::string &variant,
                              const std::string &pipeline = "");

} // namespace moe::test

#endif // MOE_TEST_LOWERING_CPU_HARNESS_H

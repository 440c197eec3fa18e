//===- WeightSection.h - The weights of a module under test -----*- C++ -*-===//
//
// What the artifact's writer does with the weights of a planned module, in memory. Free of MLIR's
// headers, as the harness is.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_CPU_WEIGHTSECTION_H
#define MOE_TEST_LOWERING_CPU_WEIGHTSECTION_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace moe::test {

/// The weight section of `text` after `--cpu-plan-artifact`; nothing, and a message on stderr,
/// where that fails.
std::optional<std::vector<uint8_t>> weightSection(const std::string &text);

/// The weights of `text` (already planned), packed in parts of about `partBytes`; nothing where
/// that fails.
std::optional<std::vector<uint8_t>> packedBytes(const std::string &text, int64_t partBytes);

/// The errors that packing the weights of `text` (already planned) gives, one a line.
std::string packingErrors(const std::string &text);

/// A file with these bytes, gone when the object is.
class TemporaryFile {
public:
  explicit TemporaryFile(const std::vector<char> &bytes);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile &) = delete;
  const std::string &path() const { return name; }

private:
  std::string name;
};

} // namespace moe::test

#endif // MOE_TEST_LOWERING_CPU_WEIGHTSECTION_H

//===- ExternalData.h - Files beside a model --------------------*- C++ -*-===//
//
// A model from a stranger names the files of its weights. They are opened step by step beneath the
// model's own folder, never through a link, so that no name reaches a file outside of it.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_EXTERNALDATA_H
#define MOE_LOWERING_ONNX_EXTERNALDATA_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include <string>

namespace moe {

class ExternalData {
public:
  /// What is known of one file.
  struct File {
    /// The model's folder as the user gave it, joined with the location.
    std::string path;
    uint64_t size = 0;
    /// Why the file cannot be used, for a message; "" where it can.
    std::string error;
    /// Whether a message has told `error` already.
    bool reported = false;
  };

  explicit ExternalData(llvm::StringRef modelPath);
  ~ExternalData();
  ExternalData(const ExternalData &) = delete;
  ExternalData &operator=(const ExternalData &) = delete;

  /// The file at `location`, an `external_data` entry of a tensor.
  File &find(llvm::StringRef location);
  /// Reads `bytes` from a file that was found without error. False where that fails.
  bool read(llvm::StringRef location, uint64_t offset, llvm::MutableArrayRef<char> bytes);

private:
  std::string folder;
  llvm::StringMap<File> files;
  /// The file read last stays open: tensors follow each other in one file.
  std::string current;
  int currentFd = -1;
};

} // namespace moe

#endif // MOE_LOWERING_ONNX_EXTERNALDATA_H

//===- WeightFiles.h - The files that weights are read from -----*- C++ -*-===//
//
// Files are mapped, so that a part of a model is in memory only while it is packed: what has been
// read goes back to the system, and what was never written to the disk is not read at all.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_CPU_WEIGHTFILES_H
#define MOE_LOWERING_CPU_WEIGHTFILES_H

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MemoryBuffer.h"

namespace moe {

/// One mapped file.
class WeightFile {
public:
  /// With `keep`, the file itself stays open beside its map: only then are holes known.
  static llvm::ErrorOr<std::unique_ptr<WeightFile>> open(llvm::StringRef path, bool keep);
  ~WeightFile();
  WeightFile(const WeightFile &) = delete;

  llvm::StringRef bytes() const { return buffer->getBuffer(); }
  /// Whether this part of the file is known to hold nothing but zeros: a hole of a sparse file.
  bool isHole(llvm::StringRef part) const;
  /// Whether most of a part is in the system's cache.
  bool isCached(llvm::StringRef part) const;
  /// Gives back the pages of a part, which nobody is going to read soon: to the system's cache, or
  /// altogether.
  void drop(llvm::StringRef part, bool keepCached) const;
  /// Counts bytes that were read here and there: after many, all pages leave this process. They
  /// stay in the system's cache, and come back when they are read.
  void passed(int64_t bytes);

private:
  WeightFile(int file, std::unique_ptr<llvm::MemoryBuffer> buffer)
      : file(file), buffer(std::move(buffer)) {}

  int file; ///< or -1
  int64_t sinceUnmap = 0;
  std::unique_ptr<llvm::MemoryBuffer> buffer;
};

/// Files that pieces of weights lie in, each opened once.
class WeightFiles {
public:
  /// The file, or an error in the system's words. Valid as long as this object.
  llvm::ErrorOr<WeightFile *> open(llvm::StringRef path);

private:
  /// Some exporters write a file for each tensor, and a process may have only so many open.
  static constexpr unsigned kMostOpen = 128;
  llvm::StringMap<std::unique_ptr<WeightFile>> files;
};

} // namespace moe

#endif // MOE_LOWERING_CPU_WEIGHTFILES_H

//===- WeightFiles.cpp - The files that weights are read from -------------===//

#include "lowering/cpu/WeightFiles.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Process.h"
#include <sys/mman.h>
#include <unistd.h>

using namespace moe;

/// What is mapped counts as memory of this process.
static constexpr int64_t kWindow = int64_t(128) << 20;

llvm::ErrorOr<std::unique_ptr<WeightFile>> WeightFile::open(llvm::StringRef path, bool keep) {
  int file;
  if (std::error_code error = llvm::sys::fs::openFileForRead(path, file))
    return error;
  auto buffer = llvm::MemoryBuffer::getOpenFile(file, path, /*FileSize=*/-1,
                                                /*RequiresNullTerminator=*/false);
  if (!buffer || !keep) {
    close(file);
    file = -1;
  }
  if (!buffer)
    return buffer.getError();
  return std::unique_ptr<WeightFile>(new WeightFile(file, std::move(*buffer)));
}

WeightFile::~WeightFile() {
  if (file >= 0)
    close(file);
}

bool WeightFile::isHole(llvm::StringRef part) const {
  if (file < 0)
    return false;
  off_t start = part.data() - buffer->getBufferStart();
  off_t data = lseek(file, start, SEEK_DATA);
  if (data < 0)
    return errno == ENXIO; // nothing but a hole up to the end
  return data >= start + static_cast<off_t>(part.size());
}

/// The pages that a part lies in.
static llvm::MutableArrayRef<unsigned char> pagesOf(llvm::StringRef part, uintptr_t page) {
  uintptr_t start = reinterpret_cast<uintptr_t>(part.begin()) & ~(page - 1);
  uintptr_t end = llvm::alignTo(reinterpret_cast<uintptr_t>(part.end()), page);
  return {reinterpret_cast<unsigned char *>(start), end - start};
}

bool WeightFile::isCached(llvm::StringRef part) const {
  if (buffer->getBufferKind() != llvm::MemoryBuffer::MemoryBuffer_MMap)
    return true;
  auto page = static_cast<uintptr_t>(llvm::sys::Process::getPageSizeEstimate());
  auto pages = pagesOf(part, page);
  llvm::SmallVector<unsigned char> present(pages.size() / page);
  if (mincore(pages.data(), pages.size(), present.data()))
    return true;
  size_t count = llvm::count_if(present, [](unsigned char flags) { return flags & 1; });
  return 2 * count >= present.size();
}

void WeightFile::drop(llvm::StringRef part, bool keepCached) const {
  // Small files were read into memory of our own, which must stay.
  if (buffer->getBufferKind() != llvm::MemoryBuffer::MemoryBuffer_MMap)
    return;
  auto page = static_cast<uintptr_t>(llvm::sys::Process::getPageSizeEstimate());
  auto pages = pagesOf(part, page);
  // Advice only: that it fails costs memory and nothing else.
  (void)madvise(pages.data(), pages.size(), keepCached ? MADV_DONTNEED : MADV_PAGEOUT);
}

void WeightFile::passed(int64_t bytes) {
  sinceUnmap += bytes;
  if (sinceUnmap < kWindow)
    return;
  sinceUnmap = 0;
  drop(buffer->getBuffer(), /*keepCached=*/true);
}

llvm::ErrorOr<WeightFile *> WeightFiles::open(llvm::StringRef path) {
  auto &file = files[path];
  if (!file) {
    auto opened = WeightFile::open(path, /*keep=*/files.size() <= kMostOpen);
    if (!opened)
      return opened.getError();
    file = std::move(*opened);
  }
  return file.get();
}

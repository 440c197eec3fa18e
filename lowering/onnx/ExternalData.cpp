//===- ExternalData.cpp - Files beside a model ----------------------------===//

#include "lowering/onnx/ExternalData.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace moe;

using Steps = llvm::SmallVector<std::string>;

ExternalData::ExternalData(llvm::StringRef modelPath)
    : folder(llvm::sys::path::parent_path(modelPath)) {}

ExternalData::~ExternalData() {
  if (currentFd >= 0)
    ::close(currentFd);
}

/// The steps from the folder to `location`, or a reason why there are none. Without links, taking
/// ".." back by name is exact.
static std::string splitLocation(llvm::StringRef location,
                                 llvm::SmallVectorImpl<std::string> &steps) {
  if (location.empty())
    return "has no name";
  if (location.contains('\0'))
    return "has a name with a zero byte";
  if (location.starts_with("/"))
    return "is an absolute path; expected one relative to the model's folder";
  for (llvm::StringRef step : llvm::split(location, '/')) {
    if (step.empty() || step == ".")
      continue;
    if (step != "..") {
      steps.push_back(step.str());
      continue;
    }
    if (steps.empty())
      return "leaves the model's folder";
    steps.pop_back();
  }
  return steps.empty() ? "is a folder; expected a file" : "";
}

/// What errno means here.
static std::string openError(int error) {
  if (error == ELOOP)
    return "is a symbolic link; expected a plain file in the model's folder";
  if (error == ENOTDIR)
    return "lies beneath something that is no folder, or a symbolic link";
  if (error == ENOENT)
    return "is missing";
  return std::string("cannot be opened: ") + std::strerror(error);
}

/// Opens the file that `steps` lead to, or gives -1 with errno.
static int openBeneath(llvm::StringRef folder, const Steps &steps) {
  // The folder is the user's own and may be a link; what the model names may not.
  std::string start = folder.empty() ? "." : folder.str();
  int fd = ::open(start.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (size_t i = 0; fd >= 0 && i < steps.size(); ++i) {
    // O_NONBLOCK: opening a pipe must not wait for its writer.
    int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    int next = ::openat(fd, steps[i].c_str(), i + 1 < steps.size() ? flags | O_DIRECTORY : flags);
    int reason = errno;
    ::close(fd);
    fd = next;
    errno = reason;
  }
  return fd;
}

ExternalData::File &ExternalData::find(llvm::StringRef location) {
  auto [entry, isNew] = files.try_emplace(location);
  File &file = entry->second;
  if (!isNew)
    return file;
  Steps steps;
  file.error = splitLocation(location, steps);
  if (!file.error.empty())
    return file;
  llvm::SmallString<256> path(folder);
  for (const std::string &step : steps)
    llvm::sys::path::append(path, step);
  file.path = path.str();
  int fd = openBeneath(folder, steps);
  struct stat status = {};
  if (fd < 0)
    file.error = openError(errno);
  else if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
    file.error = "is not a plain file";
  file.size = static_cast<uint64_t>(status.st_size);
  if (fd >= 0)
    ::close(fd);
  return file;
}

bool ExternalData::read(llvm::StringRef location, uint64_t offset,
                        llvm::MutableArrayRef<char> bytes) {
  if (currentFd < 0 || current != location) {
    if (currentFd >= 0)
      ::close(currentFd);
    Steps steps;
    currentFd = splitLocation(location, steps).empty() ? openBeneath(folder, steps) : -1;
    current = location.str();
  }
  while (currentFd >= 0 && !bytes.empty()) {
    ssize_t got = ::pread(currentFd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    bytes = bytes.drop_front(got);
    offset += got;
  }
  return currentFd >= 0;
}

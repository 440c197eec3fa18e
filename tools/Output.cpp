//===- Output.cpp - Files that are whole or not there ---------------------===//

#include "tools/Output.h"
#include "tools/Diagnostics.h"
#include "llvm/Support/FileSystem.h"

using namespace moe;

static bool fail(llvm::StringRef path, const std::string &why) {
  printError(path + ": cannot be written: " + why);
  return false;
}

/// Whether everything was written; the stream must not be destroyed with an error in it.
static bool finish(llvm::raw_fd_ostream &stream, llvm::StringRef path) {
  stream.flush();
  if (!stream.has_error())
    return true;
  std::string why = stream.error().message();
  stream.clear_error();
  return fail(path, why);
}

bool moe::writeOutput(llvm::StringRef path, llvm::function_ref<void(llvm::raw_ostream &)> write) {
  if (path == "-") {
    write(llvm::outs());
    return finish(llvm::outs(), "standard output");
  }
  // A device or a pipe is written to, not replaced.
  llvm::sys::fs::file_status status;
  if (!llvm::sys::fs::status(path, status) &&
      status.type() != llvm::sys::fs::file_type::regular_file) {
    std::error_code error;
    llvm::raw_fd_ostream stream(path, error, llvm::sys::fs::CD_OpenExisting);
    if (error)
      return fail(path, error.message());
    write(stream);
    return finish(stream, path);
  }
  auto file = llvm::sys::fs::TempFile::create(path + ".tmp%%%%%%");
  if (!file)
    return fail(path, llvm::toString(file.takeError()));
  llvm::raw_fd_ostream stream(file->FD, /*shouldClose=*/false);
  write(stream);
  if (!finish(stream, path)) {
    llvm::consumeError(file->discard());
    return false;
  }
  if (llvm::Error error = file->keep(path)) {
    std::string why = llvm::toString(std::move(error));
    llvm::sys::fs::remove(file->TmpName);
    return fail(path, why);
  }
  return true;
}

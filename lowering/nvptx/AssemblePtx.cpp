//===- AssemblePtx.cpp - From PTX to cubin --------------------------------===//
//
// The toolkit's assembler, as a child process, where there is one. Without it the artifact holds
// PTX only, and the driver assembles it when the model is loaded.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/Codegen.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

using namespace llvm;

std::string moe::findPtxas() {
  for (const char *name : {"CUDA_ROOT", "CUDA_HOME", "CUDA_PATH"})
    if (auto root = sys::Process::GetEnv(name)) {
      SmallString<256> path(*root);
      sys::path::append(path, "bin", "ptxas");
      if (sys::fs::can_execute(path))
        return path.str().str();
    }
  if (auto found = sys::findProgramByName("ptxas"))
    return *found;
  return sys::fs::can_execute(MOE_PTXAS) ? MOE_PTXAS : "";
}

static Error failed(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

static std::string contents(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : "";
}

Expected<SmallVector<char, 0>> moe::assemblePtx(StringRef ptxas, StringRef ptx,
                                                unsigned architecture, std::string &log) {
  SmallString<128> files[3];
  const char *endings[] = {"ptx", "cubin", "log"};
  std::vector<std::unique_ptr<FileRemover>> removers;
  for (auto [file, ending] : zip_equal(files, endings)) {
    if (std::error_code error = sys::fs::createTemporaryFile("moe", ending, file))
      return failed("cannot create a temporary file: " + error.message());
    removers.push_back(std::make_unique<FileRemover>(file));
  }
  auto &[source, cubin, output] = files;
  if (Error error = writeToOutput(source, [&](raw_ostream &out) {
        out << ptx;
        return Error::success();
      }))
    return std::move(error);
  std::string arch = "-arch=sm_" + std::to_string(architecture);
  StringRef arguments[] = {ptxas, arch, "-v", "-O3", source, "-o", cubin};
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(output), StringRef(output)};
  std::string message;
  int code = sys::ExecuteAndWait(ptxas, arguments, std::nullopt, redirects, 0, 0, &message);
  log = contents(output);
  if (code != 0)
    return failed("'" + ptxas + "' ended with " + Twine(code) + ": " + message + log);
  auto bytes = MemoryBuffer::getFile(cubin);
  if (!bytes)
    return failed("cannot read what '" + ptxas + "' wrote: " + bytes.getError().message());
  return SmallVector<char, 0>((*bytes)->getBufferStart(), (*bytes)->getBufferEnd());
}

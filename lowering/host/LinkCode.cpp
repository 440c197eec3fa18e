//===- LinkCode.cpp - From object file to shared object -------------------===//
//
// lld runs in this process, a child process is the fallback for when it says that it cannot run
// again. What comes out needs nothing: the runtime loads it into any process, without libc or libm.
//
//===----------------------------------------------------------------------===//

#include "lowering/host/LinkCode.h"
#include "lld/Common/Driver.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace llvm;

static Error linkError(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

/// lld keeps its state in globals.
static std::mutex linkerMutex;
static bool linkerUsable = true;

static Error runChild(ArrayRef<const char *> arguments) {
  ErrorOr<std::string> program = sys::findProgramByName("ld.lld-22");
  if (!program)
    program = sys::findProgramByName("ld.lld");
  if (!program)
    return linkError("found no ld.lld-22 to link with; install the package lld-22");
  SmallVector<StringRef> texts(arguments.begin(), arguments.end());
  std::string message;
  int code = sys::ExecuteAndWait(*program, texts, std::nullopt, {}, 0, 0, &message);
  if (code != 0)
    return linkError("the linker " + *program + " ended with " + Twine(code) + ": " + message);
  return Error::success();
}

static Error runLinker(ArrayRef<const char *> arguments) {
  std::lock_guard<std::mutex> lock(linkerMutex);
  if (!linkerUsable)
    return runChild(arguments);
  std::string text;
  raw_string_ostream stream(text);
  lld::Result result = lld::lldMain(arguments, stream, stream, {{lld::Gnu, &lld::elf::link}});
  linkerUsable = result.canRunAgain;
  if (result.retCode != 0)
    return linkError("the linker ended with " + Twine(result.retCode) + ": " + text);
  return Error::success();
}

/// Generated code calls through moe_context and nothing else.
static Error checkNoUndefined(MemoryBufferRef code) {
  auto file = object::ObjectFile::createELFObjectFile(code);
  if (!file)
    return file.takeError();
  std::string names;
  for (const object::ELFSymbolRef symbol :
       cast<object::ELFObjectFileBase>(**file).getDynamicSymbolIterators()) {
    Expected<uint32_t> flags = symbol.getFlags();
    if (!flags)
      return flags.takeError();
    if (!(*flags & object::SymbolRef::SF_Undefined))
      continue;
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if (!name->empty())
      names += (names.empty() ? "'" : ", '") + name->str() + "'";
  }
  if (!names.empty())
    return linkError("generated code needs " + names +
                     ", but must need nothing; expand what calls it");
  return Error::success();
}

Expected<SmallVector<char, 0>> moe::linkCode(StringRef object) {
  SmallString<128> input, output;
  int descriptor;
  if (std::error_code code = sys::fs::createTemporaryFile("moe", "o", descriptor, input))
    return linkError("no temporary file for the linker: " + code.message());
  FileRemover removeInput(input);
  {
    raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
    stream << object;
    stream.close();
    if (stream.has_error()) {
      std::error_code code = stream.error();
      stream.clear_error();
      return linkError("cannot write " + input + ": " + code.message());
    }
  }
  if (std::error_code code = sys::fs::createTemporaryFile("moe", "so", output))
    return linkError("no temporary file for the linker: " + code.message());
  FileRemover removeOutput(output);

  const char *arguments[] = {"ld.lld",
                             "-shared",
                             "--gc-sections",
                             "--build-id=none",
                             "--hash-style=gnu",
                             "--no-rosegment",
                             "-z",
                             "noexecstack",
                             "-o",
                             output.c_str(),
                             input.c_str()};
  if (Error error = runLinker(arguments))
    return std::move(error);
  auto buffer = MemoryBuffer::getFile(output, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return linkError("cannot read " + output + ": " + buffer.getError().message());
  if (Error error = checkNoUndefined((*buffer)->getMemBufferRef()))
    return std::move(error);
  return SmallVector<char, 0>((*buffer)->getBufferStart(), (*buffer)->getBufferEnd());
}

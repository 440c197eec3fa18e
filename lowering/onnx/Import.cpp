//===- Import.cpp - ONNX files as onnx.node graphs ------------------------===//
//
// From a path to a module: opens and parses the file, checks its versions, and leaves the graph to
// ImportGraph.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/Import.h"
#include "lowering/onnx/ImportGraph.h"
#include "lowering/onnx/ImportSkeleton.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir;
using namespace moe;

/// Maps the file at `path`, or says why not.
static std::unique_ptr<llvm::MemoryBuffer> openModel(const std::string &path, std::string &error) {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status = {};
  if (fd < 0 || ::fstat(fd, &status) != 0) {
    error = std::string("cannot be opened: ") + std::strerror(errno);
    return nullptr;
  }
  std::unique_ptr<llvm::MemoryBuffer> file;
  if (S_ISREG(status.st_mode)) {
    auto opened = llvm::MemoryBuffer::getOpenFile(fd, path, status.st_size,
                                                  /*RequiresNullTerminator=*/false);
    if (opened)
      file = std::move(*opened);
    else
      error = "cannot be read: " + opened.getError().message();
  } else {
    error = S_ISDIR(status.st_mode) ? "is a folder; expected an ONNX file"
                                    : "is not a plain file; expected an ONNX file";
  }
  ::close(fd);
  return file;
}

/// Parses everything but the weights.
static bool parseModel(llvm::StringRef file, onnx_pb::ModelProto &model, const Site &site,
                       ImportErrors &errors) {
  if (file.empty()) {
    errors.malformed(site) << "the file is empty: no graph";
    return false;
  }
  std::string skeleton;
  std::string error = makeSkeleton(file, skeleton);
  if (!error.empty()) {
    errors.malformed(site) << "not an ONNX file, or a damaged one: " << error;
    return false;
  }
  if (skeleton.size() > std::numeric_limits<int>::max()) {
    errors.unsupported(site) << "a graph of more than 2 GiB besides its weights";
    return false;
  }
  if (!model.ParsePartialFromArray(skeleton.data(), skeleton.size())) {
    errors.malformed(site) << "not an ONNX file, or a damaged one: a message cannot be parsed";
    return false;
  }
  return true;
}

static bool checkVersions(const onnx_pb::ModelProto &model, const Site &site,
                          ImportErrors &errors) {
  constexpr int64_t oldest = 3, newest = 14;
  if (!model.has_graph()) {
    errors.malformed(site) << "not an ONNX file: it holds no graph";
    return false;
  }
  if (!model.has_ir_version()) {
    errors.malformed(site) << "not an ONNX file: it has no ir_version";
    return false;
  }
  if (model.ir_version() < oldest || model.ir_version() > newest)
    errors.unsupported(site) << "IR version " << model.ir_version() << "; expected " << oldest
                             << " to " << newest;
  return true;
}

/// The attributes that describe where a module comes from.
static void describeModule(ModuleOp module, const onnx_pb::ModelProto &model,
                           llvm::StringRef path) {
  Builder builder(module.getContext());
  std::string producer = model.producer_name();
  if (!model.producer_version().empty())
    producer += (producer.empty() ? "" : " ") + model.producer_version();
  module->setAttr(onnx::kFileAttr, builder.getStringAttr(llvm::sys::path::filename(path)));
  module->setAttr(onnx::kProducerAttr, builder.getStringAttr(producer));
  for (const auto &opset : model.opset_import())
    if (opset.domain().empty() || opset.domain() == "ai.onnx")
      module->setAttr(onnx::kOpsetAttr, builder.getI64IntegerAttr(opset.version()));
}

OwningOpRef<ModuleOp> moe::importOnnx(llvm::MemoryBufferRef file, MLIRContext *context) {
  context->loadDialect<func::FuncDialect, MoeDialect, onnx::OnnxDialect>();
  ImportErrors errors;
  llvm::StringRef path = file.getBufferIdentifier();
  Site site{FileLineColLoc::get(context, path, 0, 0), ""};
  onnx_pb::ModelProto model;
  OwningOpRef<ModuleOp> module;
  if (parseModel(file.getBuffer(), model, site, errors) && checkVersions(model, site, errors)) {
    module = ModuleOp::create(site.location);
    describeModule(*module, model, path);
    TensorReader tensors(context, file, errors);
    importGraph(model, *module, tensors, errors);
  }
  errors.finish(site.location);
  return errors.any() ? nullptr : std::move(module);
}

OwningOpRef<ModuleOp> moe::importOnnx(llvm::StringRef path, MLIRContext *context) {
  std::string error;
  std::unique_ptr<llvm::MemoryBuffer> file = openModel(path.str(), error);
  if (!file) {
    emitError(FileLineColLoc::get(context, path, 0, 0)) << "the model " << error;
    return nullptr;
  }
  return importOnnx(file->getMemBufferRef(), context);
}

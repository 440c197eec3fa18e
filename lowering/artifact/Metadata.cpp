//===- Metadata.cpp - What an artifact says of itself ---------------------===//

#include "dialect/ElementTypes.h"
#include "dialect/Moe.h"
#include "dialect/Onnx.h"
#include "lowering/artifact/Write.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "runtime/moe_meta_generated.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace moe;

namespace {

/// Builds the tables of one model.
class MetadataBuilder {
public:
  MetadataBuilder(ModuleOp module, ArrayRef<ArtifactCode> codes) : module(module), codes(codes) {}

  FailureOr<std::vector<uint8_t>> build();

private:
  using Tensors = std::vector<flatbuffers::Offset<meta::Tensor>>;

  flatbuffers::Offset<meta::Tensor> tensor(llvm::StringRef name, meta::ElementType type,
                                           ArrayRef<int64_t> shape, ArrayAttr symbols);
  /// Arguments or results of @main. `attributes(i)` is the i-th one's dictionary.
  LogicalResult signature(TypeRange types, llvm::function_ref<DictionaryAttr(unsigned)> attributes,
                          llvm::StringRef kind, Tensors &into);
  std::vector<flatbuffers::Offset<meta::Layer>> layers();
  FailureOr<std::vector<flatbuffers::Offset<meta::Observation>>> observations(func::FuncOp main);
  std::vector<flatbuffers::Offset<meta::Variant>> variants();
  flatbuffers::Offset<flatbuffers::String> string(llvm::StringRef text) {
    return buffer.CreateString(text.data(), text.size());
  }

  ModuleOp module;
  ArrayRef<ArtifactCode> codes;
  flatbuffers::FlatBufferBuilder buffer;
};

/// How the artifact names an element type; `undefined` for what it cannot name.
meta::ElementType metaType(const ElementType *type) {
  return type ? static_cast<meta::ElementType>(type->metaCode) : meta::ElementType::undefined;
}

} // namespace

flatbuffers::Offset<meta::Tensor> MetadataBuilder::tensor(llvm::StringRef name,
                                                          meta::ElementType type,
                                                          ArrayRef<int64_t> shape,
                                                          ArrayAttr symbols) {
  std::vector<flatbuffers::Offset<meta::Dimension>> dimensions;
  for (auto [index, size] : llvm::enumerate(shape)) {
    llvm::StringRef symbol;
    if (symbols && index < symbols.size())
      if (auto attr = dyn_cast<StringAttr>(symbols[index]))
        symbol = attr.getValue();
    dimensions.push_back(meta::CreateDimension(buffer, ShapedType::isDynamic(size) ? -1 : size,
                                               symbol.empty() ? 0 : string(symbol)));
  }
  auto vector = buffer.CreateVector(dimensions);
  return meta::CreateTensor(buffer, string(name), type, vector);
}

LogicalResult MetadataBuilder::signature(TypeRange types,
                                         llvm::function_ref<DictionaryAttr(unsigned)> attributes,
                                         llvm::StringRef kind, Tensors &into) {
  for (auto [index, type] : llvm::enumerate(types)) {
    DictionaryAttr attrs = attributes(index);
    auto get = [&](llvm::StringRef key) { return attrs ? attrs.get(key) : Attribute(); };
    auto shaped = dyn_cast<RankedTensorType>(type);
    std::string name = (kind + llvm::Twine(index)).str();
    if (auto given = dyn_cast_or_null<StringAttr>(get(onnx::kNameAttr)))
      name = given.str();
    auto spelled = dyn_cast_or_null<StringAttr>(get(onnx::kElemAttr));
    // Conversion made unsigned types signless; `onnx.elem` still knows.
    meta::ElementType element = metaType(!shaped   ? nullptr
                                         : spelled ? elementTypeByName(spelled.getValue())
                                                   : elementTypeOf(shaped.getElementType()));
    if (element == meta::ElementType::undefined)
      return module.emitError("unsupported: ") << kind << " '" << name << "' of type " << type
                                               << " cannot cross the artifact's border";
    into.push_back(tensor(name, element, shaped.getShape(),
                          dyn_cast_or_null<ArrayAttr>(get(onnx::kDimsAttr))));
  }
  return success();
}

std::vector<flatbuffers::Offset<meta::Layer>> MetadataBuilder::layers() {
  std::vector<flatbuffers::Offset<meta::Layer>> offsets;
  auto list = module->getAttrOfType<ArrayAttr>(kLayersAttr);
  if (!list)
    return offsets;
  for (auto layer : list.getAsRange<DictionaryAttr>()) {
    auto number = [&](llvm::StringRef key) {
      auto attr = layer.getAs<IntegerAttr>(key);
      return attr ? attr.getInt() : 0;
    };
    auto text = [&](llvm::StringRef key) {
      auto attr = layer.getAs<StringAttr>(key);
      return string(attr ? attr.getValue() : "");
    };
    offsets.push_back(meta::CreateLayer(buffer, text("name"), number("experts"), number("top_k"),
                                        number("hidden"), number("intermediate"), text("gate"),
                                        text("form"), text("node"), text("quantisation")));
  }
  return offsets;
}

FailureOr<std::vector<flatbuffers::Offset<meta::Observation>>>
MetadataBuilder::observations(func::FuncOp main) {
  std::map<llvm::StringRef, unsigned> layerIndex;
  if (auto list = module->getAttrOfType<ArrayAttr>(kLayersAttr))
    for (auto [index, layer] : llvm::enumerate(list.getAsRange<DictionaryAttr>()))
      if (auto name = layer.getAs<StringAttr>("name"))
        layerIndex.emplace(name.getValue(), index);

  std::map<int32_t, flatbuffers::Offset<meta::Observation>> byNumber;
  WalkResult walked = main.walk([&](ObserveOp observe) -> WalkResult {
    auto layer = layerIndex.find(observe.getLayer());
    auto type = dyn_cast<RankedTensorType>(observe.getValue().getType());
    if (layer == layerIndex.end() || !type || !observe.getNumber())
      return observe.emitOpError("expects a layer of moe.layers and a number (C1)");
    auto observed = tensor("", metaType(elementTypeOf(type.getElementType())), type.getShape(), {});
    byNumber[*observe.getNumber()] = meta::CreateObservation(
        buffer, layer->second, static_cast<meta::Role>(observe.getRole()), observed);
    return WalkResult::advance();
  });
  if (walked.wasInterrupted())
    return failure();
  std::vector<flatbuffers::Offset<meta::Observation>> offsets;
  for (auto [number, offset] : byNumber)
    offsets.push_back(offset);
  return offsets;
}

std::vector<flatbuffers::Offset<meta::Variant>> MetadataBuilder::variants() {
  std::vector<flatbuffers::Offset<meta::Variant>> offsets;
  for (const ArtifactCode &code : codes) {
    std::vector<flatbuffers::Offset<flatbuffers::String>> features;
    for (llvm::StringRef feature : code.features)
      features.push_back(string(feature));
    std::vector<flatbuffers::Offset<meta::Kernel>> kernels;
    for (const KernelInfo &kernel : code.kernels)
      kernels.push_back(
          meta::CreateKernel(buffer, string(kernel.name), kernel.threads, kernel.sharedBytes));
    std::vector<flatbuffers::Offset<meta::Launches>> launches;
    for (const LaunchesInfo &info : code.launches)
      launches.push_back(
          meta::CreateLaunches(buffer, info.layer, buffer.CreateVector(info.kernels)));
    auto featureVector = buffer.CreateVector(features);
    auto kernelVector = buffer.CreateVector(kernels);
    auto launchesVector = buffer.CreateVector(launches);
    offsets.push_back(meta::CreateVariant(buffer, string(code.name), string(code.target),
                                          featureVector, code.architecture, code.deviceBytes,
                                          kernelVector, launchesVector));
  }
  return offsets;
}

FailureOr<std::vector<uint8_t>> MetadataBuilder::build() {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main)
    return module.emitError("malformed: there is no function @main");
  Tensors inputs, outputs;
  if (failed(signature(
          main.getArgumentTypes(), [&](unsigned i) { return main.getArgAttrDict(i); }, "input",
          inputs)) ||
      failed(signature(
          main.getResultTypes(), [&](unsigned i) { return main.getResultAttrDict(i); }, "output",
          outputs)))
    return failure();
  auto observed = observations(main);
  if (failed(observed))
    return failure();
  auto source = module->getAttrOfType<StringAttr>(onnx::kFileAttr);
  auto inputVector = buffer.CreateVector(inputs);
  auto outputVector = buffer.CreateVector(outputs);
  auto layerVector = buffer.CreateVector(layers());
  auto observationVector = buffer.CreateVector(*observed);
  auto variantVector = buffer.CreateVector(variants());
  auto producer = string("moe " MOE_VERSION);
  auto sourceName = string(source ? llvm::sys::path::filename(source.getValue()) : "");
  buffer.Finish(meta::CreateModel(buffer, producer, sourceName, inputVector, outputVector,
                                  layerVector, observationVector, variantVector),
                meta::ModelIdentifier());
  return std::vector<uint8_t>(buffer.GetBufferPointer(),
                              buffer.GetBufferPointer() + buffer.GetSize());
}

FailureOr<std::vector<uint8_t>> moe::buildMetadata(ModuleOp planned, ArrayRef<ArtifactCode> codes) {
  return MetadataBuilder(planned, codes).build();
}

//===- DeviceCalls.h - What host code asks a device to do -------*- C++ -*-===//
//
// On memrefs these are calls of functions without bodies; in the LLVM dialect they become calls of
// the context (runtime/moe_abi.h). Launches are `gpu.launch_func` until then.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_HOST_DEVICECALLS_H
#define MOE_LOWERING_HOST_DEVICECALLS_H

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/IR/PatternMatch.h"

namespace moe {

/// The device's weight memory, as a `memref.global` of bytes.
inline constexpr llvm::StringLiteral kDeviceWeights = "moe_device_weights";
/// Its size, on the module.
inline constexpr llvm::StringLiteral kDeviceBytesAttr = "moe.device_bytes";
/// On a launch: the kernel's number in the variant's list.
inline constexpr llvm::StringLiteral kKernelAttr = "moe.kernel";

/// (device address, host address, bytes)
inline constexpr llvm::StringLiteral kUploadFunction = "moe_upload";
/// (device address, place in the weight section, bytes)
inline constexpr llvm::StringLiteral kUploadSectionFunction = "moe_upload_section";
/// (host address, device address, bytes)
inline constexpr llvm::StringLiteral kFetchFunction = "moe_fetch";

/// The address of memref[indices], as an index; of its first element without indices.
mlir::Value addressOf(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value memref,
                      mlir::ValueRange indices = {});
void createUpload(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value device,
                  mlir::Value host, mlir::Value bytes);
void createUploadSection(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value device,
                         int64_t place, int64_t bytes);
void createFetch(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value host, mlir::Value device,
                 mlir::Value bytes);

/// Launches, uploads, fetches and the weight memory to calls and fields of the context.
void populateDevicePatterns(const mlir::LLVMTypeConverter &converter,
                            mlir::RewritePatternSet &patterns);

} // namespace moe

#endif // MOE_LOWERING_HOST_DEVICECALLS_H

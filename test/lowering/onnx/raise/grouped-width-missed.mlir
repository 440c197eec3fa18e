// RUN: moe-opt %s --moe-raise --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s

// Near miss: what splits the rows takes their number from elsewhere, so that the width may be any.

// CHECK: not raised: node '/TopK' (TopK) leads to sorted rows that no sum brings together
// CHECK: @width(
// CHECK-NOT: moe.gate
func.func @width(%arg0: tensor<?x4xf32>, %other: tensor<?xf32>) -> tensor<?x?xf32> {
  %0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %2 = moe.weight [#moe.piece<"w" at 128 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %3 = moe.weight [#moe.piece<"w" at 192 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %4 = onnx.node "MatMul"(%arg0, %3) version 18 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> tensor<?x3xf32>
  %5 = onnx.node "Softmax"(%4) version 18 {axis = -1 : i64} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %6 = onnx.constant dense<2> : tensor<i64>
  %7 = onnx.constant dense<2> : tensor<1xi64>
  %8:2 = onnx.node "TopK"(%5, %7) version 18 name "/TopK" {axis = -1 : i64, largest = 1 : i64, sorted = 0 : i64} : (tensor<?x3xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %9 = onnx.constant dense<0> : tensor<i64>
  %10 = onnx.node "Shape"(%8#1) version 18 {} : (tensor<?x2xi64>) -> tensor<2xi64>
  %11 = onnx.constant dense<0> : tensor<i64>
  %12 = onnx.node "Gather"(%10, %11) version 18 {axis = 0 : i64} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %13 = onnx.constant dense<0> : tensor<1xi64>
  %14 = onnx.node "Unsqueeze"(%12, %13) version 18 {} : (tensor<i64>, tensor<1xi64>) -> tensor<1xi64>
  %15 = onnx.constant dense<3> : tensor<1xi64>
  %16 = onnx.node "Concat"(%14, %15) version 18 {axis = 0 : i64} : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %17 = onnx.constant dense<1> : tensor<i64>
  %18 = onnx.node "ConstantOfShape"(%16) version 18 {value = dense<0> : tensor<1xi64>} : (tensor<2xi64>) -> tensor<?x3xi64>
  %19 = onnx.node "Shape"(%8#1) version 18 {} : (tensor<?x2xi64>) -> tensor<2xi64>
  %20 = onnx.constant dense<1> : tensor<i64>
  %21 = onnx.node "Expand"(%20, %19) version 18 {} : (tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %22 = onnx.node "ScatterElements"(%18, %8#1, %21) version 18 {axis = 1 : i64} : (tensor<?x3xi64>, tensor<?x2xi64>, tensor<?x2xi64>) -> tensor<?x3xi64>
  %23 = onnx.constant dense<0> : tensor<1xi64>
  %24 = onnx.node "ReduceSum"(%22, %23) version 18 {keepdims = 0 : i64} : (tensor<?x3xi64>, tensor<1xi64>) -> tensor<3xi64>
  %25 = onnx.constant dense<-1> : tensor<1xi64>
  %26 = onnx.node "Reshape"(%8#1, %25) version 18 {allowzero = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %27 = onnx.node "Shape"(%26) version 18 {} : (tensor<?xi64>) -> tensor<1xi64>
  %28 = onnx.constant dense<-1> : tensor<1xi64>
  %29 = onnx.node "Gather"(%27, %28) version 18 {} : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %30:2 = onnx.node "TopK"(%26, %29) version 18 {axis = -1 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %31 = onnx.constant dense<2> : tensor<i64>
  %32 = onnx.node "Div"(%30#1, %31) version 18 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %33 = onnx.node "Cast"(%32) version 18 {to = 7 : i64} : (tensor<?xi64>) -> tensor<?xi64>
  %34 = onnx.node "Cast"(%33) version 18 {to = 7 : i64} : (tensor<?xi64>) -> tensor<?xi64>
  %35 = onnx.node "Gather"(%arg0, %34) version 18 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %36 = onnx.constant dense<0> : tensor<i32>
  %37 = onnx.node "CumSum"(%24, %36) version 18 {} : (tensor<3xi64>, tensor<i32>) -> tensor<3xi64>
  %38 = onnx.node "Gather"(%37, %9) version 18 {axis = 0 : i64} : (tensor<3xi64>, tensor<i64>) -> tensor<i64>
  %39 = onnx.constant dense<0> : tensor<1xi64>
  %40 = onnx.constant dense<0> : tensor<1xi64>
  %41 = onnx.constant dense<0> : tensor<1xi64>
  %42 = onnx.node "Unsqueeze"(%38, %41) version 18 {} : (tensor<i64>, tensor<1xi64>) -> tensor<1xi64>
  %43 = onnx.constant dense<1> : tensor<1xi64>
  %44 = onnx.node "Slice"(%35, %40, %42, %39, %43) version 18 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %45 = onnx.node "MatMul"(%44, %0) version 18 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %46 = onnx.node "Gather"(%37, %17) version 18 {axis = 0 : i64} : (tensor<3xi64>, tensor<i64>) -> tensor<i64>
  %47 = onnx.node "Gather"(%24, %17) version 18 {axis = 0 : i64} : (tensor<3xi64>, tensor<i64>) -> tensor<i64>
  %48 = onnx.node "Sub"(%46, %47) version 18 {} : (tensor<i64>, tensor<i64>) -> tensor<i64>
  %49 = onnx.constant dense<0> : tensor<1xi64>
  %50 = onnx.constant dense<0> : tensor<1xi64>
  %51 = onnx.node "Unsqueeze"(%48, %50) version 18 {} : (tensor<i64>, tensor<1xi64>) -> tensor<1xi64>
  %52 = onnx.constant dense<0> : tensor<1xi64>
  %53 = onnx.node "Unsqueeze"(%46, %52) version 18 {} : (tensor<i64>, tensor<1xi64>) -> tensor<1xi64>
  %54 = onnx.constant dense<1> : tensor<1xi64>
  %55 = onnx.node "Slice"(%35, %51, %53, %49, %54) version 18 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %56 = onnx.node "MatMul"(%55, %1) version 18 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %57 = onnx.node "Gather"(%37, %6) version 18 {axis = 0 : i64} : (tensor<3xi64>, tensor<i64>) -> tensor<i64>
  %58 = onnx.node "Gather"(%24, %6) version 18 {axis = 0 : i64} : (tensor<3xi64>, tensor<i64>) -> tensor<i64>
  %59 = onnx.node "Sub"(%57, %58) version 18 {} : (tensor<i64>, tensor<i64>) -> tensor<i64>
  %60 = onnx.constant dense<0> : tensor<1xi64>
  %61 = onnx.constant dense<0> : tensor<1xi64>
  %62 = onnx.node "Unsqueeze"(%59, %61) version 18 {} : (tensor<i64>, tensor<1xi64>) -> tensor<1xi64>
  %63 = onnx.constant dense<0> : tensor<1xi64>
  %64 = onnx.node "Unsqueeze"(%57, %63) version 18 {} : (tensor<i64>, tensor<1xi64>) -> tensor<1xi64>
  %65 = onnx.constant dense<1> : tensor<1xi64>
  %66 = onnx.node "Slice"(%35, %62, %64, %60, %65) version 18 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %67 = onnx.node "MatMul"(%66, %2) version 18 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %68 = onnx.node "Concat"(%45, %56, %67) version 18 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %69 = onnx.node "Shape"(%68) version 18 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %70 = onnx.node "ConstantOfShape"(%69) version 18 {value = dense<0.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %71 = onnx.node "Shape"(%30#1) version 18 {} : (tensor<?xi64>) -> tensor<1xi64>
  %72 = onnx.constant dense<-1> : tensor<1xi64>
  %73 = onnx.node "Unsqueeze"(%30#1, %72) version 18 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %74 = onnx.constant dense<4> : tensor<1xi64>
  %75 = onnx.node "Concat"(%71, %74) version 18 {axis = 0 : i64} : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %76 = onnx.node "Reshape"(%68, %75) version 18 {allowzero = 0 : i64} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %77 = onnx.node "ScatterND"(%70, %73, %76) version 18 {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %78 = onnx.constant dense<0> : tensor<1xi64>
  %79 = onnx.node "Shape"(%other) version 18 {} : (tensor<?xf32>) -> tensor<1xi64>
  %80 = onnx.constant dense<2> : tensor<1xi64>
  %81 = onnx.constant dense<-1> : tensor<1xi64>
  %82 = onnx.node "Concat"(%79, %80, %81) version 18 {axis = 0 : i64} : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xi64>
  %83 = onnx.node "Reshape"(%77, %82) version 18 {allowzero = 0 : i64} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x?xf32>
  %84 = onnx.constant dense<-1> : tensor<1xi64>
  %85 = onnx.node "Unsqueeze"(%8#0, %84) version 18 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %86 = onnx.node "Mul"(%83, %85) version 18 {} : (tensor<?x2x?xf32>, tensor<?x2x1xf32>) -> tensor<?x2x?xf32>
  %87 = onnx.constant dense<1> : tensor<1xi64>
  %88 = onnx.node "ReduceSum"(%86, %87) version 18 {keepdims = 0 : i64} : (tensor<?x2x?xf32>, tensor<1xi64>) -> tensor<?x?xf32>
  return %88 : tensor<?x?xf32>
}

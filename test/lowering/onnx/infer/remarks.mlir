// RUN: moe-opt %s -onnx-infer-types --remark-format=emitRemark --remarks-filter=onnx-infer-types -o /dev/null 2>&1 | FileCheck %s

!v = !onnx.value

// CHECK: :[[#@LINE+1]]:{{.*}} remark: {{.*}}made constants of 1 values
func.func @folded(%x: tensor<?x64xf32>) -> !v {
  %0 = onnx.node "Shape"(%x) version 20 {start = 1 : i64} : (tensor<?x64xf32>) -> !v
  return %0 : !v
}

// CHECK-NOT: made constants
func.func @nothing_to_fold(%x: tensor<?x64xf32>) -> !v {
  %0 = onnx.node "Shape"(%x) version 20 {} : (tensor<?x64xf32>) -> !v
  return %0 : !v
}

func.func @branch_taken(%x: tensor<6xf32>) -> !v {
  %yes = onnx.constant dense<true> : tensor<i1>
  // CHECK: :[[#@LINE+1]]:{{.*}} remark: {{.*}}took then_branch of node 'guard', whose condition is known
  %0 = onnx.node "If"(%yes) version 16 name "guard" {} subgraphs ["then_branch", "else_branch"] {
    onnx.return %x : tensor<6xf32>
  }, {
    %1 = onnx.node "NoSuch"(%x) version 16 {} : (tensor<6xf32>) -> tensor<6xf32>
    onnx.return %1 : tensor<6xf32>
  } : (tensor<i1>) -> !v
  return %0 : !v
}

// What RouterTest.cpp reads: routers as exporters write them, and near misses, each with the rule that has to be
// found or the reason why there is none.

func.func @softmax_topk(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2:2 = onnx.node "TopK"(%1, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  return %2#1, %2#0 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @softmax_topk_norm_eps(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.constant dense<-1> : tensor<1xi64>
  %2 = onnx.constant dense<9.99999968E-21> : tensor<f32>
  %3 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %4:2 = onnx.node "TopK"(%3, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %5 = onnx.node "ReduceSum"(%4#0, %1) version 17 name "reducesum_6" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %6 = onnx.node "Add"(%5, %2) version 17 name "add_8" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %7 = onnx.node "Div"(%4#0, %6) version 17 name "div_9" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %4#1, %7 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @softmax_topk_norm_clip(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.constant dense<-1> : tensor<1xi64>
  %2 = onnx.constant dense<9.99999971E-10> : tensor<f32>
  %3 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %4:2 = onnx.node "TopK"(%3, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %5 = onnx.node "ReduceSum"(%4#0, %1) version 17 name "reducesum_6" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %6 = onnx.node "Clip"(%5, %2) version 17 name "clip_8" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %7 = onnx.node "Div"(%4#0, %6) version 17 name "div_9" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %4#1, %7 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @softmax_topk_norm_maxbig(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.constant dense<-1> : tensor<1xi64>
  %2 = onnx.constant dense<0.699999988> : tensor<1x1xf32>
  %3 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %4:2 = onnx.node "TopK"(%3, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %5 = onnx.node "ReduceSum"(%4#0, %1) version 17 name "reducesum_6" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %6 = onnx.node "Max"(%5, %2) version 17 name "max_8" {} : (tensor<?x1xf32>, tensor<1x1xf32>) -> tensor<?x1xf32>
  %7 = onnx.node "Div"(%4#0, %6) version 17 name "div_9" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %4#1, %7 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @softmax_topk_norm_recip_l1(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2:2 = onnx.node "TopK"(%1, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %3 = onnx.node "ReduceL1"(%2#0) version 17 name "reducel1_5" {axes = array<i64: -1>, keepdims = 1 : i64} : (tensor<?x2xf32>) -> tensor<?x1xf32>
  %4 = onnx.node "Reciprocal"(%3) version 17 name "reciprocal_6" {} : (tensor<?x1xf32>) -> tensor<?x1xf32>
  %5 = onnx.node "Mul"(%2#0, %4) version 17 name "mul_7" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %2#1, %5 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @softmax_topk_norm_keep0(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.constant dense<-1> : tensor<1xi64>
  %2 = onnx.constant dense<-1> : tensor<1xi64>
  %3 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %4:2 = onnx.node "TopK"(%3, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %5 = onnx.node "ReduceSum"(%4#0, %1) version 17 name "reducesum_6" {keepdims = 0 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?xf32>
  %6 = onnx.node "Unsqueeze"(%5, %2) version 17 name "unsqueeze_8" {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %7 = onnx.node "Div"(%4#0, %6) version 17 name "div_9" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %4#1, %7 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @softmax_topk_scale_then_norm(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.constant dense<2.500000e+00> : tensor<f32>
  %2 = onnx.constant dense<-1> : tensor<1xi64>
  %3 = onnx.constant dense<1.000000e-01> : tensor<f32>
  %4 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %5:2 = onnx.node "TopK"(%4, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %6 = onnx.node "Mul"(%5#0, %1) version 17 name "mul_6" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  %7 = onnx.node "ReduceSum"(%6, %2) version 17 name "reducesum_8" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %8 = onnx.node "Add"(%7, %3) version 17 name "add_10" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %9 = onnx.node "Div"(%6, %8) version 17 name "div_11" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %5#1, %9 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @softmax_topk_norm_scale(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.constant dense<-1> : tensor<1xi64>
  %2 = onnx.constant dense<2.500000e+00> : tensor<f32>
  %3 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %4:2 = onnx.node "TopK"(%3, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %5 = onnx.node "ReduceSum"(%4#0, %1) version 17 name "reducesum_6" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %6 = onnx.node "Div"(%4#0, %5) version 17 name "div_7" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %7 = onnx.node "Mul"(%6, %2) version 17 name "mul_9" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %4#1, %7 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @softmax_topk_norm_twice(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.constant dense<-1> : tensor<1xi64>
  %2 = onnx.constant dense<3.000000e-01> : tensor<f32>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %5:2 = onnx.node "TopK"(%4, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %6 = onnx.node "ReduceSum"(%5#0, %1) version 17 name "reducesum_6" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %7 = onnx.node "Add"(%6, %2) version 17 name "add_8" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %8 = onnx.node "Div"(%5#0, %7) version 17 name "div_9" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %9 = onnx.node "ReduceSum"(%8, %3) version 17 name "reducesum_11" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %10 = onnx.node "Div"(%8, %9) version 17 name "div_12" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %5#1, %10 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @near_norm_eps_twice(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.constant dense<-1> : tensor<1xi64>
  %2 = onnx.constant dense<3.000000e-01> : tensor<f32>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.constant dense<1.000000e-01> : tensor<f32>
  %5 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %6:2 = onnx.node "TopK"(%5, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %7 = onnx.node "ReduceSum"(%6#0, %1) version 17 name "reducesum_6" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %8 = onnx.node "Add"(%7, %2) version 17 name "add_8" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %9 = onnx.node "Div"(%6#0, %8) version 17 name "div_9" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %10 = onnx.node "ReduceSum"(%9, %3) version 17 name "reducesum_11" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %11 = onnx.node "Add"(%10, %4) version 17 name "add_13" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %12 = onnx.node "Div"(%9, %11) version 17 name "div_14" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %6#1, %12 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @topk_softmax(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %2 = onnx.node "Softmax"(%1#0) version 17 name "softmax_4" {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %1#1, %2 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @topk_softmax_sorted0(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %2 = onnx.node "Softmax"(%1#0) version 17 name "softmax_4" {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %1#1, %2 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @topk_softmax_clamped(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<-1.000000e+00> : tensor<f32>
  %1 = onnx.constant dense<1.000000e+00> : tensor<f32>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.node "Clip"(%arg0, %0, %1) version 17 name "clip_3" {} : (tensor<?x8xf32>, tensor<f32>, tensor<f32>) -> tensor<?x8xf32>
  %4:2 = onnx.node "TopK"(%3, %2) version 17 name "topk_5" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %5 = onnx.node "Softmax"(%4#0) version 17 name "softmax_7" {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %4#1, %5 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @topk_softmax_temperature(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<5.000000e-01> : tensor<f32>
  %1 = onnx.constant dense<2> : tensor<1xi64>
  %2 = onnx.node "Div"(%arg0, %0) version 17 name "div_2" {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3:2 = onnx.node "TopK"(%2, %1) version 17 name "topk_4" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %4 = onnx.node "Softmax"(%3#0) version 17 name "softmax_6" {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %3#1, %4 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @near_temperature_after(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.constant dense<5.000000e-01> : tensor<f32>
  %2:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %3 = onnx.node "Div"(%2#0, %1) version 17 name "div_5" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  %4 = onnx.node "Softmax"(%3) version 17 name "softmax_6" {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %2#1, %4 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @topk_logits_gather_softmax(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %2 = onnx.node "Softmax"(%arg0) version 17 name "softmax_4" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = onnx.node "GatherElements"(%2, %1#1) version 17 name "gatherelements_5" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  return %1#1, %3 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @topk_softmax_gather_logits_softmax(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2:2 = onnx.node "TopK"(%1, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %3 = onnx.node "GatherElements"(%arg0, %2#1) version 17 name "gatherelements_5" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %4 = onnx.node "Softmax"(%3) version 17 name "softmax_6" {axis = 1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %2#1, %4 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @softmax_spelled(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<-1> : tensor<1xi64>
  %1 = onnx.constant dense<2> : tensor<1xi64>
  %2 = onnx.node "ReduceMax"(%arg0) version 17 name "reducemax_1" {axes = array<i64: -1>, keepdims = 1 : i64} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %3 = onnx.node "Sub"(%arg0, %2) version 17 name "sub_2" {} : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %4 = onnx.node "Exp"(%3) version 17 name "exp_3" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %5 = onnx.node "ReduceSum"(%4, %0) version 17 name "reducesum_5" {keepdims = 1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %6 = onnx.node "Div"(%4, %5) version 17 name "div_6" {} : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %7:2 = onnx.node "TopK"(%6, %1) version 17 name "topk_8" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  return %7#1, %7#0 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @softmax_f16_casts(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.constant dense<-1> : tensor<1xi64>
  %2 = onnx.node "Cast"(%arg0) version 17 name "cast_1" {to = 10 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf16>
  %3 = onnx.node "Softmax"(%2) version 17 name "softmax_2" {axis = -1 : i64} : (tensor<?x8xf16>) -> tensor<?x8xf16>
  %4 = onnx.node "Cast"(%3) version 17 name "cast_3" {to = 1 : i64} : (tensor<?x8xf16>) -> tensor<?x8xf32>
  %5:2 = onnx.node "TopK"(%4, %0) version 17 name "topk_5" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %6 = onnx.node "ReduceSum"(%5#0, %1) version 17 name "reducesum_8" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %7 = onnx.node "Div"(%5#0, %6) version 17 name "div_9" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %5#1, %7 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @sigmoid_topk(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2:2 = onnx.node "TopK"(%1, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  return %2#1, %2#0 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @logits_topk_sigmoid(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %2 = onnx.node "Sigmoid"(%1#0) version 17 name "sigmoid_4" {} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %1#1, %2 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @sigmoid_bias(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<2> : tensor<1xi64>
  %2 = onnx.constant dense<-1> : tensor<1xi64>
  %3 = onnx.constant dense<9.99999968E-21> : tensor<f32>
  %4 = onnx.constant dense<2.500000e+00> : tensor<f32>
  %5 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %6 = onnx.node "Add"(%5, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %7:2 = onnx.node "TopK"(%6, %1) version 17 name "topk_5" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %8 = onnx.node "GatherElements"(%5, %7#1) version 17 name "gatherelements_7" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %9 = onnx.node "ReduceSum"(%8, %2) version 17 name "reducesum_9" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %10 = onnx.node "Add"(%9, %3) version 17 name "add_11" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %11 = onnx.node "Div"(%8, %10) version 17 name "div_12" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %12 = onnx.node "Mul"(%11, %4) version 17 name "mul_14" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %7#1, %12 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @sigmoid_bias_spelled(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<1.000000e+00> : tensor<f32>
  %1 = onnx.constant dense<[[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]]> : tensor<1x8xf32>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.constant dense<9.99999997E-7> : tensor<f32>
  %5 = onnx.node "Neg"(%arg0) version 17 name "neg_2" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %6 = onnx.node "Exp"(%5) version 17 name "exp_3" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %7 = onnx.node "Add"(%0, %6) version 17 name "add_4" {} : (tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %8 = onnx.node "Reciprocal"(%7) version 17 name "reciprocal_5" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %9 = onnx.node "Add"(%1, %8) version 17 name "add_7" {} : (tensor<1x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %10:2 = onnx.node "TopK"(%9, %2) version 17 name "topk_9" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %11 = onnx.node "GatherElements"(%8, %10#1) version 17 name "gatherelements_11" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %12 = onnx.node "ReduceSum"(%11, %3) version 17 name "reducesum_13" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %13 = onnx.node "Clip"(%12, %4) version 17 name "clip_15" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %14 = onnx.node "Div"(%11, %13) version 17 name "div_16" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %10#1, %14 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @near_bias_mixed(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<2> : tensor<1xi64>
  %2 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = onnx.node "Add"(%2, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %4:2 = onnx.node "TopK"(%3, %1) version 17 name "topk_5" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  return %4#1, %4#0 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @near_bias_softmax_other(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<2> : tensor<1xi64>
  %2 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = onnx.node "Add"(%2, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %4:2 = onnx.node "TopK"(%3, %1) version 17 name "topk_5" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %5 = onnx.node "Softmax"(%arg0) version 17 name "softmax_7" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %6 = onnx.node "GatherElements"(%5, %4#1) version 17 name "gatherelements_8" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  return %4#1, %6 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @ds3_scatter_0_0(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.constant dense<2> : tensor<1xi64>
  %5 = onnx.constant dense<-1> : tensor<1xi64>
  %6 = onnx.constant dense<0> : tensor<1xi64>
  %7 = onnx.constant dense<1> : tensor<1xi64>
  %8 = onnx.constant dense<0> : tensor<1xi64>
  %9 = onnx.constant dense<[4, 2]> : tensor<2xi64>
  %10 = onnx.constant dense<[-1, 8]> : tensor<2xi64>
  %11 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %12 = onnx.constant dense<2> : tensor<1xi64>
  %13 = onnx.constant dense<-1> : tensor<1xi64>
  %14 = onnx.constant dense<9.99999968E-21> : tensor<f32>
  %15 = onnx.constant dense<2.500000e+00> : tensor<f32>
  %16 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %17 = onnx.node "Add"(%16, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %18 = onnx.node "Reshape"(%17, %1) version 17 name "reshape_5" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %19:2 = onnx.node "TopK"(%18, %2) version 17 name "topk_7" {axis = -1 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> (tensor<?x4x2xf32>, tensor<?x4x2xi64>)
  %20 = onnx.node "ReduceSum"(%19#0, %3) version 17 name "reducesum_10" {keepdims = 0 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %21:2 = onnx.node "TopK"(%20, %4) version 17 name "topk_12" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %22 = onnx.node "Shape"(%20) version 17 name "shape_14" {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %23 = onnx.node "ConstantOfShape"(%22) version 17 name "constantofshape_15" {value = dense<0.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %24 = onnx.node "Shape"(%21#1) version 17 name "shape_16" {} : (tensor<?x2xi64>) -> tensor<2xi64>
  %25 = onnx.node "ConstantOfShape"(%24) version 17 name "constantofshape_17" {value = dense<1.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x2xf32>
  %26 = onnx.node "ScatterElements"(%23, %21#1, %25) version 17 name "scatterelements_18" {axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x4xf32>
  %27 = onnx.node "Unsqueeze"(%26, %5) version 17 name "unsqueeze_20" {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x4x1xf32>
  %28 = onnx.node "Slice"(%22, %6, %7, %8) version 17 name "slice_24" {} : (tensor<2xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %29 = onnx.node "Concat"(%28, %9) version 17 name "concat_26" {axis = 0 : i64} : (tensor<1xi64>, tensor<2xi64>) -> tensor<3xi64>
  %30 = onnx.node "Expand"(%27, %29) version 17 name "expand_27" {} : (tensor<?x4x1xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %31 = onnx.node "Reshape"(%30, %10) version 17 name "reshape_29" {} : (tensor<?x4x2xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %32 = onnx.node "Cast"(%31) version 17 name "cast_30" {to = 9 : i64} : (tensor<?x8xf32>) -> tensor<?x8xi1>
  %33 = onnx.node "Not"(%32) version 17 name "not_31" {} : (tensor<?x8xi1>) -> tensor<?x8xi1>
  %34 = onnx.node "Where"(%33, %11, %17) version 17 name "where_33" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %35:2 = onnx.node "TopK"(%34, %12) version 17 name "topk_35" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %36 = onnx.node "GatherElements"(%16, %35#1) version 17 name "gatherelements_37" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %37 = onnx.node "ReduceSum"(%36, %13) version 17 name "reducesum_39" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %38 = onnx.node "Add"(%37, %14) version 17 name "add_41" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %39 = onnx.node "Div"(%36, %38) version 17 name "div_42" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %40 = onnx.node "Mul"(%39, %15) version 17 name "mul_44" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %35#1, %40 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @ds3_scatter__inf(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.constant dense<2> : tensor<1xi64>
  %5 = onnx.constant dense<-1> : tensor<1xi64>
  %6 = onnx.constant dense<0> : tensor<1xi64>
  %7 = onnx.constant dense<1> : tensor<1xi64>
  %8 = onnx.constant dense<0> : tensor<1xi64>
  %9 = onnx.constant dense<[4, 2]> : tensor<2xi64>
  %10 = onnx.constant dense<[-1, 8]> : tensor<2xi64>
  %11 = onnx.constant dense<0xFF800000> : tensor<f32>
  %12 = onnx.constant dense<2> : tensor<1xi64>
  %13 = onnx.constant dense<-1> : tensor<1xi64>
  %14 = onnx.constant dense<9.99999968E-21> : tensor<f32>
  %15 = onnx.constant dense<2.500000e+00> : tensor<f32>
  %16 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %17 = onnx.node "Add"(%16, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %18 = onnx.node "Reshape"(%17, %1) version 17 name "reshape_5" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %19:2 = onnx.node "TopK"(%18, %2) version 17 name "topk_7" {axis = -1 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> (tensor<?x4x2xf32>, tensor<?x4x2xi64>)
  %20 = onnx.node "ReduceSum"(%19#0, %3) version 17 name "reducesum_10" {keepdims = 0 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %21:2 = onnx.node "TopK"(%20, %4) version 17 name "topk_12" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %22 = onnx.node "Shape"(%20) version 17 name "shape_14" {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %23 = onnx.node "ConstantOfShape"(%22) version 17 name "constantofshape_15" {value = dense<0.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %24 = onnx.node "Shape"(%21#1) version 17 name "shape_16" {} : (tensor<?x2xi64>) -> tensor<2xi64>
  %25 = onnx.node "ConstantOfShape"(%24) version 17 name "constantofshape_17" {value = dense<1.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x2xf32>
  %26 = onnx.node "ScatterElements"(%23, %21#1, %25) version 17 name "scatterelements_18" {axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x4xf32>
  %27 = onnx.node "Unsqueeze"(%26, %5) version 17 name "unsqueeze_20" {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x4x1xf32>
  %28 = onnx.node "Slice"(%22, %6, %7, %8) version 17 name "slice_24" {} : (tensor<2xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %29 = onnx.node "Concat"(%28, %9) version 17 name "concat_26" {axis = 0 : i64} : (tensor<1xi64>, tensor<2xi64>) -> tensor<3xi64>
  %30 = onnx.node "Expand"(%27, %29) version 17 name "expand_27" {} : (tensor<?x4x1xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %31 = onnx.node "Reshape"(%30, %10) version 17 name "reshape_29" {} : (tensor<?x4x2xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %32 = onnx.node "Cast"(%31) version 17 name "cast_30" {to = 9 : i64} : (tensor<?x8xf32>) -> tensor<?x8xi1>
  %33 = onnx.node "Not"(%32) version 17 name "not_31" {} : (tensor<?x8xi1>) -> tensor<?x8xi1>
  %34 = onnx.node "Where"(%33, %11, %17) version 17 name "where_33" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %35:2 = onnx.node "TopK"(%34, %12) version 17 name "topk_35" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %36 = onnx.node "GatherElements"(%16, %35#1) version 17 name "gatherelements_37" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %37 = onnx.node "ReduceSum"(%36, %13) version 17 name "reducesum_39" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %38 = onnx.node "Add"(%37, %14) version 17 name "add_41" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %39 = onnx.node "Div"(%36, %38) version 17 name "div_42" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %40 = onnx.node "Mul"(%39, %15) version 17 name "mul_44" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %35#1, %40 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @ds3_mul_0_0(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.constant dense<2> : tensor<1xi64>
  %5 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %6 = onnx.constant dense<1.000000e+00> : tensor<f32>
  %7 = onnx.constant dense<-1> : tensor<1xi64>
  %8 = onnx.constant dense<[1, 4, 2]> : tensor<3xi64>
  %9 = onnx.constant dense<[-1, 8]> : tensor<2xi64>
  %10 = onnx.constant dense<2> : tensor<1xi64>
  %11 = onnx.constant dense<-1> : tensor<1xi64>
  %12 = onnx.constant dense<9.99999968E-21> : tensor<f32>
  %13 = onnx.constant dense<2.500000e+00> : tensor<f32>
  %14 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %15 = onnx.node "Add"(%14, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %16 = onnx.node "Reshape"(%15, %1) version 17 name "reshape_5" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %17:2 = onnx.node "TopK"(%16, %2) version 17 name "topk_7" {axis = -1 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> (tensor<?x4x2xf32>, tensor<?x4x2xi64>)
  %18 = onnx.node "ReduceSum"(%17#0, %3) version 17 name "reducesum_10" {keepdims = 0 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %19:2 = onnx.node "TopK"(%18, %4) version 17 name "topk_12" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %20 = onnx.node "Shape"(%18) version 17 name "shape_15" {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %21 = onnx.node "Expand"(%5, %20) version 17 name "expand_16" {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %22 = onnx.node "Shape"(%19#1) version 17 name "shape_18" {} : (tensor<?x2xi64>) -> tensor<2xi64>
  %23 = onnx.node "Expand"(%6, %22) version 17 name "expand_19" {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x2xf32>
  %24 = onnx.node "ScatterElements"(%21, %19#1, %23) version 17 name "scatterelements_20" {axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x4xf32>
  %25 = onnx.node "Unsqueeze"(%24, %7) version 17 name "unsqueeze_22" {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x4x1xf32>
  %26 = onnx.node "Expand"(%25, %8) version 17 name "expand_24" {} : (tensor<?x4x1xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %27 = onnx.node "Reshape"(%26, %9) version 17 name "reshape_26" {} : (tensor<?x4x2xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %28 = onnx.node "Mul"(%15, %27) version 17 name "mul_27" {} : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %29:2 = onnx.node "TopK"(%28, %10) version 17 name "topk_29" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %30 = onnx.node "GatherElements"(%14, %29#1) version 17 name "gatherelements_31" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %31 = onnx.node "ReduceSum"(%30, %11) version 17 name "reducesum_33" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %32 = onnx.node "Add"(%31, %12) version 17 name "add_35" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %33 = onnx.node "Div"(%30, %32) version 17 name "div_36" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %34 = onnx.node "Mul"(%33, %13) version 17 name "mul_38" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %29#1, %34 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @ds3_equal_0_0(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.constant dense<2> : tensor<1xi64>
  %5 = onnx.constant dense<-1> : tensor<1xi64>
  %6 = onnx.constant dense<[[[0, 1, 2, 3]]]> : tensor<1x1x4xi64>
  %7 = onnx.constant dense<1> : tensor<1xi64>
  %8 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %9 = onnx.constant dense<-1> : tensor<1xi64>
  %10 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %11 = onnx.constant dense<[-1, 8]> : tensor<2xi64>
  %12 = onnx.constant dense<2> : tensor<1xi64>
  %13 = onnx.constant dense<-1> : tensor<1xi64>
  %14 = onnx.constant dense<9.99999968E-21> : tensor<f32>
  %15 = onnx.constant dense<2.500000e+00> : tensor<f32>
  %16 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %17 = onnx.node "Add"(%16, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %18 = onnx.node "Reshape"(%17, %1) version 17 name "reshape_5" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %19:2 = onnx.node "TopK"(%18, %2) version 17 name "topk_7" {axis = -1 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> (tensor<?x4x2xf32>, tensor<?x4x2xi64>)
  %20 = onnx.node "ReduceSum"(%19#0, %3) version 17 name "reducesum_10" {keepdims = 0 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %21:2 = onnx.node "TopK"(%20, %4) version 17 name "topk_12" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %22 = onnx.node "Unsqueeze"(%21#1, %5) version 17 name "unsqueeze_15" {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?x2x1xi64>
  %23 = onnx.node "Equal"(%22, %6) version 17 name "equal_17" {} : (tensor<?x2x1xi64>, tensor<1x1x4xi64>) -> tensor<?x2x4xi1>
  %24 = onnx.node "Cast"(%23) version 17 name "cast_18" {to = 1 : i64} : (tensor<?x2x4xi1>) -> tensor<?x2x4xf32>
  %25 = onnx.node "ReduceSum"(%24, %7) version 17 name "reducesum_20" {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %26 = onnx.node "Greater"(%25, %8) version 17 name "greater_22" {} : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xi1>
  %27 = onnx.node "Unsqueeze"(%26, %9) version 17 name "unsqueeze_24" {} : (tensor<?x4xi1>, tensor<1xi64>) -> tensor<?x4x1xi1>
  %28 = onnx.node "Where"(%27, %18, %10) version 17 name "where_26" {} : (tensor<?x4x1xi1>, tensor<?x4x2xf32>, tensor<f32>) -> tensor<?x4x2xf32>
  %29 = onnx.node "Reshape"(%28, %11) version 17 name "reshape_28" {} : (tensor<?x4x2xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %30:2 = onnx.node "TopK"(%29, %12) version 17 name "topk_30" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %31 = onnx.node "GatherElements"(%16, %30#1) version 17 name "gatherelements_32" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %32 = onnx.node "ReduceSum"(%31, %13) version 17 name "reducesum_34" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %33 = onnx.node "Add"(%32, %14) version 17 name "add_36" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %34 = onnx.node "Div"(%31, %33) version 17 name "div_37" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %35 = onnx.node "Mul"(%34, %15) version 17 name "mul_39" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %30#1, %35 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @ds3_equal__inf(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.constant dense<2> : tensor<1xi64>
  %5 = onnx.constant dense<-1> : tensor<1xi64>
  %6 = onnx.constant dense<[[[0, 1, 2, 3]]]> : tensor<1x1x4xi64>
  %7 = onnx.constant dense<1> : tensor<1xi64>
  %8 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %9 = onnx.constant dense<-1> : tensor<1xi64>
  %10 = onnx.constant dense<0xFF800000> : tensor<f32>
  %11 = onnx.constant dense<[-1, 8]> : tensor<2xi64>
  %12 = onnx.constant dense<2> : tensor<1xi64>
  %13 = onnx.constant dense<-1> : tensor<1xi64>
  %14 = onnx.constant dense<9.99999968E-21> : tensor<f32>
  %15 = onnx.constant dense<2.500000e+00> : tensor<f32>
  %16 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %17 = onnx.node "Add"(%16, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %18 = onnx.node "Reshape"(%17, %1) version 17 name "reshape_5" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %19:2 = onnx.node "TopK"(%18, %2) version 17 name "topk_7" {axis = -1 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> (tensor<?x4x2xf32>, tensor<?x4x2xi64>)
  %20 = onnx.node "ReduceSum"(%19#0, %3) version 17 name "reducesum_10" {keepdims = 0 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %21:2 = onnx.node "TopK"(%20, %4) version 17 name "topk_12" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %22 = onnx.node "Unsqueeze"(%21#1, %5) version 17 name "unsqueeze_15" {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?x2x1xi64>
  %23 = onnx.node "Equal"(%22, %6) version 17 name "equal_17" {} : (tensor<?x2x1xi64>, tensor<1x1x4xi64>) -> tensor<?x2x4xi1>
  %24 = onnx.node "Cast"(%23) version 17 name "cast_18" {to = 1 : i64} : (tensor<?x2x4xi1>) -> tensor<?x2x4xf32>
  %25 = onnx.node "ReduceSum"(%24, %7) version 17 name "reducesum_20" {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %26 = onnx.node "Greater"(%25, %8) version 17 name "greater_22" {} : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xi1>
  %27 = onnx.node "Unsqueeze"(%26, %9) version 17 name "unsqueeze_24" {} : (tensor<?x4xi1>, tensor<1xi64>) -> tensor<?x4x1xi1>
  %28 = onnx.node "Where"(%27, %18, %10) version 17 name "where_26" {} : (tensor<?x4x1xi1>, tensor<?x4x2xf32>, tensor<f32>) -> tensor<?x4x2xf32>
  %29 = onnx.node "Reshape"(%28, %11) version 17 name "reshape_28" {} : (tensor<?x4x2xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %30:2 = onnx.node "TopK"(%29, %12) version 17 name "topk_30" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %31 = onnx.node "GatherElements"(%16, %30#1) version 17 name "gatherelements_32" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %32 = onnx.node "ReduceSum"(%31, %13) version 17 name "reducesum_34" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %33 = onnx.node "Add"(%32, %14) version 17 name "add_36" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %34 = onnx.node "Div"(%31, %33) version 17 name "div_37" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %35 = onnx.node "Mul"(%34, %15) version 17 name "mul_39" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %30#1, %35 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @ds3_onehot_0_0(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.constant dense<2> : tensor<1xi64>
  %5 = onnx.constant dense<4> : tensor<i64>
  %6 = onnx.constant dense<[0.000000e+00, 1.000000e+00]> : tensor<2xf32>
  %7 = onnx.constant dense<[0, 0, 1, 1, 2, 2, 3, 3]> : tensor<8xi64>
  %8 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %9 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %10 = onnx.constant dense<2> : tensor<1xi64>
  %11 = onnx.constant dense<-1> : tensor<1xi64>
  %12 = onnx.constant dense<9.99999968E-21> : tensor<f32>
  %13 = onnx.constant dense<2.500000e+00> : tensor<f32>
  %14 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %15 = onnx.node "Add"(%14, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %16 = onnx.node "Reshape"(%15, %1) version 17 name "reshape_5" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %17:2 = onnx.node "TopK"(%16, %2) version 17 name "topk_7" {axis = -1 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> (tensor<?x4x2xf32>, tensor<?x4x2xi64>)
  %18 = onnx.node "ReduceSum"(%17#0, %3) version 17 name "reducesum_10" {keepdims = 0 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %19:2 = onnx.node "TopK"(%18, %4) version 17 name "topk_12" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %20 = onnx.node "OneHot"(%19#1, %5, %6) version 17 name "onehot_16" {axis = -1 : i64} : (tensor<?x2xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x2x4xf32>
  %21 = onnx.node "ReduceMax"(%20) version 17 name "reducemax_17" {axes = array<i64: 1>, keepdims = 0 : i64} : (tensor<?x2x4xf32>) -> tensor<?x4xf32>
  %22 = onnx.node "Gather"(%21, %7) version 17 name "gather_19" {axis = 1 : i64} : (tensor<?x4xf32>, tensor<8xi64>) -> tensor<?x8xf32>
  %23 = onnx.node "Equal"(%22, %8) version 17 name "equal_21" {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  %24 = onnx.node "Where"(%23, %9, %15) version 17 name "where_23" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %25:2 = onnx.node "TopK"(%24, %10) version 17 name "topk_25" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %26 = onnx.node "GatherElements"(%14, %25#1) version 17 name "gatherelements_27" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %27 = onnx.node "ReduceSum"(%26, %11) version 17 name "reducesum_29" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %28 = onnx.node "Add"(%27, %12) version 17 name "add_31" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %29 = onnx.node "Div"(%26, %28) version 17 name "div_32" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %30 = onnx.node "Mul"(%29, %13) version 17 name "mul_34" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %25#1, %30 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @ds3_onehot__inf(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.constant dense<2> : tensor<1xi64>
  %5 = onnx.constant dense<4> : tensor<i64>
  %6 = onnx.constant dense<[0.000000e+00, 1.000000e+00]> : tensor<2xf32>
  %7 = onnx.constant dense<[0, 0, 1, 1, 2, 2, 3, 3]> : tensor<8xi64>
  %8 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %9 = onnx.constant dense<0xFF800000> : tensor<f32>
  %10 = onnx.constant dense<2> : tensor<1xi64>
  %11 = onnx.constant dense<-1> : tensor<1xi64>
  %12 = onnx.constant dense<9.99999968E-21> : tensor<f32>
  %13 = onnx.constant dense<2.500000e+00> : tensor<f32>
  %14 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %15 = onnx.node "Add"(%14, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %16 = onnx.node "Reshape"(%15, %1) version 17 name "reshape_5" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %17:2 = onnx.node "TopK"(%16, %2) version 17 name "topk_7" {axis = -1 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> (tensor<?x4x2xf32>, tensor<?x4x2xi64>)
  %18 = onnx.node "ReduceSum"(%17#0, %3) version 17 name "reducesum_10" {keepdims = 0 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %19:2 = onnx.node "TopK"(%18, %4) version 17 name "topk_12" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %20 = onnx.node "OneHot"(%19#1, %5, %6) version 17 name "onehot_16" {axis = -1 : i64} : (tensor<?x2xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x2x4xf32>
  %21 = onnx.node "ReduceMax"(%20) version 17 name "reducemax_17" {axes = array<i64: 1>, keepdims = 0 : i64} : (tensor<?x2x4xf32>) -> tensor<?x4xf32>
  %22 = onnx.node "Gather"(%21, %7) version 17 name "gather_19" {axis = 1 : i64} : (tensor<?x4xf32>, tensor<8xi64>) -> tensor<?x8xf32>
  %23 = onnx.node "Equal"(%22, %8) version 17 name "equal_21" {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  %24 = onnx.node "Where"(%23, %9, %15) version 17 name "where_23" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %25:2 = onnx.node "TopK"(%24, %10) version 17 name "topk_25" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %26 = onnx.node "GatherElements"(%14, %25#1) version 17 name "gatherelements_27" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %27 = onnx.node "ReduceSum"(%26, %11) version 17 name "reducesum_29" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %28 = onnx.node "Add"(%27, %12) version 17 name "add_31" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %29 = onnx.node "Div"(%26, %28) version 17 name "div_32" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %30 = onnx.node "Mul"(%29, %13) version 17 name "mul_34" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %25#1, %30 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @ds3_zero_positive_bias(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, 0.0440349542, 0.213474214, 0.0349667072, 0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.constant dense<2> : tensor<1xi64>
  %5 = onnx.constant dense<-1> : tensor<1xi64>
  %6 = onnx.constant dense<0> : tensor<1xi64>
  %7 = onnx.constant dense<1> : tensor<1xi64>
  %8 = onnx.constant dense<0> : tensor<1xi64>
  %9 = onnx.constant dense<[4, 2]> : tensor<2xi64>
  %10 = onnx.constant dense<[-1, 8]> : tensor<2xi64>
  %11 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %12 = onnx.constant dense<2> : tensor<1xi64>
  %13 = onnx.constant dense<-1> : tensor<1xi64>
  %14 = onnx.constant dense<9.99999968E-21> : tensor<f32>
  %15 = onnx.constant dense<2.500000e+00> : tensor<f32>
  %16 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %17 = onnx.node "Add"(%16, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %18 = onnx.node "Reshape"(%17, %1) version 17 name "reshape_5" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %19:2 = onnx.node "TopK"(%18, %2) version 17 name "topk_7" {axis = -1 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> (tensor<?x4x2xf32>, tensor<?x4x2xi64>)
  %20 = onnx.node "ReduceSum"(%19#0, %3) version 17 name "reducesum_10" {keepdims = 0 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %21:2 = onnx.node "TopK"(%20, %4) version 17 name "topk_12" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %22 = onnx.node "Shape"(%20) version 17 name "shape_14" {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %23 = onnx.node "ConstantOfShape"(%22) version 17 name "constantofshape_15" {value = dense<0.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %24 = onnx.node "Shape"(%21#1) version 17 name "shape_16" {} : (tensor<?x2xi64>) -> tensor<2xi64>
  %25 = onnx.node "ConstantOfShape"(%24) version 17 name "constantofshape_17" {value = dense<1.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x2xf32>
  %26 = onnx.node "ScatterElements"(%23, %21#1, %25) version 17 name "scatterelements_18" {axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x4xf32>
  %27 = onnx.node "Unsqueeze"(%26, %5) version 17 name "unsqueeze_20" {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x4x1xf32>
  %28 = onnx.node "Slice"(%22, %6, %7, %8) version 17 name "slice_24" {} : (tensor<2xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %29 = onnx.node "Concat"(%28, %9) version 17 name "concat_26" {axis = 0 : i64} : (tensor<1xi64>, tensor<2xi64>) -> tensor<3xi64>
  %30 = onnx.node "Expand"(%27, %29) version 17 name "expand_27" {} : (tensor<?x4x1xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %31 = onnx.node "Reshape"(%30, %10) version 17 name "reshape_29" {} : (tensor<?x4x2xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %32 = onnx.node "Cast"(%31) version 17 name "cast_30" {to = 9 : i64} : (tensor<?x8xf32>) -> tensor<?x8xi1>
  %33 = onnx.node "Not"(%32) version 17 name "not_31" {} : (tensor<?x8xi1>) -> tensor<?x8xi1>
  %34 = onnx.node "Where"(%33, %11, %17) version 17 name "where_33" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %35:2 = onnx.node "TopK"(%34, %12) version 17 name "topk_35" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %36 = onnx.node "GatherElements"(%16, %35#1) version 17 name "gatherelements_37" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %37 = onnx.node "ReduceSum"(%36, %13) version 17 name "reducesum_39" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %38 = onnx.node "Add"(%37, %14) version 17 name "add_41" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %39 = onnx.node "Div"(%36, %38) version 17 name "div_42" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %40 = onnx.node "Mul"(%39, %15) version 17 name "mul_44" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %35#1, %40 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @glm4_one_group(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<[-1, 1, 8]> : tensor<3xi64>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.constant dense<1> : tensor<1xi64>
  %5 = onnx.constant dense<-1> : tensor<1xi64>
  %6 = onnx.constant dense<0> : tensor<1xi64>
  %7 = onnx.constant dense<1> : tensor<1xi64>
  %8 = onnx.constant dense<0> : tensor<1xi64>
  %9 = onnx.constant dense<[1, 8]> : tensor<2xi64>
  %10 = onnx.constant dense<[-1, 8]> : tensor<2xi64>
  %11 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %12 = onnx.constant dense<2> : tensor<1xi64>
  %13 = onnx.constant dense<-1> : tensor<1xi64>
  %14 = onnx.constant dense<9.99999968E-21> : tensor<f32>
  %15 = onnx.constant dense<2.500000e+00> : tensor<f32>
  %16 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %17 = onnx.node "Add"(%16, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %18 = onnx.node "Reshape"(%17, %1) version 17 name "reshape_5" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x1x8xf32>
  %19:2 = onnx.node "TopK"(%18, %2) version 17 name "topk_7" {axis = -1 : i64} : (tensor<?x1x8xf32>, tensor<1xi64>) -> (tensor<?x1x2xf32>, tensor<?x1x2xi64>)
  %20 = onnx.node "ReduceSum"(%19#0, %3) version 17 name "reducesum_10" {keepdims = 0 : i64} : (tensor<?x1x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %21:2 = onnx.node "TopK"(%20, %4) version 17 name "topk_12" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x1xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %22 = onnx.node "Shape"(%20) version 17 name "shape_14" {} : (tensor<?x1xf32>) -> tensor<2xi64>
  %23 = onnx.node "ConstantOfShape"(%22) version 17 name "constantofshape_15" {value = dense<0.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x1xf32>
  %24 = onnx.node "Shape"(%21#1) version 17 name "shape_16" {} : (tensor<?x1xi64>) -> tensor<2xi64>
  %25 = onnx.node "ConstantOfShape"(%24) version 17 name "constantofshape_17" {value = dense<1.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x1xf32>
  %26 = onnx.node "ScatterElements"(%23, %21#1, %25) version 17 name "scatterelements_18" {axis = 1 : i64} : (tensor<?x1xf32>, tensor<?x1xi64>, tensor<?x1xf32>) -> tensor<?x1xf32>
  %27 = onnx.node "Unsqueeze"(%26, %5) version 17 name "unsqueeze_20" {} : (tensor<?x1xf32>, tensor<1xi64>) -> tensor<?x1x1xf32>
  %28 = onnx.node "Slice"(%22, %6, %7, %8) version 17 name "slice_24" {} : (tensor<2xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %29 = onnx.node "Concat"(%28, %9) version 17 name "concat_26" {axis = 0 : i64} : (tensor<1xi64>, tensor<2xi64>) -> tensor<3xi64>
  %30 = onnx.node "Expand"(%27, %29) version 17 name "expand_27" {} : (tensor<?x1x1xf32>, tensor<3xi64>) -> tensor<?x1x8xf32>
  %31 = onnx.node "Reshape"(%30, %10) version 17 name "reshape_29" {} : (tensor<?x1x8xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %32 = onnx.node "Cast"(%31) version 17 name "cast_30" {to = 9 : i64} : (tensor<?x8xf32>) -> tensor<?x8xi1>
  %33 = onnx.node "Not"(%32) version 17 name "not_31" {} : (tensor<?x8xi1>) -> tensor<?x8xi1>
  %34 = onnx.node "Where"(%33, %11, %17) version 17 name "where_33" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %35:2 = onnx.node "TopK"(%34, %12) version 17 name "topk_35" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %36 = onnx.node "GatherElements"(%16, %35#1) version 17 name "gatherelements_37" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %37 = onnx.node "ReduceSum"(%36, %13) version 17 name "reducesum_39" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %38 = onnx.node "Add"(%37, %14) version 17 name "add_41" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %39 = onnx.node "Div"(%36, %38) version 17 name "div_42" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %40 = onnx.node "Mul"(%39, %15) version 17 name "mul_44" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %35#1, %40 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @ds3_all_groups(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.constant dense<4> : tensor<1xi64>
  %5 = onnx.constant dense<-1> : tensor<1xi64>
  %6 = onnx.constant dense<0> : tensor<1xi64>
  %7 = onnx.constant dense<1> : tensor<1xi64>
  %8 = onnx.constant dense<0> : tensor<1xi64>
  %9 = onnx.constant dense<[4, 2]> : tensor<2xi64>
  %10 = onnx.constant dense<[-1, 8]> : tensor<2xi64>
  %11 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %12 = onnx.constant dense<2> : tensor<1xi64>
  %13 = onnx.constant dense<-1> : tensor<1xi64>
  %14 = onnx.constant dense<9.99999968E-21> : tensor<f32>
  %15 = onnx.constant dense<2.500000e+00> : tensor<f32>
  %16 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %17 = onnx.node "Add"(%16, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %18 = onnx.node "Reshape"(%17, %1) version 17 name "reshape_5" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %19:2 = onnx.node "TopK"(%18, %2) version 17 name "topk_7" {axis = -1 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> (tensor<?x4x2xf32>, tensor<?x4x2xi64>)
  %20 = onnx.node "ReduceSum"(%19#0, %3) version 17 name "reducesum_10" {keepdims = 0 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %21:2 = onnx.node "TopK"(%20, %4) version 17 name "topk_12" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x4xf32>, tensor<?x4xi64>)
  %22 = onnx.node "Shape"(%20) version 17 name "shape_14" {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %23 = onnx.node "ConstantOfShape"(%22) version 17 name "constantofshape_15" {value = dense<0.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %24 = onnx.node "Shape"(%21#1) version 17 name "shape_16" {} : (tensor<?x4xi64>) -> tensor<2xi64>
  %25 = onnx.node "ConstantOfShape"(%24) version 17 name "constantofshape_17" {value = dense<1.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %26 = onnx.node "ScatterElements"(%23, %21#1, %25) version 17 name "scatterelements_18" {axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x4xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %27 = onnx.node "Unsqueeze"(%26, %5) version 17 name "unsqueeze_20" {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x4x1xf32>
  %28 = onnx.node "Slice"(%22, %6, %7, %8) version 17 name "slice_24" {} : (tensor<2xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %29 = onnx.node "Concat"(%28, %9) version 17 name "concat_26" {axis = 0 : i64} : (tensor<1xi64>, tensor<2xi64>) -> tensor<3xi64>
  %30 = onnx.node "Expand"(%27, %29) version 17 name "expand_27" {} : (tensor<?x4x1xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %31 = onnx.node "Reshape"(%30, %10) version 17 name "reshape_29" {} : (tensor<?x4x2xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %32 = onnx.node "Cast"(%31) version 17 name "cast_30" {to = 9 : i64} : (tensor<?x8xf32>) -> tensor<?x8xi1>
  %33 = onnx.node "Not"(%32) version 17 name "not_31" {} : (tensor<?x8xi1>) -> tensor<?x8xi1>
  %34 = onnx.node "Where"(%33, %11, %17) version 17 name "where_33" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %35:2 = onnx.node "TopK"(%34, %12) version 17 name "topk_35" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %36 = onnx.node "GatherElements"(%16, %35#1) version 17 name "gatherelements_37" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %37 = onnx.node "ReduceSum"(%36, %13) version 17 name "reducesum_39" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %38 = onnx.node "Add"(%37, %14) version 17 name "add_41" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %39 = onnx.node "Div"(%36, %38) version 17 name "div_42" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %40 = onnx.node "Mul"(%39, %15) version 17 name "mul_44" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %35#1, %40 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @ds3_one_best(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %2 = onnx.constant dense<1> : tensor<1xi64>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.constant dense<2> : tensor<1xi64>
  %5 = onnx.constant dense<-1> : tensor<1xi64>
  %6 = onnx.constant dense<0> : tensor<1xi64>
  %7 = onnx.constant dense<1> : tensor<1xi64>
  %8 = onnx.constant dense<0> : tensor<1xi64>
  %9 = onnx.constant dense<[4, 2]> : tensor<2xi64>
  %10 = onnx.constant dense<[-1, 8]> : tensor<2xi64>
  %11 = onnx.constant dense<0xFF800000> : tensor<f32>
  %12 = onnx.constant dense<2> : tensor<1xi64>
  %13 = onnx.constant dense<-1> : tensor<1xi64>
  %14 = onnx.constant dense<9.99999968E-21> : tensor<f32>
  %15 = onnx.constant dense<2.500000e+00> : tensor<f32>
  %16 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %17 = onnx.node "Add"(%16, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %18 = onnx.node "Reshape"(%17, %1) version 17 name "reshape_5" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %19:2 = onnx.node "TopK"(%18, %2) version 17 name "topk_7" {axis = -1 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> (tensor<?x4x1xf32>, tensor<?x4x1xi64>)
  %20 = onnx.node "ReduceSum"(%19#0, %3) version 17 name "reducesum_10" {keepdims = 0 : i64} : (tensor<?x4x1xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %21:2 = onnx.node "TopK"(%20, %4) version 17 name "topk_12" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %22 = onnx.node "Shape"(%20) version 17 name "shape_14" {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %23 = onnx.node "ConstantOfShape"(%22) version 17 name "constantofshape_15" {value = dense<0.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %24 = onnx.node "Shape"(%21#1) version 17 name "shape_16" {} : (tensor<?x2xi64>) -> tensor<2xi64>
  %25 = onnx.node "ConstantOfShape"(%24) version 17 name "constantofshape_17" {value = dense<1.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x2xf32>
  %26 = onnx.node "ScatterElements"(%23, %21#1, %25) version 17 name "scatterelements_18" {axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x4xf32>
  %27 = onnx.node "Unsqueeze"(%26, %5) version 17 name "unsqueeze_20" {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x4x1xf32>
  %28 = onnx.node "Slice"(%22, %6, %7, %8) version 17 name "slice_24" {} : (tensor<2xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %29 = onnx.node "Concat"(%28, %9) version 17 name "concat_26" {axis = 0 : i64} : (tensor<1xi64>, tensor<2xi64>) -> tensor<3xi64>
  %30 = onnx.node "Expand"(%27, %29) version 17 name "expand_27" {} : (tensor<?x4x1xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %31 = onnx.node "Reshape"(%30, %10) version 17 name "reshape_29" {} : (tensor<?x4x2xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %32 = onnx.node "Cast"(%31) version 17 name "cast_30" {to = 9 : i64} : (tensor<?x8xf32>) -> tensor<?x8xi1>
  %33 = onnx.node "Not"(%32) version 17 name "not_31" {} : (tensor<?x8xi1>) -> tensor<?x8xi1>
  %34 = onnx.node "Where"(%33, %11, %17) version 17 name "where_33" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %35:2 = onnx.node "TopK"(%34, %12) version 17 name "topk_35" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %36 = onnx.node "GatherElements"(%16, %35#1) version 17 name "gatherelements_37" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %37 = onnx.node "ReduceSum"(%36, %13) version 17 name "reducesum_39" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %38 = onnx.node "Add"(%37, %14) version 17 name "add_41" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %39 = onnx.node "Div"(%36, %38) version 17 name "div_42" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %40 = onnx.node "Mul"(%39, %15) version 17 name "mul_44" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %35#1, %40 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @ds3_lowest(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.constant dense<2> : tensor<1xi64>
  %5 = onnx.constant dense<-1> : tensor<1xi64>
  %6 = onnx.constant dense<0> : tensor<1xi64>
  %7 = onnx.constant dense<1> : tensor<1xi64>
  %8 = onnx.constant dense<0> : tensor<1xi64>
  %9 = onnx.constant dense<[4, 2]> : tensor<2xi64>
  %10 = onnx.constant dense<[-1, 8]> : tensor<2xi64>
  %11 = onnx.constant dense<-3.400000e+38> : tensor<f32>
  %12 = onnx.constant dense<2> : tensor<1xi64>
  %13 = onnx.constant dense<-1> : tensor<1xi64>
  %14 = onnx.constant dense<9.99999968E-21> : tensor<f32>
  %15 = onnx.constant dense<2.500000e+00> : tensor<f32>
  %16 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %17 = onnx.node "Add"(%16, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %18 = onnx.node "Reshape"(%17, %1) version 17 name "reshape_5" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %19:2 = onnx.node "TopK"(%18, %2) version 17 name "topk_7" {axis = -1 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> (tensor<?x4x2xf32>, tensor<?x4x2xi64>)
  %20 = onnx.node "ReduceSum"(%19#0, %3) version 17 name "reducesum_10" {keepdims = 0 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %21:2 = onnx.node "TopK"(%20, %4) version 17 name "topk_12" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %22 = onnx.node "Shape"(%20) version 17 name "shape_14" {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %23 = onnx.node "ConstantOfShape"(%22) version 17 name "constantofshape_15" {value = dense<0.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %24 = onnx.node "Shape"(%21#1) version 17 name "shape_16" {} : (tensor<?x2xi64>) -> tensor<2xi64>
  %25 = onnx.node "ConstantOfShape"(%24) version 17 name "constantofshape_17" {value = dense<1.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x2xf32>
  %26 = onnx.node "ScatterElements"(%23, %21#1, %25) version 17 name "scatterelements_18" {axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x4xf32>
  %27 = onnx.node "Unsqueeze"(%26, %5) version 17 name "unsqueeze_20" {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x4x1xf32>
  %28 = onnx.node "Slice"(%22, %6, %7, %8) version 17 name "slice_24" {} : (tensor<2xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %29 = onnx.node "Concat"(%28, %9) version 17 name "concat_26" {axis = 0 : i64} : (tensor<1xi64>, tensor<2xi64>) -> tensor<3xi64>
  %30 = onnx.node "Expand"(%27, %29) version 17 name "expand_27" {} : (tensor<?x4x1xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %31 = onnx.node "Reshape"(%30, %10) version 17 name "reshape_29" {} : (tensor<?x4x2xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %32 = onnx.node "Cast"(%31) version 17 name "cast_30" {to = 9 : i64} : (tensor<?x8xf32>) -> tensor<?x8xi1>
  %33 = onnx.node "Not"(%32) version 17 name "not_31" {} : (tensor<?x8xi1>) -> tensor<?x8xi1>
  %34 = onnx.node "Where"(%33, %11, %17) version 17 name "where_33" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %35:2 = onnx.node "TopK"(%34, %12) version 17 name "topk_35" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %36 = onnx.node "GatherElements"(%16, %35#1) version 17 name "gatherelements_37" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %37 = onnx.node "ReduceSum"(%36, %13) version 17 name "reducesum_39" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %38 = onnx.node "Add"(%37, %14) version 17 name "add_41" {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %39 = onnx.node "Div"(%36, %38) version 17 name "div_42" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %40 = onnx.node "Mul"(%39, %15) version 17 name "mul_44" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %35#1, %40 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @ds2_max(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %1 = onnx.constant dense<2> : tensor<1xi64>
  %2 = onnx.constant dense<-1> : tensor<1xi64>
  %3 = onnx.constant dense<0> : tensor<1xi64>
  %4 = onnx.constant dense<1> : tensor<1xi64>
  %5 = onnx.constant dense<0> : tensor<1xi64>
  %6 = onnx.constant dense<[4, 2]> : tensor<2xi64>
  %7 = onnx.constant dense<[-1, 8]> : tensor<2xi64>
  %8 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %9 = onnx.constant dense<2> : tensor<1xi64>
  %10 = onnx.constant dense<1.600000e+01> : tensor<f32>
  %11 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %12 = onnx.node "Reshape"(%11, %0) version 17 name "reshape_3" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %13 = onnx.node "ReduceMax"(%12) version 17 name "reducemax_4" {axes = array<i64: -1>, keepdims = 0 : i64} : (tensor<?x4x2xf32>) -> tensor<?x4xf32>
  %14:2 = onnx.node "TopK"(%13, %1) version 17 name "topk_6" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %15 = onnx.node "Shape"(%13) version 17 name "shape_8" {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %16 = onnx.node "ConstantOfShape"(%15) version 17 name "constantofshape_9" {value = dense<0.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %17 = onnx.node "Shape"(%14#1) version 17 name "shape_10" {} : (tensor<?x2xi64>) -> tensor<2xi64>
  %18 = onnx.node "ConstantOfShape"(%17) version 17 name "constantofshape_11" {value = dense<1.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x2xf32>
  %19 = onnx.node "ScatterElements"(%16, %14#1, %18) version 17 name "scatterelements_12" {axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x4xf32>
  %20 = onnx.node "Unsqueeze"(%19, %2) version 17 name "unsqueeze_14" {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x4x1xf32>
  %21 = onnx.node "Slice"(%15, %3, %4, %5) version 17 name "slice_18" {} : (tensor<2xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %22 = onnx.node "Concat"(%21, %6) version 17 name "concat_20" {axis = 0 : i64} : (tensor<1xi64>, tensor<2xi64>) -> tensor<3xi64>
  %23 = onnx.node "Expand"(%20, %22) version 17 name "expand_21" {} : (tensor<?x4x1xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %24 = onnx.node "Reshape"(%23, %7) version 17 name "reshape_23" {} : (tensor<?x4x2xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %25 = onnx.node "Cast"(%24) version 17 name "cast_24" {to = 9 : i64} : (tensor<?x8xf32>) -> tensor<?x8xi1>
  %26 = onnx.node "Not"(%25) version 17 name "not_25" {} : (tensor<?x8xi1>) -> tensor<?x8xi1>
  %27 = onnx.node "Where"(%26, %8, %11) version 17 name "where_27" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %28:2 = onnx.node "TopK"(%27, %9) version 17 name "topk_29" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %29 = onnx.node "Mul"(%28#0, %10) version 17 name "mul_32" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %28#1, %29 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @ds2_top1(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %1 = onnx.constant dense<1> : tensor<1xi64>
  %2 = onnx.constant dense<-1> : tensor<1xi64>
  %3 = onnx.constant dense<2> : tensor<1xi64>
  %4 = onnx.constant dense<-1> : tensor<1xi64>
  %5 = onnx.constant dense<0> : tensor<1xi64>
  %6 = onnx.constant dense<1> : tensor<1xi64>
  %7 = onnx.constant dense<0> : tensor<1xi64>
  %8 = onnx.constant dense<[4, 2]> : tensor<2xi64>
  %9 = onnx.constant dense<[-1, 8]> : tensor<2xi64>
  %10 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %11 = onnx.constant dense<2> : tensor<1xi64>
  %12 = onnx.constant dense<1.600000e+01> : tensor<f32>
  %13 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %14 = onnx.node "Reshape"(%13, %0) version 17 name "reshape_3" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %15:2 = onnx.node "TopK"(%14, %1) version 17 name "topk_5" {axis = -1 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> (tensor<?x4x1xf32>, tensor<?x4x1xi64>)
  %16 = onnx.node "Squeeze"(%15#0, %2) version 17 name "squeeze_8" {} : (tensor<?x4x1xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %17:2 = onnx.node "TopK"(%16, %3) version 17 name "topk_10" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %18 = onnx.node "Shape"(%16) version 17 name "shape_12" {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %19 = onnx.node "ConstantOfShape"(%18) version 17 name "constantofshape_13" {value = dense<0.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %20 = onnx.node "Shape"(%17#1) version 17 name "shape_14" {} : (tensor<?x2xi64>) -> tensor<2xi64>
  %21 = onnx.node "ConstantOfShape"(%20) version 17 name "constantofshape_15" {value = dense<1.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x2xf32>
  %22 = onnx.node "ScatterElements"(%19, %17#1, %21) version 17 name "scatterelements_16" {axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x4xf32>
  %23 = onnx.node "Unsqueeze"(%22, %4) version 17 name "unsqueeze_18" {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x4x1xf32>
  %24 = onnx.node "Slice"(%18, %5, %6, %7) version 17 name "slice_22" {} : (tensor<2xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %25 = onnx.node "Concat"(%24, %8) version 17 name "concat_24" {axis = 0 : i64} : (tensor<1xi64>, tensor<2xi64>) -> tensor<3xi64>
  %26 = onnx.node "Expand"(%23, %25) version 17 name "expand_25" {} : (tensor<?x4x1xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %27 = onnx.node "Reshape"(%26, %9) version 17 name "reshape_27" {} : (tensor<?x4x2xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %28 = onnx.node "Cast"(%27) version 17 name "cast_28" {to = 9 : i64} : (tensor<?x8xf32>) -> tensor<?x8xi1>
  %29 = onnx.node "Not"(%28) version 17 name "not_29" {} : (tensor<?x8xi1>) -> tensor<?x8xi1>
  %30 = onnx.node "Where"(%29, %10, %13) version 17 name "where_31" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %31:2 = onnx.node "TopK"(%30, %11) version 17 name "topk_33" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %32 = onnx.node "Mul"(%31#0, %12) version 17 name "mul_36" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %31#1, %32 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @ds2_mul(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %1 = onnx.constant dense<2> : tensor<1xi64>
  %2 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %3 = onnx.constant dense<1.000000e+00> : tensor<f32>
  %4 = onnx.constant dense<-1> : tensor<1xi64>
  %5 = onnx.constant dense<[1, 4, 2]> : tensor<3xi64>
  %6 = onnx.constant dense<[-1, 8]> : tensor<2xi64>
  %7 = onnx.constant dense<2> : tensor<1xi64>
  %8 = onnx.constant dense<1.600000e+01> : tensor<f32>
  %9 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %10 = onnx.node "Reshape"(%9, %0) version 17 name "reshape_3" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %11 = onnx.node "ReduceMax"(%10) version 17 name "reducemax_4" {axes = array<i64: -1>, keepdims = 0 : i64} : (tensor<?x4x2xf32>) -> tensor<?x4xf32>
  %12:2 = onnx.node "TopK"(%11, %1) version 17 name "topk_6" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %13 = onnx.node "Shape"(%11) version 17 name "shape_9" {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %14 = onnx.node "Expand"(%2, %13) version 17 name "expand_10" {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %15 = onnx.node "Shape"(%12#1) version 17 name "shape_12" {} : (tensor<?x2xi64>) -> tensor<2xi64>
  %16 = onnx.node "Expand"(%3, %15) version 17 name "expand_13" {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x2xf32>
  %17 = onnx.node "ScatterElements"(%14, %12#1, %16) version 17 name "scatterelements_14" {axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x4xf32>
  %18 = onnx.node "Unsqueeze"(%17, %4) version 17 name "unsqueeze_16" {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x4x1xf32>
  %19 = onnx.node "Expand"(%18, %5) version 17 name "expand_18" {} : (tensor<?x4x1xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %20 = onnx.node "Reshape"(%19, %6) version 17 name "reshape_20" {} : (tensor<?x4x2xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %21 = onnx.node "Mul"(%9, %20) version 17 name "mul_21" {} : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %22:2 = onnx.node "TopK"(%21, %7) version 17 name "topk_23" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %23 = onnx.node "Mul"(%22#0, %8) version 17 name "mul_26" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %22#1, %23 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @near_group_other_scores(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.constant dense<4> : tensor<i64>
  %4 = onnx.constant dense<[0.000000e+00, 1.000000e+00]> : tensor<2xf32>
  %5 = onnx.constant dense<[0, 0, 1, 1, 2, 2, 3, 3]> : tensor<8xi64>
  %6 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %7 = onnx.constant dense<0xFF800000> : tensor<f32>
  %8 = onnx.constant dense<2> : tensor<1xi64>
  %9 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %10 = onnx.node "Add"(%9, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %11 = onnx.node "Reshape"(%9, %1) version 17 name "reshape_5" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %12 = onnx.node "ReduceMax"(%11) version 17 name "reducemax_6" {axes = array<i64: -1>, keepdims = 0 : i64} : (tensor<?x4x2xf32>) -> tensor<?x4xf32>
  %13:2 = onnx.node "TopK"(%12, %2) version 17 name "topk_8" {axis = -1 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %14 = onnx.node "OneHot"(%13#1, %3, %4) version 17 name "onehot_12" {axis = -1 : i64} : (tensor<?x2xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x2x4xf32>
  %15 = onnx.node "ReduceMax"(%14) version 17 name "reducemax_13" {axes = array<i64: 1>, keepdims = 0 : i64} : (tensor<?x2x4xf32>) -> tensor<?x4xf32>
  %16 = onnx.node "Gather"(%15, %5) version 17 name "gather_15" {axis = 1 : i64} : (tensor<?x4xf32>, tensor<8xi64>) -> tensor<?x8xf32>
  %17 = onnx.node "Equal"(%16, %6) version 17 name "equal_17" {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  %18 = onnx.node "Where"(%17, %7, %10) version 17 name "where_19" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %19:2 = onnx.node "TopK"(%18, %8) version 17 name "topk_21" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %20 = onnx.node "GatherElements"(%9, %19#1) version 17 name "gatherelements_23" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  return %19#1, %20 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @near_group_interleaved(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %1 = onnx.constant dense<2> : tensor<1xi64>
  %2 = onnx.constant dense<4> : tensor<i64>
  %3 = onnx.constant dense<[0.000000e+00, 1.000000e+00]> : tensor<2xf32>
  %4 = onnx.constant dense<[0, 1, 2, 3, 0, 1, 2, 3]> : tensor<8xi64>
  %5 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %6 = onnx.constant dense<0xFF800000> : tensor<f32>
  %7 = onnx.constant dense<2> : tensor<1xi64>
  %8 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %9 = onnx.node "Reshape"(%8, %0) version 17 name "reshape_3" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %10 = onnx.node "ReduceMax"(%9) version 17 name "reducemax_4" {axes = array<i64: -1>, keepdims = 0 : i64} : (tensor<?x4x2xf32>) -> tensor<?x4xf32>
  %11:2 = onnx.node "TopK"(%10, %1) version 17 name "topk_6" {axis = -1 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %12 = onnx.node "OneHot"(%11#1, %2, %3) version 17 name "onehot_10" {axis = -1 : i64} : (tensor<?x2xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x2x4xf32>
  %13 = onnx.node "ReduceMax"(%12) version 17 name "reducemax_11" {axes = array<i64: 1>, keepdims = 0 : i64} : (tensor<?x2x4xf32>) -> tensor<?x4xf32>
  %14 = onnx.node "Gather"(%13, %4) version 17 name "gather_13" {axis = 1 : i64} : (tensor<?x4xf32>, tensor<8xi64>) -> tensor<?x8xf32>
  %15 = onnx.node "Equal"(%14, %5) version 17 name "equal_15" {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  %16 = onnx.node "Where"(%15, %6, %8) version 17 name "where_17" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %17:2 = onnx.node "TopK"(%16, %7) version 17 name "topk_19" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %18 = onnx.node "GatherElements"(%8, %17#1) version 17 name "gatherelements_21" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  return %17#1, %18 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @near_group_zero_values(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<[-1, 4, 2]> : tensor<3xi64>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.constant dense<2> : tensor<1xi64>
  %5 = onnx.constant dense<-1> : tensor<1xi64>
  %6 = onnx.constant dense<0> : tensor<1xi64>
  %7 = onnx.constant dense<1> : tensor<1xi64>
  %8 = onnx.constant dense<0> : tensor<1xi64>
  %9 = onnx.constant dense<[4, 2]> : tensor<2xi64>
  %10 = onnx.constant dense<[-1, 8]> : tensor<2xi64>
  %11 = onnx.constant dense<0.000000e+00> : tensor<f32>
  %12 = onnx.constant dense<2> : tensor<1xi64>
  %13 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %14 = onnx.node "Add"(%13, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %15 = onnx.node "Reshape"(%14, %1) version 17 name "reshape_5" {} : (tensor<?x8xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %16:2 = onnx.node "TopK"(%15, %2) version 17 name "topk_7" {axis = -1 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> (tensor<?x4x2xf32>, tensor<?x4x2xi64>)
  %17 = onnx.node "ReduceSum"(%16#0, %3) version 17 name "reducesum_10" {keepdims = 0 : i64} : (tensor<?x4x2xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %18:2 = onnx.node "TopK"(%17, %4) version 17 name "topk_12" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x4xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %19 = onnx.node "Shape"(%17) version 17 name "shape_14" {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %20 = onnx.node "ConstantOfShape"(%19) version 17 name "constantofshape_15" {value = dense<0.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %21 = onnx.node "Shape"(%18#1) version 17 name "shape_16" {} : (tensor<?x2xi64>) -> tensor<2xi64>
  %22 = onnx.node "ConstantOfShape"(%21) version 17 name "constantofshape_17" {value = dense<1.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x2xf32>
  %23 = onnx.node "ScatterElements"(%20, %18#1, %22) version 17 name "scatterelements_18" {axis = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x4xf32>
  %24 = onnx.node "Unsqueeze"(%23, %5) version 17 name "unsqueeze_20" {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x4x1xf32>
  %25 = onnx.node "Slice"(%19, %6, %7, %8) version 17 name "slice_24" {} : (tensor<2xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %26 = onnx.node "Concat"(%25, %9) version 17 name "concat_26" {axis = 0 : i64} : (tensor<1xi64>, tensor<2xi64>) -> tensor<3xi64>
  %27 = onnx.node "Expand"(%24, %26) version 17 name "expand_27" {} : (tensor<?x4x1xf32>, tensor<3xi64>) -> tensor<?x4x2xf32>
  %28 = onnx.node "Reshape"(%27, %10) version 17 name "reshape_29" {} : (tensor<?x4x2xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %29 = onnx.node "Cast"(%28) version 17 name "cast_30" {to = 9 : i64} : (tensor<?x8xf32>) -> tensor<?x8xi1>
  %30 = onnx.node "Not"(%29) version 17 name "not_31" {} : (tensor<?x8xi1>) -> tensor<?x8xi1>
  %31 = onnx.node "Where"(%30, %11, %14) version 17 name "where_33" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %32:2 = onnx.node "TopK"(%31, %12) version 17 name "topk_35" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  return %32#1, %32#0 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @noisy_k_plus_1(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<3> : tensor<1xi64>
  %1 = onnx.constant dense<0> : tensor<1xi64>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.constant dense<1> : tensor<1xi64>
  %4 = onnx.constant dense<0> : tensor<1xi64>
  %5 = onnx.constant dense<2> : tensor<1xi64>
  %6 = onnx.constant dense<1> : tensor<1xi64>
  %7:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x3xf32>, tensor<?x3xi64>)
  %8 = onnx.node "Slice"(%7#0, %1, %2, %3) version 17 name "slice_7" {} : (tensor<?x3xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x2xf32>
  %9 = onnx.node "Slice"(%7#1, %4, %5, %6) version 17 name "slice_11" {} : (tensor<?x3xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x2xi64>
  %10 = onnx.node "Softmax"(%8) version 17 name "softmax_12" {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %9, %10 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @sqrt_softplus(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.constant dense<-1> : tensor<1xi64>
  %2 = onnx.node "Softplus"(%arg0) version 17 name "softplus_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = onnx.node "Sqrt"(%2) version 17 name "sqrt_2" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %4:2 = onnx.node "TopK"(%3, %0) version 17 name "topk_4" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %5 = onnx.node "ReduceSum"(%4#0, %1) version 17 name "reducesum_7" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %6 = onnx.node "Div"(%4#0, %5) version 17 name "div_8" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %4#1, %6 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @lfm2_plain(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<2> : tensor<1xi64>
  %2 = onnx.constant dense<3.000000e-01> : tensor<f32>
  %3 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %4 = onnx.node "Add"(%3, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %5:2 = onnx.node "TopK"(%4, %1) version 17 name "topk_5" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %6 = onnx.node "GatherElements"(%3, %5#1) version 17 name "gatherelements_7" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %7 = onnx.node "Clip"(%6, %2) version 17 name "clip_9" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  %8 = onnx.node "Log"(%7) version 17 name "log_10" {} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %9 = onnx.node "Softmax"(%8) version 17 name "softmax_11" {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %5#1, %9 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @sparsemixer_argmax(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2.000000e-02> : tensor<f32>
  %1 = onnx.constant dense<0xFF800000> : tensor<f32>
  %2 = onnx.constant dense<0xFF800000> : tensor<f32>
  %3 = onnx.constant dense<2.000000e-02> : tensor<f32>
  %4 = onnx.constant dense<0xFF800000> : tensor<f32>
  %5 = onnx.node "ReduceMax"(%arg0) version 17 name "reducemax_1" {axes = array<i64: -1>, keepdims = 1 : i64} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %6 = onnx.node "ArgMax"(%arg0) version 17 name "argmax_2" {axis = -1 : i64, keepdims = 1 : i64} : (tensor<?x8xf32>) -> tensor<?x1xi64>
  %7 = onnx.node "Sub"(%5, %arg0) version 17 name "sub_3" {} : (tensor<?x1xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %8 = onnx.node "Abs"(%arg0) version 17 name "abs_4" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %9 = onnx.node "Max"(%8, %5) version 17 name "max_5" {} : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %10 = onnx.node "Div"(%7, %9) version 17 name "div_6" {} : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %11 = onnx.node "Greater"(%10, %0) version 17 name "greater_8" {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  %12 = onnx.node "Where"(%11, %1, %arg0) version 17 name "where_10" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %13 = onnx.node "Softmax"(%12) version 17 name "softmax_11" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %14 = onnx.node "GatherElements"(%13, %6) version 17 name "gatherelements_12" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %15 = onnx.node "Shape"(%6) version 17 name "shape_14" {} : (tensor<?x1xi64>) -> tensor<2xi64>
  %16 = onnx.node "Expand"(%2, %15) version 17 name "expand_15" {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x1xf32>
  %17 = onnx.node "ScatterElements"(%arg0, %6, %16) version 17 name "scatterelements_16" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<?x1xi64>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %18 = onnx.node "ReduceMax"(%17) version 17 name "reducemax_17" {axes = array<i64: -1>, keepdims = 1 : i64} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %19 = onnx.node "ArgMax"(%17) version 17 name "argmax_18" {axis = -1 : i64, keepdims = 1 : i64} : (tensor<?x8xf32>) -> tensor<?x1xi64>
  %20 = onnx.node "Sub"(%18, %arg0) version 17 name "sub_19" {} : (tensor<?x1xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %21 = onnx.node "Abs"(%arg0) version 17 name "abs_20" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %22 = onnx.node "Max"(%21, %18) version 17 name "max_21" {} : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %23 = onnx.node "Div"(%20, %22) version 17 name "div_22" {} : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %24 = onnx.node "Greater"(%23, %3) version 17 name "greater_24" {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  %25 = onnx.node "Where"(%24, %4, %17) version 17 name "where_26" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %26 = onnx.node "Softmax"(%25) version 17 name "softmax_27" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %27 = onnx.node "GatherElements"(%26, %19) version 17 name "gatherelements_28" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %28 = onnx.node "Concat"(%6, %19) version 17 name "concat_29" {axis = -1 : i64} : (tensor<?x1xi64>, tensor<?x1xi64>) -> tensor<?x2xi64>
  %29 = onnx.node "Concat"(%14, %27) version 17 name "concat_30" {axis = -1 : i64} : (tensor<?x1xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %28, %29 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @sparsemixer_argmax_keep0(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<-1> : tensor<1xi64>
  %1 = onnx.constant dense<2.000000e-02> : tensor<f32>
  %2 = onnx.constant dense<0xFF800000> : tensor<f32>
  %3 = onnx.constant dense<0xFF800000> : tensor<f32>
  %4 = onnx.constant dense<-1> : tensor<1xi64>
  %5 = onnx.constant dense<2.000000e-02> : tensor<f32>
  %6 = onnx.constant dense<0xFF800000> : tensor<f32>
  %7 = onnx.node "ReduceMax"(%arg0) version 17 name "reducemax_1" {axes = array<i64: -1>, keepdims = 1 : i64} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %8 = onnx.node "ArgMax"(%arg0) version 17 name "argmax_2" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x8xf32>) -> tensor<?xi64>
  %9 = onnx.node "Unsqueeze"(%8, %0) version 17 name "unsqueeze_4" {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %10 = onnx.node "Sub"(%7, %arg0) version 17 name "sub_5" {} : (tensor<?x1xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %11 = onnx.node "Abs"(%arg0) version 17 name "abs_6" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %12 = onnx.node "Max"(%11, %7) version 17 name "max_7" {} : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %13 = onnx.node "Div"(%10, %12) version 17 name "div_8" {} : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %14 = onnx.node "Greater"(%13, %1) version 17 name "greater_10" {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  %15 = onnx.node "Where"(%14, %2, %arg0) version 17 name "where_12" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %16 = onnx.node "Softmax"(%15) version 17 name "softmax_13" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %17 = onnx.node "GatherElements"(%16, %9) version 17 name "gatherelements_14" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %18 = onnx.node "Shape"(%9) version 17 name "shape_16" {} : (tensor<?x1xi64>) -> tensor<2xi64>
  %19 = onnx.node "Expand"(%3, %18) version 17 name "expand_17" {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x1xf32>
  %20 = onnx.node "ScatterElements"(%arg0, %9, %19) version 17 name "scatterelements_18" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<?x1xi64>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %21 = onnx.node "ReduceMax"(%20) version 17 name "reducemax_19" {axes = array<i64: -1>, keepdims = 1 : i64} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %22 = onnx.node "ArgMax"(%20) version 17 name "argmax_20" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x8xf32>) -> tensor<?xi64>
  %23 = onnx.node "Unsqueeze"(%22, %4) version 17 name "unsqueeze_22" {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %24 = onnx.node "Sub"(%21, %arg0) version 17 name "sub_23" {} : (tensor<?x1xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %25 = onnx.node "Abs"(%arg0) version 17 name "abs_24" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %26 = onnx.node "Max"(%25, %21) version 17 name "max_25" {} : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %27 = onnx.node "Div"(%24, %26) version 17 name "div_26" {} : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %28 = onnx.node "Greater"(%27, %5) version 17 name "greater_28" {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  %29 = onnx.node "Where"(%28, %6, %20) version 17 name "where_30" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %30 = onnx.node "Softmax"(%29) version 17 name "softmax_31" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %31 = onnx.node "GatherElements"(%30, %23) version 17 name "gatherelements_32" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %32 = onnx.node "Concat"(%9, %23) version 17 name "concat_33" {axis = -1 : i64} : (tensor<?x1xi64>, tensor<?x1xi64>) -> tensor<?x2xi64>
  %33 = onnx.node "Concat"(%17, %31) version 17 name "concat_34" {axis = -1 : i64} : (tensor<?x1xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %32, %33 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @sparsemixer_topk_onehot(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<1> : tensor<1xi64>
  %1 = onnx.constant dense<2.000000e-02> : tensor<f32>
  %2 = onnx.constant dense<0xFF800000> : tensor<f32>
  %3 = onnx.constant dense<8> : tensor<i64>
  %4 = onnx.constant dense<[0.000000e+00, 1.000000e+00]> : tensor<2xf32>
  %5 = onnx.constant dense<1> : tensor<1xi64>
  %6 = onnx.constant dense<5.000000e-01> : tensor<f32>
  %7 = onnx.constant dense<0xFF800000> : tensor<f32>
  %8 = onnx.constant dense<1> : tensor<1xi64>
  %9 = onnx.constant dense<2.000000e-02> : tensor<f32>
  %10 = onnx.constant dense<0xFF800000> : tensor<f32>
  %11:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %12 = onnx.node "Sub"(%11#0, %arg0) version 17 name "sub_4" {} : (tensor<?x1xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %13 = onnx.node "Abs"(%arg0) version 17 name "abs_5" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %14 = onnx.node "Max"(%13, %11#0) version 17 name "max_6" {} : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %15 = onnx.node "Div"(%12, %14) version 17 name "div_7" {} : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %16 = onnx.node "Greater"(%15, %1) version 17 name "greater_9" {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  %17 = onnx.node "Where"(%16, %2, %arg0) version 17 name "where_11" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %18 = onnx.node "Softmax"(%17) version 17 name "softmax_12" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %19 = onnx.node "GatherElements"(%18, %11#1) version 17 name "gatherelements_13" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %20 = onnx.node "OneHot"(%11#1, %3, %4) version 17 name "onehot_16" {axis = -1 : i64} : (tensor<?x1xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x1x8xf32>
  %21 = onnx.node "Squeeze"(%20, %5) version 17 name "squeeze_18" {} : (tensor<?x1x8xf32>, tensor<1xi64>) -> tensor<?x8xf32>
  %22 = onnx.node "Greater"(%21, %6) version 17 name "greater_20" {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  %23 = onnx.node "Where"(%22, %7, %arg0) version 17 name "where_22" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %24:2 = onnx.node "TopK"(%23, %8) version 17 name "topk_24" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %25 = onnx.node "Sub"(%24#0, %arg0) version 17 name "sub_26" {} : (tensor<?x1xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %26 = onnx.node "Abs"(%arg0) version 17 name "abs_27" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %27 = onnx.node "Max"(%26, %24#0) version 17 name "max_28" {} : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %28 = onnx.node "Div"(%25, %27) version 17 name "div_29" {} : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %29 = onnx.node "Greater"(%28, %9) version 17 name "greater_31" {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  %30 = onnx.node "Where"(%29, %10, %23) version 17 name "where_33" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %31 = onnx.node "Softmax"(%30) version 17 name "softmax_34" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %32 = onnx.node "GatherElements"(%31, %24#1) version 17 name "gatherelements_35" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %33 = onnx.node "Concat"(%11#1, %24#1) version 17 name "concat_36" {axis = -1 : i64} : (tensor<?x1xi64>, tensor<?x1xi64>) -> tensor<?x2xi64>
  %34 = onnx.node "Concat"(%19, %32) version 17 name "concat_37" {axis = -1 : i64} : (tensor<?x1xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %33, %34 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @near_mixer_two_jitters(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2.000000e-02> : tensor<f32>
  %1 = onnx.constant dense<0xFF800000> : tensor<f32>
  %2 = onnx.constant dense<0xFF800000> : tensor<f32>
  %3 = onnx.constant dense<4.000000e-02> : tensor<f32>
  %4 = onnx.constant dense<0xFF800000> : tensor<f32>
  %5 = onnx.node "ReduceMax"(%arg0) version 17 name "reducemax_1" {axes = array<i64: -1>, keepdims = 1 : i64} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %6 = onnx.node "ArgMax"(%arg0) version 17 name "argmax_2" {axis = -1 : i64, keepdims = 1 : i64} : (tensor<?x8xf32>) -> tensor<?x1xi64>
  %7 = onnx.node "Sub"(%5, %arg0) version 17 name "sub_3" {} : (tensor<?x1xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %8 = onnx.node "Abs"(%arg0) version 17 name "abs_4" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %9 = onnx.node "Max"(%8, %5) version 17 name "max_5" {} : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %10 = onnx.node "Div"(%7, %9) version 17 name "div_6" {} : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %11 = onnx.node "Greater"(%10, %0) version 17 name "greater_8" {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  %12 = onnx.node "Where"(%11, %1, %arg0) version 17 name "where_10" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %13 = onnx.node "Softmax"(%12) version 17 name "softmax_11" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %14 = onnx.node "GatherElements"(%13, %6) version 17 name "gatherelements_12" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %15 = onnx.node "Shape"(%6) version 17 name "shape_14" {} : (tensor<?x1xi64>) -> tensor<2xi64>
  %16 = onnx.node "Expand"(%2, %15) version 17 name "expand_15" {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x1xf32>
  %17 = onnx.node "ScatterElements"(%arg0, %6, %16) version 17 name "scatterelements_16" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<?x1xi64>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %18 = onnx.node "ReduceMax"(%17) version 17 name "reducemax_17" {axes = array<i64: -1>, keepdims = 1 : i64} : (tensor<?x8xf32>) -> tensor<?x1xf32>
  %19 = onnx.node "ArgMax"(%17) version 17 name "argmax_18" {axis = -1 : i64, keepdims = 1 : i64} : (tensor<?x8xf32>) -> tensor<?x1xi64>
  %20 = onnx.node "Sub"(%18, %arg0) version 17 name "sub_19" {} : (tensor<?x1xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %21 = onnx.node "Abs"(%arg0) version 17 name "abs_20" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %22 = onnx.node "Max"(%21, %18) version 17 name "max_21" {} : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %23 = onnx.node "Div"(%20, %22) version 17 name "div_22" {} : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %24 = onnx.node "Greater"(%23, %3) version 17 name "greater_24" {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi1>
  %25 = onnx.node "Where"(%24, %4, %17) version 17 name "where_26" {} : (tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %26 = onnx.node "Softmax"(%25) version 17 name "softmax_27" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %27 = onnx.node "GatherElements"(%26, %19) version 17 name "gatherelements_28" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %28 = onnx.node "Concat"(%6, %19) version 17 name "concat_29" {axis = -1 : i64} : (tensor<?x1xi64>, tensor<?x1xi64>) -> tensor<?x2xi64>
  %29 = onnx.node "Concat"(%14, %27) version 17 name "concat_30" {axis = -1 : i64} : (tensor<?x1xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %28, %29 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @rounds_softmax(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<1> : tensor<1xi64>
  %1 = onnx.constant dense<0xFF800000> : tensor<f32>
  %2 = onnx.constant dense<1> : tensor<1xi64>
  %3 = onnx.constant dense<-1> : tensor<1xi64>
  %4 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %5:2 = onnx.node "TopK"(%4, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %6 = onnx.node "Shape"(%5#1) version 17 name "shape_6" {} : (tensor<?x1xi64>) -> tensor<2xi64>
  %7 = onnx.node "Expand"(%1, %6) version 17 name "expand_7" {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x1xf32>
  %8 = onnx.node "ScatterElements"(%4, %5#1, %7) version 17 name "scatterelements_8" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<?x1xi64>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %9:2 = onnx.node "TopK"(%8, %2) version 17 name "topk_10" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %10 = onnx.node "Concat"(%5#1, %9#1) version 17 name "concat_12" {axis = -1 : i64} : (tensor<?x1xi64>, tensor<?x1xi64>) -> tensor<?x2xi64>
  %11 = onnx.node "Concat"(%5#0, %9#0) version 17 name "concat_13" {axis = -1 : i64} : (tensor<?x1xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %12 = onnx.node "ReduceSum"(%11, %3) version 17 name "reducesum_15" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %13 = onnx.node "Div"(%11, %12) version 17 name "div_16" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %10, %13 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @near_exp(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %2 = onnx.node "Exp"(%1#0) version 17 name "exp_4" {} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %1#1, %2 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @near_l1_logits(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "?"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %2 = onnx.node "ReduceL1"(%1#0) version 17 name "reducel1_4" {axes = array<i64: -1>, keepdims = 1 : i64} : (tensor<?x2xf32>) -> tensor<?x1xf32>
  %3 = onnx.node "Div"(%1#0, %2) version 17 name "div_5" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %1#1, %3 : tensor<?x2xi64>, tensor<?x2xf32>
}

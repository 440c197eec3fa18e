// What RouterTest.cpp reads: routers as exporters write them, and near misses, each with the rule that has to be
// found or the reason why there is none.

func.func @softmax_topk(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2>"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2:2 = onnx.node "TopK"(%1, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  return %2#1, %2#0 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @softmax_topk_norm_eps(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, normalize = true, epsilon = 9.9999996826552254E-21 : f64>"} {
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

func.func @softmax_topk_norm_clip(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, normalize = true>"} {
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

func.func @softmax_topk_norm_maxbig(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, normalize = true, least_sum = 0.69999998807907104 : f64>"} {
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

func.func @softmax_topk_norm_recip_l1(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, normalize = true>"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2:2 = onnx.node "TopK"(%1, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %3 = onnx.node "ReduceL1"(%2#0) version 17 name "reducel1_5" {axes = array<i64: -1>, keepdims = 1 : i64} : (tensor<?x2xf32>) -> tensor<?x1xf32>
  %4 = onnx.node "Reciprocal"(%3) version 17 name "reciprocal_6" {} : (tensor<?x1xf32>) -> tensor<?x1xf32>
  %5 = onnx.node "Mul"(%2#0, %4) version 17 name "mul_7" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %2#1, %5 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @softmax_topk_norm_keep0(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, normalize = true>"} {
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

func.func @softmax_topk_scale_then_norm(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, normalize = true, epsilon = 0.040000000596046449 : f64>"} {
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

func.func @softmax_topk_norm_scale(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, normalize = true, scale = 2.500000e+00 : f64>"} {
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

func.func @softmax_topk_norm_twice(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, normalize = true>"} {
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

func.func @near_norm_eps_twice(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {missed = "node 'div_9' (Div) is no known step between TopK and the routing weights"} {
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

func.func @topk_softmax(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, score_after = true>"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %2 = onnx.node "Softmax"(%1#0) version 17 name "softmax_4" {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %1#1, %2 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @topk_softmax_sorted0(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, score_after = true>"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64, sorted = 0 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %2 = onnx.node "Softmax"(%1#0) version 17 name "softmax_4" {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %1#1, %2 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @topk_softmax_clamped(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, score_after = true>"} {
  %0 = onnx.constant dense<-1.000000e+00> : tensor<f32>
  %1 = onnx.constant dense<1.000000e+00> : tensor<f32>
  %2 = onnx.constant dense<2> : tensor<1xi64>
  %3 = onnx.node "Clip"(%arg0, %0, %1) version 17 name "clip_3" {} : (tensor<?x8xf32>, tensor<f32>, tensor<f32>) -> tensor<?x8xf32>
  %4:2 = onnx.node "TopK"(%3, %2) version 17 name "topk_5" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %5 = onnx.node "Softmax"(%4#0) version 17 name "softmax_7" {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %4#1, %5 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @topk_softmax_temperature(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, score_after = true>"} {
  %0 = onnx.constant dense<5.000000e-01> : tensor<f32>
  %1 = onnx.constant dense<2> : tensor<1xi64>
  %2 = onnx.node "Div"(%arg0, %0) version 17 name "div_2" {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3:2 = onnx.node "TopK"(%2, %1) version 17 name "topk_4" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %4 = onnx.node "Softmax"(%3#0) version 17 name "softmax_6" {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %3#1, %4 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @near_temperature_after(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {missed = "node 'div_5' (Div) is no known step between TopK and the routing weights"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.constant dense<5.000000e-01> : tensor<f32>
  %2:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %3 = onnx.node "Div"(%2#0, %1) version 17 name "div_5" {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  %4 = onnx.node "Softmax"(%3) version 17 name "softmax_6" {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %2#1, %4 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @topk_logits_gather_softmax(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2>"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %2 = onnx.node "Softmax"(%arg0) version 17 name "softmax_4" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = onnx.node "GatherElements"(%2, %1#1) version 17 name "gatherelements_5" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  return %1#1, %3 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @topk_softmax_gather_logits_softmax(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, score_after = true>"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.node "Softmax"(%arg0) version 17 name "softmax_1" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2:2 = onnx.node "TopK"(%1, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %3 = onnx.node "GatherElements"(%arg0, %2#1) version 17 name "gatherelements_5" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %4 = onnx.node "Softmax"(%3) version 17 name "softmax_6" {axis = 1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %2#1, %4 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @softmax_spelled(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2>"} {
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

func.func @softmax_f16_casts(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, normalize = true>"} {
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

func.func @sigmoid_topk(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = sigmoid, k = 2>"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2:2 = onnx.node "TopK"(%1, %0) version 17 name "topk_3" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  return %2#1, %2#0 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @logits_topk_sigmoid(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = sigmoid, k = 2, score_after = true>"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %2 = onnx.node "Sigmoid"(%1#0) version 17 name "sigmoid_4" {} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %1#1, %2 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @sigmoid_bias(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "bias #moe.gate_rule<score = sigmoid, k = 2, normalize = true, epsilon = 9.9999996826552254E-21 : f64, scale = 2.500000e+00 : f64>"} {
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

func.func @sigmoid_bias_spelled(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "bias #moe.gate_rule<score = sigmoid, k = 2, normalize = true, least_sum = 9.9999999747524271E-7 : f64>"} {
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

func.func @near_bias_mixed(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = identity, k = 2>"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<2> : tensor<1xi64>
  %2 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = onnx.node "Add"(%2, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %4:2 = onnx.node "TopK"(%3, %1) version 17 name "topk_5" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  return %4#1, %4#0 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @near_bias_softmax_other(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {missed = "node 'topk_5' (TopK) chooses by other scores than the weights are taken from"} {
  %0 = onnx.constant dense<[0.0419100747, -0.0440349542, 0.213474214, 0.0349667072, -0.178556457, 0.120531686, 0.434666693, 0.315693647]> : tensor<8xf32>
  %1 = onnx.constant dense<2> : tensor<1xi64>
  %2 = onnx.node "Sigmoid"(%arg0) version 17 name "sigmoid_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = onnx.node "Add"(%2, %0) version 17 name "add_3" {} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %4:2 = onnx.node "TopK"(%3, %1) version 17 name "topk_5" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %5 = onnx.node "Softmax"(%arg0) version 17 name "softmax_7" {axis = -1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %6 = onnx.node "GatherElements"(%5, %4#1) version 17 name "gatherelements_8" {axis = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  return %4#1, %6 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @noisy_k_plus_1(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, score_after = true>"} {
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

func.func @sqrt_softplus(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = sqrt_softplus, k = 2, normalize = true>"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1 = onnx.constant dense<-1> : tensor<1xi64>
  %2 = onnx.node "Softplus"(%arg0) version 17 name "softplus_1" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = onnx.node "Sqrt"(%2) version 17 name "sqrt_2" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %4:2 = onnx.node "TopK"(%3, %0) version 17 name "topk_4" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %5 = onnx.node "ReduceSum"(%4#0, %1) version 17 name "reducesum_7" {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %6 = onnx.node "Div"(%4#0, %5) version 17 name "div_8" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %4#1, %6 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @lfm2_plain(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "bias #moe.gate_rule<score = sigmoid, k = 2, normalize = true, least_weight = 0.30000001192092896 : f64>"} {
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

func.func @sparsemixer_argmax(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = sparsemixer, k = 2, jitter = 0.0099999997764825821 : f64>"} {
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

func.func @sparsemixer_argmax_keep0(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = sparsemixer, k = 2, jitter = 0.0099999997764825821 : f64>"} {
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

func.func @sparsemixer_topk_onehot(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = sparsemixer, k = 2, jitter = 0.0099999997764825821 : f64>"} {
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

func.func @near_mixer_two_jitters(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {missed = "node 'concat_30' (Concat) is no known step between Concat and the routing weights"} {
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

func.func @rounds_softmax(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {rule = "#moe.gate_rule<score = softmax, k = 2, normalize = true>"} {
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

func.func @near_exp(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {missed = "node 'exp_4' (Exp) is no known step between TopK and the routing weights"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %2 = onnx.node "Exp"(%1#0) version 17 name "exp_4" {} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %1#1, %2 : tensor<?x2xi64>, tensor<?x2xf32>
}

func.func @near_l1_logits(%arg0: tensor<?x8xf32>) -> (tensor<?x2xi64>, tensor<?x2xf32>) attributes {missed = "node 'topk_2' (TopK) has weights divided by the sum of their absolute values"} {
  %0 = onnx.constant dense<2> : tensor<1xi64>
  %1:2 = onnx.node "TopK"(%arg0, %0) version 17 name "topk_2" {axis = -1 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %2 = onnx.node "ReduceL1"(%1#0) version 17 name "reducel1_4" {axes = array<i64: -1>, keepdims = 1 : i64} : (tensor<?x2xf32>) -> tensor<?x1xf32>
  %3 = onnx.node "Div"(%1#0, %2) version 17 name "div_5" {} : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
  return %1#1, %3 : tensor<?x2xi64>, tensor<?x2xf32>
}

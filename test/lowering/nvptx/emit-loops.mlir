// RUN: moe-opt --nvptx-emit-loops %s | FileCheck %s

// CHECK: module
module {}

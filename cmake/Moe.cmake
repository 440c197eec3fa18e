# What every folder's CMakeLists.txt uses: one function a kind of target.

set(MLIR_BINARY_DIR ${CMAKE_BINARY_DIR}) # or mlir-doc writes outside the build tree
include(TableGen)
include(AddLLVM)
include(AddMLIR)

add_library(moe_warnings INTERFACE)
target_compile_options(moe_warnings INTERFACE -Wall -Wextra -Werror)

# Flags of all code that includes LLVM: no exceptions, RTTI as Debian's packages have it.
add_library(moe_flags INTERFACE)
target_link_libraries(moe_flags INTERFACE moe_warnings)
target_compile_options(moe_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)
target_compile_definitions(moe_flags INTERFACE ${LLVM_DEFINITIONS_LIST})
target_include_directories(moe_flags INTERFACE ${CMAKE_SOURCE_DIR})
# Generated code is not held to our warnings.
target_include_directories(moe_flags SYSTEM INTERFACE ${CMAKE_BINARY_DIR})
target_include_directories(moe_flags SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
separate_arguments(MOE_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")
target_compile_options(moe_flags INTERFACE ${MOE_LLVM_DEFINITIONS})

if(MOE_ASSERTIONS)
  string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
  string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
endif()
if(MOE_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr,function -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

# MLIR's headers cost 5 to 25 s a source; parsed once, they cost 2.
add_library(moe_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/Pch.cpp)
target_link_libraries(moe_pch PRIVATE moe_flags)
target_precompile_headers(moe_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/Pch.h)
target_compile_options(moe_pch PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Xclang -fno-pch-timestamp>)

# Our .td files include each other and MLIR's from the root, as the sources do.
set(MOE_TABLEGEN_INCLUDES -I ${CMAKE_SOURCE_DIR})
foreach(dir ${MLIR_INCLUDE_DIRS})
  list(APPEND MOE_TABLEGEN_INCLUDES -I ${dir})
endforeach()

# moe_library(NAME sources... [LINK libraries...] [DEPENDS targets...]): one library a folder.
# The shared libMLIR and libLLVM are linked; never mix in MLIR's static archives.
function(moe_library name)
  cmake_parse_arguments(ARG "" "" "LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC moe_flags ${ARG_LINK} MLIR LLVM)
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Xclang -fno-pch-timestamp>)
  target_precompile_headers(${name} REUSE_FROM moe_pch)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# moe_tool(NAME sources... [LINK libraries...])
function(moe_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE moe_flags ${ARG_LINK} MLIR LLVM)
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Xclang -fno-pch-timestamp>)
  # The precompiled header was made with -fPIC, not with -fPIE.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
  target_precompile_headers(${name} REUSE_FROM moe_pch)
endfunction()

# moe_test(NAME sources... [LINK libraries...]): a GoogleTest program in build/test/unit, found by tools/test.
# Plain C++ (no PCH), so that tests of the runtime do not see LLVM.
function(moe_test name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE moe_warnings ${ARG_LINK} GTest::gtest GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test/unit)
endfunction()

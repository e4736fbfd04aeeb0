# The layering of ARCHITECTURE.md, bottom first. A library may depend only on libraries before it in
# this list; slipway_library() fails the configure step on anything else.
set(SLIPWAY_LAYERS base cli json digest disk fetch trust updater tensor kernels plan runtime graph samples ops onnx inspect passes
    compile serve optimize quantize engines device measure recipe report choose delta bundle diff pack publish store delivery api)

set(SLIPWAY_TOOLCHAIN_HEADERS
    <algorithm> <cmath> <functional> <limits> <map> <memory> <optional> <span> <string> <vector>
    "${CMAKE_SOURCE_DIR}/libs/base/str.h" "${CMAKE_SOURCE_DIR}/libs/graph/graph.h")

# slipway_library(NAME [DEVICE] [DEPENDS lib...] [PRIVATE pkg...])
#   Builds libs/NAME from every *.cc below it that is not a *_test.cc, and NAME_test from those.
#   DEVICE: runs on the robot in the hot path; built without exceptions and RTTI.
function(slipway_library name)
  cmake_parse_arguments(ARG "DEVICE" "" "DEPENDS;PRIVATE" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "layering: ${name}: does not understand ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  list(FIND SLIPWAY_LAYERS ${name} own_level)
  if(own_level EQUAL -1)
    message(FATAL_ERROR "layering: ${name} is not in SLIPWAY_LAYERS (cmake/layers.cmake): add it at its level.")
  endif()
  foreach(dependency IN LISTS ARG_DEPENDS)
    list(FIND SLIPWAY_LAYERS ${dependency} level)
    if(level EQUAL -1 OR NOT level LESS own_level)
      message(FATAL_ERROR "layering: ${name} may not depend on ${dependency}: it is not below ${name} in "
                          "SLIPWAY_LAYERS (cmake/layers.cmake). Move the code, or the dependency, down.")
    endif()
  endforeach()

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  set(target slipway_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} "${CMAKE_SOURCE_DIR}/libs" "${CMAKE_SOURCE_DIR}/include")
  foreach(dependency IN LISTS ARG_DEPENDS)
    target_link_libraries(${target} ${scope} slipway_${dependency})
  endforeach()
  if(sources)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(${target} PRIVATE ${ARG_PRIVATE})
    if(ARG_DEVICE)
      target_compile_options(${target} PRIVATE -fno-exceptions -fno-rtti)
    else()
      if("graph" IN_LIST ARG_DEPENDS)
        slipway_of_toolchain(${target})
      else()
        slipway_small_code(${target})
      endif()
    endif()
  endif()
  if(tests)
    set(of_toolchain)
    if("graph" IN_LIST ARG_DEPENDS AND NOT name STREQUAL "api")  # api's test includes what users include
      set(of_toolchain OF_TOOLCHAIN)
    endif()
    slipway_test(${name}_test SOURCES ${tests} LINK ${target} ${ARG_PRIVATE} ${of_toolchain})
  endif()
endfunction()

function(slipway_small_code target)
  if(CMAKE_CXX_FLAGS_RELEASE MATCHES "-O2")
    # Half the code for a few per cent of the toolchain's time: its loops over elements are the kernels'.
    # A frame pointer, which AArch64 has unless told, is another thirtieth.
    # (With -Os, g++ 12 sees an empty std::optional read where none is.)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-Os> -fomit-frame-pointer
                           $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  endif()
endfunction()

# A library above graph, in libs/ or not: small code, and what most of its sources include.
function(slipway_of_toolchain target)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  slipway_small_code(${target})
  slipway_toolchain_headers()
  target_precompile_headers(${target} REUSE_FROM slipway_toolchain_headers)
endfunction()

# What most sources above graph include, read once: half the time of building them. A source that forgets an
# include of these is found by ./dev lint, which builds without.
function(slipway_toolchain_headers)
  if(TARGET slipway_toolchain_headers)
    return()
  endif()
  file(WRITE "${CMAKE_BINARY_DIR}/toolchain_headers.cc" "")
  add_library(slipway_toolchain_headers OBJECT "${CMAKE_BINARY_DIR}/toolchain_headers.cc")
  set_target_properties(slipway_toolchain_headers PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(slipway_toolchain_headers PRIVATE "${CMAKE_SOURCE_DIR}/libs")
  slipway_small_code(slipway_toolchain_headers)
  target_precompile_headers(slipway_toolchain_headers PRIVATE ${SLIPWAY_TOOLCHAIN_HEADERS})
endfunction()

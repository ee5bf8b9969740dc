# Goal: the client library can be used by others. Method: install it, look at what its headers include, build the
# example against it and run it without a node.
# -DBUILD=… -DSOURCE=… -DCOMPILER=… -DSANITIZE=…
function(must)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

set(work ${BUILD}/tests/install)
file(REMOVE_RECURSE ${work})
must(${CMAKE_COMMAND} --install ${BUILD} --prefix ${work}/prefix --component client)

file(WRITE ${work}/headers.cpp "#include \"client/client.h\"\n#include \"proto/column.h\"\n#include \"proto/entry.h\"\n")
must(${COMPILER} -std=c++20 -fsyntax-only -Wall -Wextra -Werror -I${work}/prefix/include/sqlcast ${work}/headers.cpp)
must(${COMPILER} -std=c++20 -M -I${work}/prefix/include/sqlcast ${work}/headers.cpp)
if(output MATCHES "[^ ]*(zmq|msgpack|nlohmann|spdlog|sodium|/fmt/|cppconn|mysql|mariadb|yaml-cpp|/CLI/|imgui|GLFW)[^ ]*")
  message(FATAL_ERROR "a public header of the client library includes ${CMAKE_MATCH_0}")
endif()

set(flags "")
if(SANITIZE)
  set(flags "-DCMAKE_CXX_FLAGS=-fsanitize=${SANITIZE}")
endif()
must(${CMAKE_COMMAND} -S ${SOURCE}/examples/cpp -B ${work}/example -DCMAKE_PREFIX_PATH=${work}/prefix
     -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=Debug ${flags})
must(${CMAKE_COMMAND} --build ${work}/example)
execute_process(COMMAND ${work}/example/school nonsense Ann RESULT_VARIABLE result ERROR_VARIABLE output)
if(NOT result EQUAL 1 OR NOT output MATCHES "tcp://")
  message(FATAL_ERROR "the example should refuse the endpoint \"nonsense\"; it ended with ${result}: ${output}")
endif()

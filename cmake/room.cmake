# One static library a room: sqlcast_room(sql ROOMS base) makes the library sqlcast_sql from sql/*.cpp (main.cpp
# left out), linked to sqlcast_base; FOREIGN names what third_party/ found. What a room may include is in tests/tidy/rooms.txt; the tidy test reads the code against it.

add_library(sqlcast_flags INTERFACE)
target_compile_options(
  sqlcast_flags
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Wconversion
            -Wsign-conversion -Wdouble-promotion -Wformat=2 -Wimplicit-fallthrough
            $<$<BOOL:${SQLCAST_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12, optimising, sees overruns in std::string's own operator+ (GCC bugs 105329, 105651).
  target_compile_options(sqlcast_flags INTERFACE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow
                                                 -Wno-stringop-overread -Wno-error=maybe-uninitialized)
endif()
target_include_directories(sqlcast_flags INTERFACE ${PROJECT_SOURCE_DIR})
if(SQLCAST_SANITIZE)
  add_compile_options(-fsanitize=${SQLCAST_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SQLCAST_SANITIZE})
endif()

function(sqlcast_room room)
  cmake_parse_arguments(ROOM "" "" "ROOMS;FOREIGN" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(NOT sources)
    add_library(sqlcast_${room} INTERFACE)
    return()
  endif()
  add_library(sqlcast_${room} STATIC ${sources})
  target_include_directories(sqlcast_${room} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                                    $<INSTALL_INTERFACE:include/sqlcast>)
  target_link_libraries(sqlcast_${room} PRIVATE $<BUILD_INTERFACE:sqlcast_flags>)
  list(TRANSFORM ROOM_ROOMS PREPEND sqlcast_)
  # What is headers alone is compiled in: who links the installed library does not need it.
  foreach(headers_only msgpack json)
    list(TRANSFORM ROOM_FOREIGN REPLACE "^${headers_only}$" "$<BUILD_INTERFACE:third_party::${headers_only}>")
  endforeach()
  list(TRANSFORM ROOM_FOREIGN PREPEND third_party:: REGEX "^[a-z]")
  target_link_libraries(sqlcast_${room} PUBLIC ${ROOM_ROOMS} PRIVATE ${ROOM_FOREIGN})
endfunction()

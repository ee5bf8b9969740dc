# `cmake --install BUILD` gives the programs and the CMake package `sqlcast`, whose target sqlcast::client is the
# headless client library. Its headers need nothing but the standard library; linking needs libzmq, libsodium and
# spdlog (with fmt). `--component client` installs the library alone.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(sqlcast::client ALIAS sqlcast_client)

set(package_rooms base proto access net sql client)
foreach(room ${package_rooms})
  set_target_properties(sqlcast_${room} PROPERTIES EXPORT_NAME ${room})
endforeach()
list(TRANSFORM package_rooms PREPEND sqlcast_)
install(
  TARGETS ${package_rooms} third_party_zmq third_party_sodium third_party_spdlog
  EXPORT sqlcast
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT client)

foreach(header client/client.h base/status.h base/types.h proto/column.h proto/entry.h proto/message.h)
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sqlcast/${folder} COMPONENT client)
endforeach()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sqlcast)
install(EXPORT sqlcast NAMESPACE sqlcast:: FILE sqlcast-targets.cmake DESTINATION ${package_dir} COMPONENT client)
configure_package_config_file(cmake/sqlcast-config.cmake.in ${CMAKE_BINARY_DIR}/sqlcast-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/sqlcast-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/sqlcast-config.cmake ${CMAKE_BINARY_DIR}/sqlcast-config-version.cmake
        DESTINATION ${package_dir} COMPONENT client)

foreach(program sqlcast sqlcast-master sqlcast-slave sqlcast-client)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
  endif()
endforeach()

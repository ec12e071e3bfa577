# Installs the library with find_package(memwall), the program, its data and its shell completion.
include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/memwall")
set(data_folder "${CMAKE_INSTALL_DATADIR}/memwall")

install(TARGETS memwall EXPORT memwallTargets)
install(DIRECTORY include/memwall DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
install(EXPORT memwallTargets NAMESPACE memwall:: DESTINATION "${package_folder}")

configure_package_config_file(cmake/memwallConfig.cmake.in "${PROJECT_BINARY_DIR}/memwallConfig.cmake"
                              INSTALL_DESTINATION "${package_folder}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/memwallConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/memwallConfig.cmake" "${PROJECT_BINARY_DIR}/memwallConfigVersion.cmake"
        DESTINATION "${package_folder}")

if(TARGET memwall_cli)
  install(TARGETS memwall_cli)
endif()

foreach(folder hardware workloads studies recipes optimizers)
  install(DIRECTORY ${folder} DESTINATION "${data_folder}" OPTIONAL)
endforeach()
install(DIRECTORY tools/plot tools/completion DESTINATION "${data_folder}/tools" OPTIONAL
        PATTERN "__pycache__" EXCLUDE)
install(FILES tools/completion/memwall.bash RENAME memwall OPTIONAL
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")

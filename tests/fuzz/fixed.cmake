# cmake -DPROGRAM= -DCORPUS= -DFOLDER= -DOPTIONS= -P fixed.cmake: runs a libFuzzer program, with the OPTIONS, on every input
# of its corpus, then a fixed number of times from each of a few fixed seeds. The same build runs the same inputs each time.
set(options -timeout=30 -artifact_prefix=${FOLDER}/ ${OPTIONS})

function(run)
  execute_process(COMMAND ${PROGRAM} ${options} ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "${PROGRAM} ${ARGN}: ${failed}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
run(-runs=0 ${CORPUS})
foreach(seed 1 2 3)
  # The fuzzer adds what it finds to the folder that it is given.
  file(COPY ${CORPUS}/ DESTINATION ${FOLDER}/${seed})
  run(-runs=20000 -seed=${seed} ${FOLDER}/${seed})
endforeach()

# cmake -DPROGRAM= -DCORPUS= -DFOLDER= -DOPTIONS= -DSECONDS= -P fixed.cmake: runs a libFuzzer program, with the OPTIONS, on every input
# of its corpus, then for SECONDS from fixed seeds. The same build runs the same inputs each time, as far as the time goes.
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
math(EXPR each "(${SECONDS} + 2) / 3")
foreach(seed 1 2 3)
  # The fuzzer adds what it finds to the folder that it is given.
  file(COPY ${CORPUS}/ DESTINATION ${FOLDER}/${seed})
  run(-max_total_time=${each} -seed=${seed} ${FOLDER}/${seed})
endforeach()

# Runs the command in the arguments. Its last word is the number of the task: the one at place
# $JOB_COMPLETION_INDEX of $MUSC_TASKS, where that is set.
index=$JOB_COMPLETION_INDEX
for range in $MUSC_TASKS; do
  first=${range%-*} last=${range#*-}
  if [ "$index" -le $((last - first)) ]; then
    set -- "$@" $((first + index))
    break
  fi
  index=$((index - last + first - 1))
done
trap '[ -z "$!" ] || { kill "$!"; wait "$!"; }; exit 143' TERM # before there is anything to end
"$@" &
wait "$!"
code=$?
[ "$code" -ne 3 ] || code=0 # 3: done, some photos are left out
exit "$code"

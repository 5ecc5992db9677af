#!/bin/bash
# What musc cluster slurm submits of plan 3fa94c01d2e87b65.
set -e
mkdir -p '/data/it'\''s 5% $off/.musc-run/log'

# score: 6 tasks
job1=$(sbatch --parsable -p gpu --gres=gpu:1 -c8 --job-name=musc-score-3fa94c01d2e87b65 --array=3,17-20,999%64 --requeue --open-mode=append '--output=/data/it'\''s 5%% $off/.musc-run/log/score-%a.txt' <<'END_OF_SCRIPT'
#!/bin/bash
# One task of phase score of a musc run, plan 3fa94c01d2e87b65.
job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
say() { echo "$(date '+%F %T') job $job: $*"; }
# musc sees the node; what this job may take of it is Slurm's to say.
share=(--threads "$SLURM_CPUS_ON_NODE")
memory=${SLURM_MEM_PER_NODE:-$((${SLURM_MEM_PER_CPU:-0} * SLURM_CPUS_ON_NODE))}
if [ "$memory" -gt 0 ]; then share+=(--memory "$((memory * 3 / 4))M"); fi
run=('/opt/musc 2/musc' task "${share[@]}" --device cuda:0 '/data/it'\''s 5% $off' score)
run+=("$SLURM_ARRAY_TASK_ID")
say "on $SLURMD_NODENAME, restarts ${SLURM_RESTART_COUNT:-0}, GPU ${CUDA_VISIBLE_DEVICES:-none}"
say "${run[@]}"
"${run[@]}"
code=$?
say "exit code $code"
case $code in
(0 | 3) # 3: done, some photos are left out
  exit 0 ;;
(2) # so it would be for every task: all of this phase end, then what waits for them
  scancel --jobname="$SLURM_JOB_NAME" --user="$(id -un)" && sleep 60 ;;
(4) # the input cannot be used, on no node
  ;;
(*) # another node may do better; a job that is requeued is killed here
  if [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then
    for pause in 5 10 30 60 60; do # the controller may be restarting
      scontrol requeue "$job" && sleep 60 && break
      sleep "$pause"
    done
  fi ;;
esac
exit "$code"
END_OF_SCRIPT
)
job1=${job1%%;*}

# score: 1000 tasks
job2=$(sbatch --parsable -p gpu --gres=gpu:1 -c8 --job-name=musc-score-3fa94c01d2e87b65 --array=0-999%64 --requeue --open-mode=append '--output=/data/it'\''s 5%% $off/.musc-run/log/score-1%3a.txt' --kill-on-invalid-dep=yes --dependency=afterany:$job1 <<'END_OF_SCRIPT'
#!/bin/bash
# One task of phase score of a musc run, plan 3fa94c01d2e87b65.
job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
say() { echo "$(date '+%F %T') job $job: $*"; }
# musc sees the node; what this job may take of it is Slurm's to say.
share=(--threads "$SLURM_CPUS_ON_NODE")
memory=${SLURM_MEM_PER_NODE:-$((${SLURM_MEM_PER_CPU:-0} * SLURM_CPUS_ON_NODE))}
if [ "$memory" -gt 0 ]; then share+=(--memory "$((memory * 3 / 4))M"); fi
run=('/opt/musc 2/musc' task "${share[@]}" --device cuda:0 '/data/it'\''s 5% $off' score)
run+=("$((SLURM_ARRAY_TASK_ID + 1000))")
say "on $SLURMD_NODENAME, restarts ${SLURM_RESTART_COUNT:-0}, GPU ${CUDA_VISIBLE_DEVICES:-none}"
say "${run[@]}"
"${run[@]}"
code=$?
say "exit code $code"
case $code in
(0 | 3) # 3: done, some photos are left out
  exit 0 ;;
(2) # so it would be for every task: all of this phase end, then what waits for them
  scancel --jobname="$SLURM_JOB_NAME" --user="$(id -un)" && sleep 60 ;;
(4) # the input cannot be used, on no node
  ;;
(*) # another node may do better; a job that is requeued is killed here
  if [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then
    for pause in 5 10 30 60 60; do # the controller may be restarting
      scontrol requeue "$job" && sleep 60 && break
      sleep "$pause"
    done
  fi ;;
esac
exit "$code"
END_OF_SCRIPT
)
job2=${job2%%;*}

# score: 500 tasks
job3=$(sbatch --parsable -p gpu --gres=gpu:1 -c8 --job-name=musc-score-3fa94c01d2e87b65 --array=0-499%64 --requeue --open-mode=append '--output=/data/it'\''s 5%% $off/.musc-run/log/score-2%3a.txt' --kill-on-invalid-dep=yes --dependency=afterany:$job2 <<'END_OF_SCRIPT'
#!/bin/bash
# One task of phase score of a musc run, plan 3fa94c01d2e87b65.
job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
say() { echo "$(date '+%F %T') job $job: $*"; }
# musc sees the node; what this job may take of it is Slurm's to say.
share=(--threads "$SLURM_CPUS_ON_NODE")
memory=${SLURM_MEM_PER_NODE:-$((${SLURM_MEM_PER_CPU:-0} * SLURM_CPUS_ON_NODE))}
if [ "$memory" -gt 0 ]; then share+=(--memory "$((memory * 3 / 4))M"); fi
run=('/opt/musc 2/musc' task "${share[@]}" --device cuda:0 '/data/it'\''s 5% $off' score)
run+=("$((SLURM_ARRAY_TASK_ID + 2000))")
say "on $SLURMD_NODENAME, restarts ${SLURM_RESTART_COUNT:-0}, GPU ${CUDA_VISIBLE_DEVICES:-none}"
say "${run[@]}"
"${run[@]}"
code=$?
say "exit code $code"
case $code in
(0 | 3) # 3: done, some photos are left out
  exit 0 ;;
(2) # so it would be for every task: all of this phase end, then what waits for them
  scancel --jobname="$SLURM_JOB_NAME" --user="$(id -un)" && sleep 60 ;;
(4) # the input cannot be used, on no node
  ;;
(*) # another node may do better; a job that is requeued is killed here
  if [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then
    for pause in 5 10 30 60 60; do # the controller may be restarting
      scontrol requeue "$job" && sleep 60 && break
      sleep "$pause"
    done
  fi ;;
esac
exit "$code"
END_OF_SCRIPT
)
job3=${job3%%;*}

# nearest: 16 tasks
job4=$(sbatch --parsable -p gpu -c8 --partition=cpu --job-name=musc-nearest-3fa94c01d2e87b65 --array=0-15%64 --requeue --open-mode=append '--output=/data/it'\''s 5%% $off/.musc-run/log/nearest-%a.txt' --kill-on-invalid-dep=yes --dependency=afterok:$job1:$job2:$job3 <<'END_OF_SCRIPT'
#!/bin/bash
# One task of phase nearest of a musc run, plan 3fa94c01d2e87b65.
job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
say() { echo "$(date '+%F %T') job $job: $*"; }
# musc sees the node; what this job may take of it is Slurm's to say.
share=(--threads "$SLURM_CPUS_ON_NODE")
memory=${SLURM_MEM_PER_NODE:-$((${SLURM_MEM_PER_CPU:-0} * SLURM_CPUS_ON_NODE))}
if [ "$memory" -gt 0 ]; then share+=(--memory "$((memory * 3 / 4))M"); fi
run=('/opt/musc 2/musc' task "${share[@]}" '/data/it'\''s 5% $off' nearest)
run+=("$SLURM_ARRAY_TASK_ID")
say "on $SLURMD_NODENAME, restarts ${SLURM_RESTART_COUNT:-0}, GPU ${CUDA_VISIBLE_DEVICES:-none}"
say "${run[@]}"
"${run[@]}"
code=$?
say "exit code $code"
case $code in
(0 | 3) # 3: done, some photos are left out
  exit 0 ;;
(2) # so it would be for every task: all of this phase end, then what waits for them
  scancel --jobname="$SLURM_JOB_NAME" --user="$(id -un)" && sleep 60 ;;
(4) # the input cannot be used, on no node
  ;;
(*) # another node may do better; a job that is requeued is killed here
  if [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then
    for pause in 5 10 30 60 60; do # the controller may be restarting
      scontrol requeue "$job" && sleep 60 && break
      sleep "$pause"
    done
  fi ;;
esac
exit "$code"
END_OF_SCRIPT
)
job4=${job4%%;*}

# merge: 1 tasks
job5=$(sbatch --parsable -p gpu -c8 --partition=cpu --job-name=musc-merge-3fa94c01d2e87b65 --array=0%64 --requeue --open-mode=append '--output=/data/it'\''s 5%% $off/.musc-run/log/merge-%a.txt' --kill-on-invalid-dep=yes --dependency=afterok:$job4 <<'END_OF_SCRIPT'
#!/bin/bash
# One task of phase merge of a musc run, plan 3fa94c01d2e87b65.
job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
say() { echo "$(date '+%F %T') job $job: $*"; }
# musc sees the node; what this job may take of it is Slurm's to say.
share=(--threads "$SLURM_CPUS_ON_NODE")
memory=${SLURM_MEM_PER_NODE:-$((${SLURM_MEM_PER_CPU:-0} * SLURM_CPUS_ON_NODE))}
if [ "$memory" -gt 0 ]; then share+=(--memory "$((memory * 3 / 4))M"); fi
run=('/opt/musc 2/musc' task "${share[@]}" '/data/it'\''s 5% $off' merge)
run+=("$SLURM_ARRAY_TASK_ID")
say "on $SLURMD_NODENAME, restarts ${SLURM_RESTART_COUNT:-0}, GPU ${CUDA_VISIBLE_DEVICES:-none}"
say "${run[@]}"
"${run[@]}"
code=$?
say "exit code $code"
case $code in
(0 | 3) # 3: done, some photos are left out
  exit 0 ;;
(2) # so it would be for every task: all of this phase end, then what waits for them
  scancel --jobname="$SLURM_JOB_NAME" --user="$(id -un)" && sleep 60 ;;
(4) # the input cannot be used, on no node
  ;;
(*) # another node may do better; a job that is requeued is killed here
  if [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then
    for pause in 5 10 30 60 60; do # the controller may be restarting
      scontrol requeue "$job" && sleep 60 && break
      sleep "$pause"
    done
  fi ;;
esac
exit "$code"
END_OF_SCRIPT
)
job5=${job5%%;*}

# finish: 1 tasks
job6=$(sbatch --parsable -p gpu -c8 --partition=cpu --job-name=musc-finish-3fa94c01d2e87b65 --array=0%64 --requeue --open-mode=append '--output=/data/it'\''s 5%% $off/.musc-run/log/finish-%a.txt' --kill-on-invalid-dep=yes --dependency=afterok:$job5 <<'END_OF_SCRIPT'
#!/bin/bash
# One task of phase finish of a musc run, plan 3fa94c01d2e87b65.
job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
say() { echo "$(date '+%F %T') job $job: $*"; }
# musc sees the node; what this job may take of it is Slurm's to say.
share=(--threads "$SLURM_CPUS_ON_NODE")
memory=${SLURM_MEM_PER_NODE:-$((${SLURM_MEM_PER_CPU:-0} * SLURM_CPUS_ON_NODE))}
if [ "$memory" -gt 0 ]; then share+=(--memory "$((memory * 3 / 4))M"); fi
run=('/opt/musc 2/musc' merge "${share[@]}" '/data/it'\''s 5% $off')
say "on $SLURMD_NODENAME, restarts ${SLURM_RESTART_COUNT:-0}, GPU ${CUDA_VISIBLE_DEVICES:-none}"
say "${run[@]}"
"${run[@]}"
code=$?
say "exit code $code"
case $code in
(0 | 3) # 3: done, some photos are left out
  exit 0 ;;
(2) # so it would be for every task: all of this phase end, then what waits for them
  scancel --jobname="$SLURM_JOB_NAME" --user="$(id -un)" && sleep 60 ;;
(4) # the input cannot be used, on no node
  ;;
(*) # another node may do better; a job that is requeued is killed here
  if [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then
    for pause in 5 10 30 60 60; do # the controller may be restarting
      scontrol requeue "$job" && sleep 60 && break
      sleep "$pause"
    done
  fi ;;
esac
exit "$code"
END_OF_SCRIPT
)
job6=${job6%%;*}

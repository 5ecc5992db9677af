#!/bin/bash
# What musc cluster slurm submits of plan 3fa94c01d2e87b65.
set -e
mkdir -p '/data/it'\''s 5% $off/.musc-run/log'

# finish: 1 tasks
job1=$(sbatch --parsable --job-name=musc-finish-3fa94c01d2e87b65 --array=0 --requeue --open-mode=append '--output=/data/it'\''s 5%% $off/.musc-run/log/finish-%a.txt' <<'END_OF_SCRIPT'
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
job1=${job1%%;*}

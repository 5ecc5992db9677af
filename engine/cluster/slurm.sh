#!/bin/bash
# One task of phase {{.Step.Name}} of a musc run, plan {{.Run.ID}}.
job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
say() { echo "$(date '+%F %T') job $job: $*"; }
# musc sees the node; what this job may take of it is Slurm's to say.
share=(--threads "$SLURM_CPUS_ON_NODE")
memory=${SLURM_MEM_PER_NODE:-$((${SLURM_MEM_PER_CPU:-0} * SLURM_CPUS_ON_NODE))}
if [ "$memory" -gt 0 ]; then share+=(--memory "$((memory * 3 / 4))M"); fi
run=({{quote (slice .Command 0 2)}} "${share[@]}" {{quote (slice .Command 2)}})
{{if not .Step.Last -}}
run+=({{if .Offset}}"$((SLURM_ARRAY_TASK_ID + {{.Offset}}))"{{else}}"$SLURM_ARRAY_TASK_ID"{{end}})
{{end -}}
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
  if [ "${SLURM_RESTART_COUNT:-0}" -lt {{.Retries}} ]; then
    for pause in 5 10 30 60 60; do # the controller may be restarting
      scontrol requeue "$job" && sleep 60 && break
      sleep "$pause"
    done
  fi ;;
esac
exit "$code"

#!/bin/bash
# What tools/completion/memwall.bash proposes for a command line that is half typed.
set -uo pipefail
export MEMWALL_DATA=$MEMWALL_SOURCE_DIR/tests/cli/catalog
# shellcheck source=../../tools/completion/memwall.bash
source "$MEMWALL_SOURCE_DIR/tools/completion/memwall.bash"
failures=0

# proposes "EXPECTED WORDS" WORD...: the last word is being typed; the order of proposals is no matter.
proposes() {
  local expected=$1
  shift
  COMP_WORDS=("$MEMWALL_PROGRAM" "$@")
  COMP_CWORD=$#
  COMPREPLY=()
  _memwall
  local wanted found
  wanted=$(printf '%s\n' $expected | sort)
  found=$(printf '%s\n' "${COMPREPLY[@]}" | sort)
  [[ $wanted == "$found" ]] && return
  failures=$((failures + 1))
  echo "memwall $*: proposed '${COMPREPLY[*]}', not '$expected'" >&2
}

# Commands.
proposes "roofline" ro
proposes "count completion" co
proposes "fit" help "fi"

# Names, where an argument is a name.
proposes "toy-lm toy-large" count toy-l
proposes "toy toy-vector tiny" roofline toy-lm t
proposes "toy toy-vector tiny toy-node" fit toy-lm t
proposes "toys" run to
proposes "adam" show ad
proposes "workloads" list w
proposes "" count toy-lm t

# Values of options before the arguments are no arguments, and a flag takes none of them.
proposes "toy-node" fit --tp 8 toy-lm toy-n
proposes "toy-node" fit --tp = 8 toy-lm toy-n
proposes "toy-node" fit --sequence-parallel toy-lm toy-n

# Options, with their second names.
proposes "--recipe --recompute --reserve" fit toy-lm toy --re
proposes "--tensor --tp" fit toy-lm toy --t
proposes "--batch" count toy-lm --b

# Values.
proposes "table json csv" list workloads --format ""
proposes "json" list workloads --format = j
proposes "none selective full" fit toy-lm toy --recompute ""
proposes "column page" plot balance x.h5 --width ""
proposes "training" roofline toy-lm toy --phase t
proposes "on off" fit toy-lm toy --sequence-parallel = ""
proposes "0 1 2 3" fit toy-lm toy --zero ""
proposes "bf16" fit toy-lm toy --recipe b
proposes "sgd" fit toy-lm toy --optimizer s
proposes "" count toy-lm --batch ""
proposes "decoder.linear decoder.linear_2" explain toy-lm toy --phase prefill --operator decoder.linear
proposes "layers=" count toy-lm --set la
proposes "memory.HBM.capacity= memory.HBM.bandwidth=" roofline toy-lm toy --set memory.H
proposes "memory.L2.capacity= memory.L2.bandwidth=" roofline toy-lm toy --set memory.L
proposes "tiers.ToyLink.bandwidth= tiers.ToyLink.latency=" fit toy-lm toy-node --set tiers.T

# Files.
cd "$MEMWALL_SOURCE_DIR/tests/cli" || exit 1
proposes "completion_test.sh" run completion_
proposes "catalog" run toys --output cat

# Nothing that is not there.
proposes "" nonsense ""
proposes "" count nothing-of-that-name

if ((failures > 0)); then
  echo "$failures proposals are wrong" >&2
  exit 1
fi

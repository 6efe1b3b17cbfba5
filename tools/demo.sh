#!/usr/bin/env bash
# Custom::RayIAM from build to removal, with real `sam build` and `sam deploy`, against MiniStack instead of AWS.
# Everything happens on 127.0.0.1 and in a folder of its own under build/, so that several may run at once.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python
[ "$(uname -s)" = Linux ] || { echo "demo: MiniStack runs the function right here, and it is for Linux" >&2; exit 1; }
[ -x "$python" ] || { echo "demo: no .venv here, run make setup first" >&2; exit 1; }
mkdir -p build
work=$(mktemp -d "$PWD/build/demo.XXXXXX")
server=

say()  { printf '\n%s\n' "$*"; }
note() { printf '   %s\n' "$*"; }
fail() { printf '\ndemo: %s\n' "$*" >&2; exit 1; }
aws()  { "$python" -m awscli "$@"; }
sam()  { "$python" -m samcli "$@"; }

# run shows a command, carries it out, and shows what it printed only if it failed.
run() {
  printf '   $ %s\n' "$*"
  "$@" >"$work/output" 2>&1 || { cat "$work/output" >&2; fail "$1 $2 failed"; }
}

# settle waits until a stack is done with what it does, and wants it in the given state.
settle() {
  local state=
  while state=$(aws cloudformation describe-stacks --stack-name "$1" --output text \
    --query 'Stacks[0].StackStatus' 2>&1); do
    case $state in *_IN_PROGRESS) sleep 0.5 ;; *) break ;; esac
  done
  case $state in *'does not exist'*) state=gone ;; esac
  [ "$state" = "$2" ] || {
    aws cloudformation describe-stack-events --stack-name "$1" --output text \
      --query 'StackEvents[?ends_with(ResourceStatus, `FAILED`)].[LogicalResourceId, ResourceStatusReason]' >&2 || true
    fail "the stack $1 is ${state:-in no state}, not $2"
  }
}

# output gives one output of a stack, which must be an instance profile's ARN.
output() {
  local arn
  arn=$(aws cloudformation describe-stacks --stack-name "$1" --output text \
    --query "Stacks[0].Outputs[?OutputKey=='$2'].OutputValue")
  [[ $arn == arn:aws:iam::*:instance-profile/"$3" ]] || fail "the output $2 of $1 is '$arn', not the ARN of $3"
  printf '%s\n' "$arn"
}

# show lists the roles in instance profiles whose names begin with the first word, and wants exactly the others.
show() {
  local prefix=$1 roles names
  shift
  roles=$(aws iam get-account-authorization-details --filter Role --output text --query "sort_by(
    RoleDetailList[?InstanceProfileList && starts_with(RoleName, '$prefix')], &RoleName)[].[RoleName,
    InstanceProfileList[0].InstanceProfileName, join(', ', sort(AttachedManagedPolicies[].PolicyName)),
    join(', ', sort(RolePolicyList[].PolicyName))]")
  awk -F '\t' '{ printf "   role %s, in the instance profile %s\n", $1, $2
                 if ($3 != "") printf "        %s\n", $3
                 if ($4 != "") printf "        inline: %s\n", $4 }' <<<"$roles"
  names=$(cut -f 1 <<<"$roles" | paste -s -d ' ' -)
  [ "$names" = "$*" ] || fail "the roles there are '$names', not '$*'"
}

# planned keeps its input as a file of properties, and shows what they would change of a stack: entities, policies, sum.
planned() {
  cat >"$1"
  "$work/rayiam" plan --properties "$1" --stack-name "$2" >"$work/plan" 2>"$work/output" || true # 2, with changes
  grep -E '^([-+~<>] |    [-+~] (managed|inline) policy |Plan: )' "$work/plan" | sed 's/^/   /' || true
  grep -q '^Plan: ' "$work/plan" || { cat "$work/output" "$work/plan" >&2; fail "rayiam plan failed"; }
}

# look shows what a command of rayiam prints, and wants an exit code and these words in it.
look() {
  local want=$1 words=$2 code=0
  shift 2
  printf '   $ rayiam %s\n' "$*"
  "$work/rayiam" "$@" >"$work/look" 2>"$work/output" || code=$?
  sed -e '/^$/d' -e 's/^/        /' "$work/look"
  [ "$code" = "$want" ] && grep -q -e "$words" "$work/look" || {
    cat "$work/output" >&2
    fail "rayiam $1 ended with $code, not $want, or without '$words'"
  }
}

# stop ends the server with the functions it started, however the demo ends.
stop() {
  local status=$?
  trap '' INT TERM HUP
  if [ -n "$server" ]; then
    kill -TERM -- "-$server" 2>/dev/null || true
    for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 -- "-$server" 2>/dev/null || break; sleep 0.2; done
    kill -KILL -- "-$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  case $status in
    0|129|130|143) rm -rf "$work" ;;
    *) printf 'demo: the log and everything else of this run are in %s\n' "${work#"$PWD/"}" >&2 ;;
  esac
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

say "Everything below runs on this machine, against MiniStack, an imitation of AWS. No AWS account is involved."

# Whatever the user has set for AWS must not lead away from here.
unset "${!AWS_@}"
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_PAGER= AWS_DEFAULT_REGION=us-east-1
export AWS_ACCESS_KEY_ID=123456789012 AWS_SECRET_ACCESS_KEY=demo
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
# SAM keeps to this folder as well, reports to nobody and does not look for news of itself.
export SAM_CLI_TELEMETRY=0 SAM_CLI_POLL_DELAY=1 __SAM_CLI_APP_DIR=$work/sam
mkdir -p "$work/sam" "$work/tmp" "$work/checkout"
printf '{"lastVersionCheck": %s}\n' "$(date +%s)" >"$work/sam/metadata.json"

# start_cloud starts MiniStack on a free port. MiniStack cannot choose one itself: it returns 1 if another program has
# taken the port before MiniStack listens.
start_cloud() {
  local port
  port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  export AWS_ENDPOINT_URL=http://127.0.0.1:$port
  say "1. Starting MiniStack on 127.0.0.1:$port"
  set -m # a process group of its own: Ctrl-C is for the demo, which then stops the server and all its children
  TMPDIR=$work/tmp STATE_DIR=$work/state S3_DATA_DIR=$work/s3 GATEWAY_PORT=$port BIND_HOST=127.0.0.1 \
    MINISTACK_HOST=127.0.0.1 IOT_MTLS_ENABLED=0 SFTP_ENABLED=0 MINISTACK_AUTOCREATE_AWS_MANAGED=1 \
    "$python" test/standin/ministack/server.py </dev/null >"$work/ministack.log" 2>&1 &
  server=$!
  set +m
  until grep -qF "Running on http://127.0.0.1:$port " "$work/ministack.log"; do
    if ! kill -0 "$server" 2>/dev/null; then
      grep -qF "already in use" "$work/ministack.log" && return 1
      cat "$work/ministack.log" >&2
      fail "MiniStack did not start"
    fi
    sleep 0.1
  done
}
start_cloud || start_cloud || start_cloud || fail "three ports in a row were taken by other programs"

go build -o "$work/rayiam" ./cmd/rayiam

say "2. Deploying the provider, with a first set of roles"
tar -cf - --exclude=./.git --exclude=./.venv --exclude=./.aws-sam --exclude=./build --exclude=./node_modules . |
  tar -xf - -C "$work/checkout"
(cd "$work/checkout" && run sam build && run sam deploy)
settle ray-iam CREATE_COMPLETE
head=$(output ray-iam HeadInstanceProfileArn ray-head)
worker=$(output ray-iam WorkerInstanceProfileArn ray-worker)

say "3. What the stack ray-iam made"
show ray- ray-head ray-worker
note "And this is all that the head may pass to a machine it launches:"
aws iam get-role-policy --role-name ray-head --policy-name ray-pass-role-policy \
  --query 'PolicyDocument.Statement[0].[Action, Resource]' --output text | sed 's/^/        /'

say "4. The lines for a Ray cluster's YAML"
cat <<YAML
   available_node_types:
     ray.head.default:
       node_config:
         IamInstanceProfile:
           Arn: $head
     ray.worker.default:
       node_config:
         IamInstanceProfile:
           Arn: $worker
YAML

say "5. The same resource within a team's own template, examples/embed.yaml"
embed=(--stack-name ray-embed --template-body file://examples/embed.yaml --parameters
  ParameterKey=PropagationWaitSeconds,ParameterValue=0) # no EC2 here that would have to hear of it
run aws cloudformation create-stack "${embed[@]}"
settle ray-embed CREATE_COMPLETE
show ray-embed- ray-embed-head ray-embed-worker

say "6. Somebody detaches a policy by hand; then the team adds GPU workers"
run aws iam detach-role-policy --role-name ray-embed-worker \
  --policy-arn arn:aws:iam::aws:policy/AmazonFSxFullAccess
note "CloudFormation does not see that, and rayiam does:"
look 2 '    managed: other managed policies are attached' drift
note "Before the update, the plan of it, which is not carried out:"
planned "$work/gpu.yaml" ray-embed <<'YAML'
NamePrefix: ray-embed
WorkerGroups:
  - Name: worker
  - Name: gpu
    ManagedPolicyArns:
      - arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess
      - arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy
Tags: [{Key: team, Value: research}]
YAML
run aws cloudformation update-stack "${embed[@]}" ParameterKey=GpuWorkers,ParameterValue=true
settle ray-embed UPDATE_COMPLETE
show ray-embed- ray-embed-gpu ray-embed-head ray-embed-worker
aws iam list-attached-role-policies --role-name ray-embed-worker --output text | grep -q AmazonFSxFullAccess ||
  fail "the policy detached by hand did not come back"
note "The new group is there, and so is the policy again: what the template declares is what is."

say "7. A cluster that may do no more than it needs, examples/least-privilege.yaml"
run aws cloudformation create-stack --stack-name ray-research --template-body file://examples/least-privilege.yaml \
  --parameters ParameterKey=PropagationWaitSeconds,ParameterValue=0 ParameterKey=DatasetsBucket,ParameterValue=datasets
settle ray-research CREATE_COMPLETE
show ray-research- ray-research-cpu ray-research-gpu ray-research-head
broad=$(aws iam list-attached-role-policies --role-name ray-research-head --query 'AttachedPolicies[].PolicyName' \
  --output text)
[ -z "$broad" ] || fail "the head of ray-research still has $broad"
note "No managed policy is left. What the head may stop and terminate are machines with these tags:"
aws iam get-role-policy --role-name ray-research-head --policy-name ray-research-autoscaler-policy --output text \
  --query "to_string(PolicyDocument.Statement[?Sid=='RunWorkers'] | [0].Condition.StringEquals)" | sed 's/^/        /'

say "8. Somebody deletes the stack while its cluster runs"
machine=$(aws ec2 run-instances --image-id ami-12345678 --iam-instance-profile Name=ray-research-head --output text \
  --tag-specifications 'ResourceType=instance,Tags=[{Key=ray-cluster-name,Value=research}]' \
  --query 'Instances[0].InstanceId')
note "The head of the cluster research is the instance $machine."
run aws cloudformation delete-stack --stack-name ray-research
settle ray-research DELETE_FAILED >/dev/null
reason=$(aws cloudformation describe-stack-events --stack-name ray-research --output text \
  --query 'StackEvents[?ResourceStatus==`DELETE_FAILED` && ResourceType==`Custom::RayIAM`].ResourceStatusReason | [0]')
case $reason in
  *"1 EC2 instance uses what would be deleted: $machine of cluster research in us-east-1;"*) ;;
  *) fail "deleting ray-research says '$reason'" ;;
esac
fold -s -w 100 <<<"$reason" | sed 's/^/        /'
show ray-research- ray-research-cpu ray-research-gpu ray-research-head
note "Nothing was changed. So the cluster is ended first:"
run aws ec2 terminate-instances --instance-ids "$machine"

say "9. Deleting all stacks"
run aws cloudformation delete-stack --stack-name ray-research
settle ray-research gone
run aws cloudformation delete-stack --stack-name ray-embed
settle ray-embed gone
run aws cloudformation delete-stack --stack-name ray-iam
settle ray-iam gone
left=$(aws iam list-roles --query 'Roles[].RoleName' --output text)$(
  aws iam list-instance-profiles --query 'InstanceProfiles[].InstanceProfileName' --output text)
[ -z "$left" ] || fail "IAM still has: $left"
look 0 '^There are no sets' list
note "IAM is empty again: no role and no instance profile is left."
say "Done in $SECONDS seconds."

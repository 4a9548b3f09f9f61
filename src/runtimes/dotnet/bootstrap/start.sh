#!/bin/sh
# Starts a function of .NET: `start.sh DOTNET`. A handler with `::` names a method of a class library, which this
# directory's assembly calls; any other one is an executable assembly, or a native program, that speaks the Runtime API
# itself. Texts and exit codes are those of AWS's managed runtime.
here=$(dirname "$0")
dotnet=$1

fail() {
  code=$1
  shift
  echo "Error: $*" >&2
  exit "$code"
}

[ -n "$LAMBDA_TASK_ROOT" ] ||
  fail 101 "Environment variable LAMBDA_TASK_ROOT needs to be defined in order for the Lambda Runtime to load the function handler to be executed."
[ -n "$(ls -A "$LAMBDA_TASK_ROOT" 2>/dev/null)" ] ||
  fail 102 ".NET binaries for Lambda function are not correctly installed in the $LAMBDA_TASK_ROOT directory of the image when the image was built. The $LAMBDA_TASK_ROOT directory is missing."
[ -n "$_HANDLER" ] || fail 103 "No Lambda Handler function was specified."

# What this machine's .NET needs to find its culture data, found out when the runtime was prepared.
[ -f "$here/culture" ] && . "$here/culture"
export DOTNET_ROOT="${dotnet%/*}"

# The one file of the kind that belongs to the handler's assembly, or else the only one that there is.
described_by() {
  if [ -f "$LAMBDA_TASK_ROOT/$name.$1" ]; then
    found="$LAMBDA_TASK_ROOT/$name.$1"
    return
  fi
  found=
  for file in "$LAMBDA_TASK_ROOT"/*."$1"; do
    [ -z "$found" ] && [ -f "$file" ] || fail "$2" ".NET binaries for Lambda function are not correctly installed in the $LAMBDA_TASK_ROOT directory of the image when the image was built. The $LAMBDA_TASK_ROOT directory is missing the required .$1 file."
    found=$file
  done
}

case $_HANDLER in
*:*)
  name=${LAMBDA_DOTNET_MAIN_ASSEMBLY:-${_HANDLER%%:*}}
  name=${name%.dll}
  described_by deps.json 105
  dependencies=$found
  described_by runtimeconfig.json 106
  set -- "$dotnet" exec --roll-forward Major --depsfile "$dependencies" --runtimeconfig "$found" \
    "$here/Lambkin.Runtime.dll"
  ;;
*)
  program=$LAMBDA_TASK_ROOT/$_HANDLER
  if [ -f "${program%.dll}.dll" ]; then
    set -- "$dotnet" exec --roll-forward Major "${program%.dll}.dll"
  elif [ -f "$program" ]; then
    set -- "$program"
  else
    fail 104 "executable assembly ${program%.dll}.dll or binary $program not found."
  fi
  ;;
esac

[ -n "$AWS_LAMBDA_EXEC_WRAPPER" ] || exec "$@"
if [ ! -f "$AWS_LAMBDA_EXEC_WRAPPER" ]; then
  echo "$AWS_LAMBDA_EXEC_WRAPPER: does not exist"
  exit 127
fi
if [ ! -x "$AWS_LAMBDA_EXEC_WRAPPER" ]; then
  echo "$AWS_LAMBDA_EXEC_WRAPPER: is not an executable"
  exit 126
fi
exec "$AWS_LAMBDA_EXEC_WRAPPER" "$@"

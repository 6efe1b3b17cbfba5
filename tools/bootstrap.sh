#!/bin/sh
# Lambda starts this file. Beside it lies the function once per architecture; see build-RayIAMFunction in the Makefile.
#
# provided.al2023 is built on a minimal image, so no program is taken for granted. Its sh is bash (AWS's own example of
# a bootstrap sets pipefail under #!/bin/sh), and bash knows the machine. Any other shell asks uname.
# https://docs.aws.amazon.com/lambda/latest/dg/runtimes-walkthrough.html
function=${0%/*}/bootstrap-
[ -x "$function$HOSTTYPE" ] || HOSTTYPE=$(uname -m)
exec "$function$HOSTTYPE" "$@"

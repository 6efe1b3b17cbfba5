#!/bin/sh
# Lambda starts this file. Beside it lies the function once per architecture; see build-RayIAMFunction in the Makefile.
exec "${0%/*}/bootstrap-$(uname -m)" "$@"

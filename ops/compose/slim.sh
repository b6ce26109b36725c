#!/bin/sh
# Usage: slim.sh FOLDER. Takes out of an installed copy of this repository what no container runs: other platforms'
# libraries, what the page is made of (it is built by then), tests, benchmarks, sources of types.
set -eu
cd "$1"
case "$(uname -m)" in x86_64) ARCH=x64 ;; aarch64 | arm64) ARCH=arm64 ;; *) echo "no onnxruntime for $(uname -m)" >&2; exit 1 ;; esac

ONNX=node_modules/onnxruntime-node/bin/napi-v6
for LIBRARY in "$ONNX"/*/*; do
  if [ "$LIBRARY" != "$ONNX/linux/$ARCH" ]; then rm -rf "$LIBRARY"; fi
done
find "$ONNX" -type d -empty -delete
[ -e "$ONNX/linux/$ARCH/onnxruntime_binding.node" ] || { echo "onnxruntime of linux/$ARCH is not there" >&2; exit 1; }

# The page's own, and builds for browsers and CommonJS beside the one that is imported.
(cd node_modules && rm -rf react react-dom scheduler @base-ui @floating-ui @tanstack lightweight-charts lean-qr ccxt/dist)
find node_modules -type f \( -name '*.map' -o -name '*.md' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \
  -o -name '*.flow' \) -delete
rm -rf node_modules/.cache node_modules/typescript node_modules/bun-types node_modules/@types

find services shared ops proto -type f \( -name '*.test.ts' -o -name '*.test.tsx' -o -name '*.crash.ts' \
  -o -name '*.bench.ts' -o -name '*.md' \) -delete
rm -rf services/s12-gateway/web ops/bench ops/k8s ops/monitoring ops/deploy/*.json ops/compose/Dockerfile \
  ops/compose/*.yaml ops/compose/*.env ops/pictures.ts
# Readable by whoever it is run as, and writable by nobody.
chmod -R a+rX,go-w .

#!/bin/bash
# Checks the engine webgpu on a machine with an NVIDIA GPU and no network, within 10 minutes: bash bench/gpu/run.sh [FLAGS OF check.js]
# `node bench/gpu/pack.js` makes the bundle beforehand, on a machine with a network. The report is printed, and stored in $OUT if set.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bundle=$here/bundle.tar.gz
[ -f "$bundle" ] || { echo "expected $bundle; node bench/gpu/pack.js makes it" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -xzf "$bundle" -C "$work"

if ! ldconfig -p 2>/dev/null | grep -q libvulkan.so.1; then
  export LD_LIBRARY_PATH="$work/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
# A container gets NVIDIA's libraries from its runtime, but not always the file that names the Vulkan driver.
if [ -z "${VK_ICD_FILENAMES:-}${VK_DRIVER_FILES:-}" ] && ! ls /usr/share/vulkan/icd.d/*nvidia*.json /etc/vulkan/icd.d/*nvidia*.json >/dev/null 2>&1 \
  && ldconfig -p 2>/dev/null | grep -q libGLX_nvidia.so.0; then
  echo '{"file_format_version":"1.0.0","ICD":{"library_path":"libGLX_nvidia.so.0","api_version":"1.3.0"}}' >"$work/nvidia_icd.json"
  export VK_ICD_FILENAMES="$work/nvidia_icd.json"
fi
# Drivers keep compiled shaders below the home folder, which may be read-only.
export HOME="$work"
timeout 590 "$work/node" "$work/bench/gpu/check.js" --data "$work/data" "$@" | tee "${OUT:-$work}/gpu-report.json"
exit "${PIPESTATUS[0]}"

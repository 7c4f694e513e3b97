#!/bin/sh
# Paints every texture of the demo scene anew. Needs POV-Ray 3.7 only; see README.md.
set -eu
cd "$(dirname "$0")"
paint() { povray "$@" -D +WT1 >/dev/null 2>&1 || { echo "could not paint: povray $*" >&2; exit 1; }; }
paint +Ipictures.pov +W288 +H162 +A0.05 +AM2 +R3 +FJ92 +KFI1 +KFF8 +Opicture-.jpg
paint +Ifilm.pov +W1280 +H160 +A0.05 +AM2 +R3 +FN +UA +Ofilm.png
paint +Iboards.pov +W256 +H256 +A0.05 +AM2 +FJ90 +Oboards.jpg
paint +Ihills.pov +W320 +H320 -A +FN16 Grayscale_Output=on File_Gamma=1.0 +Ohills.png

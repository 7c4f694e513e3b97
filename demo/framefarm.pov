// Frame farm: pictures ripen in flooded fields at dusk, and a mill spins them into film.
// 60 frames that loop: frame 61 would be frame 1. Made for POV-Ray 3.7; see README.md.
#version 3.7;
#include "transforms.inc"
#include "lib/time.inc"
#include "lib/palette.inc"
#include "lib/light.inc"
#include "lib/sky.inc"
#include "lib/land/water.inc"
#include "lib/land/hills.inc"
#include "lib/land/trees.inc"
#include "lib/land/grass.inc"
#include "lib/farm/mill.inc"
#include "lib/farm/barn.inc"
#include "lib/farm/lanterns.inc"
#include "lib/farm/crop.inc"
#include "lib/film/ribbon.inc"

global_settings { assumed_gamma 1 max_trace_level 8 ambient_light rgb 1 }

camera {
  location Eye
  direction z
  right x*2*0.554
  up y*2*0.554*9/16
  look_at Eye + <-0.205, 0.040, 1>
}

// Draws the heights of the land (hills.png, 16 bit grey): white is high. Left and far rise, the middle stays a plain.
#version 3.7;
#include "functions.inc"
global_settings { assumed_gamma 1 }
camera { orthographic location <0.5, 0.5, -5> look_at <0.5, 0.5, 0> right x up y }
#local Ridge = function(x, y) { f_noise3d(x*3.1 + 7, y*4.3, 0.3)*0.62 + f_noise3d(x*7.7, y*9.1, 2.3)*0.26 + f_noise3d(x*19, y*23, 4.1)*0.09 + f_noise3d(x*47, y*51, 6.1)*0.03 }
#local Rise = function(x) { min(1, max(0, (x - 0.12)/0.75)) }
plane { z, 0
  pigment { function { max(0, min(1, Ridge(x, y)*(0.15 + 0.85*Rise(y)))) }
    color_map { [0 rgb 0] [1 rgb 1] } }
  finish { ambient 0 diffuse 0 emission 1 } }

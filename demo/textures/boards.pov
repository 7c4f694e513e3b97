// Weathered boards for the barn and the mill (boards.jpg); repeats in both directions well enough.
#version 3.7;
global_settings { assumed_gamma 1 }
camera { orthographic location <4, 4, -5> look_at <4, 4, 0> right x*8 up y*8 }
#default { finish { ambient 0 diffuse 0 emission 1 } }
#local S = seed(11);
#local I = 0;
#while (I < 8)
  #local T = 0.6 + 0.4*rand(S);
  box { <I + 0.03, -1, 0>, <I + 0.97, 9, 1>
    pigment { wood turbulence 0.05 scale <0.16, 3, 1> rotate z*0.4 translate <I*3.7, rand(S)*9, rand(S)*5>
      color_map { [0 rgb <0.42, 0.36, 0.30>*T] [0.5 rgb <0.30, 0.25, 0.21>*T] [0.9 rgb <0.20, 0.16, 0.13>*T] [1 rgb <0.42, 0.36, 0.30>*T] } } }
  #local I = I + 1;
#end
plane { z, 2 pigment { rgb 0.01 } }

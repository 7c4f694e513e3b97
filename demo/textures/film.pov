// Lays the eight pictures on a strip of film with sprocket holes (film.png; the holes are transparent).
// The strip repeats: its right end continues at its left end.
#version 3.7;
global_settings { assumed_gamma 1 }
camera { orthographic location <4, 0.5, -5> look_at <4, 0.5, 0> right x*8 up y }
#default { finish { ambient 0 diffuse 0 emission 1 } }

#macro Picture(N)
  box { 0, <1, 1, 0.01>
    pigment { image_map { jpeg concat("picture-", str(N, 0, 0), ".jpg") once interpolate 2 } }
    scale <0.93, 0.66, 1> translate <N - 1 + 0.035, 0.17, -0.1> }
#end
#local N = 1;
#while (N <= 8) Picture(N) #local N = N + 1; #end

difference {
  box { <-1, 0, 0>, <9, 1, 0.02> }
  #local I = 0;
  #while (I < 48)
    #local X = (I + 0.5)/6;
    box { <X - 0.042, 0.045, -1>, <X + 0.042, 0.125, 1> }
    box { <X - 0.042, 0.875, -1>, <X + 0.042, 0.955, 1> }
    #local I = I + 1;
  #end
  pigment { rgb <0.035, 0.020, 0.014> }
}

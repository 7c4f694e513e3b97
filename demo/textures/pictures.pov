// Paints the eight pictures that grow in the field (picture-1.jpg .. picture-8.jpg).
// Each is a tiny scene of its own, picked by the frame number. See README.md here.
#version 3.7;
global_settings { assumed_gamma 1 max_trace_level 6 }
#default { finish { ambient 0.12 diffuse 0.8 } }

#macro Sky(Low, Mid, High)
  sky_sphere { pigment { gradient y color_map { [0.50 Low] [0.62 Mid] [0.95 High] } scale 2 translate -1 } }
#end
#macro Look(From, At, Wide)
  camera { location From look_at At right x*16/9 angle Wide }
#end
#macro Key(From, Colour) light_source { From*1000 Colour parallel point_at 0 } #end

#switch (frame_number)

#case (1)  // a sun over the sea
  Look(<0, 1.2, -8>, <0, 1.9, 0>, 52)
  Sky(rgb <1.0, 0.42, 0.10>, rgb <0.95, 0.28, 0.25>, rgb <0.16, 0.08, 0.32>)
  Key(<0.1, 0.3, 1>, rgb <1.2, 0.6, 0.3>)
  disc { <0, 2.0, 60>, z, 13 pigment { rgb <1.3, 0.85, 0.35> } finish { emission 1 ambient 0 diffuse 0 } }
  plane { y, 0 pigment { rgb <0.05, 0.02, 0.06> } finish { reflection 0.85 specular 0.4 }
    normal { bumps 0.25 scale <1.6, 1, 0.25> } }
  union { cone { <-7, 0, 14>, 3, <-6, 2.0, 15>, 0.2 } cone { <-10, 0, 13>, 4, <-9, 2.9, 15>, 0.2 } pigment { rgb <0.05, 0.01, 0.05> } }
#break

#case (2)  // the mirror ball on the chequered floor, as tradition asks
  Look(<0, 2.0, -6.2>, <0, 1.15, 0>, 46)
  Sky(rgb <0.75, 0.85, 1.0>, rgb <0.25, 0.5, 0.95>, rgb <0.02, 0.12, 0.5>)
  Key(<-0.6, 1, -0.7>, rgb 1.2)
  plane { y, 0 pigment { checker rgb <0.9, 0.88, 0.8>, rgb <0.75, 0.08, 0.08> } finish { reflection 0.08 } }
  sphere { <0, 1.25, 0>, 1.25 pigment { rgb 0.1 } finish { reflection { 0.85 } specular 1 roughness 0.004 } }
  sphere { <-2.3, 0.5, 0.6>, 0.5 pigment { rgb <1, 0.75, 0.1> } finish { specular 0.6 reflection 0.1 } }
  sphere { <2.2, 0.6, 1.0>, 0.6 pigment { rgb <0.1, 0.65, 0.3> } finish { specular 0.6 reflection 0.1 } }
#break

#case (3)  // a planet with rings
  Look(<0, 1.5, -8>, <0, 0, 0>, 44)
  sky_sphere { pigment { granite scale 0.35 color_map { [0 rgb <0.02, 0.0, 0.06>] [0.45 rgb <0.06, 0.02, 0.16>] [0.72 rgb <0.3, 0.08, 0.42>] [1 rgb <0.9, 0.5, 0.9>] } } }
  Key(<-1, 0.5, -0.5>, rgb <1.5, 1.4, 1.2>)
  union {
    sphere { 0, 1.75 pigment { gradient y turbulence 0.08 scale 1.1 color_map { [0 rgb <0.9, 0.55, 0.25>] [0.35 rgb <1, 0.82, 0.55>] [0.6 rgb <0.75, 0.35, 0.18>] [1 rgb <0.9, 0.55, 0.25>] } } finish { ambient 0.02 } }
    disc { 0, y, 3.6, 2.2 pigment { wood scale 1 color_map { [0 rgbt <1, 0.9, 0.7, 0.15>] [0.3 rgbt <0.8, 0.6, 0.4, 0.5>] [0.36 rgbt <1, 1, 1, 1>] [0.44 rgbt <1, 0.85, 0.6, 0.2>] [1 rgbt <1, 0.9, 0.7, 0.15>] } rotate x*90 } finish { ambient 0.1 diffuse 0.9 } }
    rotate <-19, 0, 17>
  }
  sphere { <3.2, 1.5, -1>, 0.32 pigment { rgb 0.8 } finish { ambient 0.02 } }
#break

#case (4)  // a sail
  Look(<0, 0.9, -8>, <0, 1.9, 0>, 52)
  Sky(rgb <0.85, 0.97, 1.0>, rgb <0.2, 0.68, 0.85>, rgb <0.02, 0.25, 0.55>)
  Key(<-0.8, 0.9, -0.5>, rgb <1.3, 1.25, 1.1>)
  plane { y, 0 pigment { rgb <0.0, 0.17, 0.24> } finish { reflection { 0.2, 0.9 fresnel } specular 0.6 conserve_energy } interior { ior 1.5 } normal { bumps 0.35 scale <1.1, 1, 0.35> } }
  union {
    triangle { <-0.05, 0.7, 0>, <-0.05, 3.7, 0>, <-1.5, 0.7, 0.3> pigment { rgb <1, 0.98, 0.92> } finish { ambient 0.4 } }
    triangle { <0.08, 0.5, 0>, <0.08, 3.3, 0>, <1.2, 0.6, -0.2> pigment { rgb <0.95, 0.25, 0.12> } finish { ambient 0.35 } }
    sphere { 0, 1 scale <1.7, 0.35, 0.5> translate y*0.25 pigment { rgb <0.28, 0.12, 0.05> } }
    cylinder { <0, 0, 0>, <0, 3.8, 0>, 0.035 pigment { rgb 0.9 } }
    rotate z*-6 rotate y*15
  }
#break

#case (5)  // a balloon
  Look(<0, 1.6, -8>, <0, 2.4, 0>, 58)
  Sky(rgb <1.0, 0.9, 0.6>, rgb <0.55, 0.8, 0.9>, rgb <0.15, 0.4, 0.75>)
  Key(<-0.7, 0.7, -0.8>, rgb <1.3, 1.2, 1.0>)
  plane { y, -1.5 pigment { bozo scale <3, 1, 0.8> color_map { [0 rgb <0.2, 0.42, 0.1>] [0.5 rgb <0.6, 0.62, 0.15>] [1 rgb <0.3, 0.5, 0.12>] } } }
  union {
    sphere { <0, 3, 0>, 1.5 }
    cone { <0, 2.2, 0>, 1.27, <0, 0.95, 0>, 0.35 }
    pigment { radial frequency 8 color_map { [0.5 rgb <0.9, 0.12, 0.08>] [0.5 rgb <1, 0.85, 0.55>] } rotate y*12 }
    finish { specular 0.3 ambient 0.2 }
  }
  box { <-0.22, 0.25, -0.22>, <0.22, 0.6, 0.22> pigment { rgb <0.35, 0.2, 0.08> } }
  union { cylinder { <-0.2, 0.6, 0>, <-0.3, 1, 0>, 0.02 } cylinder { <0.2, 0.6, 0>, <0.3, 1, 0>, 0.02 } pigment { rgb 0.2 } }
  union { sphere { 0, 0.55 translate <-3.6, 3.4, 4> } sphere { <-3.1, 3.2, 4>, 0.4 } sphere { <4.2, 1.9, 5>, 0.7 } sphere { <4.9, 1.7, 5>, 0.5 } scale <1, 1, 1> pigment { rgb 1 } finish { ambient 0.6 } }
#break

#case (6)  // a moon over the mountains
  Look(<0, 1.4, -8>, <0, 1.9, 0>, 46)
  Sky(rgb <0.25, 0.5, 0.75>, rgb <0.06, 0.18, 0.45>, rgb <0.01, 0.03, 0.14>)
  Key(<0.8, 0.9, -0.6>, rgb <0.8, 0.95, 1.3>)
  disc { <8.5, 9.2, 30>, z, 2.2 pigment { rgb <1.0, 0.98, 0.85> } finish { emission 1 diffuse 0 } }
  #macro Peak(X, Z, H)
    cone { <X, -0.5, Z>, H*1.05, <X, H, Z>, 0 normal { granite 1.4 scale 1.6 }
      pigment { gradient y turbulence 0.22 scale H*1.02 color_map { [0 rgb <0.05, 0.10, 0.2>] [0.5 rgb <0.1, 0.17, 0.3>] [0.58 rgb <0.9, 0.95, 1>] [1 rgb 1] } } }
  #end
  Peak(-2.4, 4, 4.6) Peak(2.6, 5.5, 4.1) Peak(0.4, 3.2, 2.9) Peak(-6.5, 6, 4) Peak(6.6, 6, 4.6)
  plane { y, 0 pigment { rgb <0.01, 0.04, 0.1> } finish { reflection 0.6 } normal { bumps 0.12 scale <1, 1, 0.3> } }
#break

#case (7)  // a tree in autumn
  Look(<0, 1.3, -8>, <0, 2.2, 0>, 52)
  Sky(rgb <1.0, 0.95, 0.75>, rgb <0.95, 0.75, 0.4>, rgb <0.55, 0.35, 0.3>)
  Key(<-0.8, 0.8, -0.5>, rgb <1.4, 1.2, 0.9>)
  sphere { <0, -19.6, 2>, 20 pigment { rgb <0.42, 0.33, 0.08> } normal { bumps 0.7 scale 0.08 } }
  cone { <0, 0, 1>, 0.24, <0.05, 2.4, 1>, 0.12 pigment { rgb <0.14, 0.07, 0.04> } }
  #local S = seed(7); #local I = 0;
  #while (I < 420)
    #local V = vnormalize(<rand(S)-0.5, rand(S)-0.5, rand(S)-0.5>) * pow(rand(S), 0.4);
    sphere { <0, 3.05, 1> + V*<1.65, 1.3, 1.5>, 0.17 pigment { rgb <0.85+0.3*rand(S), 0.14+0.38*rand(S), 0.03> } finish { ambient 0.25 } }
    #local I = I + 1;
  #end
#break

#case (8)  // a lighthouse at night
  Look(<0, 1.3, -8>, <0.6, 2.1, 0>, 46)
  Sky(rgb <0.1, 0.35, 0.4>, rgb <0.03, 0.14, 0.26>, rgb <0.01, 0.02, 0.1>)
  Key(<-0.7, 0.6, -0.8>, rgb <0.5, 0.65, 0.9>)
  plane { y, 0 pigment { rgb <0.01, 0.05, 0.07> } finish { reflection 0.5 } normal { bumps 0.3 scale <1.2, 1, 0.3> } }
  sphere { 0, 1 scale <3, 0.8, 2> translate <-1.4, 0, 2> pigment { rgb <0.06, 0.07, 0.08> } normal { granite 1 } }
  cone { <-1.4, 0.5, 2>, 0.55, <-1.4, 3.4, 2>, 0.34 pigment { gradient y color_map { [0.5 rgb <0.9, 0.15, 0.1>] [0.5 rgb 0.95] } scale 1.1 } finish { ambient 0.3 } }
  cylinder { <-1.4, 3.4, 2>, <-1.4, 3.8, 2>, 0.27 pigment { rgb <1.6, 1.3, 0.6> } finish { emission 1 } }
  cone { <-1.4, 3.8, 2>, 0.36, <-1.4, 4.15, 2>, 0 pigment { rgb <0.4, 0.05, 0.05> } }
  triangle { <-1.4, 3.6, 2.1>, <7, 5.1, 2.1>, <7, 2.9, 2.1> pigment { gradient x color_map { [0 rgbt <1, 0.85, 0.45, 0.15>] [1 rgbt <1, 0.85, 0.45, 1>] } scale 7.5 translate x*-1.4 } finish { emission 1 diffuse 0 } }
#break
#end

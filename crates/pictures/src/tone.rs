//! How values become what a screen shows.

/// Up to here light is shown as it is; what is brighter is pressed into the rest, so that a lamp keeps its
/// shape and the rest of the picture looks as artists know it.
const SHOULDER: f32 = 0.8;

/// What the values of a picture are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Tone {
    /// What a screen shows already; not multiplied by alpha.
    Screen,
    /// Linear light, multiplied by alpha, made brighter by this factor.
    Linear(f32),
}

impl Tone {
    pub(crate) fn of(linear: bool, exposure: f32) -> Self {
        if linear { Self::Linear(exposure.exp2()) } else { Self::Screen }
    }
}

/// The byte that shows `value` over `behind`.
pub(crate) fn shown(tone: Tone, value: f32, alpha: f32, behind: f32) -> u8 {
    let seen = match tone {
        Tone::Screen => value * alpha,
        Tone::Linear(factor) => encoded(pressed(value * factor)),
    };
    let seen = seen + (1.0 - alpha) * behind;
    (seen.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

/// Light of any brightness, as a value below 1.
fn pressed(light: f32) -> f32 {
    if light <= SHOULDER {
        return light.max(0.0);
    }
    let room = 1.0 - SHOULDER;
    SHOULDER + room * (1.0 - (-(light - SHOULDER) / room).exp())
}

/// Linear light as sRGB.
fn encoded(light: f32) -> f32 {
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_light_is_shown_as_srgb_and_lamps_stay_below_white() {
        let linear = |value| shown(Tone::Linear(1.0), value, 1.0, 0.0);
        assert_eq!((linear(0.0), linear(0.18), linear(0.5)), (0, 118, 188));
        assert!(linear(0.9) > linear(0.8) && linear(1.2) > linear(1.0));
        assert_eq!(linear(50.0), 255);
        assert_eq!(shown(Tone::of(true, 1.0), 0.25, 1.0, 0.0), linear(0.5));
        assert_eq!(shown(Tone::of(true, -3.0), 4.0, 1.0, 0.0), linear(0.5));
    }

    #[test]
    fn what_is_transparent_shows_the_background() {
        assert_eq!(shown(Tone::Screen, 1.0, 0.0, 0.2), 51);
        assert_eq!(shown(Tone::Linear(1.0), 0.0, 0.0, 0.2), 51);
        assert_eq!(shown(Tone::Screen, 1.0, 0.5, 0.2), 153);
    }
}

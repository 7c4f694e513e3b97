//! Stored values made floating point.

use crate::Sample;

/// The values of `bytes` as floats; whole numbers of 8 and 16 bits go from 0 to 1.
pub(crate) fn floats(sample: Sample, bytes: &[u8], into: &mut Vec<f32>) {
    into.clear();
    match sample {
        Sample::Half => {
            into.extend(bytes.as_chunks::<2>().0.iter().map(|half| half_to_float(u16::from_le_bytes(*half))));
        }
        Sample::Float => {
            into.extend(bytes.as_chunks::<4>().0.iter().map(|float| f32::from_le_bytes(*float)));
        }
        Sample::U32 => {
            into.extend(bytes.as_chunks::<4>().0.iter().map(|number| u32::from_le_bytes(*number) as f32));
        }
        Sample::U16 => {
            let values = bytes.as_chunks::<2>().0.iter();
            into.extend(values.map(|value| f32::from(u16::from_le_bytes(*value)) / 65535.0));
        }
        Sample::U8 => into.extend(bytes.iter().map(|value| f32::from(*value) / 255.0)),
    }
}

/// Without a branch, so that the compiler makes vectors of it.
#[inline]
pub(crate) fn half_to_float(half: u16) -> f32 {
    /// 2 to the power of 112: the difference of the two kinds' exponents.
    const SCALE: f32 = f32::from_bits(0x7780_0000);
    let magnitude = f32::from_bits(u32::from(half & 0x7fff) << 13) * SCALE;
    // What was infinite or no number has come out as 65536 or more.
    let infinite = if magnitude >= 65536.0 { 0x7f80_0000 } else { 0 };
    f32::from_bits(magnitude.to_bits() | infinite | u32::from(half & 0x8000) << 16)
}

/// The nearest half; of two as near the even one.
pub(crate) fn float_to_half(value: f32) -> u16 {
    exr::prelude::f16::from_f32(value).to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_becomes_the_float_it_is() {
        for bits in 0..=u16::MAX {
            let right = exr::prelude::f16::from_bits(bits).to_f32();
            let ours = half_to_float(bits);
            if right.is_nan() {
                assert!(ours.is_nan(), "{bits:#x}");
            } else {
                assert_eq!(ours.to_bits(), right.to_bits(), "{bits:#x}");
                assert_eq!(float_to_half(ours), bits);
            }
        }
    }
}

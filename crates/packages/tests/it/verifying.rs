//! Pictures that are whole, cut, broken, missing or something else.

use std::fs;
use std::path::Path;

use image::{DynamicImage, ImageFormat, Rgb, Rgb32FImage, RgbImage};
use model::Size;
use packages::{Verified, VerifyError, Wanted, digest_file};

fn verify(path: &Path, ending: &str, size: Option<Size>) -> Result<Verified, VerifyError> {
    packages::verify(path, ending, &Wanted { size, thumbnail: true, ..Wanted::default() })
}

const ENDINGS: [&str; 9] = ["png", "jpg", "jpeg", "bmp", "tga", "ppm", "hdr", "exr", "tiff"];

/// A picture of 50 x 40 pixels that does not compress away.
fn picture(folder: &Path, ending: &str) -> std::path::PathBuf {
    let path = folder.join(format!("picture.{ending}"));
    let noise =
        |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503) ^ (x * y * 7919)) % 251;
    let picture = match ending {
        "hdr" | "exr" => {
            let pixel = |x, y| Rgb([noise(x, y) as f32 / 100.0, 0.5, noise(y, x) as f32]);
            DynamicImage::ImageRgb32F(Rgb32FImage::from_fn(50, 40, pixel))
        }
        _ => DynamicImage::ImageRgb8(RgbImage::from_fn(50, 40, |x, y| {
            Rgb([noise(x, y) as u8, noise(y, x) as u8, noise(x + 9, y) as u8])
        })),
    };
    picture.save_with_format(&path, ImageFormat::from_extension(ending).unwrap()).unwrap();
    path
}

#[test]
fn whole_pictures_count_and_those_of_another_size_do_not() {
    let folder = tempfile::tempdir().unwrap();
    for ending in ENDINGS {
        let path = picture(folder.path(), ending);
        let size = Size { width: 50, height: 40 };
        let verified = verify(&path, ending, Some(size)).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!((verified.digest, verified.bytes), digest_file(&path).unwrap());
        assert_eq!(verified.size, Some(size));
        assert_eq!(verify(&path, &ending.to_uppercase(), None).unwrap(), verified);
        let error = verify(&path, ending, Some(Size { width: 50, height: 41 })).unwrap_err();
        assert!(error.to_string().ends_with("is 50x40 pixels, and 50x41 were asked for"), "{error}");
    }
}

#[test]
fn a_picture_cut_anywhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for ending in ENDINGS {
        let path = picture(folder.path(), ending);
        let whole = fs::read(&path).unwrap();
        for kept in [1, 8, 40, whole.len() / 3, whole.len() / 2, whole.len() - 30, whole.len() - 1] {
            // A TIFF keeps its directory, and a BMP or TGA may keep blanks, behind the last pixel.
            fs::write(&path, &whole[..kept]).unwrap();
            let error = match verify(&path, ending, None) {
                Ok(_) => panic!("{ending} cut to {kept} of {} counts", whole.len()),
                Err(error) => error,
            };
            let told = matches!(error, VerifyError::Truncated { .. } | VerifyError::Broken { .. });
            assert!(told, "{ending} cut to {kept}: {error}");
        }
    }
}

#[test]
fn what_is_missing_empty_broken_or_no_picture_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.png");
    assert!(matches!(verify(&path, "png", None), Err(VerifyError::Missing { .. })));
    assert!(matches!(verify(folder.path(), "png", None), Err(VerifyError::Unreadable { .. })));
    fs::write(&path, "").unwrap();
    for ending in ["png", "abc", "txt"] {
        assert!(matches!(verify(&path, ending, None), Err(VerifyError::Empty { .. })));
    }
    assert_eq!(verify(&path, "log", None).unwrap().bytes, 0);
    fs::write(&path, "no picture").unwrap();
    for ending in ENDINGS.into_iter().filter(|ending| *ending != "tga") {
        assert!(matches!(verify(&path, ending, None), Err(VerifyError::NotAPicture { .. })), "{ending}");
    }
    assert_eq!(verify(&path, "abc", Some(Size { width: 1, height: 1 })).unwrap().size, None);
    let whole = fs::read(picture(folder.path(), "png")).unwrap();
    let mut broken = whole.clone();
    broken[whole.len() / 2] ^= 0x55;
    fs::write(&path, broken).unwrap();
    assert!(matches!(verify(&path, "png", None), Err(VerifyError::Broken { .. })));
}

//! How values that are text in JSON are described in the OpenAPI document.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::{Digest, FrameSet, JobPath, Need, Size, Topic, VersionPattern};

macro_rules! texts {
    ($($name:ident $pattern:expr, $example:literal, $about:literal;)*) => { $(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let pattern: Option<&str> = $pattern;
                let text = ObjectBuilder::new().schema_type(Type::String).description(Some($about));
                text.pattern(pattern).examples([$example]).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    )* };
}

texts! {
    Digest Some("^[0-9a-f]{64}$"), "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
        "The BLAKE3 digest of a content.";
    FrameSet None, "1-10,20-30x2", "A frame list.";
    JobPath None, "textures/wood.png", "A path among the files of a job.";
    Size Some("^[0-9]+x[0-9]+$"), "1920x1080", "Pixels across and down.";
    Topic None, "job:17", "Something that can be followed.";
    VersionPattern None, "4.x", "Versions of a program.";
}

/// Needs stand in needs, so that no schema of them comes to an end; people write them as text anyway.
impl PartialSchema for Need {
    fn schema() -> RefOr<Schema> {
        let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
        any.description(Some("One thing that a host must be or have, as it was understood.")).into()
    }
}

impl ToSchema for Need {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Need")
    }
}

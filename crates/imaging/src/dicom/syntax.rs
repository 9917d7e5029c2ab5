//! Transfer syntaxes: how the data set and the samples are stored.

use crate::error::ReadProblem;

/// How samples are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// Not at all.
    Native,
    Rle,
    /// Baseline or lossless JPEG; the stream says which.
    Jpeg,
    Jpeg2000,
}

/// How a file is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Syntax {
    pub(super) explicit: bool,
    pub(super) big_endian: bool,
    pub(super) deflated: bool,
    pub(super) coding: Coding,
}

impl Syntax {
    /// Uncompressed and little-endian.
    pub(super) fn little_endian(explicit: bool) -> Syntax {
        Syntax {
            explicit,
            big_endian: false,
            deflated: false,
            coding: Coding::Native,
        }
    }

    /// The syntax of a UID; those that are not read are refused by name.
    pub(super) fn of(uid: &str) -> Result<Syntax, ReadProblem> {
        let explicit = Syntax::little_endian(true);
        let coded = |coding| Ok(Syntax { coding, ..explicit });
        let short = uid.strip_prefix("1.2.840.10008.1.2").unwrap_or("unknown");
        match short {
            "" => Ok(Syntax::little_endian(false)),
            ".1" => Ok(explicit),
            ".1.99" => Ok(Syntax {
                deflated: true,
                ..explicit
            }),
            ".2" => Ok(Syntax {
                big_endian: true,
                ..explicit
            }),
            ".5" => coded(Coding::Rle),
            ".4.50" | ".4.51" | ".4.57" | ".4.70" => coded(Coding::Jpeg),
            ".4.90" | ".4.91" => coded(Coding::Jpeg2000),
            _ => Err(ReadProblem::Unsupported(format!(
                "transfer syntax {} ({}) is not read; decompress the file first",
                super::data_set::shortened(uid),
                not_read(short)
            ))),
        }
    }
}

fn not_read(short: &str) -> &'static str {
    match short {
        ".4.52" | ".4.53" | ".4.54" | ".4.55" | ".4.56" | ".4.58" | ".4.59" | ".4.60" | ".4.61"
        | ".4.62" | ".4.63" | ".4.64" | ".4.65" | ".4.66" => "a retired process of JPEG",
        ".4.80" => "JPEG-LS lossless",
        ".4.81" => "JPEG-LS near-lossless",
        ".4.92" | ".4.93" => "JPEG 2000 multi-component",
        ".4.94" | ".4.95" => "JPIP: the samples are on a server",
        ".4.100" | ".4.100.1" | ".4.101" | ".4.101.1" => "MPEG-2 video",
        ".4.102" | ".4.102.1" | ".4.103" | ".4.103.1" | ".4.104" | ".4.104.1" | ".4.105"
        | ".4.105.1" | ".4.106" | ".4.106.1" => "H.264 video",
        ".4.107" | ".4.108" => "H.265 video",
        ".4.110" | ".4.111" | ".4.112" => "JPEG XL",
        ".4.201" | ".4.202" | ".4.203" => "high-throughput JPEG 2000",
        ".8.1" => "deflated image frames",
        "unknown" => "not of the standard",
        _ => "retired or unknown",
    }
}

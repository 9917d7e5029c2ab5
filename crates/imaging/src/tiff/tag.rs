//! Tags, compressions and colour spaces by name.

pub(super) const SUBFILE_TYPE: u16 = 254;
pub(super) const WIDTH: u16 = 256;
pub(super) const HEIGHT: u16 = 257;
pub(super) const BITS_PER_SAMPLE: u16 = 258;
pub(super) const COMPRESSION: u16 = 259;
pub(super) const PHOTOMETRIC: u16 = 262;
pub(super) const FILL_ORDER: u16 = 266;
pub(super) const DESCRIPTION: u16 = 270;
pub(super) const STRIP_OFFSETS: u16 = 273;
pub(super) const ORIENTATION: u16 = 274;
pub(super) const SAMPLES_PER_PIXEL: u16 = 277;
pub(super) const ROWS_PER_STRIP: u16 = 278;
pub(super) const STRIP_BYTE_COUNTS: u16 = 279;
pub(super) const MIN_SAMPLE_VALUE: u16 = 280;
pub(super) const MAX_SAMPLE_VALUE: u16 = 281;
pub(super) const X_RESOLUTION: u16 = 282;
pub(super) const Y_RESOLUTION: u16 = 283;
pub(super) const PLANAR_CONFIGURATION: u16 = 284;
pub(super) const RESOLUTION_UNIT: u16 = 296;
pub(super) const PREDICTOR: u16 = 317;
pub(super) const COLOR_MAP: u16 = 320;
pub(super) const TILE_WIDTH: u16 = 322;
pub(super) const TILE_HEIGHT: u16 = 323;
pub(super) const TILE_OFFSETS: u16 = 324;
pub(super) const TILE_BYTE_COUNTS: u16 = 325;
pub(super) const SUB_IFDS: u16 = 330;
pub(super) const SAMPLE_FORMAT: u16 = 339;
pub(super) const JPEG_TABLES: u16 = 347;
pub(super) const YCBCR_SUBSAMPLING: u16 = 530;
pub(super) const ICC_PROFILE: u16 = 34675;

/// Name of a tag for messages.
pub(super) fn name(tag: u16) -> String {
    let known = match tag {
        SUBFILE_TYPE => "NewSubfileType",
        WIDTH => "ImageWidth",
        HEIGHT => "ImageLength",
        BITS_PER_SAMPLE => "BitsPerSample",
        COMPRESSION => "Compression",
        PHOTOMETRIC => "PhotometricInterpretation",
        FILL_ORDER => "FillOrder",
        DESCRIPTION => "ImageDescription",
        STRIP_OFFSETS => "StripOffsets",
        ORIENTATION => "Orientation",
        SAMPLES_PER_PIXEL => "SamplesPerPixel",
        ROWS_PER_STRIP => "RowsPerStrip",
        STRIP_BYTE_COUNTS => "StripByteCounts",
        MIN_SAMPLE_VALUE => "MinSampleValue",
        MAX_SAMPLE_VALUE => "MaxSampleValue",
        X_RESOLUTION => "XResolution",
        Y_RESOLUTION => "YResolution",
        PLANAR_CONFIGURATION => "PlanarConfiguration",
        RESOLUTION_UNIT => "ResolutionUnit",
        PREDICTOR => "Predictor",
        TILE_WIDTH => "TileWidth",
        TILE_HEIGHT => "TileLength",
        TILE_OFFSETS => "TileOffsets",
        TILE_BYTE_COUNTS => "TileByteCounts",
        SUB_IFDS => "SubIFDs",
        SAMPLE_FORMAT => "SampleFormat",
        JPEG_TABLES => "JPEGTables",
        YCBCR_SUBSAMPLING => "YCbCrSubSampling",
        _ => return format!("tag {tag}"),
    };
    known.to_owned()
}

/// Name of a compression; `unknown (n)` for numbers without one.
pub(super) fn compression(number: u16) -> String {
    let known = match number {
        1 => "none",
        2 => "ccitt_rle",
        3 => "ccitt_fax3",
        4 => "ccitt_fax4",
        5 => "lzw",
        6 => "old_jpeg",
        7 => "jpeg",
        8 | 32946 => "deflate",
        32773 => "packbits",
        33003 => "jpeg2000_ycbcr",
        33005 => "jpeg2000_rgb",
        34712 => "jpeg2000",
        34887 => "lerc",
        34892 => "lossy_jpeg",
        34925 => "lzma",
        50000 => "zstd",
        50001 => "webp",
        50002 => "jpeg_xl",
        _ => return format!("unknown ({number})"),
    };
    known.to_owned()
}

/// Name of a colour space.
pub(super) fn photometric(number: u16) -> String {
    let known = match number {
        0 => "min_is_white",
        1 => "min_is_black",
        2 => "rgb",
        3 => "palette",
        4 => "mask",
        5 => "cmyk",
        6 => "ycbcr",
        8 => "cielab",
        9 => "icclab",
        10 => "itulab",
        _ => return format!("unknown ({number})"),
    };
    known.to_owned()
}

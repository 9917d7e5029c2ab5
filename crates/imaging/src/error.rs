//! Why an image could not be read or written, in words for the person who made the file.

use std::io;

/// A file that was refused. `file` is the name as the caller gave it, `problem` says what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("`{file}`: {problem}")]
pub struct ReadImageError {
    /// Path or name of the file, as the caller gave it.
    pub file: String,
    /// What is wrong.
    #[source]
    pub problem: ReadProblem,
}

impl ReadImageError {
    /// What the author of the file can do about it, where we know.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.problem.hint().map(str::to_owned)
    }
}

/// What is wrong with a file that was refused.
#[derive(Debug, thiserror::Error)]
pub enum ReadProblem {
    /// The operating system did not let us open it.
    #[error("cannot be opened: {0}")]
    Open(#[source] io::Error),
    /// The operating system did not let us read it to the end.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    /// A folder, FIFO, socket or device where an image file was expected.
    #[error("is not a regular file")]
    NotRegularFile,
    /// The first bytes are those of no format that we read.
    #[error("is no image that can be read: {looks_like}")]
    UnknownFormat {
        /// What the first bytes look like instead.
        looks_like: String,
    },
    /// A header field holds something that cannot be used.
    #[error("field `{field}`: expected {expected}, found {found}")]
    Field {
        /// Name of the field or tag.
        field: String,
        /// What would have been accepted.
        expected: String,
        /// What the file holds.
        found: String,
    },
    /// A header field without which the image has no meaning is absent.
    #[error("required field `{0}` is missing")]
    MissingField(String),
    /// A header line cannot be understood.
    #[error("header line {line}: {problem}")]
    HeaderLine {
        /// Line number, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// Decoded samples would take more bytes than the limit allows.
    #[error("claims {claimed} bytes of samples, the limit is {limit} bytes")]
    TooLarge {
        /// Bytes of decoded samples that the header asks for.
        claimed: u128,
        /// The limit in force, bytes.
        limit: u64,
    },
    /// Fewer bytes than the header promises.
    #[error("{what}: expected {expected} bytes, found {found}")]
    Short {
        /// Which data ran out.
        what: String,
        /// Bytes that the header asks for.
        expected: u128,
        /// Bytes that there are.
        found: u128,
    },
    /// A compressed stream that does not decode cleanly to its end.
    #[error("{what}: {problem}")]
    Corrupt {
        /// Which stream, for instance "compressed data" or "tile 3 of directory 0".
        what: String,
        /// How it breaks.
        problem: String,
    },
    /// A file that holds the samples beside the header may not be used or is not there.
    #[error("data file `{name}`: {problem}")]
    Beside {
        /// The name as the header gives it.
        name: String,
        /// Why it is refused.
        problem: String,
    },
    /// Valid, but nothing that we read.
    #[error("{0}")]
    Unsupported(String),
}

impl ReadProblem {
    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::UnknownFormat { looks_like } if looks_like.contains("Git LFS") => {
                Some("`git lfs pull` fetches the image")
            }
            Self::UnknownFormat { .. } => Some(
                "MetaImage, TIFF, DICOM, NIfTI, NRRD, PNG and JPEG are read; an algorithm writes `.mha` or `.tif`",
            ),
            Self::Corrupt { problem, .. } if problem.contains("far beyond") => {
                Some("the samples are more than the header says")
            }
            Self::Short { .. } | Self::Corrupt { .. } => Some(
                "the file was probably not written to its end: was the disk full, or the writer not closed?",
            ),
            Self::Beside { .. } => Some(
                "write a single `.mha` file, or keep the data file in the folder of the header",
            ),
            Self::TooLarge { .. } => Some("write a smaller image, or raise the limit"),
            Self::Open(_)
            | Self::Read(_)
            | Self::NotRegularFile
            | Self::Field { .. }
            | Self::MissingField(_)
            | Self::HeaderLine { .. }
            | Self::Unsupported(_) => None,
        }
    }

    /// Names the file that has this problem.
    #[must_use]
    pub fn in_file(self, file: &str) -> ReadImageError {
        ReadImageError {
            file: file.to_owned(),
            problem: self,
        }
    }
}

/// Why a volume could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteImageError {
    /// The operating system refused.
    #[error("`{file}` cannot be written: {source}")]
    Write {
        /// The file to be written.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// Number of samples and size of the image do not agree.
    #[error("`{file}`: the geometry asks for {expected} samples, the volume holds {found}")]
    SampleCount {
        /// The file to be written.
        file: String,
        /// Product of size and channels.
        expected: u128,
        /// Samples given.
        found: usize,
    },
    /// The geometry cannot be written.
    #[error("`{file}`: {problem}")]
    Geometry {
        /// The file to be written.
        file: String,
        /// What is wrong with it.
        problem: crate::geometry::InvalidGeometry,
    },
}

//! What a container image is built from.

use domain::Algorithm;

use super::has_images;

/// What does not go to the builder.
pub(super) const IGNORED: &str =
    "cases\nmodel\noutput\n*.tar\n*.tar.gz\n*.gantry\n.git\n**/__pycache__\n";

/// A Dockerfile that fulfils the contract: linux/amd64, a user without rights, a program.
pub(super) fn dockerfile(algorithm: &Algorithm) -> String {
    let title = algorithm.title.replace(['"', '\\', '$', '\n'], " ");
    format!(
        r#"FROM --platform=linux/amd64 docker.io/library/python:3.12-slim

# Lines of the log come when they are written.
ENV PYTHONUNBUFFERED=1

# Containers that run as root are refused.
RUN groupadd --gid 1000 algorithm && useradd --create-home --uid 1000 --gid 1000 algorithm
USER algorithm
WORKDIR /opt/app

# Before the program, so that a change of the program does not install everything again.
COPY --chown=algorithm:algorithm requirements.txt ./
RUN python -m pip install --user --no-cache-dir --no-warn-script-location --requirement requirements.txt

# The manifest goes along: the image's archive alone is the whole algorithm for `gantry run`.
COPY --chown=algorithm:algorithm inference.py algorithm.toml ./

LABEL org.opencontainers.image.title="{title}"
# LABEL org.opencontainers.image.licenses="Apache-2.0"

ENTRYPOINT ["python", "inference.py"]
"#
    )
}

/// What pip installs.
pub(super) fn requirements(algorithm: &Algorithm) -> String {
    if has_images(algorithm) {
        "SimpleITK>=2.4,<3\n".to_owned()
    } else {
        "# One package a line, with its version: numpy==2.2.1\n".to_owned()
    }
}

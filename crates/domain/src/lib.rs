//! Nouns and rules: algorithm, socket kinds and schemas, value, job, limits, failure, isolation.

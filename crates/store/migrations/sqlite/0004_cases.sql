-- Test cases that the versions of an algorithm are held against.
CREATE TABLE algorithm_cases (
    algorithm_id TEXT PRIMARY KEY NOT NULL REFERENCES algorithm (id), -- of what
    blob_digest TEXT NOT NULL REFERENCES blob (digest), -- a zip with a folder for each case
    filename TEXT NOT NULL,                    -- its name where it comes from
    count BIGINT NOT NULL,                     -- how many cases it holds
    is_required BOOLEAN NOT NULL,              -- a version that does not pass them cannot be activated
    creator_id TEXT REFERENCES account (id),   -- who uploaded it
    created_at TEXT NOT NULL                   -- time
);
CREATE INDEX algorithm_cases_blob ON algorithm_cases (blob_digest);
-- What a version made of one case, the last time that it was run.
CREATE TABLE case_run (
    algorithm_image_id TEXT NOT NULL REFERENCES algorithm_image (id), -- which version
    name TEXT NOT NULL,                        -- of the case
    verdict TEXT NOT NULL,                     -- passed, not_recorded, failed
    differences TEXT NOT NULL,                 -- JSON: a list of what is not as it should be, in words
    wall_seconds DOUBLE PRECISION,             -- of the program, seconds; null when it did not start
    peak_memory BIGINT,                        -- bytes; null when it was not measured
    PRIMARY KEY (algorithm_image_id, name)
);
ALTER TABLE algorithm_image ADD COLUMN cases_state TEXT NOT NULL DEFAULT 'none'; -- none, queued, running, passed, failed, stuck
ALTER TABLE algorithm_image ADD COLUMN cases_problem TEXT NOT NULL DEFAULT ''; -- why they could not be run
ALTER TABLE algorithm_image ADD COLUMN waits_for_cases BOOLEAN NOT NULL DEFAULT FALSE; -- becomes active once it passes them
CREATE INDEX algorithm_image_cases ON algorithm_image (cases_state);

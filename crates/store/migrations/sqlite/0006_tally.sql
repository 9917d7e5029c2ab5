-- Lists whose clients ask how many rows there are in all, and skip rows by number: both are kept, so that nothing is counted
-- when somebody asks.

-- How many rows a list has for somebody. Kept in the transaction that adds a row, takes it away or shows it to others.
CREATE TABLE tally (
    list TEXT NOT NULL,                        -- job, job of <id of an algorithm>, job in <final state>, image, archive_item, image_import, audit
    whose TEXT NOT NULL,                       -- all; public: everybody sees them; an account: not public, but theirs or shown to them; an archive: in it
    hour TEXT NOT NULL,                        -- in which they were made, such as 2026-11-27T09; empty: whenever
    rows BIGINT NOT NULL,                      -- how many
    PRIMARY KEY (list, whose, hour)
);

-- Images that somebody sees though they are another's: because a job of theirs has them, or an archive.
CREATE TABLE image_shown (
    whose TEXT NOT NULL,                       -- an account, for its jobs; or an archive, for whoever sees it
    image_id TEXT NOT NULL REFERENCES image (id), -- which
    via TEXT NOT NULL,                         -- the job, or the item of the archive
    PRIMARY KEY (whose, image_id, via)
);
CREATE INDEX image_shown_via ON image_shown (via);
CREATE INDEX image_shown_image ON image_shown (image_id);

-- As made, oldest first.
CREATE INDEX image_created ON image (created_at);
CREATE INDEX image_import_created ON image_import (created_at);
-- Public jobs of one algorithm, oldest first.
CREATE INDEX job_public_algorithm ON job (algorithm_id, created_at) WHERE is_public;
-- The audit log by what it is asked for, newest first.
CREATE INDEX audit_account ON audit (account_id, at, id);
CREATE INDEX audit_action ON audit (action, at, id);
CREATE INDEX audit_object ON audit (object, at, id);

-- Whether somebody waits with jobs of another algorithm too.
CREATE INDEX job_waiting ON job (creator_id, algorithm_id) WHERE state = 'queued';

INSERT INTO tally (list, whose, hour, rows)
SELECT 'job', whose, hour, SUM(jobs) FROM (
    SELECT 'all' AS whose, SUBSTR(created_at, 1, 13) AS hour, COUNT(*) AS jobs FROM job GROUP BY SUBSTR(created_at, 1, 13)
    UNION ALL SELECT 'public', SUBSTR(created_at, 1, 13), COUNT(*) FROM job WHERE is_public GROUP BY SUBSTR(created_at, 1, 13)
    UNION ALL SELECT creator_id, SUBSTR(created_at, 1, 13), COUNT(*) FROM job
        WHERE NOT is_public AND creator_id IS NOT NULL GROUP BY creator_id, SUBSTR(created_at, 1, 13)
    UNION ALL SELECT account_id, SUBSTR(created_at, 1, 13), COUNT(*) FROM job_viewer JOIN job ON job.id = job_viewer.job_id
        WHERE NOT is_public AND (creator_id IS NULL OR creator_id <> account_id) GROUP BY account_id, SUBSTR(created_at, 1, 13)
) AS shown GROUP BY whose, hour;

INSERT INTO tally (list, whose, hour, rows)
SELECT 'job of ' || algorithm_id, whose, hour, SUM(jobs) FROM (
    SELECT algorithm_id, 'all' AS whose, SUBSTR(created_at, 1, 13) AS hour, COUNT(*) AS jobs FROM job
        GROUP BY algorithm_id, SUBSTR(created_at, 1, 13)
    UNION ALL SELECT algorithm_id, 'public', SUBSTR(created_at, 1, 13), COUNT(*) FROM job
        WHERE is_public GROUP BY algorithm_id, SUBSTR(created_at, 1, 13)
    UNION ALL SELECT algorithm_id, creator_id, SUBSTR(created_at, 1, 13), COUNT(*) FROM job
        WHERE NOT is_public AND creator_id IS NOT NULL GROUP BY algorithm_id, creator_id, SUBSTR(created_at, 1, 13)
    UNION ALL SELECT algorithm_id, account_id, SUBSTR(created_at, 1, 13), COUNT(*)
        FROM job_viewer JOIN job ON job.id = job_viewer.job_id
        WHERE NOT is_public AND (creator_id IS NULL OR creator_id <> account_id)
        GROUP BY algorithm_id, account_id, SUBSTR(created_at, 1, 13)
) AS shown GROUP BY algorithm_id, whose, hour;

INSERT INTO tally (list, whose, hour, rows)
SELECT 'image', 'all', SUBSTR(created_at, 1, 13), COUNT(*) FROM image GROUP BY SUBSTR(created_at, 1, 13);
INSERT INTO tally (list, whose, hour, rows)
SELECT 'image', account_id, SUBSTR(created_at, 1, 13), COUNT(*) FROM image
WHERE account_id IS NOT NULL GROUP BY account_id, SUBSTR(created_at, 1, 13);

INSERT INTO tally (list, whose, hour, rows)
SELECT 'archive_item', 'all', SUBSTR(created_at, 1, 13), COUNT(*) FROM archive_item GROUP BY SUBSTR(created_at, 1, 13);
INSERT INTO tally (list, whose, hour, rows)
SELECT 'archive_item', archive_id, SUBSTR(created_at, 1, 13), COUNT(*) FROM archive_item
GROUP BY archive_id, SUBSTR(created_at, 1, 13);

INSERT INTO tally (list, whose, hour, rows)
SELECT 'job in ' || state, 'all', SUBSTR(created_at, 1, 13), COUNT(*) FROM job
WHERE state IN ('succeeded', 'failed', 'cancelled') GROUP BY state, SUBSTR(created_at, 1, 13);

INSERT INTO tally (list, whose, hour, rows)
SELECT 'image_import', 'all', SUBSTR(created_at, 1, 13), COUNT(*) FROM image_import GROUP BY SUBSTR(created_at, 1, 13);
INSERT INTO tally (list, whose, hour, rows)
SELECT 'image_import', account_id, SUBSTR(created_at, 1, 13), COUNT(*) FROM image_import
WHERE account_id IS NOT NULL GROUP BY account_id, SUBSTR(created_at, 1, 13);

INSERT INTO tally (list, whose, hour, rows)
SELECT 'audit', 'all', SUBSTR(at, 1, 13), COUNT(*) FROM audit GROUP BY SUBSTR(at, 1, 13);

INSERT INTO tally (list, whose, hour, rows) SELECT list, whose, '', SUM(rows) FROM tally GROUP BY list, whose;

INSERT INTO image_shown (whose, image_id, via)
SELECT DISTINCT job.creator_id, image.id, job.id FROM job
    JOIN job_value ON job_value.job_id = job.id JOIN value ON value.id = job_value.value_id
    JOIN image ON image.id = value.image_id
WHERE job.creator_id IS NOT NULL AND (image.account_id IS NULL OR image.account_id <> job.creator_id);

INSERT INTO image_shown (whose, image_id, via)
SELECT DISTINCT archive_item.archive_id, value.image_id, archive_item.id FROM archive_item
    JOIN archive_item_value ON archive_item_value.archive_item_id = archive_item.id
    JOIN value ON value.id = archive_item_value.value_id
WHERE value.image_id IS NOT NULL;

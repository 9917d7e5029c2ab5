-- Lists that stay fast with a million jobs: each filter and order walks an index from its start. Text search by words.

-- Filters by state, newest first.
CREATE INDEX job_state ON job (state, created_at);
CREATE INDEX job_creator_state ON job (creator_id, state, created_at);
CREATE INDEX job_algorithm_state ON job (algorithm_id, state, created_at);
CREATE INDEX job_run_state ON job (archive_run_id, state, created_at);
-- The jobs of a run, as submitted.
CREATE INDEX job_run_id ON job (archive_run_id, id);
-- Filters by person and algorithm together.
CREATE INDEX job_creator_algorithm ON job (creator_id, algorithm_id, created_at);
-- Public jobs are few among many.
CREATE INDEX job_public ON job (created_at) WHERE is_public;
-- By duration; jobs without one come last.
CREATE INDEX job_duration ON job (COALESCE(run_seconds, -1), id);
CREATE INDEX job_creator_duration ON job (creator_id, COALESCE(run_seconds, -1), id);
CREATE INDEX job_algorithm_duration ON job (algorithm_id, COALESCE(run_seconds, -1), id);

-- Highest memory use of the program, bytes; for the statistics of an algorithm. Null: not measured, or before version 2.
ALTER TABLE job ADD COLUMN peak_memory BIGINT;

-- Words by which jobs are found: of their comments and of the names of their input images, lower case.
CREATE TABLE job_word (
    job_id TEXT NOT NULL REFERENCES job (id),  -- of what
    word TEXT NOT NULL,                        -- letters and digits that stand together
    source TEXT NOT NULL,                      -- comment, or the number of the input value
    PRIMARY KEY (job_id, source, word)
);
CREATE INDEX job_word_word ON job_word (word, job_id);

-- Images of somebody, newest first; outputs belong to whoever ran the job.
CREATE INDEX image_account_id ON image (account_id, id);
UPDATE image SET account_id = (SELECT MIN(creator_id) FROM job
    JOIN job_value ON job_value.job_id = job.id AND job_value.direction = 'output'
    JOIN value ON value.id = job_value.value_id WHERE value.image_id = image.id)
WHERE account_id IS NULL AND image_import_id IS NULL;

-- Whether anything still names a blob.
CREATE INDEX value_blob ON value (blob_digest);
CREATE INDEX image_blob ON image (blob_digest);
CREATE INDEX job_log_blob ON job (log_digest);
CREATE INDEX upload_blob ON upload (blob_digest);
CREATE INDEX algorithm_model_blob ON algorithm_model (blob_digest);
CREATE INDEX blob_age ON blob (created_at);

-- Runs over archives: the item of each job, so that results can be told item by item.
ALTER TABLE job ADD COLUMN archive_item_id TEXT;
-- The title of the item when the run was asked for; an item may be renamed or taken away.
ALTER TABLE job ADD COLUMN archive_item_title TEXT NOT NULL DEFAULT '';
-- Retries: the job that this one repeats.
ALTER TABLE job ADD COLUMN retry_of TEXT;

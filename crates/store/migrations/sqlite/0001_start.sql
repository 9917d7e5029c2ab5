-- The whole schema of the first version. Text ids are UUIDs (version 7, so they sort by time of creation); times are RFC 3339
-- in UTC with microseconds, so they sort as text; JSON is text. Words that may grow (states, roles, kinds) have no CHECK.

-- People who may log in.
CREATE TABLE account (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID
    number BIGINT NOT NULL UNIQUE,             -- small number, for clients of the compatible API
    username TEXT NOT NULL UNIQUE,             -- as typed at the login, lower case
    email TEXT NOT NULL DEFAULT '',            -- may be empty
    password_hash TEXT NOT NULL,               -- Argon2id, PHC string; empty: cannot log in with a password
    role TEXT NOT NULL,                        -- user, creator (may make algorithms and sockets), administrator
    is_active BOOLEAN NOT NULL DEFAULT TRUE,   -- false: every login and token is refused
    created_at TEXT NOT NULL                   -- time
);

-- Secrets with which programs call the API.
CREATE TABLE token (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID
    account_id TEXT NOT NULL REFERENCES account (id), -- who calls with it
    name TEXT NOT NULL,                        -- what its owner calls it
    prefix TEXT NOT NULL,                      -- first 8 characters, to recognise it by
    digest TEXT NOT NULL UNIQUE,               -- SHA-256 of the token, hex; the token itself is never stored
    created_at TEXT NOT NULL,                  -- time
    expires_at TEXT,                           -- time; null: never
    last_used_at TEXT                          -- time, to the minute; null: never used
);
CREATE INDEX token_account ON token (account_id, created_at);

-- Logins of browsers.
CREATE TABLE session (
    digest TEXT PRIMARY KEY NOT NULL,          -- SHA-256 of the cookie, hex
    account_id TEXT NOT NULL REFERENCES account (id), -- who is logged in
    csrf TEXT NOT NULL,                        -- what forms must send back
    created_at TEXT NOT NULL,                  -- time
    expires_at TEXT NOT NULL                   -- time
);
CREATE INDEX session_expiry ON session (expires_at);

-- Failed logins, for the rate limit.
CREATE TABLE login_failure (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID
    username TEXT NOT NULL,                    -- as typed, lower case
    address TEXT NOT NULL,                     -- where from
    at TEXT NOT NULL                           -- time
);
CREATE INDEX login_failure_username ON login_failure (username, at);
CREATE INDEX login_failure_address ON login_failure (address, at);
CREATE INDEX login_failure_at ON login_failure (at);

-- Who did what. Only ever added to.
CREATE TABLE audit (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID
    at TEXT NOT NULL,                          -- time
    account_id TEXT,                           -- who; null: the server itself, or nobody who is known
    action TEXT NOT NULL,                      -- dotted verb, such as token.create
    object TEXT NOT NULL DEFAULT '',           -- what it was done to: table and id, such as job/0190…
    detail TEXT NOT NULL DEFAULT '{}'          -- JSON, without secrets
);
CREATE INDEX audit_at ON audit (at, id);

-- Bytes, named by what they are. The bytes lie in a folder (or wherever the blob store keeps them).
CREATE TABLE blob (
    digest TEXT PRIMARY KEY NOT NULL,          -- SHA-256, hex
    size BIGINT NOT NULL,                      -- bytes
    created_at TEXT NOT NULL                   -- time
);

-- Typed slots of algorithms; one for the whole installation, as clients expect.
CREATE TABLE socket (
    id BIGINT PRIMARY KEY NOT NULL,            -- number
    slug TEXT NOT NULL UNIQUE,                 -- name in URLs
    title TEXT NOT NULL,                       -- name for people
    description TEXT NOT NULL DEFAULT '',      -- for people
    kind TEXT NOT NULL,                        -- label, such as Image or Multiple points
    relative_path TEXT NOT NULL UNIQUE,        -- below /input and /output
    store_in_database BOOLEAN NOT NULL,        -- whether its JSON is a value (true) or a file
    json_schema TEXT,                          -- JSON; null: the kind's alone
    default_value TEXT,                        -- JSON; null: none
    overlay_segments TEXT NOT NULL DEFAULT '[]', -- JSON list of {voxel_value, name, visible}
    example_value TEXT,                        -- JSON; null: none
    creator_id TEXT REFERENCES account (id),   -- who made it; null: came with Gantry
    created_at TEXT NOT NULL                   -- time
);

-- Sets of input and output sockets.
CREATE TABLE interface (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID
    fingerprint TEXT NOT NULL UNIQUE           -- sorted numbers of inputs, >, sorted numbers of outputs
);
CREATE TABLE interface_socket (
    interface_id TEXT NOT NULL REFERENCES interface (id), -- of which set
    direction TEXT NOT NULL,                   -- input, output
    socket_id BIGINT NOT NULL REFERENCES socket (id),     -- which slot
    PRIMARY KEY (interface_id, direction, socket_id)
);

-- Algorithms.
CREATE TABLE algorithm (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID
    slug TEXT NOT NULL UNIQUE,                 -- name in URLs
    title TEXT NOT NULL,                       -- name for people
    description TEXT NOT NULL DEFAULT '',      -- one paragraph
    modality TEXT NOT NULL DEFAULT '',         -- such as CT; for the search
    logo_digest TEXT REFERENCES blob (digest), -- square picture; null: none
    is_public BOOLEAN NOT NULL DEFAULT FALSE,  -- whether everybody sees it
    access_requests TEXT NOT NULL DEFAULT 'manual', -- manual, accept_all
    limits TEXT NOT NULL,                      -- JSON, as in the manifest
    result_template TEXT,                      -- Jinja; null: the default one
    geometry_rule TEXT NOT NULL DEFAULT 'warn', -- warn, refuse
    finished_jobs BIGINT NOT NULL DEFAULT 0,   -- jobs that succeeded
    total_seconds DOUBLE PRECISION NOT NULL DEFAULT 0, -- time that their programs took, s
    creator_id TEXT REFERENCES account (id),   -- who made it
    created_at TEXT NOT NULL,                  -- time
    modified_at TEXT NOT NULL                  -- time
);
CREATE TABLE algorithm_interface (
    algorithm_id TEXT NOT NULL REFERENCES algorithm (id), -- of what
    interface_id TEXT NOT NULL REFERENCES interface (id), -- which sets it takes and gives
    PRIMARY KEY (algorithm_id, interface_id)
);
CREATE TABLE algorithm_role (
    algorithm_id TEXT NOT NULL REFERENCES algorithm (id), -- of what
    account_id TEXT NOT NULL REFERENCES account (id),     -- who
    role TEXT NOT NULL,                        -- editor, user
    PRIMARY KEY (algorithm_id, account_id)
);
CREATE INDEX algorithm_role_account ON algorithm_role (account_id);
CREATE TABLE access_request (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID
    algorithm_id TEXT NOT NULL REFERENCES algorithm (id), -- to what
    account_id TEXT NOT NULL REFERENCES account (id),     -- who asks
    state TEXT NOT NULL,                       -- pending, accepted, rejected
    answer TEXT NOT NULL DEFAULT '',           -- why it was rejected
    created_at TEXT NOT NULL,                  -- time
    UNIQUE (algorithm_id, account_id)
);

-- Container images of algorithms, and weights beside them.
CREATE TABLE algorithm_image (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID
    algorithm_id TEXT NOT NULL REFERENCES algorithm (id), -- of what
    creator_id TEXT REFERENCES account (id),   -- who uploaded it
    upload_id TEXT,                            -- the archive on its way in; null once it is imported
    digest TEXT,                               -- of the imported image, sha256:…; null until then
    import_state TEXT NOT NULL,                -- queued, started, completed, failed
    problem TEXT NOT NULL DEFAULT '',          -- why the import failed, for the uploader
    comment TEXT NOT NULL DEFAULT '',          -- the uploader's
    is_active BOOLEAN NOT NULL DEFAULT FALSE,  -- the one that jobs use; at most one of an algorithm
    size BIGINT NOT NULL DEFAULT 0,            -- of the unpacked layers, bytes
    created_at TEXT NOT NULL                   -- time
);
CREATE INDEX algorithm_image_algorithm ON algorithm_image (algorithm_id, created_at);
CREATE INDEX algorithm_image_state ON algorithm_image (import_state);
CREATE TABLE algorithm_model (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID
    algorithm_id TEXT NOT NULL REFERENCES algorithm (id), -- of what
    creator_id TEXT REFERENCES account (id),   -- who uploaded it
    upload_id TEXT,                            -- the tarball on its way in; null once it is imported
    blob_digest TEXT REFERENCES blob (digest), -- the tarball; null until it is imported
    import_state TEXT NOT NULL,                -- queued, started, completed, failed
    problem TEXT NOT NULL DEFAULT '',          -- why the import failed
    comment TEXT NOT NULL DEFAULT '',          -- the uploader's
    is_active BOOLEAN NOT NULL DEFAULT FALSE,  -- the one that jobs use; at most one of an algorithm
    created_at TEXT NOT NULL                   -- time
);
CREATE INDEX algorithm_model_algorithm ON algorithm_model (algorithm_id, created_at);
CREATE INDEX algorithm_model_state ON algorithm_model (import_state);

-- Files on their way in, part by part.
CREATE TABLE upload (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID
    account_id TEXT NOT NULL REFERENCES account (id), -- who uploads, and alone may use it
    filename TEXT NOT NULL,                    -- without folders
    multipart_id TEXT NOT NULL,                -- opaque; names the parts together with the id
    state TEXT NOT NULL,                       -- initialized, completed, aborted
    size BIGINT NOT NULL DEFAULT 0,            -- bytes of the parts
    blob_digest TEXT REFERENCES blob (digest), -- all bytes, once it is completed
    created_at TEXT NOT NULL,                  -- time
    expires_at TEXT NOT NULL                   -- time after which it is taken away
);
CREATE INDEX upload_account ON upload (account_id, created_at);
CREATE INDEX upload_expiry ON upload (expires_at);
CREATE TABLE upload_part (
    upload_id TEXT NOT NULL REFERENCES upload (id), -- of what
    number BIGINT NOT NULL,                    -- 1 to 10000
    etag TEXT NOT NULL,                        -- MD5 or SHA-256 of its bytes, hex, without quotes
    size BIGINT NOT NULL,                      -- bytes
    modified_at TEXT NOT NULL,                 -- time
    PRIMARY KEY (upload_id, number)
);

-- Uploaded files that become images, together.
CREATE TABLE image_import (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID
    account_id TEXT REFERENCES account (id),   -- who uploaded them
    state TEXT NOT NULL,                       -- queued, started, succeeded, failed
    problem TEXT NOT NULL DEFAULT '',          -- what was refused, file by file
    target TEXT NOT NULL DEFAULT '{}',         -- JSON: where the image goes: {job, socket} or {archive_item, socket}, or nowhere
    created_at TEXT NOT NULL,                  -- time
    finished_at TEXT                           -- time
);
CREATE INDEX image_import_state ON image_import (state, created_at);
CREATE INDEX image_import_account ON image_import (account_id, created_at);
CREATE TABLE image_import_upload (
    image_import_id TEXT NOT NULL REFERENCES image_import (id), -- of what
    upload_id TEXT NOT NULL REFERENCES upload (id),             -- one of its files
    PRIMARY KEY (image_import_id, upload_id)
);
CREATE INDEX image_import_upload_upload ON image_import_upload (upload_id);

-- Medical images.
CREATE TABLE image (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID; also the name of the file that containers see
    name TEXT NOT NULL,                        -- of the uploaded file, or of the output
    image_import_id TEXT REFERENCES image_import (id), -- where it came from; null: the output of a job
    account_id TEXT REFERENCES account (id),   -- who brought it
    blob_digest TEXT NOT NULL REFERENCES blob (digest), -- its one file
    extension TEXT NOT NULL,                   -- mha, tif
    summary TEXT NOT NULL,                     -- JSON: what `imaging` says of it
    modality TEXT NOT NULL DEFAULT '',         -- such as CT
    created_at TEXT NOT NULL                   -- time
);
CREATE INDEX image_import_of ON image (image_import_id);
CREATE INDEX image_account ON image (account_id, created_at);
CREATE INDEX image_name ON image (name);

-- What fills a socket: exactly one of JSON, a file and an image. Never changed.
CREATE TABLE value (
    id BIGINT PRIMARY KEY NOT NULL,            -- number
    socket_id BIGINT NOT NULL REFERENCES socket (id), -- what it fills
    json TEXT,                                 -- JSON
    blob_digest TEXT REFERENCES blob (digest), -- a file
    filename TEXT NOT NULL DEFAULT '',         -- of the file
    image_id TEXT REFERENCES image (id),       -- an image
    created_at TEXT NOT NULL                   -- time
);
CREATE INDEX value_image ON value (image_id);

-- Executions.
CREATE TABLE job (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID
    algorithm_id TEXT NOT NULL REFERENCES algorithm (id),             -- what runs
    algorithm_image_id TEXT NOT NULL REFERENCES algorithm_image (id), -- in which version
    algorithm_model_id TEXT REFERENCES algorithm_model (id),          -- with which weights
    interface_id TEXT NOT NULL REFERENCES interface (id),             -- on which sockets
    creator_id TEXT REFERENCES account (id),   -- whose it is
    archive_run_id TEXT,                       -- the run over an archive that it belongs to
    state TEXT NOT NULL,                       -- validating, queued, provisioning, executing, parsing, succeeded, failed, cancelled
    state_since TEXT NOT NULL,                 -- time
    deadline TEXT,                             -- time by which the state must be left; null: none
    owner TEXT,                                -- which server process works on it; null: none
    attempt BIGINT NOT NULL DEFAULT 0,         -- how often it was claimed
    turn BIGINT NOT NULL DEFAULT 0,            -- place in the fair order among queued jobs
    limits TEXT NOT NULL,                      -- JSON, as of the submission
    memory BIGINT NOT NULL,                    -- limit, bytes; for the admission
    millicpus BIGINT NOT NULL,                 -- limit, thousandths of a processor
    gpus BIGINT NOT NULL,                      -- how many
    disk BIGINT NOT NULL,                      -- limit, bytes
    failure TEXT,                              -- JSON: reason, limit, peak, hint; null unless it failed
    failure_code TEXT,                         -- its code, for lists
    exit_code BIGINT,                          -- of the program
    has_warnings BOOLEAN NOT NULL DEFAULT FALSE, -- succeeded, but somebody should look
    report TEXT,                               -- JSON: the run's whole report
    log_digest TEXT REFERENCES blob (digest),  -- the log, line by line as JSON
    comment TEXT NOT NULL DEFAULT '',          -- its owner's
    is_public BOOLEAN NOT NULL DEFAULT FALSE,  -- whether everybody sees it
    cancel_asked_at TEXT,                      -- time; null: nobody asked
    created_at TEXT NOT NULL,                  -- time
    started_at TEXT,                           -- time of the last claim
    completed_at TEXT,                         -- time of the final state
    run_seconds DOUBLE PRECISION               -- time that the program took, s
);
CREATE INDEX job_turn ON job (state, turn);
CREATE INDEX job_creator ON job (creator_id, created_at);
CREATE INDEX job_created ON job (created_at);
CREATE INDEX job_algorithm ON job (algorithm_id, created_at);
CREATE INDEX job_archive_run ON job (archive_run_id);
CREATE TABLE job_value (
    job_id TEXT NOT NULL REFERENCES job (id),  -- of what
    direction TEXT NOT NULL,                   -- input, output
    value_id BIGINT NOT NULL REFERENCES value (id), -- what it got or gave
    PRIMARY KEY (job_id, direction, value_id)
);
CREATE INDEX job_value_value ON job_value (value_id);
-- Inputs that are still being imported; the job waits in the state validating until there are none.
CREATE TABLE job_pending (
    job_id TEXT NOT NULL REFERENCES job (id),  -- who waits
    socket_id BIGINT NOT NULL REFERENCES socket (id), -- for what
    source TEXT NOT NULL,                      -- JSON: {import: id} or {upload: id}
    PRIMARY KEY (job_id, socket_id)
);
CREATE TABLE job_viewer (
    job_id TEXT NOT NULL REFERENCES job (id),  -- of what
    account_id TEXT NOT NULL REFERENCES account (id), -- who may see it beside its owner
    PRIMARY KEY (job_id, account_id)
);
CREATE INDEX job_viewer_account ON job_viewer (account_id);
-- Every change of state, numbered, so that a client can go on where it was cut off.
CREATE TABLE job_event (
    job_id TEXT NOT NULL REFERENCES job (id),  -- of what
    number BIGINT NOT NULL,                    -- from 1
    at TEXT NOT NULL,                          -- time
    state TEXT NOT NULL,                       -- what it came to
    detail TEXT NOT NULL DEFAULT '{}',         -- JSON
    PRIMARY KEY (job_id, number)
);

-- Data sets.
CREATE TABLE archive (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID
    slug TEXT NOT NULL UNIQUE,                 -- name in URLs
    title TEXT NOT NULL,                       -- name for people
    description TEXT NOT NULL DEFAULT '',      -- one paragraph
    is_public BOOLEAN NOT NULL DEFAULT FALSE,  -- whether everybody sees it
    creator_id TEXT REFERENCES account (id),   -- who made it
    created_at TEXT NOT NULL                   -- time
);
CREATE TABLE archive_role (
    archive_id TEXT NOT NULL REFERENCES archive (id), -- of what
    account_id TEXT NOT NULL REFERENCES account (id), -- who
    role TEXT NOT NULL,                        -- editor, uploader, user
    PRIMARY KEY (archive_id, account_id)
);
CREATE INDEX archive_role_account ON archive_role (account_id);
CREATE TABLE archive_item (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID
    archive_id TEXT NOT NULL REFERENCES archive (id), -- of what
    title TEXT NOT NULL DEFAULT '',            -- unique in the archive unless empty
    created_at TEXT NOT NULL                   -- time
);
CREATE INDEX archive_item_archive ON archive_item (archive_id, created_at);
CREATE INDEX archive_item_title ON archive_item (archive_id, title);
CREATE TABLE archive_item_value (
    archive_item_id TEXT NOT NULL REFERENCES archive_item (id), -- of what
    socket_id BIGINT NOT NULL REFERENCES socket (id), -- one value for each socket
    value_id BIGINT NOT NULL REFERENCES value (id),   -- which
    PRIMARY KEY (archive_item_id, socket_id)
);
CREATE INDEX archive_item_value_value ON archive_item_value (value_id);
-- One algorithm on all items of an archive.
CREATE TABLE archive_run (
    id TEXT PRIMARY KEY NOT NULL,              -- UUID
    archive_id TEXT NOT NULL REFERENCES archive (id),     -- on what
    algorithm_id TEXT NOT NULL REFERENCES algorithm (id), -- which
    creator_id TEXT REFERENCES account (id),   -- who asked
    skipped TEXT NOT NULL DEFAULT '[]',        -- JSON: items whose sockets fit no interface, with the reason
    created_at TEXT NOT NULL                   -- time
);
CREATE INDEX archive_run_archive ON archive_run (archive_id, created_at);

-- Counters that hand out small numbers and turns.
CREATE TABLE counter (
    name TEXT PRIMARY KEY NOT NULL,            -- account, socket, value, turn, turn of one account
    number BIGINT NOT NULL                     -- the last one handed out
);

-- A password that somebody else has made or seen is to be replaced by its owner at the next login in a browser.
ALTER TABLE account ADD COLUMN must_change_password BOOLEAN NOT NULL DEFAULT FALSE; -- true until the owner chooses one
-- What one person may take; who is not in it has what the server gives everybody.
CREATE TABLE quota (
    account_id TEXT PRIMARY KEY NOT NULL REFERENCES account (id), -- whose
    most_running BIGINT,                       -- jobs at once; null: as for everybody
    most_unfinished BIGINT,                    -- jobs that have not ended, those of runs too; null: as for everybody
    most_bytes BIGINT                          -- bytes that are kept for them; null: as many as there is room for
);
